"""`reports import`: read documents, store what is new, note what cannot be read. Killed anywhere, it goes on."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy.typing as npt
import sqlalchemy as sa

from safelight import plugins
from safelight.errors import UsageError
from safelight.evidence.names import show
from safelight.governance.gate import Permit
from safelight.model import Capability
from safelight.progress import Progress, Progressed
from safelight.reports.body import pack, unpack
from safelight.reports.dates import moment
from safelight.reports.identifiers.of_report import identified
from safelight.reports.intake.assemble import Piece, alone, with_files
from safelight.reports.intake.later import beside, is_as_before, take_back
from safelight.reports.intake.pieces import pieces
from safelight.reports.intake.taken import Taken
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
    sender_number,
    unblock,
)
from safelight.reports.keep.store import ReportStore, Segment, segment_of
from safelight.reports.keep.versions import Known, Versions
from safelight.reports.protocol import Annex, ReportReader, Retraction
from safelight.reports.report import Annotation, Report, Unreadable
from safelight.store.database import Database
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import report_finding, report_source

SEGMENT = 32_768
"""Reports written together, at most."""
SEGMENT_BYTES = 96 << 20
SECONDS = 15.0
"""What was read is stored at least so often: so much is read again after a kill."""
_LOOKED_BACK = 20
"""Earlier versions of a report that a later one is compared with."""


class House(Protocol):
    """What importing needs of the workspace."""

    folder: Path
    database: Database


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
        self._chain: tuple[int, Sequence[int] | npt.NDArray[Any]] = -1, ()
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
            self._retract(part)
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
        """A report that came, beside what is known of it."""
        known = self._versions.find(key)
        if known is None:
            self._store_version(report, key, None, counted=counted)
            return
        if self._versions.said(content_hash(pack(report), self._store.hashed)):
            # Also where the sender went back to it: nothing tells that from a document that is imported again.
            self._taken.again += counted
            return
        later = self._beside_what_is_known(report, known)
        if self._went_back_long_ago(report, known):
            self._taken.again += counted
            return
        self._store_version(later, key, known, counted=counted)

    def _store_version(self, report: Report, key: int, known: Known | None, *, counted: bool) -> None:
        """Take a report in, or a later version of the one that is known, unless it is known word for word."""
        packed = pack(report)
        content = content_hash(packed, self._store.hashed)
        if known is not None and self._versions.said(content):
            self._taken.again += counted
            return
        builder = self._builder
        number, row = self._first + len(builder), len(builder)
        said = identified(report)
        made = Row(report, said.identifiers, said.digests, said.country)
        builder.add(made, packed, key, content, int(NONE) if known is None else known.number)
        of = builder.of
        retracted = Annotation.RETRACTED in report.annotations
        self._versions.note(
            key,
            content,
            Known(
                number,
                of(row, "form"),
                retracted,
                bool(of(row, "disputed")),
                of(row, "sender"),
                of(row, "received"),
            ),
        )
        if known is None:
            self._taken.new += 1
        else:
            self._taken.updated += 1

    def _beside_what_is_known(self, report: Report, known: Known) -> Report:
        """A later version; the earlier one is read only where something of it has to be said of this one too."""
        form = form_of(report)
        if (
            known.retracted
            or known.disputed
            or Annotation.RETRACTED in report.annotations
            or (form and known.form and form != known.form)
            or not known.is_of(sender_number(report, self._store.hashed))
        ):
            return beside(report, self._body(known.number))
        return report

    def _went_back_long_ago(self, report: Report, known: Known) -> bool:
        """Does it say what an earlier version said, and was it received no later than the newest?

        With a later receipt the sender went back to it since, and it is a version again.
        """
        received = moment(report.received)
        if received is None or received.timestamp() > known.received:
            return False
        number = known.number
        for _ in range(_LOOKED_BACK):
            number = self._replaced(number)
            if number == NONE:
                return False
            if is_as_before(report, self._body(number)):
                return True
        return False

    def _replaced(self, number: int) -> int:
        """The number of the version before this one; NONE where it is the first."""
        if number >= self._first:
            return self._builder.of(number - self._first, "replaces")
        segment = segment_of(self._segments, number)
        if self._chain[0] != segment.number:
            self._chain = segment.number, self._store.rows_of(segment, ("replaces",))["replaces"]
        return int(self._chain[1][number - segment.first])

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
        key = self._key(annex.report_id) if annex.report_id else None
        known = None if key is None else self._versions.find(key)
        if known is None:
            self._taken.reports += 1
            report = alone(annex, Path(piece.path).stem)
            self._add(report, report_key(report, self._store.hashed))
        elif key is not None:
            report = with_files(self._body(known.number), annex)
            self._store_version(report, key, known, counted=False)

    def _retract(self, retraction: Retraction) -> None:
        """A retraction: a later version of its report, whether it counts or is only claimed."""
        key = self._key(retraction.report_id)
        known = self._versions.find(key)
        changed, counts = take_back(retraction, None if known is None else self._body(known.number))
        self._taken.retracted += counts
        self._taken.claimed += not counts
        self._store_version(changed, key, known, counted=False)

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


__all__ = ["House", "take_in"]
