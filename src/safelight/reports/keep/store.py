"""The reports of one case: segments of columns, appended in transactions, read as a whole or one by one."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import sqlalchemy as sa

from safelight.errors import IntegrityError, UsageError
from safelight.reports.body import unpack
from safelight.reports.keep.columns import BLOCK, NONE, ROW_COLUMNS, Builder, Keyed, keyed, unblock
from safelight.reports.keep.people import people_table
from safelight.reports.keep.vault import Columns, Vault
from safelight.reports.report import Report
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import report_segment

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Segment:
    """One set of files: `count` reports from number `first` on."""

    number: int
    first: int
    count: int
    mark: str = ""
    """Says which reports these are: what is derived from a segment is told from another's of that number by it."""


def chain(segments: Iterable[Segment]) -> str:
    """One mark for segments in a row: what was derived from them holds for no other ones."""
    made = hashlib.sha256()
    for one in segments:
        made.update(f"{one.number} {one.first} {one.count} {one.mark};".encode())
    return made.hexdigest()


def until(segments: Sequence[Segment], reports: int) -> Sequence[Segment] | None:
    """The segments that hold the first `reports` reports; None where no segment ends there."""
    for place, one in enumerate(segments):
        if one.first >= reports:
            return segments[:place] if one.first == reports else None
    return segments if sum(one.count for one in segments) == reports else None


class ReportStore:
    """Where the reports of one case lie. Numbers of reports follow their arrival and never change."""

    def __init__(self, folder: Path, case_id: str, sealer: Sealer) -> None:
        """`folder` is the workspace's folder of report columns; `sealer` the case's key."""
        self.case_id, self._sealer = case_id, sealer
        self.vault = Vault(folder, case_id, sealer)
        self.hashed: Keyed = keyed(sealer.digest(b"reports: identifiers"))

    def segments(self, connection: sa.Connection) -> list[Segment]:
        """All segments in order. IntegrityError where one is missing or does not follow the one before."""
        rows = connection.execute(
            sa.select(report_segment)
            .where(report_segment.c.case_id == self.case_id)
            .order_by(report_segment.c.number)
        )
        found: list[Segment] = []
        first = 0
        for number, row in enumerate(rows):
            said = unseal(self._sealer, row.sealed, self._context(row.number))
            if [row.number, row.first, row._mapping["count"]] != [number, first, said["count"]]:
                raise IntegrityError(
                    "The list of report segments was altered.", "Restore the workspace from its backup."
                )
            mark = hashlib.sha256(row.sealed).hexdigest()  # sealed anew for each: no two are equal
            found.append(Segment(number, first, int(row._mapping["count"]), mark))
            first += found[-1].count
        return found

    def append(self, connection: sa.Connection, segment: Segment, now: datetime) -> None:
        """Note a segment whose files were written by `write`; part of the caller's transaction."""
        connection.execute(
            report_segment.insert().values(
                case_id=self.case_id,
                number=segment.number,
                first=segment.first,
                count=segment.count,
                sealed=seal(
                    self._sealer,
                    {"count": segment.count, "at": now.isoformat()},
                    self._context(segment.number),
                ),
            )
        )

    def write(self, builder: Builder, number: int) -> None:
        """Write the files of a segment. They count only once `append` is committed."""
        people = builder.people()
        rows, links, digests, bodies = builder.finish()
        self.vault.write(_name(number, "rows"), rows)
        self.write_links(number, links)
        self.vault.write(_name(number, "digests"), digests)
        self.vault.write(_name(number, "people"), people)
        self.vault.write(_name(number, "bodies"), bodies, compression="none")

    def write_links(self, number: int, links: Columns) -> None:
        """Write a segment's identifiers (`LINK_COLUMNS`): their keys, and one number for all else that is said."""
        # Keys are random: packing them harder gains nothing, and they are read for every linking.
        self.vault.write(
            _name(number, "links"), {"key": links["key"], "said": _said(links)}, compression="lz4"
        )

    def tidy(self, segments: Iterable[Segment], also: Iterable[str] = ()) -> None:
        """Remove files that belong to no committed segment, and are not among `also`."""
        parts = ("rows", "links", "digests", "people", "bodies")
        self.vault.tidy({*also, *(_name(one.number, part) for one in segments for part in parts)})

    def each(self, work: Callable[[Segment], T], segments: Sequence[Segment]) -> list[T]:
        """Do something with every segment, two at a time: decrypting and unpacking leave Python alone."""
        if len(segments) < 4:
            return [work(one) for one in segments]
        with ThreadPoolExecutor(2) as pool:
            return list(pool.map(work, segments))

    def rows(self, segments: Sequence[Segment], names: Sequence[str]) -> Columns:
        """Columns of all reports, in order of their numbers; a column that old segments lack is zero there."""
        total = sum(one.count for one in segments)
        made = {name: np.zeros(total, dtype=ROW_COLUMNS[name]) for name in names}

        def fill(one: Segment) -> None:
            for name, values in self.vault.columns(_name(one.number, "rows"), names).items():
                made[name][one.first : one.first + one.count] = values

        self.each(fill, segments)
        return made

    def rows_of(self, segment: Segment, names: Sequence[str]) -> Columns:
        """Columns of one segment; one that it lacks is zero."""
        found = self.vault.columns(_name(segment.number, "rows"), names)
        return {name: found.get(name, np.zeros(segment.count, dtype=ROW_COLUMNS[name])) for name in names}

    def links(self, segment: Segment) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint32]]:
        """The keys of a segment's identifiers, and what is said of each as one number (`row_and_meta`)."""
        names = ("key", "said", "row", "kind", "role", "weak")
        columns = self.vault.columns(_name(segment.number, "links"), names)
        # Older segments have four columns for what is said.
        return columns["key"], columns["said"] if "said" in columns else _said(columns)

    def digests(
        self, segment: Segment
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any], npt.NDArray[Any], list[bytes]]:
        """Digests stated in a segment: row within it, file within the report, kind, the digest."""
        table = self.vault.read(_name(segment.number, "digests"))
        columns = [table.column(name).to_numpy() for name in ("row", "file", "kind")]
        return columns[0], columns[1], columns[2], table.column("digest").to_pylist()

    def people(self, segments: Sequence[Segment]) -> pa.Table:
        """The people of all reports (columns of `keep/people.py`), in order; `row` is the report's number."""

        def of(segment: Segment) -> pa.Table:
            table = self.vault.read(_name(segment.number, "people"))
            row = table.column("row").to_numpy() + np.uint32(segment.first)
            return table.set_column(table.column_names.index("row"), "row", pa.array(row))

        return pa.concat_tables([people_table([], []), *self.each(of, segments)]).combine_chunks()

    def report(self, segments: Sequence[Segment], number: int) -> Report:
        """One report by its number."""
        return next(iter(self.reports(segments, [number])))[1]

    def reports(self, segments: Sequence[Segment], numbers: Iterable[int]) -> Iterator[tuple[int, Report]]:
        """Reports by number, in order of number; each block is opened once."""
        at, blocks, opened, block = -1, None, -1, list[bytes]()
        for number in sorted(set(numbers)):
            segment = segment_of(segments, number)
            if segment.number != at:
                at, blocks, opened = segment.number, self.blocks(segment), -1
            row = number - segment.first
            if row // BLOCK != opened and blocks is not None:
                opened = row // BLOCK
                block = unblock(blocks[opened].as_py())
            yield number, unpack(block[row % BLOCK])

    def blocks(self, segment: Segment) -> pa.ChunkedArray:
        """The reports of a segment, `BLOCK` of them compressed together; see `unblock`."""
        return self.vault.read(_name(segment.number, "bodies")).column("block")

    def _context(self, number: int) -> str:
        return f"report_segment:{self.case_id}:{number}"


