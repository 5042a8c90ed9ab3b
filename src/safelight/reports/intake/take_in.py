"""`reports import`: read documents, store what is new, note what cannot be read. Killed anywhere, it goes on."""

from __future__ import annotations

import gc
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import sqlalchemy as sa

from safelight import plugins
from safelight.errors import UsageError
from safelight.evidence.names import SEPARATOR, show
from safelight.governance.gate import Permit
from safelight.model import Capability
from safelight.progress import Progress, Progressed
from safelight.reports.body import pack, unpack
from safelight.reports.identifiers.of_report import identified
from safelight.reports.intake.assemble import RETRACTION, Piece, alone, taken_back, with_files, with_form
from safelight.reports.intake.documents import NOT_A_REPORT, Medium
from safelight.reports.intake.pieces import UNNAMED, pieces
from safelight.reports.keep import versions
from safelight.reports.keep.columns import (
    BLOCK,
    NONE,
    Builder,
    Row,
    content_hash,
    form_of,
    report_id,
    report_key,
    unblock,
)
from safelight.reports.keep.store import ReportStore, Segment, segment_of
from safelight.reports.keep.versions import Known, Versions
from safelight.reports.protocol import Annex, ReportReader, Retraction
from safelight.reports.report import Annotation, Report, ReportFile, Unreadable
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
    every: bool = False
    """May files be opened that nobody has viewed?"""
    wanted: dict[str, str] = field(default_factory=dict)
    """Media that may be opened: by their path, the report that states them."""
    closed: int = 0
    """Media that stay closed: not viewed, named by no report, or of a name that several files have."""
    closed_files: list[tuple[str, str]] = field(default_factory=list)
    """What was not looked at, by its path, with the reason: the first 100."""
    media: list[Medium] = field(default_factory=list)
    """Media that were met in what is being read in one go."""
    _elsewhere: set[tuple[str, str]] = field(default_factory=set)
    """Names that a bundle's reports state and that also lie in another bundle within it."""
    _waiting: dict[str, list[Medium]] = field(default_factory=dict)
    """Other media of bundles that are not complete: by source on disk."""
    _stated: dict[str, dict[str, dict[str, StatedFile]]] = field(default_factory=dict)
    """Files that reports state: by source on disk, by bundle, and by their name in lower case."""

    def state(self, bundle: str, report: str, files: Sequence[ReportFile]) -> None:
        """Note the files of a report. A name that is stated as not viewed once stays closed."""
        stated = self._stated.setdefault(_outermost(bundle), {}).setdefault(bundle, {})
        for one in files:
            if UNNAMED in one.annotations:
                continue
            for name in {one.name, one.original_name, one.file_id} - {None}:
                known = stated.get(str(name).casefold())
                viewed = one.viewed is True and (known is None or known.viewed)
                stated[str(name).casefold()] = StatedFile(report, viewed)

    def enter(self, unit: str) -> None:
        """What was read before lies elsewhere, or around this: of what is complete it is settled what may be opened."""
        self._sort()
        self._settle(
            one
            for one in self._stated.keys() | self._waiting.keys()
            if unit != one and not unit.startswith(f"{one.rstrip('/')}/")
        )

    def settle(self) -> None:
        """Everything was read."""
        self._sort()
        self._settle(self._stated.keys() | self._waiting.keys())

    def _sort(self) -> None:
        for one in self.media:
            self._waiting.setdefault(_outermost(one.bundle), []).append(one)
            name = one.name.casefold()
            self._elsewhere |= {
                (around, name)
                for around in one.around
                if name in self._stated.get(_outermost(around), {}).get(around, {})
            }
        self.media.clear()

    def _settle(self, complete: Iterable[str]) -> None:
        """Decide on the media of these. Of two that have one name nobody can tell which of them was viewed."""
        for source in list(complete):
            stated, media = self._stated.pop(source, {}), self._waiting.pop(source, [])
            names = Counter((one.bundle, one.name.casefold()) for one in media)
            for one in media:
                file = stated.get(one.bundle, {}).get(one.name.casefold())
                key = (one.bundle, one.name.casefold())
                alike = names[key] > 1 or key in self._elsewhere
                if file is not None and (self.every or (file.viewed and not alike)):
                    self.wanted[one.path] = file.report
                    continue
                self.closed += one.why != NOT_A_REPORT
                if len(self.closed_files) < 100:
                    self.closed_files.append((one.path, one.why or _why(file, alike)))


def _why(file: StatedFile | None, alike: bool) -> str:
    """Why a medium stays closed."""
    if file is None:
        return "no report of its bundle names it"
    if file.viewed and alike:
        return "several files have this name, and nobody can tell which one was viewed"
    return "the provider has not viewed it, or does not say so"


