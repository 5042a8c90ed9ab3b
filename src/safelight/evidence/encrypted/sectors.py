"""A volume that is decrypted as it is read, sector by sector, small reads out of a few kept pieces."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

from safelight.errors import EvidenceError
from safelight.evidence.encrypted.aes import Decrypt
from safelight.evidence.protocol import Source

_PIECE = 1 << 16
"""Bytes that a small read decrypts and keeps."""
_KEPT = 16
_AT_ONCE = 1 << 20
"""Bytes that a large read decrypts at once."""


@dataclass(frozen=True, slots=True)
class Region:
    """A part of the decrypted volume: where its bytes lie in the source, and whether they are encrypted.

    All in bytes, multiples of the sector. `lies` None: it reads as zeros.
    """

    start: int
    end: int
    lies: int | None
    encrypted: bool = True
    number: int | None = None
    """The sector's number at `start`, where it does not follow from where it lies."""


class Sectors:
    """The decrypted volume. Regions follow each other from 0 on without gaps."""

    name = ""

    def __init__(
        self, source: Source, regions: list[Region], sector: int, decrypt: Decrypt, unit: int | None = None
    ) -> None:
        """`unit` is the bytes that sector numbers count (LUKS2 counts 512, whatever a sector has)."""
        self._source = source
        self._regions = [region for region in regions if region.end > region.start]
        self.size = self._regions[-1].end if self._regions else 0
        self._sector = sector
        self._decrypt = decrypt
        self._unit = unit or sector
        self._pieces: OrderedDict[int, bytes] = OrderedDict()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        if offset // _PIECE == (offset + length - 1) // _PIECE:
            start = offset // _PIECE * _PIECE
            return self._piece(start)[offset - start : offset - start + length]
        parts, end = [], offset + length
        while offset < end:
            start = offset // self._sector * self._sector
            stop = min(-(-end // self._sector) * self._sector, start + _AT_ONCE, self.size)
            parts.append(self._range(start, stop)[offset - start : end - start])
            offset = stop
        return b"".join(parts)

    def _piece(self, start: int) -> bytes:
        piece = self._pieces.get(start)
        if piece is None:
            piece = self._pieces[start] = self._range(start, min(start + _PIECE, self.size))
            if len(self._pieces) > _KEPT:
                self._pieces.popitem(last=False)
        else:
            self._pieces.move_to_end(start)
        return piece

    def _range(self, start: int, stop: int) -> bytes:
        """Whole sectors (the last may be cut by the end of the volume)."""
        parts = []
        for region in self._regions:
            first, after = max(start, region.start), min(stop, region.end)
            if first < after:
                parts.append(self._of(region, first, after - first))
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _of(self, region: Region, first: int, length: int) -> bytes:
        if region.lies is None:
            return bytes(length)
        lies, short = region.lies + first - region.start, -length % self._sector
        data = self._source.read_at(
            lies, length + short
        )  # the volume may end within a sector, the source behind it
        if len(data) < length:
            raise EvidenceError(f"ends after {lies + len(data):,} bytes, within the encrypted volume")
        if not region.encrypted:
            return data[:length]
        data += bytes(length + short - len(data))
        number = lies // self._unit
        if region.number is not None:
            number = region.number + (first - region.start) // self._unit
        clear = self._decrypt(data, number)
        return clear[:length] if short else clear

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a volume."""
        return None

    def close(self) -> None:
        """Forget what was decrypted; the whole is its owner's."""
        self._pieces.clear()
