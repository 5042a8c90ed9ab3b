"""`reports import`: read documents, store what is new, note what cannot be read. Killed anywhere, it goes on."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa

from safelight import plugins
from safelight.errors import UsageError
from safelight.evidence.names import show
from safelight.governance.gate import Permit
from safelight.progress import Progress, Progressed
from safelight.reports.body import pack
from safelight.reports.identifiers.normal import normalise
from safelight.reports.identifiers.of_report import country_of, of_report
from safelight.reports.intake.assemble import Piece, alone, with_files
from safelight.reports.intake.documents import Medium
from safelight.reports.intake.pieces import pieces
from safelight.reports.keep.columns import (
    NONE,
    Builder,
    Row,
    content_hash,
    report_key,
)
from safelight.reports.keep.store import ReportStore, Segment, Versions
from safelight.reports.protocol import Annex, ReportReader, Retraction
from safelight.reports.report import Annotation, Kind, Report, ReportFile, Stated, Unreadable
from safelight.store.database import Database
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import report_finding, report_source

SEGMENT = 32_768
"""Reports written together, at most."""
SEGMENT_BYTES = 96 << 20
SECONDS = 15.0
"""What was read is stored at least so often: so much is read again after a kill."""


class House(Protocol):
    """What importing needs of the workspace."""

    folder: Path
    database: Database


@dataclass(frozen=True, slots=True)
class StatedFile:
    """A file that a report states: which report, and whether a person at the provider viewed it."""

    report: str
    viewed: bool


@dataclass(slots=True)
class Taken:
    """What an import did: counts, and what could not be read (the first 1,000 of it)."""

    files: int = 0
    reports: int = 0
    new: int = 0
    again: int = 0
    updated: int = 0
    """Later versions of reports that were known; the earlier ones stay."""
    retracted: int = 0
    unreadable: list[dict[str, str]] = field(default_factory=list)
    unreadable_count: int = 0
    media: list[Medium] = field(default_factory=list)
    stated: dict[str, dict[str, StatedFile]] = field(default_factory=dict)
    """Files that reports state, by the bundle they came in and by their name in lower case."""

    def state(self, bundle: str, report: str, files: Sequence[ReportFile]) -> None:
        """Note the files of a report. A name that is stated as not viewed once stays closed."""
        for one in files:
            for name in {one.name, one.original_name, one.file_id} - {None}:
                known = self.stated.setdefault(bundle, {}).get(str(name).casefold())
                viewed = one.viewed is True and (known is None or known.viewed)
                self.stated[bundle][str(name).casefold()] = StatedFile(report, viewed)


def take_in(
    house: House,
    permit: Permit,
    store: ReportStore,
    sealer: Sealer,
    paths: Sequence[Path],
    format_: str,
    columns: Mapping[str, object],
    progress: Progress,
) -> Taken:
    """Read every path in turn. Raises UsageError for a format that there is not, and for paths that are not there."""
    readers = _readers(format_)
    for path in paths:
        if not path.exists():
            raise UsageError(f"There is nothing at {show(os.fsencode(path))}.", "Check the path.")
    return _Intake(house, store, sealer, readers, columns, progress).read(paths)


def _readers(format_: str) -> tuple[ReportReader, ...]:
    found: dict[str, ReportReader] = {one.name: one for one in plugins.load("reports").values()}
    if format_ == "auto":
        return tuple(sorted(found.values(), key=lambda reader: (reader.order, reader.name)))
    if format_ not in found:
        raise UsageError(
            f"There is no report format '{format_}'.", f"Use auto or one of: {', '.join(sorted(found))}."
        )
    return (found[format_],)


@contextmanager
def _collecting_less() -> Iterator[None]:
    """Look for cycles only once a segment: reports have none, and looking through tens of thousands takes a third."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


