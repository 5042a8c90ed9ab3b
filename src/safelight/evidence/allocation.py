"""Which blocks of a file system are in use, as one bit each, in bytes from the start of the file system."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

_PIECE = 1 << 17  # packed bytes looked at together: 1 Mi blocks


class Allocation:
    """The blocks of a file system: `bits` is packed, lowest bit first, set where a block is in use.

    Block `n` covers the bytes from `start + n * unit` on; a 1 TiB volume of 4 KiB blocks takes 32 MiB.
    What lies before `start` (tables, boot sectors) counts as used.
    """

    def __init__(self, bits: npt.NDArray[np.uint8], blocks: int, unit: int, start: int = 0) -> None:
        self._bits = bits
        self.blocks = min(blocks, 8 * len(bits))
        self.unit = unit
        self.start = start

    def used(self, offset: int, length: int) -> int:
        """Return how many of `length` bytes from `offset` lie in used blocks (whole blocks are counted)."""
        first = max(0, (offset - self.start) // self.unit)
        after = min(self.blocks, -(-(offset + length - self.start) // self.unit))
        if after <= first:
            return 0
        packed = self._bits[first // 8 : -(-after // 8)]
        bits = np.unpackbits(packed, bitorder="little")[first % 8 : first % 8 + after - first]
        return int(np.count_nonzero(bits)) * self.unit

    def free(self) -> Iterator[tuple[int, int]]:
        """Yield (offset, length) in bytes of each run of free blocks, in order, at constant memory."""
        open_at: int | None = None
        for begin in range(0, -(-self.blocks // 8), _PIECE):
            first = begin * 8
            bits = np.unpackbits(self._bits[begin : begin + _PIECE], bitorder="little")
            bits = bits[: self.blocks - first]
            changes = np.flatnonzero(bits[1:] != bits[:-1]) + 1
            used = bool(bits[0])
            for left in (0, *changes.tolist()):
                if used and open_at is not None:
                    yield self._run(open_at, first + left)
                    open_at = None
                elif not used and open_at is None:
                    open_at = first + left
                used = not used
        if open_at is not None:
            yield self._run(open_at, self.blocks)

    def _run(self, first: int, after: int) -> tuple[int, int]:
        return self.start + first * self.unit, (after - first) * self.unit


def complement(runs: Iterable[tuple[int, int]], size: int) -> Iterator[tuple[int, int]]:
    """Yield (offset, length) of what no run covers in `size` bytes; runs in any order, overlapping or not."""
    position = 0
    for offset, length in sorted(runs):
        if offset >= size:
            break
        if offset > position:
            yield position, offset - position
        position = max(position, offset + length)
    if position < size:
        yield position, size - position
