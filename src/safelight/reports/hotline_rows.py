"""The rows of a list as CSV. A quotation mark too many or too few costs its own row, never those that come after it.

A text in quotation marks may run over many lines, so one that is not closed swallows the rows behind it, up to the
next quotation mark. Such a record is known by its grammar (RFC 4180: a closing mark stands before a delimiter or the
end of a line, an opening one behind one) and by its number of fields; lines in it that are rows by themselves are then
read as such. A text that is closed as it should be stays whole, whatever stands in it.
"""

from __future__ import annotations

import csv
import io
import re
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache

from safelight.reports.characters import Characters
from safelight.reports.hotline_looks import Looks
from safelight.reports.report import Unreadable

_LONGEST_FIELD = 4 << 20
_USUAL_FIELD = 128 << 10
"""The library's own limit, which may be taken as set."""
_LONGEST_RECORD = 8 << 20
"""Of a record over several lines, in characters."""
_LONGEST_LINE = 16 << 20
_LOOK_AHEAD = 1 << 20
"""Characters after a doubtful record in which the next quotation mark is looked for."""
_HEADER_LINES = 20
_CUT = "\0\n"
"""Stands for a line that is too long to be read."""

OPEN = "a quotation mark in it is not closed"
STRAY = "a quotation mark stands within a field: its fields may be other than meant"

Line = tuple[int, str]
"""Its number, and its text with the end of line."""


@dataclass(frozen=True, slots=True)
class Row:
    """The fields of a record, and what is wrong with it."""

    cells: list[str]
    problem: str = ""


class Lines:
    """The lines of a document, one at a time, each of bounded length. Lines can be given back."""

    def __init__(self, characters: Characters) -> None:
        self._characters, self._rest, self._number = characters, "", 0
        self._lines: Iterator[str] = iter(())
        self._back: deque[Line] = deque()
        self._ended = False
        self._cut = False
        """Is the rest of a line passed over?"""

    def take(self) -> Line | None:
        """The next line; None at the end. `_CUT` stands for one that is too long."""
        if self._back:
            return self._back.popleft()
        while True:
            for line in self._lines:
                self._number += 1
                return self._number, line.replace("\0", "") if "\0" in line and line is not _CUT else line
            if self._ended:
                return None
            self._lines = iter(self._more())

    def give_back(self, lines: Sequence[Line]) -> None:
        """These come next."""
        self._back.extendleft(reversed(lines))

    def _more(self) -> list[str]:
        piece = self._characters.read()
        if piece is None:
            self._ended = True
            return [self._rest] if self._rest and not self._cut else []
        lines = io.StringIO(self._rest + piece, newline="").readlines()
        self._rest = lines.pop() if lines and not lines[-1].endswith("\n") else ""
        if self._cut and lines:
            self._cut = False
            del lines[0]
        if not self._cut and len(self._rest) > _LONGEST_LINE:
            self._cut = True
            lines.append(_CUT)
        if self._cut:
            self._rest = self._rest[-1:]  # the first half of an end of line, maybe
        return lines