def _outermost(bundle: str) -> str:
    """The folder or file on disk that a bundle is or lies in."""
    return bundle.partition(SEPARATOR)[0]


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
    every = permit.allows(Capability.OPEN_UNVIEWED)
    return _Intake(house, store, sealer, readers, columns, progress, every).read(paths)


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
        gc.collect()


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
        every: bool,
    ) -> None:
        self._house, self._store, self._sealer = house, store, sealer
        self._readers, self._columns, self._progress = readers, columns, progress
        self._taken = Taken(every=every)
        self._now = datetime.now(UTC)
        with house.database.transaction() as connection:
            self._segments = store.segments(connection)
        store.tidy(self._segments, also=ranked_files(store))
        self._versions = Versions(store.rows(self._segments, versions.COLUMNS))
        self._opened: tuple[int, Sequence[Any]] = -1, ()
        self._first = sum(one.count for one in self._segments)
        self._builder = Builder(store.hashed, self._now)
        self._findings: list[tuple[str, str]] = []
        self._source = _Source("", "", {})
        self._since = monotonic()
        self._told = 0.0

    def read(self, paths: Sequence[Path]) -> Taken:
        """Read the paths; each is a source whose progress is stored."""
        with _collecting_less():
            for path in paths:
                self._read(path)
                self._taken.settle()
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
            key = report_key(part, self._store.hashed)
            if not piece.states_id:
                key = self._store.hashed(
                    b"unnamed|%d|" % key + pack(part)
                )  # its document's name is no number
            if part.files and piece.beside:
                taken.state(piece.bundle, report_id(key), part.files)
            if skip:
                taken.again += 1
            else:
                self._add(part, key)

    def _add(self, report: Report, key: int, *, counted: bool = True) -> None:
        packed = pack(report)
        content = content_hash(packed, self._store.hashed)
        known = self._versions.find(key)
        if known is not None and not self._versions.said(content):
            report = self._beside_what_is_known(report, known)
            packed = pack(report)
            content = content_hash(packed, self._store.hashed)
        if known is not None and self._versions.said(content):
            self._taken.again += counted
            return
        number = self._first + len(self._builder)
        before = NONE if known is None else known.number
        said = identified(report)
        row = Row(report, said.identifiers, said.digests, said.country)
        self._builder.add(row, packed, key, content, int(before))
        self._versions.note(key, number, content, form_of(report), Annotation.RETRACTED in report.annotations)
        if known is None:
            self._taken.new += 1
        else:
            self._taken.updated += 1

    def _beside_what_is_known(self, report: Report, known: Known) -> Report:
        """A later version, with what another form of the report says besides; one that was taken back stays so."""
        form, retracted = form_of(report), Annotation.RETRACTED in report.annotations
        if form and known.form and form != known.form:
            before = self._body(known.number)
            return with_form(report, before) if form < known.form else with_form(before, report)
        return taken_back(report, self._body(known.number)) if known.retracted and not retracted else report

    def _known(self, key: int) -> Report | None:
        """The newest version of a report that was taken in, by its key."""
        known = self._versions.find(key)
        return None if known is None else self._body(known.number)

    def _body(self, number: int) -> Report:
        """A report that was taken in. Versions often come in the order of what they replace: a segment stays open."""
        if number >= self._first:
            return unpack(self._builder.packed(number - self._first))
        segment = segment_of(self._segments, number)
        if self._opened[0] != segment.number:
            self._opened = segment.number, self._store.blocks(segment)
        block, at = divmod(number - segment.first, BLOCK)
        return unpack(unblock(self._opened[1][block].as_py())[at])

    def _key(self, stated_id: str) -> int:
        """The key of the CyberTipline report with this id."""
        return report_key(Report(stated_id, "cybertip"), self._store.hashed)

    def _details(self, annex: Annex, piece: Piece) -> None:
        """Details that came apart from their report: a later version of it."""
        known = self._known(self._key(annex.report_id)) if annex.report_id else None
        if known is None:
            self._taken.reports += 1
            report = alone(annex, Path(piece.path).stem)
        else:
            report = with_files(known, annex)
        self._add(report, report_key(report, self._store.hashed), counted=known is None)

    def _retract(self, retraction: Retraction, piece: Piece) -> None:
        known = self._known(self._key(retraction.report_id))
        if known is None:  # it came before its report: kept, so that the report is taken back when it comes
            known = Report(retraction.report_id, "cybertip", problems=("only its retraction is here",))
        said = (RETRACTION, retraction.reason or "no reason is given")
        unknown = known.unknown if said in known.unknown else (*known.unknown, said)
        changed = replace(known, annotations=known.annotations | {Annotation.RETRACTED}, unknown=unknown)
        self._taken.retracted += 1
        self._add(changed, report_key(changed, self._store.hashed), counted=False)

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
        self._findings.clear()
        gc.collect(1)  # what is new since the last time; what is older has been looked through
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


def ranked_files(store: ReportStore) -> list[str]:
    """Names of files in the vault that are no segments: what ranking keeps there."""
    folder = store.vault.folder
    return [path.stem for path in folder.glob("state-*.parquet")] if folder.is_dir() else []


__all__ = ["House", "Taken", "take_in"]
