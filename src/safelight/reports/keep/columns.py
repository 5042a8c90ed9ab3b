"""From reports to columns: one row a report, rows of identifiers and digests, and the report itself in blocks."""

from __future__ import annotations

import hashlib
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import zstandard

from safelight.reports.dates import moment
from safelight.reports.identifiers.identifier import Identifier, Reach
from safelight.reports.keep.letters import letters_number
from safelight.reports.keep.people import Someone, people_of, people_table
from safelight.reports.keep.vault import Columns
from safelight.reports.report import Kind, Party, Report, Role, captures
from safelight.reports.scoring.observe import OBSERVED, observe
from safelight.reports.words import free_texts

BLOCK = 64
"""Reports compressed together; one of them costs reading a block."""
KINDS = tuple(Kind)
ROLES = (None, *Role)
"""What the small numbers in the columns mean; new ones are added at the end."""
DIGESTS = (Kind.MD5, Kind.SHA1, Kind.SHA256, Kind.PDQ)
NONE = np.uint32(0xFFFFFFFF)
"""No row."""

Keyed = Callable[[bytes], int]
"""A 64-bit number that says nothing without the case's key."""


def keyed(key: bytes) -> Keyed:
    """The hash that stands for identifiers and texts in the columns: BLAKE2b of 64 bits under the case's key."""

    begun = hashlib.blake2b(digest_size=8, key=key)  # a copy of it is half the work of beginning anew
    copy, number = begun.copy, int.from_bytes

    def hashed(data: bytes) -> int:
        one = copy()
        one.update(data)
        return number(one.digest(), "little")

    return hashed


def report_key(report: Report, hashed: Keyed) -> int:
    """Which report it is, whatever file or form it came in. NCMEC's numbers are one series in every form."""
    series = (
        "ncmec" if report.format in ("cybertip", "json", "pdf") else f"{report.format}|{sender_of(report)}"
    )
    return hashed(f"report|{series}|{report.report_id.strip().casefold()}".encode(errors="replace"))


def own_number(stated: str, hashed: Keyed) -> int:
    """Of the number that a report bears itself: people name reports by it, whoever sent them."""
    return hashed(b"own|" + stated.strip().casefold().encode(errors="replace"))


def report_id(key: int) -> str:
    """How a report is named in the queue and by commands: its key, as a text."""
    return f"R-{key:016x}"


def key_of(report: str) -> int:
    """The key of a report, from its id. ValueError where it is none."""
    return int(report.removeprefix("R-"), 16)


def sender_of(report: Report) -> str:
    """Who sends it: the company or hotline, else the person who reports."""
    if report.provider:
        return " ".join(report.provider.casefold().split())
    for party in report.parties:
        if party.role is Role.REPORTER and party.identifiers:
            return party.identifiers[0].value.casefold()
    return ""


def sender_number(report: Report, hashed: Keyed) -> int:
    """Of who sends it: equal for reports of one sender."""
    return hashed(b"sender|" + sender_of(report).encode(errors="replace"))


CLAIMED = "retraction claimed by "
"""Begins the place of a retraction that does not count, among what a report has no place for."""
EARLIER_SENDER = "sender of another version"
"""The place of who sent another version of a report."""


def is_disputed(report: Report) -> bool:
    """Is something noted of it that its next version must not forget?"""
    return any(where == EARLIER_SENDER or where.startswith(CLAIMED) for where, _ in report.unknown)


def signature(report: Report, hashed: Keyed) -> int:
    """What it says, apart from ids and times: equal in copies of one message. Zero where it says nothing of its own.

    Whoever is named otherwise, older or younger, elsewhere or at another address makes another report of the same
    words: a sender's boilerplate is no copy.
    """
    texts = [" ".join(text.text.casefold().split()) for text in report.texts]
    files = sorted(
        [
            "\1".join([*sorted(one.digests.values()), *sorted(one.annotations), one.classification or ""])
            for one in report.files
        ]
    )
    people = sorted([_of(party) for party in report.parties if party.role is not Role.REPORTER])
    if not (texts or people or any(one.digests for one in report.files)):
        return 0
    about = [
        report.incident or "",
        "" if report.escalation is None else "escalated",
        *sorted(report.annotations),
    ]
    about += sorted([f"{one.kind}\1{one.value}" for one in report.groups])
    said = "\0".join(["\0".join(part) for part in (about, texts, files, people)])
    return hashed(said.casefold().encode(errors="replace")) or 1


def _of(party: Party) -> str:
    said = [party.role, party.age or "", party.birth_date or ""]
    said += sorted([f"{one.kind}\1{one.value}" for one in party.identifiers])
    said += [f"{fact}\1{value}" for fact, value in sorted(party.facts.items())]
    said += [f"{one.country}\1{one.city}\1{one.text}" for one in party.spots]
    return "\2".join(said)


