"""A stored member whose checksum its archive states: looked at as it is read in order, as decoders do it."""

from __future__ import annotations

import zlib

from safelight.evidence.protocol import Source


class CheckedSource:
    """A part of a source; `damage` says so once it has been read to its end and its CRC-32 is another one."""

    __slots__ = ("_crc", "_read", "_source", "_start", "_stated", "damage", "size")
    name = ""

    def __init__(self, source: Source, start: int, size: int, stated: int) -> None:
        self._source, self._start, self._stated = source, start, stated
        self.size = size
        self._crc = self._read = 0
        self.damage: str | None = None

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        data = self._source.read_at(self._start + offset, length)
        if offset <= self._read < offset + len(data):
            fresh = data[self._read - offset :]
            self._crc = zlib.crc32(fresh, self._crc)
            self._read += len(fresh)
            if self._read == self.size and self._crc != self._stated:
                self.damage = "its checksum (CRC-32) is wrong"
        return data

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a member."""
        return None

    def close(self) -> None:
        """Nothing to release: the archive is its owner's."""
