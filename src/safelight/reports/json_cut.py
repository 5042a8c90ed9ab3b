"""Cut a JSON document of any size into its records by its brackets: strings and depth are found a piece at a time.

The document is looked at with NumPy, and only brackets outside the records one by one. Brackets that close what was
never opened are passed over. A record without an end, as a stray quotation mark leaves it, is given up where the next
one seems to begin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

_STEP: Final = np.zeros(256, np.int8)
_STEP[list(b"{[")] = 1
_STEP[list(b"}]")] = -1
_QUOTE: Final = ord('"')
_KEY = re.compile(rb'"([^"\\]{1,60})"\s{0,200}:\s{0,200}\Z')
_FIRST_KEY = re.compile(rb'\{\s{0,200}"[^"\\]{1,60}"\s{0,200}:')
_BETWEEN = b", \t\r\n[\xef\xbb\xbf"
_RESTARTS = 20
"""Records without an end in one document, after which the rest is given up."""
_PIECE = 1 << 20
Cut = tuple[bytes, str]
"""The bytes of a record, or none and what is wrong."""


class Cutter:
    """One document while it is cut."""

    def __init__(self, lists: frozenset[str], largest: int) -> None:
        """`lists`: names of lists of records in an outer object; `largest`: bytes of a record."""
        self._lists, self._largest = lists, largest
        self._held = bytearray()
        self._depth = self._in_string = 0
        self._record = 1
        """Level of the records: 1 side by side, 2 in a list, 3 in a list within an object, 0: none are to come."""
        self._open: int | None = None
        """Where in `held` the present record began."""
        self._oversize = False
        self._is_object = False
        """Is the outermost value an object? Then it is a record itself, unless a list of records lies in it."""
        self._used = False
        """Does one?"""
        self._done = 0
        """Where in `held` the text between two records begins."""
        self._unmatched = False

    def cut(self, pieces: Iterator[str]) -> Iterator[Cut]:
        """The records of the document, in order."""
        odd = b""
        for piece in pieces:
            raw = piece.encode("utf-8", "surrogatepass")
            for start in range(0, len(raw), _PIECE):
                chunk = odd + raw[start : start + _PIECE]
                odd = b"\\" if (len(chunk) - len(chunk.rstrip(b"\\"))) % 2 else b""
                yield from self._chunk(chunk[:-1] if odd else chunk)
        for _ in range(_RESTARTS):
            if not (self._depth or self._in_string):
                break
            yield b"", "it ends before it is complete"
            if (rest := self._next_seeming()) is None:
                break
            yield from self._chunk(rest)
        if self._unmatched:
            yield b"", "a bracket closes what was never opened"

    def _next_seeming(self) -> bytes | None:
        """What follows the record without an end, from where the next of its list seems to begin: with the same key."""
        if self._open is None or self._oversize or self._record < 2:
            return None
        key = _FIRST_KEY.match(self._held, self._open)
        if key is None:
            return None
        begin = re.compile(rb"\}\s{0,200},\s{0,200}(?=" + re.escape(key[0]) + rb")")
        after = begin.search(self._held, key.end())
        if after is None:
            return None
        rest = bytes(self._held[after.end() :])
        self._held, self._open, self._in_string, self._done = bytearray(), None, 0, 0
        self._depth = self._record - 1
        return rest

    def _chunk(self, chunk: bytes) -> Iterator[Cut]:
        """Advance over a piece that does not end within an escape."""
        base = len(self._held)
        self._held += chunk
        if b"\\" in chunk:
            chunk = chunk.replace(b"\\\\", b"__").replace(b'\\"', b"__")
        text = np.frombuffer(chunk, np.uint8)
        if not text.size:
            return
        inside = (np.cumsum(text == _QUOTE, dtype=np.uint8) + self._in_string) & 1
        self._in_string = int(inside[-1])
        steps = _STEP[text]
        steps[inside.astype(bool)] = 0
        at = np.flatnonzero(steps)
        steps = steps[at].astype(np.int64)
        depths = self._depth + np.cumsum(steps)
        lowest = np.minimum.accumulate(np.minimum(depths, 0)) if at.size else depths
        if at.size and lowest[-1] < 0:
            self._unmatched = True
            depths = depths - lowest  # brackets without a partner count for nothing
        before = np.concatenate(([self._depth], depths[:-1])) if at.size else depths
        level = np.maximum(depths, before)
        for index in np.flatnonzero((level <= 3) & (depths != before)):
            where, opens = base + int(at[index]), bool(depths[index] > before[index])
            yield from self._bracket(where, opens, int(level[index]))
        if at.size:
            self._depth = int(depths[-1])
        self._forget()

    def _bracket(self, where: int, opens: bool, level: int) -> Iterator[Cut]:
        """A bracket at a level, counted from 1, where records may begin or end."""
        if opens:
            yield from self._opens(where, self._held[where], level)
            return
        if self._open is not None and level == self._record:
            yield self._closed(where)
            self._done = where + 1
        elif level == self._record - 1 and self._open is None:
            yield from self._between(where)
        if level == 2 and self._record == 3:
            self._record = 0 if self._used else 1
        elif level == 1:
            self._record, self._is_object, self._used = 1, False, False

    def _opens(self, where: int, byte: int, level: int) -> Iterator[Cut]:
        is_object = byte == ord("{")
        if level == 1:
            self._is_object, self._used = is_object, False
            self._record, self._done = (1 if is_object else 2), where + 1
            if is_object:
                self._open, self._oversize = where, False
        elif level == 2 and self._is_object and not is_object and self._record in (0, 1):
            key = _KEY.search(self._held, max(0, where - 500), where)
            if key is not None and key[1].decode("utf-8", "replace").casefold() in self._lists:
                self._record, self._done = 3, where + 1
        elif level == self._record and is_object and (self._open is None or (level == 3 and not self._used)):
            yield from self._between(where)
            self._used = level == 3  # the object around is no record: a list of records lies in it
            self._open, self._oversize = where, False

    def _between(self, where: int) -> Iterator[Cut]:
        """What stands between two records of a list: a comma; anything else is an element that is no record."""
        if bytes(self._held[self._done : where]).strip(_BETWEEN):
            yield b"", "it is no object"
        self._done = where + 1

    def _closed(self, where: int) -> Cut:
        start, self._open = self._open or 0, None
        if self._oversize:
            return b"", f"record is larger than {self._largest >> 20} MiB"
        return bytes(self._held[start : where + 1]), ""

    def _forget(self) -> None:
        """Keep only what is needed: the present record, or the key before the next bracket."""
        if self._open is None:
            keep = max(0, len(self._held) - 1000)
        elif len(self._held) - self._open > self._largest:
            self._oversize = True
            keep, self._open = max(0, len(self._held) - 1000), 0
        else:
            keep, self._open = self._open, 0
        del self._held[:keep]
        self._done = max(0, self._done - keep)
