"""Virtual PC images (VHD): fixed, dynamic, and differential ones with their parent beside them.

After "Virtual Hard Disk Image Format Specification" (Microsoft, 2006). Read here because libvhdi looks at
every sector by itself, which is a tenth of the speed. VHDX is in `vhdx.py`.
"""

from __future__ import annotations

import struct
import sys
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.marks import begins, ends
from safelight.evidence.protocol import Kind, Limits, Node, Source

_FOOTER = struct.Struct(">8sIIQIIIIQQIII16s")
_DYNAMIC_HEADER = struct.Struct(">8sQQIIII16sII512s")
_FIXED, _DYNAMIC, _DIFFERENTIAL = 2, 3, 4
_NO_BLOCK = 0xFFFFFFFF
_SECTOR = 512
_LARGEST_BLOCK = 256 << 20
_LEAST = 1 << 16
_KEPT_BITMAPS = 256
_DEEPEST = 16


@dataclass(frozen=True, slots=True)
class Header:
    """What footer and dynamic header say; sizes and offsets in bytes."""

    type: int
    size: int
    identifier: bytes
    table: int = 0
    blocks: int = 0
    block: int = 0
    parent_identifier: bytes = b""
    parent: str = ""


class VhdReader:
    """VHD; a differential one needs its parent beside it."""

    name = "vhd"
    order = 10
    marks = (begins(b"conectix"), ends(b"conectix", within=_SECTOR))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the footer's cookie at its end, or the copy at its start?"""
        if head[:8] == b"conectix":
            return True
        return source.size > _LEAST and source.read_at(source.size - _SECTOR, 8) == b"conectix"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium. Raises EvidenceError."""
        medium = VhdMedium(source)
        size = medium.size
        medium.close()
        yield Node(b"", Kind.LAYER, size=size, layer="medium", open=partial(VhdMedium, source))


def read_header(source: Source) -> Header:
    """Read footer (or its copy) and dynamic header. Raises EvidenceError."""
    raw = source.read_at(source.size - _SECTOR, _SECTOR)
    if raw[:8] != b"conectix":
        raw = source.read_at(0, _SECTOR)  # cut short: the copy of dynamic images is left
    if len(raw) < _SECTOR or raw[:8] != b"conectix":
        raise EvidenceError("the VHD has no footer")
    footer = _FOOTER.unpack_from(raw)
    header_at, size, kind, identifier = footer[3], footer[9], footer[11], footer[13]
    if kind == _FIXED:
        return Header(kind, min(size, source.size), identifier)
    if kind not in (_DYNAMIC, _DIFFERENTIAL):
        raise EvidenceError(f"the VHD is of type {kind}, which is not read")
    raw = source.read_at(header_at, 1024)
    if len(raw) < 1024 or raw[:8] != b"cxsparse":
        raise EvidenceError("the VHD's dynamic header is damaged")
    _, _, table, _, blocks, block, _, parent_identifier, _, _, name = _DYNAMIC_HEADER.unpack_from(raw)
    if not _SECTOR <= block <= _LARGEST_BLOCK or block % _SECTOR or blocks > source.size // 4:
        raise EvidenceError("the VHD's dynamic header has impossible numbers")
    if size > blocks * block:
        raise EvidenceError(f"the VHD claims {size:,} bytes, more than its table can hold")
    parent = name.decode("utf-16-be", "replace").partition("\0")[0].replace("\\", "/").rpartition("/")[2]
    return Header(kind, size, identifier, table, blocks, block, parent_identifier, parent)


class VhdMedium:
    """The decoded medium; what a differential one lacks comes from its parent."""

    name = ""

    def __init__(self, source: Source, depth: int = 0) -> None:
        self._source = source
        self._header = header = read_header(source)
        self.size = header.size
        self._parent: VhdMedium | None = None
        self._parent_file: Source | None = None
        self._table = array("I", source.read_at(header.table, 4 * header.blocks))
        if sys.byteorder == "little":
            self._table.byteswap()
        self._bitmap_size = -(-header.block // _SECTOR // 8 // _SECTOR) * _SECTOR
        self._bitmaps: OrderedDict[int, bytes] = OrderedDict()
        if header.type == _DIFFERENTIAL:
            self._open_parent(depth)

    def _open_parent(self, depth: int) -> None:
        name = self._header.parent
        file = self._source.sibling(name) if name and depth < _DEEPEST else None
        if file is None:
            wanted = name or "a parent"
            raise EvidenceError(f"it holds only what differs from {wanted}, which is not beside it")
        self._parent_file = file
        try:
            self._parent = VhdMedium(file, depth + 1)
        except EvidenceError:
            self.close()
            raise
        if self._parent._header.identifier != self._header.parent_identifier:
            self.close()
            raise EvidenceError(f"{name} beside it is not the image that it differs from")

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        if self._header.type == _FIXED:
            return self._source.read_at(offset, length)
        parts: list[bytes] = []
        while length > 0:
            number, skip = divmod(offset, self._header.block)
            want = min(length, self._header.block - skip)
            parts.append(self._read_block(number, skip, want))
            offset += want
            length -= want
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def _read_block(self, number: int, skip: int, want: int) -> bytes:
        entry = self._table[number] if number < len(self._table) else _NO_BLOCK
        offset = number * self._header.block + skip
        if entry == _NO_BLOCK:
            return bytes(want) if self._parent is None else self._from_parent(offset, want)
        if self._parent is None:  # sectors never written are zeros in the file too
            return self._from_file(entry * _SECTOR + self._bitmap_size + skip, want)
        parts: list[bytes] = []
        bitmap = self._bitmap(entry)
        while want > 0:
            first = skip // _SECTOR
            own = _is_set(bitmap, first)
            after = first + 1
            while after * _SECTOR < skip + want and _is_set(bitmap, after) == own:
                after += 1
            length = min(want, after * _SECTOR - skip)
            if own:
                parts.append(self._from_file(entry * _SECTOR + self._bitmap_size + skip, length))
            else:
                parts.append(self._from_parent(number * self._header.block + skip, length))
            skip += length
            want -= length
        return b"".join(parts)

    def _from_file(self, offset: int, want: int) -> bytes:
        data = self._source.read_at(offset, want)
        if len(data) < want:
            raise EvidenceError(f"a block at byte {offset:,} lies beyond the end of the VHD")
        return data

    def _from_parent(self, offset: int, want: int) -> bytes:
        assert self._parent is not None
        return self._parent.read_at(offset, want).ljust(want, b"\0")

    def _bitmap(self, entry: int) -> bytes:
        bitmap = self._bitmaps.get(entry)
        if bitmap is None:
            bitmap = self._bitmaps[entry] = self._source.read_at(entry * _SECTOR, self._bitmap_size)
            if len(self._bitmaps) > _KEPT_BITMAPS:
                self._bitmaps.popitem(last=False)
        return bitmap

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a medium."""
        return None

    def close(self) -> None:
        """Close the parent and its file; safe to call twice."""
        for opened in (self._parent, self._parent_file):
            if opened is not None:
                opened.close()
        self._parent = self._parent_file = None


def _is_set(bitmap: bytes, sector: int) -> bool:
    """Is a sector in this image (the highest bit of a byte comes first)?"""
    return sector // 8 < len(bitmap) and bool(bitmap[sector // 8] >> (7 - sector % 8) & 1)
