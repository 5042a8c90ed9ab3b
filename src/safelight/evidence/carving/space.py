"""Parts of a medium joined into one source, and a source seen through one buffered piece."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable

from safelight.evidence.protocol import Source

_MOST_RANGES = 1 << 24
_AHEAD = 1 << 18


class Ranges:
    """The parts of a source that `ranges` names, (offset, length) in bytes, in their order, as one source."""

    name = ""

    def __init__(self, source: Source, ranges: Iterable[tuple[int, int]]) -> None:
        self._source = source
        self._offsets = array("Q")
        self._starts = array("Q")  # where each range begins in the joined bytes
        self.size = 0
        for offset, length in ranges:
            length = min(length, source.size - offset)
            if length > 0 and len(self._offsets) < _MOST_RANGES:
                self._offsets.append(offset)
                self._starts.append(self.size)
                self.size += length

    def origin(self, position: int) -> int:
        """Return the offset in the source of a byte of the joined ranges."""
        index = bisect_right(self._starts, position) - 1
        return self._offsets[index] + position - self._starts[index]

    def index(self, position: int) -> int:
        """Return the number of the range that holds a joined byte."""
        return bisect_right(self._starts, position) - 1

    def position(self, offset: int) -> int | None:
        """Where a byte of the source stands in the joined ones; None where no range holds it (ranges in order)."""
        index = bisect_right(self._offsets, offset) - 1
        if index < 0:
            return None
        position = self._starts[index] + offset - self._offsets[index]
        after = self._starts[index + 1] if index + 1 < len(self._starts) else self.size
        return position if position < after else None

    def pieces(self, position: int, length: int) -> list[tuple[int, int]]:
        """(offset, length) in the source of what lies from a position on."""
        found: list[tuple[int, int]] = []
        while length > 0 and position < self.size:
            index = self.index(position)
            after = self._starts[index + 1] if index + 1 < len(self._starts) else self.size
            part = min(length, after - position)
            found.append((self._offsets[index] + position - self._starts[index], part))
            position, length = position + part, length - part
        return found

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        parts: list[bytes] = []
        index = bisect_right(self._starts, offset) - 1
        while length > 0:
            after = self._starts[index + 1] if index + 1 < len(self._starts) else self.size
            want = min(length, after - offset)
            data = self._source.read_at(self._offsets[index] + offset - self._starts[index], want)
            parts.append(data if len(data) == want else data.ljust(want, b"\0"))
            offset += want
            length -= want
            index += 1
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside free space."""
        return None

    def close(self) -> None:
        """Nothing to release."""


class Window:
    """A source seen through one buffered piece, so that following a structure costs few reads."""

    name = ""

    def __init__(self, source: Source) -> None:
        self.size = source.size
        self._source = source
        self._start = 0
        self._data = b""

    def fill(self, start: int, data: bytes) -> None:
        """Take a piece that was read anyway."""
        self._start, self._data = start, data

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`. Raises EvidenceError."""
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._data):
            if length >= _AHEAD:
                return self._source.read_at(offset, length)
            self._data = self._source.read_at(offset, max(length, _AHEAD))
            self._start, begin = offset, 0
        return self._data[begin : begin + length]

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a window."""
        return None

    def close(self) -> None:
        """Nothing to release."""


class Part:
    """A find: one or two pieces, (position, length), of the space that was searched."""

    name = ""

    def __init__(self, space: Source, *pieces: tuple[int, int]) -> None:
        self._space = space
        self._pieces = pieces
        self.size = sum(length for _, length in pieces)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        if offset < 0:
            return b""
        length = min(length, self.size - offset)
        parts: list[bytes] = []
        for position, held in self._pieces:
            if length <= 0:
                break
            if offset < held:
                data = self._space.read_at(position + offset, min(length, held - offset))
                parts.append(data)
                length -= len(data)
                offset += len(data)
                if not data:
                    break
            offset -= held
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a find."""
        return None

    def close(self) -> None:
        """Nothing to release."""


class Counted:
    """A window that notes how much was asked of it."""

    name = ""

    def __init__(self, window: Window) -> None:
        self.size = window.size
        self._window = window
        self.asked = 0
        """Bytes that were asked for."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`. Raises EvidenceError."""
        self.asked += max(64, length)
        return self._window.read_at(offset, length)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release."""


class From:
    """A source from a position on."""

    __slots__ = ("_source", "_start", "size")

    name = ""

    def __init__(self, source: Source, start: int) -> None:
        self._source = source
        self._start = start
        self.size = source.size - start

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`. Raises EvidenceError."""
        return self._source.read_at(self._start + offset, length)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release."""
