"""Registers as CSV: any usual delimiter and encoding, a line at a time; a stray quotation mark costs its own line."""

from __future__ import annotations

import csv
import os
import re
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from safelight.errors import FormatError
from safelight.persons.person import Finding, Record
from safelight.persons.registers.pages import called, code_page
from safelight.persons.registers.people import is_register, people
from safelight.persons.registers.row import Row
from safelight.persons.registers.text import (
    CUT,
    FALLEN_BACK,
    LONGEST_LINE,
    Characters,
    cleaned,
    head_text,
    lines,
)

_DELIMITERS = (";", "\t", "|", ",")
_MOST_LINES = 500
"""Lines over which one quoted text may run."""
_MOST_CHARACTERS = 1 << 20
"""Of such a text."""
_LONGEST_FIELD = 16 << 20
_PREAMBLE = 10
"""Lines before the header, such as a title, that are passed over."""
_OPEN = "a quotation mark in it is not closed: it is read as a line of its own"
_PAGE = "read in the code page {}, in which its columns are known: look whether the names are right"
Line = tuple[int, str]


class CsvReader:
    """A table with a header line."""

    name = "csv"

    def detect(self, path: Path, head: bytes) -> bool:
        """Text one of whose first lines has delimiters and names columns of a register."""
        text = head_text(head)
        if not text or text[0] in "{[<%":
            return False
        for line in text.splitlines()[:_PREAMBLE]:
            columns = _columns(line, _delimiter(line))
            if len(columns) > 1 and is_register(columns, {}):
                return True
        if code_page(head, _columns_of, {}) is not None:
            return True
        first, _, rest = text.partition("\n")
        mark = _delimiter(first)
        return path.suffix.casefold() in (".csv", ".tsv") and mark in first and mark in rest

    def read(self, path: Path, mapping: Mapping[str, Any]) -> Iterator[Record | Finding]:
        """Every person of the table, each once. Raises FormatError, and UsageError for the mapping."""
        return people(lambda: _rows(path, mapping), mapping)


def _rows(path: Path, mapping: Mapping[str, Any]) -> Iterator[Row | Finding]:
    name = os.fsencode(path.name).decode("utf-8", "replace")
    with path.open("rb") as source:
        characters = Characters(source, lambda head: code_page(head, _columns_of, mapping))
        taken = _Lines(lines(characters.pieces()))
        columns, delimiter, problem = _header(taken, mapping, name)
        if characters.fallen_back and not is_register(list(columns), mapping):
            raise FormatError(
                f"{name} is not UTF-8, and in no code page are its columns known",
                "Save it as UTF-8 (in a spreadsheet: “CSV UTF-8”), or as XLSX.",
            )
        if problem:
            yield Finding(f"{name}, line 1", problem)
        page = _PAGE.format(called(characters.page)) if characters.page else ""
        with _Long():
            reader = _Records(taken, delimiter, len(columns))
            for number, values, what in reader:
                where = f"{name}, line {number}"
                if values is None:
                    yield Finding(where, what)
                elif any(values):
                    yield Row(where, columns, values, "; ".join(filter(None, (what, page))))
                    page = ""
        if characters.fallen_back:
            yield Finding(name, f"{FALLEN_BACK}: look whether its names are right, or save it as UTF-8")


class _Lines:
    """Numbered lines, which can be given back."""

    def __init__(self, source: Iterator[str]) -> None:
        self._source = enumerate(source, 1)
        self._back: deque[Line] = deque()

    def __iter__(self) -> Iterator[Line]:
        return self

    def __next__(self) -> Line:
        return self._back.popleft() if self._back else next(self._source)

    def give_back(self, several: list[Line]) -> None:
        """These come next."""
        self._back.extendleft(reversed(several))


def _header(taken: _Lines, mapping: Mapping[str, Any], name: str) -> tuple[tuple[str, ...], str, str]:
    """Names of columns, the delimiter, and what is wrong: the first line that names columns of a register."""
    first: list[Line] = []
    for line in taken:
        if line[1].strip('\ufeff \t;,|"'):
            first.append(line)
        if len(first) == _PREAMBLE:
            break
    for place, (_, stated) in enumerate(first):
        text = stated.lstrip("\ufeff")
        if text.casefold().startswith("sep=") and len(text.strip()) <= 5:  # as spreadsheets say it
            continue
        delimiter = _delimiter(text)
        columns = _columns(text, delimiter)
        if is_register(columns, mapping):
            taken.give_back(first[place + 1 :])
            return (
                _named(columns),
                delimiter,
                "" if text.count('"') % 2 == 0 else "a quotation mark in the header stands alone",
            )
    if not first:
        raise FormatError(f"{name} is empty", "Give a table with a line of column names and a line a person.")
    start = 1 if first[0][1].lstrip("\ufeff").casefold().startswith("sep=") and len(first) > 1 else 0
    text = first[start][1].lstrip("\ufeff")
    taken.give_back(first[start + 1 :])
    return _named(_columns(text, _delimiter(text))), _delimiter(text), ""


