"""Find JPEG, PNG and MP4 in space that no file occupies, by walking their structure from the first byte on.

A find starts on a 512-byte boundary, as file systems store content. Its structure is followed across the
free ranges in their order, so a file that was laid around an allocated one is found whole. What breaks off
before its end is kept as far as it is sound, and says so.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import NamedTuple

import numpy as np

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.shapes import Shape, jpeg, mp4, png
from safelight.model import State

SECTOR = 512
_PIECE = 4 << 20
_MOST_RANGES = 1 << 24


class _Format(NamedTuple):
    suffix: str
    follow: Callable[[Source, int], Shape | None]


class Ranges:
    """The parts of a source that `ranges` names, in their order, as one source."""

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


class _Window:
    """A source seen through one buffered piece, so that following a structure costs few reads."""

    name = ""

    def __init__(self, source: Source) -> None:
        self.size = source.size
        self._source = source
        self._start = 0
        self._data = b""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`."""
        begin = offset - self._start
        if begin < 0 or begin + length > len(self._data):
            if length >= _PIECE:
                return self._source.read_at(offset, length)
            self._start, begin = offset, 0
            self._data = self._source.read_at(offset, max(length, 1 << 18))
        return self._data[begin : begin + length]

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a window."""
        return None

    def close(self) -> None:
        """Nothing to release."""


def carve(
    source: Source, ranges: Iterable[tuple[int, int]], recovered: Mapping[int, int] | None = None
) -> Iterator[Node]:
    """Yield what is found in `ranges`, (offset, length) in bytes of `source`, in order.

    `recovered` maps the offset of deleted content that is listed already to the length (bytes) that lies
    there in one piece: a find that it contains is left out. A place that cannot be read is a finding.
    """
    space = Ranges(source, ranges)
    window = _Window(space)
    position = 0
    while position < space.size:
        try:
            data = space.read_at(position, _PIECE)
        except EvidenceError as error:
            text = f"free space cannot be searched: {error}"
            yield Node(b"", Kind.FINDING, error=text, address={"offset": space.origin(position)})
            position += _PIECE
            continue
        resume = position + len(data)
        for start, form in _candidates(data, position):
            if start < position:
                continue
            try:
                shape = form.follow(window, start)
            except EvidenceError:  # it runs into a place that is reported when the search comes to it
                continue
            if shape is None:
                continue
            offset = space.origin(start)
            if shape.problem is None:
                position = start + shape.size
            if recovered is None or recovered.get(offset, 0) < shape.size:
                yield _node(source, space, start, offset, shape, form.suffix)
        position = max(resume, -(-position // SECTOR) * SECTOR)


def _node(source: Source, space: Ranges, start: int, offset: int, shape: Shape, suffix: str) -> Node:
    name = f"carved/offset-{offset:012}.{shape.suffix or suffix}".encode()
    content = partial(_Part, space, start, shape.size)
    return Node(
        name,
        Kind.FILE,
        State.CARVED,
        shape.size,
        address={"offset": offset},
        open=content,
        error=shape.problem,
    )


class _Part:
    """One find, as a source."""

    name = ""

    def __init__(self, space: Ranges, start: int, size: int) -> None:
        self._space = space
        self._start = start
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        if offset < 0:
            return b""
        return self._space.read_at(self._start + offset, min(length, self.size - offset))

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a find."""
        return None

    def close(self) -> None:
        """Nothing to release."""


_JPEG = _Format("jpg", jpeg)
_PNG = _Format("png", png)
_MP4 = _Format("mp4", mp4)


def _candidates(data: bytes, position: int) -> list[tuple[int, _Format]]:
    """Return where a sector begins like one of the formats: (position, format), in order."""
    usable = len(data) - len(data) % SECTOR
    if not usable:
        return []
    first = np.frombuffer(data, ">u8", usable // 8)[:: SECTOR // 8]
    finds: list[tuple[int, _Format]] = []
    for match, form in (
        ((first >> np.uint64(40)) == 0xFFD8FF, _JPEG),
        (first == 0x89504E470D0A1A0A, _PNG),
        ((first & np.uint64(0xFFFFFFFF)) == 0x66747970, _MP4),  # "ftyp"
    ):
        finds.extend((position + int(sector) * SECTOR, form) for sector in np.flatnonzero(match))
    return sorted(finds, key=lambda find: find[0])