def meta(kind: npt.NDArray[Any], role: npt.NDArray[Any], weak: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """Kind, role and weakness of mentions as one number each, of 9 bits."""
    made: npt.NDArray[Any] = (
        kind.astype(np.uint16) << 4 | role.astype(np.uint16) << 1 | weak.astype(np.uint16)
    )
    return made


def row_and_meta(said: npt.NDArray[np.uint32]) -> tuple[npt.NDArray[np.uint32], npt.NDArray[np.uint16]]:
    """Of each identifier, the report's row within its segment, and its `meta`."""
    return said >> np.uint32(9), (said & np.uint32(511)).astype(np.uint16)


def _said(links: Columns) -> npt.NDArray[np.uint32]:
    about = meta(links["kind"], links["role"], links["weak"])
    made: npt.NDArray[np.uint32] = links["row"].astype(np.uint32) << np.uint32(9) | about.astype(np.uint32)
    return made


def _name(number: int, part: str) -> str:
    return f"{number:06d}-{part}"


def segment_of(segments: Sequence[Segment], number: int) -> Segment:
    """The segment that holds a report's number. UsageError where there is no such number."""
    low, high = 0, len(segments)
    while low < high:
        middle = (low + high) // 2
        if segments[middle].first + segments[middle].count <= number:
            low = middle + 1
        else:
            high = middle
    if low == len(segments) or number < 0:
        raise UsageError("There is no such report.")
    return segments[low]


def newest(replaces: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Which reports are the newest version of themselves, from the column `replaces`."""
    made = np.ones(len(replaces), dtype=bool)
    made[replaces[replaces != NONE]] = False
    return made