def _named(columns: list[str]) -> tuple[str, ...]:
    return tuple(" ".join(cleaned(one).split()) or f"column {place}" for place, one in enumerate(columns, 1))


def _delimiter(line: str) -> str:
    return max(_DELIMITERS, key=lambda mark: (line.count(mark), mark == ","))


def _columns_of(line: str) -> list[str]:
    text = line.lstrip("\ufeff")
    return _columns(text, _delimiter(text))


def _columns(line: str, delimiter: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=delimiter), [])
    except csv.Error:
        return line.split(delimiter)


class _Records:
    """Lines as records of so many columns: their number, their fields or None, and what is wrong.

    A quotation mark means something only at the beginning of a field: `4'1"` is a height.
    """

    def __init__(self, taken: _Lines, delimiter: str, width: int) -> None:
        self._taken, self._delimiter, self._width = taken, delimiter, width
        self._is_complete = _grammar(delimiter, is_strict=False)
        self._is_closed = _grammar(delimiter, is_strict=True)
        self._none_before = 0
        """Up to this line no text in quotation marks is closed."""

    def __iter__(self) -> Iterator[tuple[int, list[str] | None, str]]:
        for number, line in self._taken:
            if line is CUT:
                yield number, None, f"the line is longer than {LONGEST_LINE >> 20} million characters"
            elif '"' not in line:
                yield number, line.split(self._delimiter), ""
            elif self._is_complete(line):
                yield number, self._cells(line), ""
            elif number < self._none_before:
                yield number, self._plain(line), _OPEN
            else:
                yield self._over_lines(number, line)

    def _over_lines(self, number: int, line: str) -> tuple[int, list[str] | None, str]:
        """A text that goes on in the next lines; or a mark that is not closed, and lines of their own behind."""
        behind: list[Line] = []
        size, is_closed = len(line), False
        for next_line in self._taken:
            behind.append(next_line)
            size += len(next_line[1])
            if next_line[1] is CUT or size > _MOST_CHARACTERS or len(behind) > _MOST_LINES:
                break
            if '"' in next_line[1] and self._is_complete(f'"{next_line[1]}'):
                is_closed = bool(self._is_closed(f'"{next_line[1]}'))
                break
        if is_closed:
            cells = self._cells("\n".join([line, *(text for _, text in behind)]))
            if len(cells) == self._width and not any(self._is_whole(text) for _, text in behind[:-1]):
                return number, cells, ""
        elif behind:
            self._none_before = behind[-1][0]
        self._taken.give_back(behind)
        return number, self._plain(line), _OPEN

    def _is_whole(self, line: str) -> bool:
        """Is the line by itself a record? Of two columns and less every sentence with a comma would be one."""
        return self._width > 2 and bool(self._is_complete(line)) and len(self._cells(line)) == self._width

    def _cells(self, text: str) -> list[str]:
        try:
            return next(csv.reader([f"{one}\n" for one in text.split("\n")], delimiter=self._delimiter), [])
        except csv.Error:
            return self._plain(text)

    def _plain(self, line: str) -> list[str]:
        """The fields where quotation marks mean nothing."""
        return [one.strip('"').replace('""', '"') for one in line.split(self._delimiter)]


@cache
def _grammar(delimiter: str, is_strict: bool) -> Callable[[str], object]:
    """Is a line complete, no text in quotation marks left open? Each character has one way to be read: linear time.

    Strictly a mark that closes stands before a delimiter or the end: else it may be the one that opens another's text.
    """
    mark = re.escape(delimiter)
    behind = " *+" if is_strict else rf"[^{mark}]*+"
    field = rf'(?:"[^"]*+(?:""[^"]*+)*+"{behind}|[^"{mark}][^{mark}]*+|)'
    return re.compile(rf"{field}(?:{mark}{field})*+", re.DOTALL).fullmatch


class _Long:
    """Free texts may be long; the library's limit is the whole process's, so it is put back."""

    def __enter__(self) -> None:
        self._before = csv.field_size_limit(_LONGEST_FIELD)

    def __exit__(self, *_: object) -> None:
        csv.field_size_limit(self._before)
