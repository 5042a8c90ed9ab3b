"""The reports of one case: segments of columns, appended in transactions, read as a whole or one by one."""

from __future__ import annotations

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
            found.append(Segment(number, first, int(row._mapping["count"])))
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
        self.vault.write(_name(number, "links"), links)
        self.vault.write(_name(number, "digests"), digests)
        self.vault.write(_name(number, "people"), people)
        self.vault.write(_name(number, "bodies"), bodies, compression="none")

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

    def links(self, segment: Segment, names: Sequence[str]) -> Columns:
        """Columns of a segment's identifiers; `row` counts within the segment."""
        return self.vault.columns(_name(segment.number, "links"), names)

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
                table = self.vault.read(_name(segment.number, "bodies"))
                at, blocks, opened = segment.number, table.column("block"), -1
            row = number - segment.first
            if row // BLOCK != opened and blocks is not None:
                opened = row // BLOCK
                block = unblock(blocks[opened].as_py())
            yield number, unpack(block[row % BLOCK])

    def _context(self, number: int) -> str:
        return f"report_segment:{self.case_id}:{number}"


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


class Versions:
    """Which report numbers are known: by the report's key, its newest number and what it says.

    20 bytes a report: sorted arrays, and a small dictionary of what came last.
    """

    _RECENT = 500_000

    def __init__(self, key: npt.NDArray[np.uint64], content: npt.NDArray[np.uint64]) -> None:
        """Take the columns of everything stored, in order of numbers."""
        self._recent: dict[int, tuple[int, int]] = {}
        order = np.argsort(key, kind="stable")
        sorted_key = key[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = sorted_key[1:] != sorted_key[:-1]
        self._key = sorted_key[last]
        self._number = order[last].astype(np.uint32)
        self._content = content[order][last]

    def find(self, key: int) -> tuple[int, int] | None:
        """The newest number of a report, and the hash of its content; None where it is new."""
        if (recent := self._recent.get(key)) is not None:
            return recent
        at = int(np.searchsorted(self._key, np.uint64(key)))
        if at < len(self._key) and int(self._key[at]) == key:
            return int(self._number[at]), int(self._content[at])
        return None

    def note(self, key: int, number: int, content: int) -> None:
        """A report (or a version of one) was taken in."""
        self._recent[key] = (number, content)
        if len(self._recent) >= self._RECENT:
            self._fold()

    def _fold(self) -> None:
        count = len(self._recent)
        key = np.fromiter(self._recent, dtype=np.uint64, count=count)
        said = np.array(list(self._recent.values()), dtype=np.uint64)
        keep = ~np.isin(self._key, key)
        order = np.argsort(merged := np.concatenate([self._key[keep], key]), kind="stable")
        self._key = merged[order]
        self._number = np.concatenate([self._number[keep], said[:, 0].astype(np.uint32)])[order]
        self._content = np.concatenate([self._content[keep], said[:, 1]])[order]
        self._recent = {}


def newest(replaces: npt.NDArray[np.uint32]) -> npt.NDArray[np.bool_]:
    """Which reports are the newest version of themselves, from the column `replaces`."""
    made = np.ones(len(replaces), dtype=bool)
    made[replaces[replaces != NONE]] = False
    return made
