"""QEMU images (qcow2, versions 2 and 3), read with Python's zlib: clusters, two levels of tables.

After "Qcow2 image format" (QEMU documentation, docs/interop/qcow2.txt).
"""

from __future__ import annotations

import os
import struct
import sys
import zlib
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.encrypted.aes import Decrypt
from safelight.evidence.encrypted.qcow2_locked import unlock
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource

_MAGIC = b"QFI\xfb"
_DIRTY, _CORRUPT, _EXTERNAL, _COMPRESSION, _EXTENDED_L2 = 1, 2, 4, 8, 16
_OFFSET = 0x00FF_FFFF_FFFF_FE00
_ZERO, _COMPRESSED = 1, 1 << 62
_ZSTD = 1
_CACHE_BYTES = 8 << 20
_LARGEST_TABLE = 32 << 20
_DEEPEST = 16
_BEYOND = "a table of the qcow2 that says where its clusters lie is beyond its end"
_AES, LUKS = 1, 2
_ENCRYPTION_HEADER = 0x0537BE77
_MOST_EXTENSIONS = 64
_SECTOR = 512


@dataclass(frozen=True, slots=True)
class Header:
    """The header's fields that reading needs; sizes and offsets in bytes."""

    version: int
    size: int
    cluster_bits: int
    l1_size: int
    l1_offset: int
    snapshots: int
    features: int
    compression: int
    backing: bytes
    encryption: int = 0
    """0 none, 1 AES-CBC (before 2017), 2 LUKS."""
    luks: tuple[int, int] = (0, 0)
    """Where the header of LUKS lies in the file, and its length."""