class _Intake:
    """One import: the segment that is being gathered, what is known, what was counted."""

    def __init__(
        self,
        house: House,
        store: ReportStore,
        sealer: Sealer,
        readers: tuple[ReportReader, ...],
        columns: Mapping[str, object],
        progress: Progress,
    ) -> None:
        self._house, self._store, self._sealer = house, store, sealer
        self._readers, self._columns, self._progress = readers, columns, progress
        self._taken = Taken()
        self._now = datetime.now(UTC)
        with house.database.transaction() as connection:
            self._segments = store.segments(connection)
        store.tidy(self._segments, also=ranked_files(store))
        known = store.rows(self._segments, ("key", "content"))
        self._versions = Versions(known["key"], known["content"])
        self._first = sum(one.count for one in self._segments)
        self._builder = Builder(store.hashed, self._now)
        self._findings: list[tuple[str, str]] = []
        self._bodies: dict[int, Report] = {}
        """Reports of the open segment, by number, for details that come after them."""
        self._source = _Source("", "", {})
        self._since = monotonic()
        self._told = 0.0

    def read(self, paths: Sequence[Path]) -> Taken:
        """Read the paths; each is a source whose progress is stored."""
        with _collecting_less():
            for path in paths:
                self._read(path)
        return self._taken

    def _read(self, path: Path) -> None:
        self._source = self._begin(path)
        done = self._source.position
        for piece in self._pieces(path):
            self._take(piece, skip=piece.arrival < done)
            self._source.position = max(self._source.position, piece.arrival + 1)
            self._tell()
            if (
                len(self._builder) >= SEGMENT
                or self._builder.bytes >= SEGMENT_BYTES
                or monotonic() - self._since > SECONDS
            ):
                self._store_segment("begun")
        self._store_segment("read")

    def _begin(self, path: Path) -> _Source:
        """The source at a path: where an earlier import of it stopped, if it is still the same."""
        absolute = os.fsencode(path.absolute())
        identity = self._sealer.digest(b"report source|" + absolute).hex()[:24]
        print_ = _fingerprint(path)
        row = None
        with self._house.database.transaction() as connection:
            row = connection.execute(
                sa.select(report_source).where(
                    report_source.c.case_id == self._store.case_id, report_source.c.id == identity
                )
            ).one_or_none()
        source = _Source(identity, show(absolute), print_)
        if row is not None and row.state == "begun":
            said = unseal(self._sealer, row.sealed, f"report_source:{identity}")
            if said["fingerprint"] == print_ and said["position"] == row.position:
                source.position = row.position
                source.fresh = row.position == 0
        return source

    def _pieces(self, path: Path) -> Iterator[Piece]:
        """All parts of a source, put together and numbered in order."""
        return pieces(path, self._readers, self._columns, self._taken)

    def _take(self, piece: Piece, *, skip: bool) -> None:
        part, taken = piece.part, self._taken
        if isinstance(part, Unreadable):
            taken.unreadable_count += 1
            where = f"{piece.path}: {part.where}" if part.where else piece.path
            if len(taken.unreadable) < 1000:
                taken.unreadable.append({"path": where, "reason": part.reason})
            if not skip:
                self._findings.append((where, part.reason))
            return
        if isinstance(part, Annex):
            self._details(part, piece)
        elif isinstance(part, Retraction):
            self._retract(part, piece)
        else:
            taken.reports += 1
            if part.files:
                taken.state(piece.bundle, f"R-{report_key(part, self._store.hashed):016x}", part.files)
            if skip:
                taken.again += 1
            else:
                self._add(part)

    def _add(self, report: Report, *, counted: bool = True) -> None:
        key = report_key(report, self._store.hashed)
        packed = pack(report)
        content = content_hash(packed, self._store.hashed)
        known = self._versions.find(key)
        if known is not None and known[1] == content:
            self._taken.again += counted
            return
        number = self._first + len(self._builder)
        before = NONE if known is None else known[0]
        self._builder.add(self._row(report), packed, key, content, int(before))
        self._versions.note(key, number, content)
        self._bodies[number] = report
        if known is None:
            self._taken.new += 1
        else:
            self._taken.updated += 1

    def _row(self, report: Report) -> Row:
        return Row(report, of_report(report), _digests(report.files), country_of(report))

    def _known(self, report_id: str, format_: str) -> Report | None:
        """The newest version of a report that was taken in, by its number."""
        key = report_key(Report(report_id, format_), self._store.hashed)
        known = self._versions.find(key)
        if known is None:
            return None
        if known[0] in self._bodies:
            return self._bodies[known[0]]
        return self._store.report(self._segments, known[0])

    def _details(self, annex: Annex, piece: Piece) -> None:
        """Details that came apart from their report: a later version of it."""
        known = self._known(annex.report_id, "cybertip") if annex.report_id else None
        if known is None:
            self._taken.reports += 1
            self._add(alone(annex, Path(piece.path).stem))
        else:
            self._add(with_files(known, annex), counted=False)

    def _retract(self, retraction: Retraction, piece: Piece) -> None:
        known = self._known(retraction.report_id, "cybertip")
        if known is None:
            reason = f"it takes back report {retraction.report_id}, which is not here"
            self._take(Piece(Unreadable("", reason), piece.path, piece.arrival), skip=False)
            return
        said = (("retraction", retraction.reason or "no reason is given"),)
        unknown = known.unknown if said[0] in known.unknown else (*known.unknown, *said)
        changed = replace(known, annotations=known.annotations | {Annotation.RETRACTED}, unknown=unknown)
        self._taken.retracted += 1
        self._add(changed, counted=False)

    def _store_segment(self, state: str) -> None:
        """Write what was gathered, then commit it together with how far the source was read."""
        builder, store = self._builder, self._store
        segment = Segment(len(self._segments), self._first, len(builder))
        if len(builder):
            store.write(builder, segment.number)
        source = self._source
        with self._house.database.transaction() as connection:
            if len(builder):
                store.append(connection, segment, self._now)
            self._note_findings(connection)
            self._note_source(connection, source, state)
        if len(builder):
            self._segments.append(segment)
            self._first += segment.count
        self._builder = Builder(store.hashed, self._now)
        self._bodies.clear()
        self._findings.clear()
        gc.collect()
        self._since = monotonic()

    def _note_source(self, connection: sa.Connection, source: _Source, state: str) -> None:
        said = {
            "path": source.path,
            "fingerprint": source.fingerprint,
            "position": source.position,
            "at": self._now.isoformat(),
        }
        mine = (report_source.c.case_id == self._store.case_id) & (report_source.c.id == source.id)
        connection.execute(report_source.delete().where(mine))
        connection.execute(
            report_source.insert().values(
                case_id=self._store.case_id,
                id=source.id,
                state=state,
                position=source.position,
                sealed=seal(self._sealer, said, f"report_source:{source.id}"),
            )
        )

    def _note_findings(self, connection: sa.Connection) -> None:
        """Findings of a source replace those of an earlier reading of it once it begins anew."""
        mine = (report_finding.c.case_id == self._store.case_id) & (
            report_finding.c.source_id == self._source.id
        )
        if self._source.fresh:
            connection.execute(report_finding.delete().where(mine))
            self._source.fresh = False
        if not self._findings:
            return
        connection.execute(
            report_finding.insert().values(
                case_id=self._store.case_id,
                source_id=self._source.id,
                count=len(self._findings),
                sealed=seal(self._sealer, self._findings, f"report_finding:{self._source.id}"),
            )
        )

    def _tell(self) -> None:
        now = monotonic()
        if now - self._told > 0.2:
            self._told = now
            self._progress(
                Progressed("reading reports", self._taken.reports, unreadable=self._taken.unreadable_count)
            )