class Rows:
    """The records of a list of `width` columns.

    `looks` says of the complete fields of a line whether they are what stands in those columns.
    """

    def __init__(self, lines: Lines, delimiter: str, width: int, looks: Looks) -> None:
        self._lines, self._delimiter, self._width, self._looks = lines, delimiter, width, looks
        self._is_whole, self._is_open = grammar(delimiter)

    def __iter__(self) -> Iterator[Row | Unreadable]:
        while (line := self._lines.take()) is not None:
            try:
                if line[1] is _CUT:
                    yield Unreadable(
                        f"line {line[0]}", f"longer than {_LONGEST_LINE >> 20} million characters"
                    )
                elif '"' not in line[1]:
                    cells = self._cells([line[1]])
                    if self._looks.learns and len(cells) == self._width:
                        self._looks.learn(cells)
                    yield Row(cells)
                elif self._is_whole(line[1]):
                    yield Row(self._cells([line[1]]))
                elif self._is_open(line[1]):
                    yield from self._over_lines(line)
                else:
                    yield from self._amiss(line)
            except csv.Error as error:
                yield Unreadable(f"line {line[0]}", str(error))

    def _over_lines(self, first: Line) -> Iterator[Row | Unreadable]:
        """A record whose text goes on in the next line, or a mark that is not closed."""
        record, ended = self._gather(first)
        text = "".join(line for _, line in record)
        too_long = len(text) > _LONGEST_RECORD
        try:
            cells = self._sound(record, text) if ended else None
        except csv.Error:
            cells, too_long = None, True
        if cells is not None:
            yield Row(cells)
            return
        starts = (place for place, line in enumerate(record[1:], 1) if self._starts_row(line[1]))
        end = next(starts, 0)
        if end:
            self._lines.give_back(record[end:])
            yield Unreadable(
                f"line {first[0]}",
                f"{OPEN}: what follows from line {record[end][0]} on is read as records of its own",
            )
            yield Row(self._mended(record[:end]), OPEN)
            return
        if too_long:
            yield Unreadable(
                f"line {first[0]}",
                f"it is too long: more than {len(text) >> 20} million characters, or {OPEN}",
            )
            if not ended:
                self._pass_over()
            return
        until = f"line {record[-1][0]}" if ended else "the end of the list"
        yield Unreadable(
            f"line {first[0]}", f"{OPEN}, or one too many: what stands up to {until} is one record"
        )
        yield Row(self._mended(record), OPEN)

    def _sound(self, record: Sequence[Line], text: str) -> list[str] | None:
        """The fields of a record over several lines; None where it is likely to have swallowed others."""
        if not self._is_whole(text):
            return None
        cells = self._cells([text])
        doubtful = self._may_have_opened(record[-1][1])
        if len(cells) != self._width:
            return None if doubtful or any(self._is_full(line) for _, line in record[1:]) else cells
        return None if doubtful and self._is_amiss_behind() else cells

    def _gather(self, first: Line) -> tuple[list[Line], bool]:
        """The lines up to that which closes the mark; False where none does, or too late."""
        record, size = [first], len(first[1])
        while size <= _LONGEST_RECORD and (line := self._lines.take()) is not None:
            if line[1] is _CUT:
                self._lines.give_back([line])
                break
            record.append(line)
            size += len(line[1])
            if line[1].count('"') % 2:
                return record, True
        return record, False

    def _may_have_opened(self, last: str) -> bool:
        """Does the mark that closes its text stand where one opens: behind a delimiter, or at the line's beginning?

        Then it may be the beginning of a later record's text.
        """
        place = last.find('"')
        while last.startswith('""', place):  # a mark within the text
            place = last.find('"', place + 2)
        before = last[:place].rstrip('"')
        return not before or before.endswith(self._delimiter)

    def _is_amiss_behind(self) -> bool:
        """Does the next record with quotation marks break the grammar? All that is read for it is given back."""
        seen: list[Line] = []
        size = 0
        try:
            while size < _LOOK_AHEAD and (line := self._lines.take()) is not None:
                if '"' not in line[1]:
                    seen.append(line)
                    size += len(line[1])
                    continue
                record, ended = [line], True
                if self._is_open(line[1]):
                    record, ended = self._gather(line)
                seen += record
                text = "".join(one for _, one in record)
                return not (ended and self._is_whole(text) and len(self._cells([text])) == self._width)
        except csv.Error:
            return True
        finally:
            self._lines.give_back(seen)
        return False

    def _amiss(self, line: Line) -> Iterator[Row | Unreadable]:
        """A line that breaks the grammar by itself."""
        cells = self._mended([line])
        within = not re.search(rf'(?:^|{re.escape(self._delimiter)})"', line[1])
        if within and line[1].count('"') % 2 == 0 and len(cells) == self._width:
            yield Row(cells)  # “so-called” words in a field without marks around it
            return
        if len(cells) < self._width:
            yield Unreadable(
                f"line {line[0]}", "a quotation mark in it stands alone: it may be the end of another record"
            )
        yield Row(cells, STRAY)

    def _is_full(self, line: str) -> bool:
        """Has the line by itself as many fields as a record?"""
        return bool(self._is_whole(line)) and len(self._cells([line])) == self._width

    def _starts_row(self, line: str) -> bool:
        """Is it by itself a record, or the beginning of one whose text goes on?"""
        marks = line.count(self._delimiter)
        if marks == 0 or (marks != self._width - 1 and '"' not in line):
            return False
        try:
            if self._is_whole(line):
                cells = self._cells([line])
                return len(cells) == self._width and self._looks.like(cells)
            if self._is_open(line):
                cells = self._cells([line])[:-1]
                return 0 < len(cells) < self._width and self._looks.like(cells)
        except csv.Error:
            pass
        return False

    def _pass_over(self) -> None:
        """To the end of a text that is too long, or to the next record."""
        while (line := self._lines.take()) is not None:
            if self._starts_row(line[1]):
                self._lines.give_back([line])
                return
            if line[1].count('"') % 2:
                return

    def _mended(self, record: Sequence[Line]) -> list[str]:
        """The fields of a record with a mark too many or too few; nothing of it is left out."""
        first, *others = (line for _, line in record)
        try:
            rows = list(self._read([first, *others]))
        except csv.Error:
            rows = []
        if len(rows) == 1 and len(rows[0]) == self._width:
            return rows[0]
        plain = unquoted(first, self._delimiter)
        if len(plain) == self._width or not rows:
            plain[-1] = "".join([plain[-1], *("\n" + line.rstrip("\r\n") for line in others)])
            return plain
        cells = rows[0] or [""]
        cells[-1] = "\n".join([cells[-1], *(self._delimiter.join(row) for row in rows[1:])])
        return cells

    def _cells(self, lines: Sequence[str]) -> list[str]:
        return next(self._read(lines), [])

    def _read(self, lines: Sequence[str]) -> Iterator[list[str]]:
        if len(lines) == 1 and len(lines[0]) < _USUAL_FIELD:
            return csv.reader(lines, delimiter=self._delimiter)
        with _long_fields():
            return iter(list(csv.reader(lines, delimiter=self._delimiter)))