def wave(report: Report, observed: Mapping[str, float], hashed: Keyed) -> int:
    """Which files it is about, whoever sent them: equal in all reports of a viral wave.

    Zero without digests, and where anything is observed that is this report's own: it stands for itself.
    """
    digests = sorted({value.casefold() for one in report.files for value in one.digests.values()})
    if not digests or not OF_A_WAVE.issuperset(code for code, strength in observed.items() if strength):
        return 0
    return hashed("\0".join(["wave", *digests]).encode(errors="replace")) or 1


OF_A_WAVE = frozenset(
    {
        *("viral", "drawing", "generated", "spam", "informational", "retracted"),
        *("infant", "harm", "self-production", "camera-original"),
    }
)
"""Observations that are the files' or lower a report: what else is observed is of the people and the situation."""


def connected(report: Report, now: datetime) -> datetime | None:
    """When what can be asked of an access provider happened: the last connection stated, else the incident itself."""
    times = [at for one in captures(report) if (at := moment(one.time)) is not None and at <= now + _AHEAD]
    if times:
        return max(times)
    at = moment(report.occurred) if report.occurred else None
    return at if at is not None and at <= now + _AHEAD else None


_AHEAD = timedelta(days=1)
"""Clocks and time zones differ so much; what is stated as later has not happened."""


@dataclass(frozen=True, slots=True)
class Row:
    """A report with what was made of it, ready to become columns."""

    report: Report
    identifiers: Sequence[tuple[Role | None, Identifier]]
    digests: Sequence[tuple[int, Kind, bytes]]
    """What its files' stated digests are: the file's number, the kind, the raw digest."""
    country: str | None


class Builder:
    """Gathers rows until they are written: what is kept of each is small."""

    def __init__(self, hashed: Keyed, now: datetime) -> None:
        self._hashed, self._now, self._second = hashed, now, int(now.timestamp())
        self._rows = _arrays({name: ROW_COLUMNS[name] for name in _SAID})
        self._observed: list[tuple[int, str, int]] = []
        """Row, code and strength: few of many are not zero."""
        self._links = _arrays(LINK_COLUMNS)
        self._digests = _arrays(DIGEST_COLUMNS)
        self._raw: list[bytes] = []
        self._people: tuple[list[int], list[Someone]] = [], []
        self._bodies: list[bytes] = []
        self._open: list[bytes] = []
        self.bytes = 0
        """Of the reports gathered, before compression."""

    def __len__(self) -> int:
        return len(self._rows[0])

    def add(self, row: Row, packed: bytes, key: int, content: int, replaces: int) -> None:
        """Take a report in.

        `packed` is its body, `content` the hash of that, `replaces` the number of its earlier version.
        """
        report, number, hashed = row.report, len(self), self._hashed
        received = moment(report.received) if report.received else None
        if received is not None and received > self._now + _AHEAD:
            received = None
        at, observed = connected(report, self._now), observe(report, self._now)
        texts = free_texts(report)
        said = (
            key,
            content,
            replaces,
            self._second if received is None else int(received.timestamp()),
            self._second,
            sender_number(report, hashed),
            signature(report, hashed),
            wave(report, observed, hashed),
            letters_number(row.country),
            min(len(report.files), 65535),
            (hashed(b"text|" + "\0".join(texts).encode(errors="replace")) or 1) if texts else 0,
            0 if at is None else int(at.timestamp()),
            form_of(report),
            own_number(report.report_id, hashed),
            is_disputed(report),
        )
        for column, value in zip(self._rows, said, strict=True):
            column.append(value)
        for code, strength in observed.items():
            self._observed.append((number, code, round(strength * 255)))
        rows, kinds, roles, weak, keys = self._links
        seen = set()
        for role, identifier in row.identifiers:
            reach = identifier.reach
            if reach is Reach.SHARED:
                continue
            kind = identifier.kind
            one = hashed(_PREFIX[kind] + identifier.key.encode(errors="replace"))
            if (one, role) not in seen:
                seen.add((one, role))
                rows.append(number)
                kinds.append(_KIND[kind])
                roles.append(_ROLE[role])
                weak.append(reach is Reach.WEAK)
                keys.append(one)
        for file, kind, digest in row.digests:
            for column, value in zip(self._digests, (number, min(file, 65535), _DIGEST[kind]), strict=True):
                column.append(value)
            self._raw.append(digest)
        for person in people_of(report):
            self._people[0].append(number)
            self._people[1].append(person)
        self._open.append(packed)
        self.bytes += len(packed)
        if len(self._open) == BLOCK:
            self._close()

    def of(self, row: int, column: str) -> int:
        """What a report that was taken in has in a column that is no observation."""
        return self._rows[_SAID.index(column)][row]

    def packed(self, row: int) -> bytes:
        """The body of a report that was taken in."""
        block, at = divmod(row, BLOCK)
        return unblock(self._bodies[block])[at] if block < len(self._bodies) else self._open[at]

    def _close(self) -> None:
        head = np.array([len(self._open), *map(len, self._open)], dtype="<u4").tobytes()
        self._bodies.append(_COMPRESS.compress(head + b"".join(self._open)))
        self._open = []

    def people(self) -> pa.Table:
        """The people gathered who could be told apart by more than a name; before `finish`."""
        return people_table(*self._people)

    def finish(self) -> tuple[Columns, Columns, pa.Table, pa.Table]:
        """Columns of reports and of identifiers, tables of digests and of bodies; the builder is spent."""
        if self._open:
            self._close()
        observations = {
            name: np.zeros(len(self), dtype=ROW_COLUMNS[name]) for name in ROW_COLUMNS if name not in _SAID
        }
        for row, code, strength in self._observed:
            observations[f"f_{code}"][row] = strength
        rows = {**_columns(self._rows, _SAID), **observations}
        links = _columns(self._links, LINK_COLUMNS)
        digests = {
            **_columns(self._digests, DIGEST_COLUMNS),
            "digest": pa.array(self._raw, type=pa.binary()),
        }
        bodies = pa.table({"block": pa.array(self._bodies, type=pa.large_binary())})
        return rows, links, pa.table(digests), bodies