@dataclass(slots=True)
class _Source:
    """A path that is imported, and how far it was read."""

    id: str
    path: str
    fingerprint: Mapping[str, Any]
    position: int = 0
    fresh: bool = True


def _fingerprint(path: Path) -> dict[str, Any]:
    """What tells that a source is still the same: of a file its size and time, of a folder those of its entries."""
    if path.is_dir():
        count = size = newest = 0
        for folder, _, names in os.walk(path):
            for name in names:
                try:
                    status = os.lstat(os.path.join(folder, name))  # noqa: PTH118 -- a million files: no Path each
                except OSError:
                    continue
                count, size, newest = count + 1, size + status.st_size, max(newest, status.st_mtime_ns)
        return {"files": count, "size": size, "newest": newest}
    status = path.stat()
    return {"files": 1, "size": status.st_size, "newest": status.st_mtime_ns}


def _digests(files: Sequence[ReportFile]) -> list[tuple[int, Kind, bytes]]:
    found = []
    for number, file in enumerate(files):
        for name, value in file.digests.items():
            kind = _KINDS.get(name)
            if kind is None:
                continue
            identifier = normalise(Stated(kind, value))
            if identifier is not None:
                found.append((number, kind, bytes.fromhex(identifier.key)))
    return found


_KINDS = {"md5": Kind.MD5, "sha1": Kind.SHA1, "sha256": Kind.SHA256, "pdq": Kind.PDQ}


def ranked_files(store: ReportStore) -> list[str]:
    """Names of files in the vault that are no segments: what ranking keeps there."""
    folder = store.vault.folder
    return [path.stem for path in folder.glob("state-*.parquet")] if folder.is_dir() else []


__all__ = ["House", "Taken", "take_in"]
