"""Rows that were deleted or changed: in free pages, in the free space of pages in use, in the write-ahead log.

A row whose cell is whole is taken as it is. Where a cell lost its first bytes (SQLite writes four over a freed
one), or lies in space that no cell array names, it is found by what is looked for in it: from where a picture or a
path begins, back to a record header of which that is a column. A chain of overflow pages is followed as long as its
pages are free; a page that is in use again belongs to another row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import NamedTuple

import numpy as np

from safelight.errors import EvidenceError
from safelight.evidence.guards import GuardError
from safelight.evidence.sqlite.pages import HEADER, ReadPage
from safelight.evidence.sqlite.records import (
    LEAF,
    Payload,
    Row,
    cells,
    leaf_row,
    local_size,
    signed,
    size_of,
    varint,
)
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.model import State

_BACK = 400
"""How far before a column its record's header is looked for."""
_MOST_SEEN = 1 << 21
_PREFIX = 18
_MOST_SHAPES = 64
_TRIES, _TRIES_A_PAGE = 1_000, 2
"""Places that may turn out to be no row, at the start and for each part of a page: a million would take hours."""
_MOST_ANCHORS = 256
"""Places of a page at which something is looked for: no more rows than that have fit in it."""


class Leftover(NamedTuple):
    """A row that is no longer in force, and where it lies."""

    row: Row
    state: State
    page: int
    offset: int
    origin: str
    table: Table | None
    """The table that its page belongs to; None for a free page, which may have been any table's."""
    order: int = 0
    """Frame of the log; 0 in the database itself."""


def leftovers(database: Database, anchor: re.Pattern[bytes], problems: list[str]) -> Iterator[Leftover]:
    """Yield deleted and replaced rows in which `anchor` matches the start of a value, or that have further pages.

    All trees must have been gone through before: what they own is what is not free. What cannot be followed is added
    to `problems`.
    """
    return _Search(database, anchor, problems).all()