def _arrays(columns: Mapping[str, Any]) -> list[array[int]]:
    """Empty columns that grow, as small as they will be on disk."""
    return [array(np.dtype(dtype).char) for dtype in columns.values()]


def _columns(gathered: Sequence[array[int]], names: Iterable[str]) -> Columns:
    """What was gathered, as arrays by name."""
    return {
        name: np.frombuffer(values, dtype=values.typecode)
        for name, values in zip(names, gathered, strict=True)
    }


ROW_COLUMNS: dict[str, Any] = {
    "key": np.uint64,
    "content": np.uint64,
    "replaces": np.uint32,
    "received": np.int64,
    "taken_in": np.int64,
    "sender": np.uint64,
    "signature": np.uint64,
    "wave": np.uint64,
    "country": np.uint16,
    "files": np.uint16,
    "text": np.uint64,  # of its free texts; 0: none
    "connected": np.int64,  # see `connected`; 0: not stated
    "form": np.uint8,  # see `form_of`
    "own": np.uint64,  # see `own_number`
    "disputed": np.uint8,  # see `is_disputed`
    **{f"f_{code}": np.uint8 for code in OBSERVED},
}
_SAID = [name for name in ROW_COLUMNS if not name.startswith("f_")]
"""Columns of every report that are not observations."""
LINK_COLUMNS: dict[str, Any] = {
    "row": np.uint32,
    "kind": np.uint8,
    "role": np.uint8,
    "weak": np.uint8,
    "key": np.uint64,
}
DIGEST_COLUMNS: dict[str, Any] = {"row": np.uint32, "file": np.uint16, "kind": np.uint8}
"""Numbers of a digest; the `digest` itself stands beside them."""
_PREFIX = {kind: f"{kind}|".encode() for kind in KINDS}
_KIND = {kind: number for number, kind in enumerate(KINDS)}
_ROLE = {role: number for number, role in enumerate(ROLES)}
_DIGEST = {kind: number for number, kind in enumerate(DIGESTS)}
_COMPRESS = zstandard.ZstdCompressor(level=3)


FORMS = (None, "cybertip", "json", "pdf", "hotline", "csv", "eml")
"""What the numbers in the column `form` mean, the fullest form of one report first; new ones are added at the end."""


def form_of(report: Report) -> int:
    """The number of a report's form; 0 for one that has none here."""
    return FORMS.index(report.format) if report.format in FORMS else 0


def content_hash(packed: bytes, hashed: Keyed) -> int:
    """Equal for reports that say exactly the same."""
    return hashed(b"content|" + packed) or 1


def unblock(block: bytes) -> list[bytes]:
    """The packed reports of one block. ValueError where it is none."""
    try:
        plain = zstandard.ZstdDecompressor().decompress(block)
    except zstandard.ZstdError as error:
        raise ValueError("a block of reports cannot be decompressed") from error
    count = int.from_bytes(plain[:4], "little")
    sizes = np.frombuffer(plain[4 : 4 + 4 * count], dtype="<u4")
    ends = np.cumsum(sizes, dtype=np.int64) + 4 + 4 * count
    return [plain[int(end) - int(size) : int(end)] for end, size in zip(ends, sizes, strict=True)]
