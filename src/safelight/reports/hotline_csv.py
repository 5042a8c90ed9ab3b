"""Reports of hotlines as CSV: a header line, any of the usual delimiters, columns by name or by a mapping file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from functools import partial
from typing import BinaryIO

from safelight.reports.characters import FALLEN_BACK, Characters
from safelight.reports.hotline_columns import Columns, Place, columns_of, dated
from safelight.reports.hotline_fields import Orders, Record, named_after, orders_in, to_report
from safelight.reports.hotline_looks import Looks, telling
from safelight.reports.hotline_rows import Lines, Row, Rows
from safelight.reports.hotline_rows import header as header_of
from safelight.reports.protocol import Part, ReadOptions
from safelight.reports.report import Unreadable

_HEAD = 20_000


class HotlineCsvReader:
    """Lists with a header; the first document line that holds one is the header."""

    name = "csv"
    order = 80

    def detects(self, head: bytes, name: str) -> bool:
        """Text whose first line has delimiters and at least two names of columns that hotlines use."""
        return Columns().recognise(_header_of(head))

    def detects_mapped(self, head: bytes, columns: Mapping[str, object]) -> bool:
        """Text whose first line has the columns of a mapping."""
        return columns_of(columns).recognise(_header_of(head))

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield each line as a report. Raises UsageError for a mapping that cannot be used."""
        columns = columns_of(options.columns)
        list_ = _List(source)
        header = list_.header
        places = columns.places(header)
        if not places:
            yield Unreadable("line 1", "none of its columns is one of a report; name them with --map")
            return
        for field, column in columns.absent(header):
            yield Unreadable(
                "line 1", f"the mapping takes “{field}” from the column “{column}”, which is not in it"
            )
        if list_.problem:
            yield Unreadable("line 1", list_.problem)
        orders = _orders(source, header, places, columns)
        list_ = _List(source)
        header, width = [*header], len(header)
        for row in list_.rows(places):
            if isinstance(row, Unreadable):
                yield row
                continue
            if not any(cell.strip() for cell in row.cells):
                continue
            problem = row.problem or (FALLEN_BACK if list_.fallen_back else "")
            if len(row.cells) > width:
                problem = row.problem or "it has more fields than the header has columns"
                header += [f"column {place}" for place in range(len(header) + 1, len(row.cells) + 1)]
            record = list(zip(header, row.cells, strict=False))
            yield to_report(
                record,
                places,
                self.name,
                partial(named_after, options.fallback_id, record),
                problem,
                values=columns.values,
                orders=orders,
            )


class _List:
    """A document as rows, from its beginning."""

    def __init__(self, source: BinaryIO) -> None:
        source.seek(0)
        self._characters = Characters(source)
        self._lines = Lines(self._characters)
        self.header, self._delimiter, self.problem = header_of(self._lines, _delimiter)

    @property
    def fallen_back(self) -> bool:
        """Was it not of the encoding that it declares?"""
        return self._characters.fallen_back

    def rows(self, places: Mapping[str, Place]) -> Iterator[Row | Unreadable]:
        """What comes after the header."""
        looks = Looks(telling(self.header, places))
        return iter(Rows(self._lines, self._delimiter, len(self.header), looks))


def _orders(source: BinaryIO, header: list[str], places: Mapping[str, Place], columns: Columns) -> Orders:
    """The order of dates that may be two. The list is gone through for it where it has such dates."""
    mine = [place for place, name in enumerate(header) if name in places and places[name].field in dated()]

    def dates() -> Iterator[tuple[Record, Mapping[str, Place]]]:
        for row in _List(source).rows(places):
            if not isinstance(row, Unreadable):
                cells = row.cells
                yield ((header[place], cells[place]) for place in mine if place < len(cells)), places

    return orders_in(dates() if mine else (), columns)


def _header_of(head: bytes) -> list[str]:
    """The names in the first line of a list; none where it is something else."""
    characters = Characters(io.BytesIO(head))
    try:
        text = (characters.read() or "").lstrip("\ufeff\r\n ")[:_HEAD]
    except UnicodeError:
        return []
    if "\0" in text[:1000] or text[:1] in ("<", "{", "[", "%"):
        return []
    try:
        return header_of(Lines(Characters(io.BytesIO(text.encode(errors="replace")))), _delimiter)[0]
    except csv.Error:
        return []


def _delimiter(first: str) -> str:
    return max((";", "\t", "|", ","), key=lambda mark: (first.count(mark), mark == ","))