def header(lines: Lines, delimiter_of: Callable[[str], str]) -> tuple[list[str], str, str]:
    """The names in the first line that is not empty, their delimiter, and what is wrong with them.

    A name in quotation marks may run over several lines.
    """
    first = lines.take()
    while first is not None and not first[1].strip():
        first = lines.take()
    if first is None:
        return [], ",", ""
    delimiter = delimiter_of(first[1])
    is_whole, is_open = grammar(delimiter)
    if is_whole(first[1]):
        return _names(_cells_of(first[1], delimiter)), delimiter, ""
    plain = unquoted(first[1], delimiter)
    if is_open(first[1]):
        seen: list[Line] = []
        while len(seen) < _HEADER_LINES and (line := lines.take()) is not None:
            seen.append(line)
            if line[1].count('"') % 2:
                text = "".join([first[1], *(one for _, one in seen)])
                if is_whole(text) and len(names := _cells_of(text, delimiter)) >= len(plain):
                    return _names(names), delimiter, ""
                break
        lines.give_back(seen)
    return _names(plain), delimiter, "a quotation mark among the names of its columns stands alone"


def _cells_of(text: str, delimiter: str) -> list[str]:
    try:
        with _long_fields():
            return next(csv.reader([text], delimiter=delimiter), [])
    except csv.Error:
        return unquoted(text, delimiter)


def unquoted(line: str, delimiter: str) -> list[str]:
    """The fields of a line where quotation marks mean nothing; those around a field are left out."""
    return [cell.strip('"').replace('""', '"') for cell in line.rstrip("\r\n").split(delimiter)]


def _names(cells: Iterable[str]) -> list[str]:
    """The names of columns. One without a name is called by its place."""
    return [" ".join(name.split()) or f"column {place}" for place, name in enumerate(cells, 1)]


@cache
def grammar(delimiter: str) -> tuple[Callable[[str], object], Callable[[str], object]]:
    """Is a text a record as RFC 4180 has it? Is it the beginning of one, up to within its last, quoted field?

    Each character has one way to be read, so both take linear time.
    """
    mark = re.escape(delimiter)
    quoted = r'"[^"]*+(?:""[^"]*+)*+'
    field = rf'(?:{quoted}" *+|[^"{mark}\r\n]*+)'
    whole = re.compile(rf"{field}(?:{mark}{field})*+(?:\r?\n|\r)?")
    begun = re.compile(rf"(?:{field}{mark})*+{quoted}")
    return whole.fullmatch, begun.fullmatch


@contextmanager
def _long_fields() -> Iterator[None]:
    """Free texts may be long; the limit is the whole process's, so it is put back."""
    before = csv.field_size_limit(_LONGEST_FIELD)
    try:
        yield
    finally:
        csv.field_size_limit(before)
