"""The rows of a CSV, made from its lines so that no stray quote hides one.

A cell in quotes may span lines, and comments of real exports do. A stray quote looks the same: everything up to
the next quote becomes one cell, and the rows in it are gone without an error. The digests tell them apart. A row
has one set of them, so a row over several lines is taken only where every line of it that is a row by itself
(wide enough, a digest in a digest column) has its digests among those of the whole. Else the quote was stray:
each line is read by itself, and the one with the quote is reported.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from typing import Final

from safelight.errors import FormatError
from safelight.hashsets.digests import WIDTH, is_hex_digest
from safelight.hashsets.protocol import Rejected
from safelight.hashsets.source import text_lines

MOST_LINES: Final = 1000
"""Lines of one row; a quote open for longer is stray."""
_MOST_CHARACTERS: Final = 1 << 20
_DELIMITERS: Final = (",", ";", "\t", "|")
STRAY: Final = "a quote opens here and never rightly closes: it and the lines after it were read one by one"

Row = tuple[int, list[str]]
"""The number of a row's first line, and its cells."""


class _StrayQuote(Exception):
    """An open quote has reached what must be another row."""


class Rows:
    """Iterates once over the rows that are neither blank nor comments, and what is wrong with lines.

    The first is always a `Row`. A `Rejected` of a stray quote stands behind the row of its line.

    Raises:
        FormatError: while iterating; a line is longer than 1 MiB, or the first is not CSV.
    """

    digests: Callable[[list[str]], list[str]]
    """The digests of a row, as they are written. Set it, and `most`, as soon as the columns are known."""
    most: int
    """How many digests a row can have."""

    def __init__(self, stream: io.BufferedReader, delimiter: str | None = None) -> None:
        self.digests = lambda cells: [cell for cell in cells if is_hex_digest(cell)]
        self.most = len(WIDTH)
        self._lines = text_lines(stream)
        self._delimiter = delimiter or ""
        self._number = 0
        self._again: str | None = None
        """A line to read again."""
        self._held: list[str] = []
        """The lines of the present row."""
        self._size = 0
        self._seen: set[str] = set()
        """The digests of the lines held that are rows by themselves."""
        self._width = 1
        """Cells that a line must have at least to be a row by itself: as many as the narrowest row so far."""
        self._begun = self._ended = False

    def __iter__(self) -> Iterator[Row | Rejected]:
        held = self._held
        first = next(self._read(), "")
        self._delimiter = self._delimiter or sniff_delimiter(first)
        held.clear()
        self._repeat(first)
        while True:
            try:
                for cells in csv.reader(self._read(), delimiter=self._delimiter, strict=True):
                    if len(held) > 1 and self._hidden(cells):
                        raise _StrayQuote
                    if len(cells) < self._width or not self._begun:
                        self._narrow(cells)
                    if any(map(str.strip, cells)) and not cells[0].startswith("#"):
                        yield self._number - len(held) + 1, cells
                    held.clear()
                return
            except (_StrayQuote, csv.Error):
                yield from self._one_by_one()

    def _read(self) -> Iterator[str]:
        """Feed the parser; inside a row over several lines, stop it where the next must be another row."""
        held = self._held
        while (line := self._again or next(self._lines, "")) != "":
            self._again = None
            self._number += 1
            if held:
                self._check(line)
            elif line[0] == "#" or line.isspace():
                continue
            held.append(line)
            yield line
        self._ended = True

    def _check(self, line: str) -> None:
        """A quote is open before `line`. Raises _StrayQuote, and `line` comes again, where it cannot be."""
        if len(self._held) == 1:
            self._size, self._seen = 0, self._own(self._held[0])
        self._size += len(line)
        self._seen |= self._own(line)
        if len(self._seen) > self.most or len(self._held) == MOST_LINES or self._size > _MOST_CHARACTERS:
            self._repeat(line)
            raise _StrayQuote

    def _hidden(self, cells: list[str]) -> bool:
        """Has a line of the row a digest that the row itself has not?"""
        hidden = not self._seen <= set(self.digests(cells))
        if hidden:
            self._repeat(self._held.pop())
        return hidden

    def _own(self, line: str) -> set[str]:
        """The digests of a line that is a row by itself."""
        try:
            parsed = (self._as_csv(line), self._as_text(line))
        except csv.Error:
            return set()
        return {digest for cells in parsed if len(cells) >= self._width for digest in self.digests(cells)}

    def _alone(self, line: str) -> list[str]:
        """The cells of a line whatever its quotes: as CSV, or as text where that leaves more digests."""
        cells = self._as_csv(line)
        if '"' not in line:
            return cells
        text = self._as_text(line)
        return text if len(self.digests(text)) > len(self.digests(cells)) else cells

    def _as_csv(self, line: str) -> list[str]:
        return next(csv.reader([line], delimiter=self._delimiter), [])

    def _as_text(self, line: str) -> list[str]:
        return [cell.strip().strip('"') for cell in line.split(self._delimiter)]

    def _one_by_one(self) -> Iterator[Row | Rejected]:
        """Read the lines held each by itself; the last of several, where the parser failed, comes again."""
        held = self._held
        stray = len(held) > 1 or self._again is not None or self._ended
        if len(held) > 1 and self._again is None:
            self._repeat(held.pop())
        first = self._number - len(held) + 1
        lines = list(enumerate(held, first))
        held.clear()
        for number, line in lines:
            if line.isspace() or line.startswith("#"):
                continue
            try:
                cells = self._alone(line)
            except csv.Error as error:
                if not self._begun:
                    raise FormatError(
                        f"Line {number} is not CSV: {error}.", "Are its lines ended in an unusual way?"
                    ) from error
                yield Rejected(number, f"not CSV: {error}")
                continue
            self._narrow(cells)
            if any(map(str.strip, cells)):
                yield number, cells
            if stray and number == first and self._begun:
                yield Rejected(number, STRAY, kept=True)

    def _repeat(self, line: str) -> None:
        self._again = line
        self._number -= 1

    def _narrow(self, cells: list[str]) -> None:
        """Learn how wide rows are: from the first, without empty cells at its end, and from narrower ones."""
        if not self._begun:
            filled = [number for number, cell in enumerate(cells, 1) if cell.strip()]
            self._begun, self._width = bool(filled), max(filled, default=1)
        elif len(cells) < self._width and self.digests(cells):
            self._width = len(cells)


def sniff_delimiter(line: str) -> str:
    """The delimiter that occurs most often in the first line."""
    return max(_DELIMITERS, key=line.count)
