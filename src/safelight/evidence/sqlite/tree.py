"""The tables of a database: leaves and rows of a tree in order, one row by its id, and the schema.

Whatever the pages say, a tree is gone through once: no page twice, none that another tree has.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.errors import EvidenceError
from safelight.evidence.guards import GuardError
from safelight.evidence.protocol import Source
from safelight.evidence.sqlite.pages import HEADER, Decode, Pages
from safelight.evidence.sqlite.records import (
    INTERIOR,
    KEY_INTERIOR,
    KEY_LEAF,
    LEAF,
    Layout,
    Row,
    Value,
    cells,
    key_row,
    leaf_row,
    signed,
    varint,
)
from safelight.evidence.sqlite.schema import Table, parse

_DEEPEST = 64
_MOST_TABLES = 20_000


class Database:
    """A database as it stands, its write-ahead log included."""

    def __init__(
        self,
        source: Source,
        wal: Source | None = None,
        decode: Decode | None = None,
        journal: Source | None = None,
    ) -> None:
        """Raises EvidenceError where it is none, or its first page does not begin a schema."""
        self.pages = Pages(source, wal, decode, journal)
        self.layout = Layout(self.pages.usable, self.pages.encoding, self.pages.most)
        if self.pages.page(1)[HEADER] not in (LEAF, INTERIOR):
            raise EvidenceError("its first page holds no schema")
        self.tables: dict[str, Table] = {}
        self.kept: dict[type, object] = {}
        """What a messenger's file has made of it once and asks for again (`messengers/app.py`)."""
        self.problems: list[str] = self.pages.problems
        for table in self._schema():
            self.tables.setdefault(table.name.lower(), table)

    def _schema(self) -> Iterator[Table]:
        """Every stored table; what ends the list early is one of the `problems`."""
        seen = 0
        try:
            for row in self.rows(Table("sqlite_master", 1, ("type", "name", "tbl_name", "rootpage", "sql"))):
                kind, name, _, root, sql = (row.value(column) for column in range(5))
                seen += 1
                if seen > _MOST_TABLES:
                    raise EvidenceError(f"it has more than {_MOST_TABLES:,} tables and indexes")
                if kind == "table" and isinstance(name, str) and isinstance(root, int) and root > 0:
                    yield parse(name, root, sql if isinstance(sql, str) else "")
        except EvidenceError as error:
            self.problems.append(f"its schema is not wholly readable: {error}")

    def leaves(self, table: Table) -> Iterator[tuple[int, bytes]]:
        """The leaf pages of a table in order, with their numbers.

        Raises EvidenceError at the end for what could not be followed; what can be had comes before.
        """
        pages, owner = self.pages, self.pages.owner
        seen: set[int] = set()
        stack = [(table.root, 0)]
        problem: str | None = None
        while stack:
            number, depth = stack.pop()
            try:
                if not 0 < number <= pages.most:
                    raise EvidenceError(f"there is no page {number:,}")
                if number in seen or owner[number] not in (0, table.root) or depth > _DEEPEST:
                    raise EvidenceError(f"page {number:,} is part of two places")
                seen.add(number)
                page = pages.page(number)
                start = HEADER if number == 1 else 0
                kind = page[start]
                if kind == LEAF:
                    owner[number] = table.root
                    yield number, page
                elif kind == INTERIOR:
                    owner[number] = table.root
                    children = [struct.unpack_from(">I", page, at)[0] for at in cells(page, start, 12)]
                    children.append(struct.unpack_from(">I", page, start + 8)[0])
                    stack.extend((child, depth + 1) for child in reversed(children))
                else:
                    raise EvidenceError(f"page {number:,} is no page of a table")
            except GuardError:
                raise
            except EvidenceError as error:
                problem = problem or str(error)
        if problem is not None:
            raise EvidenceError(problem)

    def key_rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table without row ids, numbered as they come; columns of the key are first in them.

        Raises EvidenceError at the end for what could not be followed.
        """
        pages, owner = self.pages, self.pages.owner
        seen: set[int] = set()
        stack, number = [(table.root, 0)], 0
        problem: str | None = None
        while stack:
            page_number, depth = stack.pop()
            try:
                if page_number in seen or depth > _DEEPEST or not 0 < page_number <= pages.most:
                    raise EvidenceError(f"page {page_number:,} is part of two places, or is not there")
                if owner[page_number] not in (0, table.root):
                    raise EvidenceError(f"page {page_number:,} is part of two places")
                seen.add(page_number)
                page = pages.page(page_number)
                start = HEADER if page_number == 1 else 0
                if page[start] not in (KEY_LEAF, KEY_INTERIOR):
                    raise EvidenceError(f"page {page_number:,} is no page of such a table")
                owner[page_number] = table.root
                skip = 4 if page[start] == KEY_INTERIOR else 0
                places = cells(page, start, 12 if skip else 8)
                if skip:
                    children = [int.from_bytes(page[at : at + 4], "big") for at in places]
                    children.append(int.from_bytes(page[start + 8 : start + 12], "big"))
                    stack.extend((child, depth + 1) for child in reversed(children))
            except GuardError:
                raise
            except EvidenceError as error:
                problem = problem or str(error)
                continue
            for at in places:
                number += 1
                try:
                    row = key_row(page, at + skip, number, self.layout, pages.page)
                except EvidenceError as error:
                    problem = problem or f"page {page_number:,}: {error}"
                    continue
                yield row
        if problem is not None:
            raise EvidenceError(problem)

    def rows(self, table: Table) -> Iterator[Row]:
        """The rows of a table in the order of their ids. Raises EvidenceError at the end for what is unreadable."""
        problem: str | None = None
        for number, page in self.leaves(table):
            for at in cells(page, HEADER if number == 1 else 0, 8):
                try:
                    row = leaf_row(page, at, self.layout, self.pages.page)
                except EvidenceError as error:
                    problem = problem or f"page {number:,}: {error}"
                    continue
                yield row
        if problem is not None:
            raise EvidenceError(problem)

    def row(self, table: Table, rowid: int) -> Row | None:
        """One row by its id. Raises EvidenceError."""
        number = table.root
        for _ in range(_DEEPEST):
            if not 0 < number <= self.pages.most:
                return None
            page = self.pages.page(number)
            start = HEADER if number == 1 else 0
            if page[start] == LEAF:
                return self._in_leaf(page, start, rowid)
            if page[start] != INTERIOR:
                return None
            number = _child(page, start, rowid)
        return None

    def _in_leaf(self, page: bytes, start: int, rowid: int) -> Row | None:
        """The row with this id, by halving: ids rise within a page."""
        places = cells(page, start, 8)
        low, high = 0, len(places)
        try:
            while low < high:
                middle = (low + high) // 2
                own = signed(varint(page, varint(page, places[middle])[1])[0])
                if own == rowid:
                    return leaf_row(page, places[middle], self.layout, self.pages.page)
                low, high = (middle + 1, high) if own < rowid else (low, middle)
        except IndexError as error:
            raise EvidenceError("a cell lies across the end of its page") from error
        return None

    def values(self, table: Table, *columns: str) -> Iterator[tuple[Value, ...]]:
        """The named columns of every row (None where the table lacks one). Raises EvidenceError at the end."""
        wanted = [table.column(name) for name in columns]
        for row in self.rows(table):
            yield tuple(self.cell(table, row, column) for column in wanted)

    @staticmethod
    def cell(table: Table, row: Row, column: int | None) -> Value:
        """The value in a column of a row, the row id where the column is it."""
        if column is None:
            return None
        return row.rowid if column == table.rowid_column else row.value(column)


def _child(page: bytes, start: int, rowid: int) -> int:
    """The page below an interior one in which a row id must lie."""
    places = cells(page, start, 12)
    low, high = 0, len(places)
    try:
        while low < high:
            middle = (low + high) // 2
            if rowid <= signed(varint(page, places[middle] + 4)[0]):
                high = middle
            else:
                low = middle + 1
    except IndexError as error:
        raise EvidenceError("a cell lies across the end of its page") from error
    return int(struct.unpack_from(">I", page, places[low] if low < len(places) else start + 8)[0])
