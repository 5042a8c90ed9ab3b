"""A case in memory: what exporters see, with names and numbers that have broken exporters before.

Everything is invented. Pictures are gradients drawn here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from safelight.export.protocol import (
    Coverage,
    EventView,
    ExhibitView,
    FileView,
    LeadView,
    LogState,
    ModelView,
    UnreadView,
)
from safelight.model import (
    Band,
    Case,
    Decision,
    HashSet,
    HashSetKind,
    Match,
    Reason,
    SignalValue,
    State,
)

from .parts import COVERAGE, HASH_SETS, LOG, NASTY, NOON, case, digests, lead, picture, place, signals, view


@dataclass(frozen=True)
class Sample:
    """`Findings` in memory."""

    case: Case
    exhibits: Sequence[ExhibitView] = ()
    lead_views: Sequence[LeadView] = ()
    file_views: Sequence[FileView] = ()
    unread_views: Sequence[UnreadView] = ()
    event_views: Sequence[EventView] = ()
    models: Sequence[ModelView] = ()
    hash_sets: Sequence[HashSet] = ()
    pictures: Mapping[str, bytes] = field(default_factory=dict)
    evaluation: bool = False
    generated_at: datetime = NOON
    generated_by: str = "m.brandt"
    software: Mapping[str, str] = field(
        default_factory=lambda: {"safelight": "0.1.0", "pytsk3": "20260715", "onnxruntime": "1.23.0"}
    )
    settings: Mapping[str, str] = field(
        default_factory=lambda: {"PDQ distance": "31 of 256 bits", "archive depth": "8"}
    )
    coverage: Sequence[Coverage] = ()
    reports: int = 0
    audit_log: LogState = LOG
    audit_checkpoint: str = (
        "safelight/sample\n42\n5Tm0nS8z2d1bF5v4uF8hL0mYHT6mLh1u2nYwqv1n0aY=\n\n"
        "— safelight/sample Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo=\n"
    )

    def leads(self) -> Iterator[LeadView]:
        return iter(self.lead_views)

    def files(self) -> Iterator[FileView]:
        return iter(self.file_views)

    def unread(self) -> Iterator[UnreadView]:
        return iter(self.unread_views)

    def events(self) -> Iterator[EventView]:
        return iter(self.event_views)

    def thumbnail(self, sha256: str) -> bytes | None:
        return self.pictures.get(sha256)


def rich() -> Sample:
    """Two exhibits, leads of every band, a known picture, a stack, a disagreement, names from `NASTY`."""
    known = Match("National list, March", HashSetKind.KNOWN_ILLEGAL, "4711", "md5", 0, "1")
    near = Match("National list, March", HashSetKind.KNOWN_ILLEGAL, "4712", "pdq", 14, "2")
    good = Match("NSRL RDS v3 minimal", HashSetKind.KNOWN_GOOD, digests("both").sha1.hex(), "sha1", 0)
    watch = Match("Series “Lake”", HashSetKind.WATCH, "17", "pdq", 22)
    pictures_folder = "Users/anna/Pictures"
    decision = Decision(
        "d1", "L5", "2", "k.weber", NOON + timedelta(hours=1), "Seen with the series.\nClear."
    )
    corrected = Decision("d2", "L5", "not-pertinent", "k.weber", NOON + timedelta(hours=2), None)
    leads = [
        view(
            1,
            lead(
                1,
                "known",
                Band.URGENT,
                0.98,
                "s1",
                matches=(known,),
                reasons=(
                    Reason(
                        "known-illegal",
                        "On the list “National list, March” as category 1 (entry 4711), by MD5.",
                        0.9,
                    ),
                    Reason("hidden", "Was deleted.", 0.05),
                ),
            ),
            "known",
            place("x1", "p2", f"{pictures_folder}/a.jpg", day=3),
            place("x1", "p2", "$OrphanFiles/a.jpg", state=State.DELETED, day=3),
            place("x2", "backup/b.zip", "old/in.zip", "a.jpg", state=State.EMBEDDED, day=40),
            stack_size=2,
            signals=signals(1, 0.91, faces=True),
        ),
        view(
            2,
            lead(
                2,
                "near",
                Band.URGENT,
                0.91,
                "s1",
                matches=(near,),
                reasons=(
                    Reason(
                        "near-known", "Near an entry of “National list, March”: 14 of 256 bits apart.", 0.8
                    ),
                ),
            ),
            "near",
            place("x1", "p2", f"{pictures_folder}/a-small.jpg", day=4),
            stack_size=2,
            signals=signals(2),
        ),
        *(
            view(
                3 + n,
                lead(
                    3 + n,
                    f"new{n}",
                    Band.HIGH,
                    0.78 - n / 100,
                    "s2",
                    decided="not-pertinent" if n == 2 else None,
                ),
                f"new{n}",
                place("x1", "p2", f"{pictures_folder}/DCIM/IMG_000{n}.JPG", day=50 + n),
                stack_size=3,
                signals=signals(3 + 2 * n, 0.44, faces=True),
                decisions=(decision, corrected) if n == 2 else (),
            )
            for n in range(3)
        ),
        view(
            6,
            lead(
                6,
                "both",
                Band.HIGH,
                0.6,
                "s3",
                matches=(known, good),
                reasons=(
                    Reason("conflict", "One list says illegal, another known-good.", 0.5),
                    Reason("known-illegal", "Exactly the file that “National list, March” holds.", 0.28),
                ),
            ),
            "both",
            place("x1", "p2", "Program Files/viewer/sample.png", day=9),
            format="png",
            signals=signals(6, 0.02),
        ),
        view(
            7,
            lead(7, "watch", Band.NORMAL, 0.41, "s4", matches=(watch,)),
            "watch",
            place("x2", "lake.webp", day=12),
            format="webp",
            damaged="the file ends early",
            signals=signals(7, 0.11),
        ),
        view(
            8,
            lead(8, "clip", Band.NORMAL, 0.38, "s5", decided="unsure"),
            "clip",
            place("x1", "p2", "Users/anna/Videos/clip.mp4", day=70, size=88_000_000),
            format="mp4",
            error="could not be decoded: no key frame",
            signals={"explicit": SignalValue("explicit", "1", None, "could not be decoded: no key frame")},
            decisions=(Decision("d3", "L8", "unsure", "m.brandt", NOON, None),),
        ),
        *(
            view(
                9 + n,
                lead(9 + n, f"nasty{n}", Band.LOW, 0.2 - n / 100, f"n{n}"),
                f"nasty{n}",
                place(
                    "x1" if n % 2 else "x2",
                    *(("p2",) if n % 2 else ()),
                    name,
                    state=State.CARVED if n == 4 else State.ALLOCATED,
                    day=100 + n * 9,
                ),
                signals=signals(n, 0.05),
            )
            for n, name in enumerate(NASTY)
        ),
        view(
            19,
            lead(19, "deep", Band.LOW, 0.05, "deep"),
            "deep",
            place(
                "x2",
                *(f"level {n}.zip" for n in range(8)),
                "folder/" * 20 + "end.gif",
                state=State.EMBEDDED,
                day=300,
            ),
            format="gif",
            signals=signals(0),
        ),
    ]
    files = [
        FileView(spot, format=entry.format, digests=entry.digests, error=entry.error)
        for entry in leads
        for spot in entry.places
    ]
    files += [
        FileView(
            place("x1", "p2", "Users/anna/notes.txt", day=2, size=0), format="empty", digests=digests("")
        ),
        FileView(place("x1", "p2", "Users/anna/link", size=None), kind="link", target="../../etc/passwd"),
        FileView(place("x2", "dev/null", size=None), kind="special", error="a device: never opened"),
        FileView(place("x1", "p2", "Users/anna/Mail/2019.pst"), examined=False),
        FileView(
            place("x1", "p2", "Users/anna/locked.zip"), format="zip", error="encrypted: a password is needed"
        ),
    ]
    return Sample(
        case=case(),
        exhibits=(
            ExhibitView(
                id="x1",
                path="/evidence/laptop.E01",
                kind="e01",
                sha256=digests("x1").sha256.hex(),
                verified=True,
                stored={"md5": digests("x1").md5.hex(), "sha1": digests("x1").sha1.hex()},
                verified_after=True,
                size=512_110_190_592,
                counts={
                    "files": 214_532,
                    "media": 31_877,
                    "items": 24_010,
                    "deleted": 1_204,
                    "carved": 77,
                    "embedded": 5_120,
                    "unreadable": 2,
                },
                exclude=("Users/*/Mail/**",),
                not_examined=1,
                begun=NOON - timedelta(hours=5),
                finished=NOON - timedelta(hours=2),
            ),
            ExhibitView(
                id="x2",
                path="/evidence/usb <stick> №2",
                kind="folder",
                sha256=digests("x2").sha256.hex(),
                size=8_000_000_000,
                counts={
                    "files": 1_022,
                    "media": 640,
                    "items": 601,
                    "deleted": 0,
                    "carved": 0,
                    "embedded": 41,
                    "unreadable": 1,
                },
                begun=NOON - timedelta(hours=2),
            ),
        ),
        lead_views=leads,
        file_views=files,
        unread_views=(
            UnreadView(
                "x1",
                "laptop.E01//p2/Users/anna/locked.zip",
                "encrypted: a password is needed",
                State.ALLOCATED,
                120_000,
            ),
            UnreadView(
                "x1", "laptop.E01", "chunk 77 of 15,629 is damaged (checksum), 32,768 bytes read as zeros"
            ),
            UnreadView(
                "x2", "usb//bomb.zip", "stopped: 1,000 × the compressed size", State.ALLOCATED, 42_374
            ),
        ),
        event_views=(
            EventView(1, NOON - timedelta(hours=6), "m.brandt", "case_open", "done", "op0"),
            EventView(2, NOON - timedelta(hours=5), "m.brandt", "scan", "begun", "op1", ("x1",)),
            EventView(3, NOON - timedelta(hours=4), "m.brandt", "scan", "resumed", "op1", ("x1",)),
            EventView(4, NOON - timedelta(hours=2), "m.brandt", "scan", "ended", "op1", ("x1",)),
            EventView(5, NOON - timedelta(hours=2), "m.brandt", "scan", "begun", "op2", ("x2",)),
            EventView(6, NOON - timedelta(hours=1), "k.weber", "decide", "done", "op3"),
            EventView(7, NOON - timedelta(hours=1), "j.doe", "leads", "refused", "op4"),
        ),
        models=(
            ModelView(
                "opennsfw",
                "1+7f3a9c0d1e22",
                "7f3a9c0d1e22" + "0" * 52,
                "BSD-2-Clause",
                "explicit-content score",
                ("Not measured on illegal material.",),
            ),
            ModelView(
                "age-v1",
                "2+e376cf6b168d",
                "e376cf6b168d" + "0" * 52,
                "MIT",
                "apparent age of a face",
                ("Apparent, not actual age.", "No test face was under 18."),
                evaluated=True,
            ),
        ),
        hash_sets=HASH_SETS,
        coverage=COVERAGE,
        pictures={entry.lead.sha256: picture(n) for n, entry in enumerate(leads)},
    )


def empty() -> Sample:
    """A case in which nothing was scanned."""
    return Sample(case=case())


def evaluation() -> Sample:
    """The rich case as an evaluation workspace would give it."""
    return replace(rich(), evaluation=True)


@dataclass(frozen=True)
class Large(Sample):
    """A case of `size` files and `size // 100` leads that is generated, never held."""

    size: int = 100_000

    def leads(self) -> Iterator[LeadView]:
        count = self.size // 100
        bands = (Band.URGENT, Band.HIGH, Band.NORMAL, Band.LOW)
        for n in range(count):
            value = lead(n, f"large{n}", bands[min(3, 4 * n // count)], 1 - n / count, f"s{n // 4}")
            spot = place("x1", "p2", f"Users/u{n % 7}/Pictures/{n % 90:03d}/IMG_{n:06d}.JPG", day=n % 800)
            yield view(n, value, f"large{n}", spot, stack_size=4, signals=signals(n, 0.3))

    def files(self) -> Iterator[FileView]:
        for n in range(self.size):
            spot = place("x1", "p2", f"Users/u{n % 7}/Pictures/{n % 90:03d}/IMG_{n:06d}.JPG", day=n % 800)
            yield FileView(spot, format="jpeg", digests=digests(str(n)))


def large(size: int) -> Large:
    """As many files as you like, at constant memory."""
    base = rich()
    return Large(
        case=base.case, exhibits=base.exhibits[:1], models=base.models, hash_sets=base.hash_sets, size=size
    )