class _Search:
    def __init__(self, database: Database, anchor: re.Pattern[bytes], problems: list[str]) -> None:
        self._database = database
        self._anchor = anchor
        self._problems = problems
        self._trunks, self._free = database.pages.freelist(problems)
        self._tables = {table.root: table for table in database.tables.values()}
        shapes = {(len(table.columns), table.rowid_column == 0): table for table in self._tables.values()}
        self._shapes = tuple(shapes.values())[:_MOST_SHAPES]
        """Tables of different shapes: of a free page nobody knows which it belonged to."""
        self._seen: set[int] = set()
        self._tries = _TRIES
        self._is_tired = False

    def all(self) -> Iterator[Leftover]:
        yield from self._in_free_pages()
        yield from self._in_pages_in_use()
        yield from self._in_log()

    def _in_free_pages(self) -> Iterator[Leftover]:
        pages = self._database.pages
        for number in map(int, np.flatnonzero(self._free)):
            if pages.owner[number]:
                continue  # the list lies: it is in use
            try:
                page = pages.page(number)
            except GuardError:
                raise
            except EvidenceError as error:
                self._problems.append(f"a free page cannot be read: {error}")
                continue
            spans: list[tuple[int, int]] = []
            if page[0] == LEAF and number not in self._trunks:
                for found in self._cells(page, number, 0, "free page", None, pages.page, free=True):
                    spans.append(
                        (found.offset, found.offset + local_size(found.row.payload.size, pages.usable))
                    )
                    yield found
            for found in self._in_region(page, 8, len(page), number, "free page", None):
                if not any(start <= found.offset < end for start, end in spans):
                    yield found

    def _in_pages_in_use(self) -> Iterator[Leftover]:
        for table in self._database.tables.values():
            if not table.has_rowid:
                continue
            try:
                for number, page in self._database.leaves(table):
                    for start, end, is_block in free_space(page, HEADER if number == 1 else 0):
                        lost = start if is_block else None
                        yield from self._in_region(page, start, end, number, "free space", table, lost)
            except GuardError:
                raise
            except EvidenceError:
                continue  # said when its rows were read

    def _in_log(self) -> Iterator[Leftover]:
        pages = self._database.pages
        for stale in pages.stale():
            start = HEADER if stale.number == 1 else 0
            if stale.data[start] != LEAF:
                continue
            table = self._tables.get(int(pages.owner[stale.number])) if stale.number <= pages.most else None
            yield from self._cells(
                stale.data, stale.number, start, stale.origin, table, stale.read, order=stale.order
            )

    def _cells(
        self,
        page: bytes,
        number: int,
        start: int,
        origin: str,
        table: Table | None,
        read: ReadPage,
        *,
        free: bool = False,
        order: int = 0,
    ) -> Iterator[Leftover]:
        """The rows of a leaf as it was; each only once, however often the log repeats it."""
        layout = self._database.layout
        matches = self._anchor.search(page) is not None
        for at in cells(page, start, 8):
            try:
                size = varint(page, at)[0]
                if not matches and local_size(size, layout.usable) == size:
                    continue
                key = hash((page[at : at + 1024], table.root if table else 0))
                if key in self._seen:
                    continue
                if len(self._seen) < _MOST_SEEN:
                    self._seen.add(key)
                row = leaf_row(page, at, layout, read)
            except (EvidenceError, IndexError):
                continue  # not a cell any more
            if free:
                row.payload.follow(self._follow)
            yield Leftover(row, State.DELETED, number, at, origin, table, order)

    def _is_free(self, number: int) -> bool:
        return 0 < number < len(self._free) and bool(self._free[number])

    def _follow(self, number: int, after: int) -> tuple[int, str | None]:
        """Which page follows a free one in the chain of a deleted row; below 0 where it cannot be that row's."""
        trunk = self._trunks.get(number)
        if trunk is not None:
            # it became a trunk: its head was overwritten, and those freed after it are its leaves
            first, held = trunk
            return first, f"{4 + 4 * held:,} bytes within it were overwritten"
        if not self._is_free(number):
            return -1, "it ends early: what followed was overwritten by other rows"
        return after, None

    def _in_region(
        self,
        page: bytes,
        start: int,
        end: int,
        number: int,
        origin: str,
        table: Table | None,
        lost: int | None = None,
    ) -> Iterator[Leftover]:
        """Rows in bytes that no cell array names; `lost` is where a freed block begins."""
        self._tries += _TRIES_A_PAGE
        for match in islice(self._anchor.finditer(page, start, end), _MOST_ANCHORS):
            if self._tries <= 0:
                if not self._is_tired:
                    self._problems.append(
                        "not all free space was searched: too much in it looks like rows and is none"
                    )
                    self._is_tired = True
                return
            found = self._record(page, match.start(), start, end, table, lost)
            if found is None:
                self._tries -= 1
            else:
                row, at = found
                yield Leftover(row, State.CARVED, number, at, origin, table)

    def _record(
        self, page: bytes, column: int, start: int, end: int, table: Table | None, lost: int | None
    ) -> tuple[Row, int] | None:
        """The record of which a column begins at `column`, and where it lies."""
        best: tuple[int, int, int | None, bytes] | None = None
        for at in range(column - 2, max(start, column - _BACK) - 1, -1):
            if page[at] < 0x80 and not 2 <= page[at] <= column - at:
                continue
            total = _fits(page, at, column, table)
            if total is None:
                continue
            rowid = _prefix(page, at, start, total)
            if rowid is not None:
                best = (at, total, rowid, b"")
                break
            if best is None and (table is None or table.rowid_column is None or page[at + 1] == 0):
                best = (at, total, None, b"")
        if best is None and table is not None and lost is not None:
            best = _headless(page, lost + 4, column, table)
        if best is None:
            best = self._absorbed(page, column, start, self._shapes if table is None else (table,))
        if best is None:
            return None
        at, total, rowid, instead = best
        layout = self._database.layout
        local = local_size(total, layout.usable)
        data = instead + page[at + len(instead) : min(at + local, end)]
        overflow = 0
        if local < total and at + local + 4 <= end:
            overflow = int.from_bytes(page[at + local : at + local + 4], "big")
        overflow = overflow if self._is_free(overflow) else 0
        payload = Payload(data, total, overflow, layout, self._database.pages.page)
        payload.follow(self._follow)
        try:
            return Row(rowid, payload, layout.encoding), at
        except EvidenceError:
            return None

    def _absorbed(
        self, page: bytes, column: int, start: int, tables: Sequence[Table]
    ) -> tuple[int, int, None, bytes] | None:
        """A record whose cell was freed and then became part of a larger free space: its old length still stands."""
        usable = self._database.layout.usable
        for at in range(column - 1, max(start + 4, column - _BACK) - 1, -1):
            length = int.from_bytes(page[at - 2 : at], "big")
            following = int.from_bytes(page[at - 4 : at - 2], "big")
            if not column - at < length <= len(page) - at + 4 or (
                following and not at < following < len(page)
            ):
                continue
            for table in tables:
                found = _headless(page, at, column, table)
                if found is not None:
                    local = local_size(found[1], usable)
                    taken = local + (4 if local < found[1] else 0)
                    if 0 < length - taken <= _PREFIX:
                        return found
        return None