class Qcow2Reader:
    """qcow2, with the backing file beside it where there is one; opened where it is encrypted, with a password."""

    name = "qcow2"
    order = 10
    marks = (begins(_MAGIC),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the magic number and version 2 or 3?"""
        return head[:4] == _MAGIC and head[4:8] in (b"\0\0\0\2", b"\0\0\0\3")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium, and findings for what is missing. Raises EvidenceError."""
        header = read_header(source)
        if header.features & _CORRUPT:
            yield Node(b"", Kind.FINDING, error="the image marks itself as corrupt")
        if header.snapshots:
            text = f"{header.snapshots} snapshots inside the image are not read, only its current state"
            yield Node(b"", Kind.FINDING, error=text)
        if header.backing:
            backing = open_backing(source, header)
            if backing is None:
                text = "the image needs another one that is not beside it; what it lacks is read as zeros"
                yield Node(b"", Kind.FINDING, error=text)
            else:
                backing.close()
        decrypt = None
        if header.encryption:
            inner = SliceSource(source, *header.luks) if header.encryption == LUKS else None
            decrypt = yield from unlock(inner, limits, lambda one: Qcow2Medium(source, header, decrypt=one))
        medium = Qcow2Medium(source, header, decrypt=decrypt)
        medium.close()
        content = partial(Qcow2Medium, source, header, decrypt=decrypt)
        yield Node(b"", Kind.LAYER, size=header.size, layer="medium", open=content)


def read_header(source: Source) -> Header:
    """Read and check the header. Raises EvidenceError."""
    raw = source.read_at(0, 112)
    if len(raw) < 72 or raw[:4] != _MAGIC:
        raise EvidenceError("the qcow2 header is cut off")
    version, backing_at, backing_size, bits, size, encryption, l1_size, l1_at, _, _, snapshots, _ = (
        struct.unpack_from(">IQIIQIIQQIIQ", raw, 4)
    )
    features = int.from_bytes(raw[72:80], "big") if version >= 3 else 0
    long_enough = version >= 3 and int.from_bytes(raw[100:104], "big") > 104
    compression = raw[104] if features & _COMPRESSION and long_enough else 0
    if not 9 <= bits <= 21:
        raise EvidenceError(f"the qcow2 claims clusters of 2^{bits} bytes")
    if features & ~(_DIRTY | _CORRUPT | _COMPRESSION) or compression > _ZSTD:
        raise EvidenceError(
            f"the qcow2 uses features that are not read (0x{features:x})", "Convert it to raw."
        )
    if encryption not in (0, _AES, LUKS):
        raise EvidenceError(f"the qcow2 is encrypted in a way that is not known here ({encryption})")
    if l1_size * 8 > _LARGEST_TABLE or size > l1_size << (2 * bits - 3):
        raise EvidenceError(f"the qcow2 claims {size:,} bytes, more than its tables can hold")
    backing = source.read_at(backing_at, min(backing_size, 1023)) if backing_at else b""
    length = int.from_bytes(raw[100:104], "big") if version >= 3 else 72
    luks = _luks_header(source, length, 1 << bits) if encryption == LUKS else (0, 0)
    return Header(
        version, size, bits, l1_size, l1_at, snapshots, features, compression, backing, encryption, luks
    )


def _luks_header(source: Source, at: int, end: int) -> tuple[int, int]:
    """Where the header of LUKS lies, by the extensions that follow the qcow2's own. Raises EvidenceError."""
    for _ in range(_MOST_EXTENSIONS):
        head = source.read_at(at, 24) if at + 24 <= end else b""
        if len(head) < 24 or not any(head[:4]):
            break
        kind, length, offset, size = struct.unpack(">IIQQ", head)
        if kind == _ENCRYPTION_HEADER and length >= 16:
            if 0 < offset < source.size and 0 < size <= source.size - offset:
                return offset, size
            break
        at += 8 + -(-length // 8) * 8
    raise EvidenceError("the qcow2 is encrypted with LUKS, whose header is not where it should be")


def open_backing(source: Source, header: Header) -> Source | None:
    """Open the file with the backing name in the same folder, wherever the name says it was."""
    name = os.fsdecode(header.backing).replace("\\", "/").rpartition("/")[2]
    return source.sibling(name) if name else None


class Qcow2Medium:
    """The decoded medium; what no cluster holds comes from the backing file, else it is zeros."""

    name = ""

    def __init__(
        self, source: Source, header: Header, depth: int = 0, decrypt: Decrypt | None = None
    ) -> None:
        self.size = header.size
        self._source = source
        self._header = header
        self._decrypt = decrypt
        self._cluster = 1 << header.cluster_bits
        self._l1 = _table(source, header.l1_offset, header.l1_size)
        self._l2: OrderedDict[int, array[int]] = OrderedDict()
        self._inflated: OrderedDict[int, bytes] = OrderedDict()
        self._room = max(2, _CACHE_BYTES // self._cluster)
        self._below: list[Source] = []
        if header.backing and depth >= _DEEPEST:
            raise EvidenceError(f"more than {_DEEPEST} images build on each other, or one of them on itself")
        if header.backing:
            self._open_below(depth)

    def _open_below(self, depth: int) -> None:
        backing = open_backing(self._source, self._header)
        if backing is None:
            return
        self._below.append(backing)
        if backing.read_at(0, 4) == _MAGIC:
            below = read_header(backing)
            if below.encryption:
                raise EvidenceError("the image that this one builds on is encrypted, which is not read here")
            self._below.append(Qcow2Medium(backing, below, depth + 1))

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        parts: list[bytes] = []
        while length > 0:
            skip = offset & self._cluster - 1
            want = min(length, self._cluster - skip)
            part = self._read_cluster(offset >> self._header.cluster_bits, skip, want)
            parts.append(part)
            offset += want
            length -= want
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_cluster(self, number: int, skip: int, want: int) -> bytes:
        entry = self._entry(number)
        if entry & _COMPRESSED:
            return self._decompress(entry)[skip : skip + want]
        where = entry & _OFFSET
        if entry & _ZERO and self._header.version >= 3:
            return bytes(want)
        if where == 0:
            return self._from_below((number << self._header.cluster_bits) + skip, want)
        before = skip % _SECTOR if self._decrypt is not None else 0
        after = -(skip + want) % _SECTOR if self._decrypt is not None else 0
        data = self._source.read_at(where + skip - before, before + want + after)
        if len(data) < before + want:
            raise EvidenceError(f"cluster {number:,} of the qcow2 lies beyond its end")
        if self._decrypt is None:
            return data
        lies = where if self._header.encryption == LUKS else number << self._header.cluster_bits
        data = data.ljust(before + want + after, b"\0")  # a file may end within the last sector
        return self._decrypt(data, (lies + skip - before) // _SECTOR)[before : before + want]

    def _from_below(self, offset: int, want: int) -> bytes:
        if not self._below:
            return bytes(want)
        return self._below[-1].read_at(offset, want).ljust(want, b"\0")

    def _entry(self, number: int) -> int:
        index, within = divmod(number, self._cluster // 8)
        if len(self._l1) <= index < self._header.l1_size:
            raise EvidenceError(_BEYOND)
        where = self._l1[index] & _OFFSET if index < len(self._l1) else 0
        if not where:
            return 0
        table = self._l2.get(where)
        if table is None:
            table = self._l2[where] = _table(self._source, where, self._cluster // 8)
            if len(self._l2) > self._room:
                self._l2.popitem(last=False)
        if within >= len(table):
            raise EvidenceError(_BEYOND)
        return table[within]

    def _decompress(self, entry: int) -> bytes:
        data = self._inflated.get(entry)
        if data is not None:
            return data
        shift = 62 - (self._header.cluster_bits - 8)
        where = entry & (1 << shift) - 1
        sectors = (entry & _COMPRESSED - 1) >> shift
        raw = self._source.read_at(where, (sectors + 1) * 512 - where % 512)
        inflate = _inflate_zstd if self._header.compression == _ZSTD else _inflate_zlib
        try:
            data = inflate(raw, self._cluster)
        except EvidenceError as error:
            raise EvidenceError(f"a compressed cluster at byte {where:,} is damaged: {error}") from error
        if len(data) != self._cluster:
            raise EvidenceError(f"a compressed cluster at byte {where:,} is too short")
        self._inflated[entry] = data
        if len(self._inflated) > self._room:
            self._inflated.popitem(last=False)
        return data

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a medium."""
        return None

    def close(self) -> None:
        """Close the backing files."""
        while self._below:
            self._below.pop().close()
        self._l2.clear()
        self._inflated.clear()


def _inflate_zlib(raw: bytes, size: int) -> bytes:
    try:
        return zlib.decompressobj(-12).decompress(raw, size)
    except zlib.error as error:
        raise EvidenceError(str(error)) from error


def _inflate_zstd(raw: bytes, size: int) -> bytes:
    import zstandard

    try:
        return zstandard.ZstdDecompressor().stream_reader(raw).read(size)
    except zstandard.ZstdError as error:
        raise EvidenceError(str(error)) from error


def _table(source: Source, offset: int, entries: int) -> array[int]:
    """Read big-endian 64-bit entries, fewer where the file ends before."""
    data = source.read_at(offset, entries * 8)
    table = array("Q", data[: len(data) // 8 * 8])
    if sys.byteorder == "little":
        table.byteswap()
    return table
