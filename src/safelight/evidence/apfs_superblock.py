"""The superblock of an APFS volume: what is read of it here, and how libfsapfs is given that of a snapshot.

Layout: Apple File System Reference (2020-06-22), "Objects" and "Volumes".
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from safelight.evidence.protocol import Source

SIZE = 4_096
"""Bytes that libfsapfs reads of a superblock, whatever the size of a block, and takes the checksum over."""
_MAGIC = b"APSB"
_VIRTUAL = 0x0000000D
"""The object type of a live volume's superblock; a snapshot's is 0x4000000d, for it lies where its number says."""
_OID, _XID, _TYPE = slice(8, 16), slice(16, 24), slice(24, 28)
_OBJECT_MAP, _SNAPSHOTS = slice(0x80, 0x88), slice(0x98, 0xA0)
_MODULUS = 0xFFFF_FFFF


@dataclass(frozen=True, slots=True)
class Superblock:
    """A volume's superblock."""

    data: bytes
    """All `SIZE` bytes of it."""

    @property
    def snapshots_at(self) -> int:
        """The block in which the tree of its snapshots begins; 0 where there is none."""
        return int.from_bytes(self.data[_SNAPSHOTS], "little")

    @property
    def snapshots(self) -> int:
        """How many it says there are."""
        return int.from_bytes(self.data[0xD8:0xE0], "little")

    @property
    def volume(self) -> bytes:
        """The volume's UUID, (16,) bytes."""
        return self.data[0xF0:0x100]

    @property
    def is_whole(self) -> bool:
        """Does it match its checksum?"""
        return checksum(self.data) == self.data[:8]

    def alone(self) -> bytes:
        """The same without its snapshots: libfsapfs looks their tree's nodes up in the wrong place, and fails."""
        if not self.snapshots_at or not self.is_whole:
            return self.data
        return _sealed(self.data, (_SNAPSHOTS, bytes(8)))

    def as_of(self, snapshot: Superblock, transaction: int) -> bytes:
        """What to read in place of this superblock to have the volume as of a snapshot of that transaction.

        A snapshot's superblock has no object map: the live one's holds for it too, as far as it goes back. libfsapfs
        takes of each object the newest copy up to the transaction that the superblock states.
        """
        return _sealed(
            snapshot.data,
            (_OID, self.data[_OID]),
            (_XID, struct.pack("<Q", transaction)),
            (_TYPE, struct.pack("<I", _VIRTUAL)),
            (_OBJECT_MAP, self.data[_OBJECT_MAP]),
            (_SNAPSHOTS, bytes(8)),
        )


def superblock(data: bytes) -> Superblock | None:
    """What `data` begins with, if it is a volume's superblock."""
    if len(data) < SIZE or data[32:36] != _MAGIC:
        return None
    return Superblock(data[:SIZE])


def checksum(data: bytes | bytearray) -> bytes:
    """Return the checksum of an object, which its first 8 bytes hold: Fletcher's with 64 bits, over the rest."""
    low = high = 0
    for (word,) in struct.iter_unpack("<I", data[8 : len(data) & ~3]):
        low += word
        high += low
    first = _MODULUS - (low + high) % _MODULUS
    return struct.pack("<II", first, _MODULUS - (low + first) % _MODULUS)


def _sealed(data: bytes, *changes: tuple[slice, bytes]) -> bytes:
    """`data` with some bytes changed, and its checksum."""
    out = bytearray(data)
    for where, value in changes:
        out[where] = value
    out[:8] = checksum(out)
    return bytes(out)


class Container:
    """The container as libfsapfs reads it: while it opens a volume, it is given the superblock that is wanted.

    Which one that is, of all that are left of earlier checkpoints, is thereby left to libfsapfs: it is the one that it
    asks for. Nothing else is changed, and nothing at any other time.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self.size, self.name = source.size, source.name
        self._give: Callable[[Superblock], bytes] | None = None
        self.asked: Superblock | None = None
        """The superblock of the volume that was opened last."""

    @contextmanager
    def giving(self, give: Callable[[Superblock], bytes]) -> Iterator[None]:
        """Within this, what `give` makes of a superblock is read in its place."""
        self._give, self.asked = give, None
        try:
            yield
        finally:
            self._give = None

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        data = self._source.read_at(offset, length)
        if self._give is not None and length == SIZE and (found := superblock(data)) is not None:
            self.asked = self.asked or found
            return self._give(found)
        return data

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """The source is its owner's to close."""
