"""Split images and archives: `.000`/`.001`, `.002` …, or `.aa`, `.ab` …, joined in the order of their names."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from functools import partial

from safelight import plugins
from safelight.errors import EvidenceError
from safelight.evidence.marks import named
from safelight.evidence.protocol import Kind, Limits, Node, Reader, Source
from safelight.evidence.segments import FIRST, next_name
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.zip_ import is_whole_zip

_MOST_SEGMENTS = 20_000
_HEAD = 1 << 16


class SplitRawReader:
    """The first of several segments; what they make together must be something another reader knows."""

    name = "splitraw"
    order = 12
    marks = (named(*FIRST, *(f"*.{ending}" for ending in FIRST)),)
    joins = True
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it named as a first segment, is the next one beside it, and do they make a known container?"""
        if source.name.rpartition(".")[2] not in FIRST:
            return False
        following = source.sibling(next_name(source.name))
        if following is None or is_whole_zip(source):
            return False
        following.close()
        joined = open_joined(source)
        try:
            first = joined.read_at(0, _HEAD)
            format = sniff(first[:HEAD])
            others: list[Reader] = [r for r in plugins.load("evidence").values() if r.name != self.name]
            asked = (r for r in others if format in getattr(r, "formats", (format,)))
            return any(reader.detect(first, joined) for reader in asked)
        finally:
            joined.close()

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the joined medium. Raises EvidenceError."""
        joined = open_joined(source)
        size, missing = joined.size, joined.missing
        joined.close()
        for name in missing:
            yield Node(b"", Kind.FINDING, error=f"segment {name} is missing; what follows it is not read")
        yield Node(b"", Kind.LAYER, size=size, layer="medium", open=partial(open_joined, source))


def open_joined(source: Source) -> Joined:
    """Open all segments beside the first one. Raises EvidenceError where there are too many."""
    parts: list[Source] = [source]
    missing: list[str] = []
    name = next_name(source.name)
    while name and (part := source.sibling(name)) is not None:
        parts.append(part)
        if len(parts) > _MOST_SEGMENTS:
            Joined(parts, missing).close()
            raise EvidenceError(f"it has more than {_MOST_SEGMENTS:,} segments")
        name = next_name(name)
    if name and (after := source.sibling(next_name(name) or name)) is not None:
        after.close()
        missing.append(name)
    return Joined(parts, missing)


class Joined:
    """Several sources, one after the other; the first is its owner's to close."""

    name = ""

    def __init__(self, parts: list[Source], missing: list[str]) -> None:
        self.missing = missing
        self._parts = parts
        self._starts: list[int] = []
        self.size = 0
        for part in parts:
            self._starts.append(self.size)
            self.size += part.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        pieces: list[bytes] = []
        index = bisect_right(self._starts, offset) - 1
        while length > 0:
            piece = self._parts[index].read_at(offset - self._starts[index], length)
            pieces.append(piece)
            offset += len(piece)
            length -= len(piece)
            index += 1
            if length > 0 and offset < self._starts[index]:
                raise EvidenceError(f"a segment ends before byte {self._starts[index]:,}")
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a medium."""
        return None

    def close(self) -> None:
        """Close the segments after the first; safe to call twice."""
        while len(self._parts) > 1:
            self._parts.pop().close()
