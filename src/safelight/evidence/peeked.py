"""What readers see of a file while they are asked whether they know it: its first and last bytes, read once.

Of a file that no signature names, the marks of a dozen readers (`marks.py`) and some readers themselves look at the
end or the second kilobyte. Each look of its own costs more than the digests of a small file.
"""

from __future__ import annotations

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source
from safelight.evidence.stream import damage

TAIL = 4096
"""Bytes from the end that are read together."""


class Peeked:
    """A file whose first bytes (`head`) are known, all of them where it is small; the rest is asked of the file."""

    __slots__ = ("_head", "_source", "_tail", "name", "size")

    def __init__(self, source: Source, head: bytes) -> None:
        self._source = source
        self._head = head
        self._tail: bytes | None = None
        self.name = source.name
        self.size = source.size
        """As the file says by now: a stream knows it for certain once it was read to its end."""

    @property
    def damage(self) -> str | None:
        """What the file says of itself."""
        return damage(self._source)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        if offset < 0 or length <= 0:
            return b""
        head, size = self._head, self.size
        if offset + length <= len(head) or len(head) == size:
            return head[offset : offset + length]
        start = max(0, size - TAIL)
        if not start <= offset < size:
            return self._read(offset, length)
        if self._tail is None:
            try:
                self._tail = self._read(start, TAIL)
            except EvidenceError:  # a bad sector before the bytes that are wanted may not spoil them
                self._tail = b""
        if len(self._tail) < size - start:
            return self._read(offset, length)
        return self._tail[offset - start :][:length]

    def _read(self, offset: int, length: int) -> bytes:
        try:
            return self._source.read_at(offset, length)
        finally:
            if self._source.size != self.size:
                self.size, self._tail = self._source.size, None

    def sibling(self, name: str) -> Source | None:
        """Open the file `name` beside it, or None."""
        return self._source.sibling(name)

    def close(self) -> None:
        """Nothing to release: the file is its owner's."""
