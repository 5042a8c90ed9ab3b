"""A medium that a table of 32-bit entries maps block by block into a file (Parallels, VDI)."""

from __future__ import annotations

from array import array

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source


class BlockMedium:
    """Block `n` of `block` bytes lies at `data + table[n] * unit`; entries in `free` are blocks of zeros."""

    name = ""

    def __init__(
        self,
        source: Source,
        table: array[int],
        block: int,
        size: int,
        unit: int,
        data: int = 0,
        free: frozenset[int] = frozenset(),
    ) -> None:
        self.size = size
        self._source = source
        self._table = table
        self._block = block
        self._unit = unit
        self._data = data
        self._free = free

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        parts: list[bytes] = []
        while length > 0:
            number, skip = divmod(offset, self._block)
            want = min(length, self._block - skip)
            entry = self._table[number] if number < len(self._table) else 0
            if number >= len(self._table) or entry in self._free:
                parts.append(bytes(want))
            else:
                data = self._source.read_at(self._data + entry * self._unit + skip, want)
                if len(data) < want:
                    raise EvidenceError(f"block {number:,} lies beyond the end of the image")
                parts.append(data)
            offset += want
            length -= want
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a medium."""
        return None

    def close(self) -> None:
        """Nothing to release: the file is its owner's."""
