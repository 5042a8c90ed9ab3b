"""Reports of hotlines as CSV: a header line, any of the usual delimiters, columns by name or by a mapping file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

from safelight.reports.characters import FALLEN_BACK, Characters
from safelight.reports.hotline_fields import column_of, to_report
from safelight.reports.protocol import Part, ReadOptions
from safelight.reports.report import Unreadable

_LONGEST_FIELD = 4 << 20
_LONGEST_LINE = 16 << 20


class HotlineCsvReader:
    """Lists with a header; the first document line that holds one is the header."""

    name = "csv"
    order = 80

    def detects(self, head: bytes, name: str) -> bool:
        """Text whose first line has delimiters and at least two names of columns that hotlines use."""
        first = _first_line(head)
        if first is None or first.lstrip()[:1] in ("<", "{", "[", "%"):
            return False
        try:
            names = next(csv.reader([first], delimiter=_delimiter(first)), [])
        except csv.Error:
            return False
        return len(set(column_of(names, {}).values())) >= 2

    def read(self, source: BinaryIO, options: ReadOptions) -> Iterator[Part]:
        """Yield each line as a report. Raises UsageError for a mapping that names no field of ours."""
        characters = Characters(source)
        lines = _Lines(characters)
        first = next(lines, "")
        try:
            header = [name.strip() for name in next(csv.reader([first], delimiter=_delimiter(first)), [])]
            fields = column_of(header, options.columns)
        except csv.Error as error:
            yield Unreadable("line 1", str(error))
            return
        if not fields:
            yield Unreadable("line 1", "none of its columns is one of a report; name them with --map")
            return
        rows = csv.reader(lines, delimiter=_delimiter(first), strict=False)
        number, columns = 1, len(header)
        while True:
            number += 1
            try:
                with _long_fields():
                    row = next(rows, None)
            except csv.Error as error:
                yield Unreadable(f"line {lines.number}", str(error))
                continue
            if row is None:
                return
            if not any(cell.strip() for cell in row):
                continue
            problem = FALLEN_BACK if characters.fallen_back else ""
            if len(row) > columns:
                problem = "it has more fields than the header has columns"
                header += [f"column {place}" for place in range(len(header) + 1, len(row) + 1)]
            record = zip(header, row, strict=False)
            yield to_report(record, fields, self.name, f"{options.fallback_id}#{number - 1}", problem)


@contextmanager
def _long_fields() -> Iterator[None]:
    """Free texts may be long; the limit is the whole process's, so it is put back."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)


class _Lines:
    """The lines of a document, one at a time, each of bounded length."""

    def __init__(self, characters: Characters) -> None:
        self._characters, self._rest, self.number = characters, "", 0
        self._lines: Iterator[str] = iter(())
        self._ended = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        while True:
            for line in self._lines:
                self.number += 1
                return line.replace("\0", "")
            if self._ended:
                raise StopIteration
            piece = self._characters.read()
            if piece is None:
                self._ended = True
                self._lines = iter([self._rest] if self._rest else [])
                continue
            lines = io.StringIO(self._rest + piece, newline="").readlines()
            whole = len(self._rest) + len(piece)
            self._rest = "" if not lines or lines[-1].endswith("\n") else lines.pop()
            if len(self._rest) > _LONGEST_LINE:
                self._rest = self._rest[: _LONGEST_FIELD // 2] + "\n"
            self._lines = iter(lines) if whole else iter(())


def _first_line(head: bytes) -> str | None:
    characters = Characters(io.BytesIO(head))
    try:
        text = (characters.read() or "").lstrip("\ufeff\r\n ")
    except UnicodeError:
        return None
    if "\0" in text[:1000]:
        return None
    return re.split(r"[\r\n]", text, maxsplit=1)[0][:20_000]


def _delimiter(first: str) -> str:
    return max((";", "\t", "|", ","), key=lambda mark: (first.count(mark), mark == ","))