def free_space(page: bytes, start: int) -> Iterator[tuple[int, int, bool]]:
    """The parts of a leaf that no cell takes: `(start, end, is a freed block)`."""
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    content = int.from_bytes(page[start + 5 : start + 7], "big") or 65536
    first = start + 8 + 2 * count
    if first < content <= len(page):
        yield first, content, False
    at, last = int.from_bytes(page[start + 1 : start + 3], "big"), start + 8
    while last < at < len(page) - 3:
        following, size = (
            int.from_bytes(page[at : at + 2], "big"),
            int.from_bytes(page[at + 2 : at + 4], "big"),
        )
        if size > 4:
            yield at, min(at + size, len(page)), True
        last, at = at, following


def _serials(page: bytes, at: int, end: int, most: int) -> tuple[list[int], int]:
    serials: list[int] = []
    while at < end and len(serials) < most:
        serial, at = varint(page, at)
        serials.append(serial)
    return serials, at


def _fits(page: bytes, at: int, column: int, table: Table | None) -> int | None:
    """Is there a record header at `at`, of which a column of some length begins at `column`? Its whole size."""
    try:
        length, first = varint(page, at)
        if not 2 <= length <= column - at:
            return None
        serials, after = _serials(page, first, at + length, 2000)
    except IndexError:
        return None
    if after != at + length or not _plausible(serials, table):
        return None
    return _total(serials, at + length, column, length)


def _plausible(serials: list[int], table: Table | None) -> bool:
    if any(serial in (10, 11) for serial in serials):
        return False
    return table is None or len(serials) == len(table.columns)


def _total(serials: list[int], data: int, column: int, length: int) -> int | None:
    offset, meets = data, False
    for serial in serials:
        meets = meets or (offset == column and serial >= 13)
        offset += size_of(serial)
    return length + offset - data if meets else None


def _prefix(page: bytes, at: int, start: int, total: int) -> int | None:
    """The row id that stands before a header, if the size before it agrees."""
    for first in range(at - 2, max(start, at - _PREFIX) - 1, -1):
        try:
            size, middle = varint(page, first)
            rowid, end = varint(page, middle)
        except IndexError:
            continue
        if size == total and end == at:
            return signed(rowid)
    return None


def _headless(page: bytes, first: int, column: int, table: Table) -> tuple[int, int, None, bytes] | None:
    """A record whose header begins with its types: the bytes before them were overwritten.

    Four bytes are lost of a freed cell: sizes and row id, and of a short row the first type too, which is that of a
    NULL where the first column is the row id.
    """
    for lost in ((), (0,)) if table.rowid_column == 0 else ((),):
        try:
            serials, after = _serials(page, first, column, len(table.columns) - len(lost))
        except IndexError:
            continue
        serials = [*lost, *serials]
        length = after - first + 1 + len(lost)
        if length < 0x80 and _plausible(serials, table):
            total = _total(serials, after, column, length)
            if total is not None:
                return first - 1 - len(lost), total, None, bytes((length, *lost))
    return None


__all__ = ["Leftover", "free_space", "leftovers"]
