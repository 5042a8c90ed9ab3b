"""A source put together from parts of others, in order; a part of no source is zeros (a sparse map)."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from typing import NamedTuple

from safelight.evidence.protocol import Source


class Piece(NamedTuple):
    """`length` bytes of `source` from `offset`; of None: zeros."""

    source: Source | None
    offset: int
    length: int


class PiecesSource:
    """The pieces one after the other. What is read from is closed by its owner, not here."""

    name = ""

    def __init__(self, pieces: Iterable[Piece]) -> None:
        self._pieces = [piece for piece in pieces if piece.length > 0]
        self._starts: list[int] = []
        self.size = 0
        for piece in self._pieces:
            self._starts.append(self.size)
            self.size += piece.length

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError.

        Where a piece's own source ends early, zeros stand for what it lacks, so that what follows keeps its place.
        """
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        parts: list[bytes] = []
        number = bisect_right(self._starts, offset) - 1
        while length > 0:
            piece, skip = self._pieces[number], offset - self._starts[number]
            wanted = min(length, piece.length - skip)
            data = b"" if piece.source is None else piece.source.read_at(piece.offset + skip, wanted)
            parts.append(data if len(data) == wanted else data.ljust(wanted, b"\0"))
            offset, length, number = offset + wanted, length - wanted, number + 1
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release."""
