"""What happens to a medium in a jailed worker: decode, signals, thumbnail; and how its results are stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import sqlalchemy as sa

from safelight.engine.beat import beat
from safelight.engine.protocol import TaskLimits
from safelight.errors import FormatError, IntegrityError, ModelMissingError, SafelightError
from safelight.matching import prints
from safelight.model import NOT_APPLICABLE, SOUND_ONLY, Capability, SignalValue
from safelight.plugins import load
from safelight.signals.shape import check
from safelight.store.blobs import BlobStore
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import item, pdq, signal
from safelight.triage.facts import bound_thumbnail, signal_context

_WARM_UP = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\x01\x00\x01\x00\x00"
    b"\x02\x02D\x01\x00;"
)
"""One white pixel."""


@dataclass(frozen=True, slots=True)
class Job:
    """One medium to look at: its SHA-256, its bytes, whether a thumbnail may be kept."""

    sha256: bytes
    data: bytes = field(repr=False)
    thumbnail: bool = True


@dataclass(frozen=True, slots=True)
class Looked:
    """What a worker saw. `error` is set, and the rest empty, where nothing could be decoded."""

    sha256: bytes
    format: str | None = None
    width: int | None = None
    height: int | None = None
    damaged: str | None = None
    error: str | None = None
    thumbnail: bytes | None = None
    signals: tuple[SignalValue, ...] = ()


@dataclass(slots=True)
class Look:
    """The task: all named signals over a batch of media. Picklable; results are plain data (`decode`)."""

    names: tuple[str, ...]
    limits: TaskLimits
    absent: dict[str, str] = field(default_factory=dict)
    """Signals whose model cannot be used, and why: filled by `prepare`, never a zero in its place."""

    def prepare(self) -> None:
        """Load decoders and models, before the jail closes."""
        from safelight.media.open import prepare

        prepare()
        self.absent.clear()
        for name in self.names:
            try:
                load("signals")[name].prepare()
            except (ModelMissingError, IntegrityError) as error:  # missing, or not the pinned one
                self.absent[name] = f"not computed: {error}"
        self([Job(bytes(32), _WARM_UP)])  # whatever is loaded late must be loaded before the jail closes

    def __call__(self, batch: Sequence[Job]) -> list[Any]:
        """One plain dictionary per job."""
        from safelight.media.film import NoPictureError
        from safelight.media.open import Opened, open_media
        from safelight.media.thumbnail import stand_in
        from safelight.signals.preview import differing, shown_instead

        opened: list[Any] = []
        seen: list[dict[str, Any]] = []
        for job in batch:
            beat()
            try:
                medium = open_media(job.data, sketch=self._sketch(job))
            except NoPictureError as nothing:  # sound alone: no failure, and nothing to be computed of it
                opened.append(None)
                why = self._absent(f"{NOT_APPLICABLE}: {nothing}")
                seen.append({"sha256": job.sha256, "format": SOUND_ONLY, "signals": why})
                continue
            except FormatError as error:
                instead = shown_instead(job.data, str(error))
                if instead is None:
                    opened.append(None)
                    seen.append({"sha256": job.sha256, "error": str(error)})
                    continue
                medium = Opened("jpeg", "image", [instead])
            first = medium.pictures[0]
            opened.append([*medium.pictures, *differing(medium.pictures)])
            small = stand_in(medium.pictures) if job.thumbnail else None
            seen.append(
                {
                    "sha256": job.sha256,
                    "format": medium.format,
                    "width": first.width,
                    "height": first.height,
                    "damaged": first.damaged,
                    "thumbnail": small,
                }
            )
        readable = [index for index, pictures in enumerate(opened) if pictures is not None]
        pictures = [opened[index] for index in readable]
        for index in readable:
            seen[index]["signals"] = []
        for name in self.names if readable else ():
            beat()
            for index, value in zip(readable, self._compute(name, pictures), strict=True):
                seen[index]["signals"].append([value.name, value.version, value.value, value.absent])
        return seen

    def _absent(self, why: str) -> list[list[Any]]:
        """Every signal that was asked for, not there for this reason."""
        return [[name, load("signals")[name].version, None, why] for name in self.names]

    def _sketch(self, job: Job) -> Literal["grey", "colour"] | None:
        """How little of a medium needs to be decoded: only where nothing but hashes and facts are wanted of it."""
        if any(load("signals")[name].capability is not Capability.HASH_MATCH for name in self.names):
            return None
        return "colour" if job.thumbnail else "grey"

    def _compute(self, name: str, media: list[Any]) -> list[SignalValue]:
        made = load("signals")[name]
        if name in self.absent:
            return [SignalValue(name, made.version, None, self.absent[name]) for _ in media]
        values: list[SignalValue] = made.compute(media)
        return values

    def decode(self, raw: Any) -> Looked:
        """Make a result of what the worker sent. Raises ValueError, TypeError or KeyError where it lies."""
        signals = []
        for name, version, value, absent in raw.get("signals", ()):
            if (
                name not in self.names
                or not isinstance(version, str)
                or (value is None) != bool(_text(absent))
            ):
                raise ValueError(f"a signal that was not asked for, or is neither there nor absent: {name!r}")
            if value is not None:
                check(load("signals")[name].shape, value)
            signals.append(SignalValue(name, version, value, absent))
        return Looked(
            sha256=_bytes(raw["sha256"], 32),
            format=_text(raw.get("format")),
            width=_number(raw.get("width")),
            height=_number(raw.get("height")),
            damaged=_text(raw.get("damaged")),
            error=_text(raw.get("error")),
            thumbnail=_bytes(raw["thumbnail"]) if raw.get("thumbnail") is not None else None,
            signals=tuple(signals),
        )


def wanted_signals(allowed: Sequence[Capability]) -> tuple[str, ...]:
    """Names of the signals that the capabilities allow, in a stable order."""
    return tuple(sorted(name for name, made in load("signals").items() if made.capability in allowed))


def versions(names: Sequence[str]) -> dict[str, str]:
    """The version each signal would have now; where its model is missing, a version that says so."""
    found = {}
    for name in names:
        try:
            found[name] = load("signals")[name].version
        except SafelightError:
            found[name] = "model missing"
    return found


def store(
    connection: sa.Connection,
    sealer: Sealer,
    blobs: BlobStore,
    case_id: str,
    results: Sequence[Looked],
    names: dict[str, str],
) -> Counter[str]:
    """Record a batch of results: sizes, damage, thumbnails, one row a signal (absent ones too).

    Returns how many values of another version these took the place of, and how many of them differ, see `_replaced`.
    """
    rows: list[dict[str, Any]] = []
    hashes: list[dict[str, Any]] = []
    pictured = [seen for seen in results if seen.thumbnail is not None]
    kept = blobs.put_many(sealer, (seen.thumbnail for seen in pictured if seen.thumbnail is not None))
    blob_of = dict(zip((seen.sha256 for seen in pictured), kept, strict=True))
    for seen in results:
        blob = blob_of.get(seen.sha256)
        if blob is not None:
            blob = bound_thumbnail(sealer, seen.sha256, blob)
        values: dict[str, Any] = {
            "width": seen.width, "height": seen.height, "damaged": seen.damaged, "error": seen.error, "thumbnail": blob
        }  # fmt: skip
        if seen.format is not None:
            values["format"] = seen.format
        connection.execute(
            item.update().where(item.c.case_id == case_id, item.c.sha256 == seen.sha256).values(values)
        )
        signals = seen.signals or tuple(
            SignalValue(name, version, None, f"not computed: {seen.error}") for name, version in names.items()
        )
        rows += [_row(sealer, case_id, seen.sha256, value) for value in signals]
        for value in signals:
            if value.name == "pdq":
                hashes += prints.rows_of(case_id, seen.sha256, value.value)
    replaced = _replaced(connection, sealer, case_id, rows)
    if rows:
        again = signal.delete().where(
            signal.c.case_id == case_id,
            signal.c.sha256 == sa.bindparam("of_item"),
            signal.c.name == sa.bindparam("of_name"),
        )
        connection.execute(again, [{"of_item": row["sha256"], "of_name": row["name"]} for row in rows])
        connection.execute(signal.insert(), rows)
        before = pdq.delete().where(pdq.c.case_id == case_id, pdq.c.sha256 == sa.bindparam("of_item"))
        connection.execute(before, [{"of_item": row["sha256"]} for row in rows if row["name"] == "pdq"])
    if hashes:
        connection.execute(pdq.insert(), hashes)
    return replaced


def _replaced(
    connection: sa.Connection, sealer: Sealer, case_id: str, rows: Sequence[Mapping[str, Any]]
) -> Counter[str]:
    """What stands in the store for these rows in other versions, by `pdq 2 to 3`; `pdq 2 to 3, differing` of them.

    A later report may say something else than an earlier one, and the log is asked why.
    """
    new = {(row["sha256"], row["name"]): row for row in rows}
    query = sa.select(signal).where(
        signal.c.case_id == case_id, signal.c.sha256.in_({sha256 for sha256, _ in new})
    )
    found: Counter[str] = Counter()
    for old in connection.execute(query):
        row = new.get((old.sha256, old.name))
        if row is None or row["version"] == old.version:
            continue
        what = f"{old.name} {old.version} to {row['version']}"
        context = signal_context(old.sha256, old.name)
        found[what] += 1
        found[f"{what}, differing"] += unseal(sealer, old.sealed, context) != unseal(
            sealer, row["sealed"], context
        )
    return found


def _row(sealer: Sealer, case_id: str, sha256: bytes, value: SignalValue) -> dict[str, Any]:
    return {
        "case_id": case_id,
        "sha256": sha256,
        "name": value.name,
        "version": value.version,
        "sealed": seal(sealer, [value.value, value.absent], signal_context(sha256, value.name)),
    }


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError("text expected")
    return value[:2_000] if value is not None else None


def _number(value: Any) -> int | None:
    if value is not None and (
        isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 31
    ):
        raise TypeError("a size expected")
    return value


def _bytes(value: Any, length: int | None = None) -> bytes:
    data = bytes(value) if isinstance(value, bytes | bytearray | memoryview) else None
    if data is None or (length is not None and len(data) != length):
        raise TypeError("bytes expected")
    return data
