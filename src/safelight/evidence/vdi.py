"""VirtualBox images (`.vdi`): fixed and growing ones, whose table maps blocks to places in the file."""

from __future__ import annotations

import struct
import sys
from array import array
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.blocks import BlockMedium
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source

_MAGIC = b"\x7f\x10\xda\xbe"
_FREE, _ZERO = 0xFFFFFFFF, 0xFFFFFFFE
_DIFFERENTIAL = 4
_MOST_BLOCKS = 1 << 26


class VdiReader:
    """VDI, version 1.1."""

    name = "vdi"
    order = 10
    marks = (begins(_MAGIC, at=64),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the magic number after the 64 bytes of text?"""
        return head[64:68] == _MAGIC

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium. Raises EvidenceError."""
        medium = _open(source)
        yield Node(b"", Kind.LAYER, size=medium.size, layer="medium", open=partial(_open, source))


def _open(source: Source) -> BlockMedium:
    head = source.read_at(0, 512)
    if len(head) < 512:
        raise EvidenceError("the header is cut off")
    major, kind = struct.unpack_from("<H", head, 70)[0], struct.unpack_from("<I", head, 76)[0]
    table_at, data_at = struct.unpack_from("<II", head, 340)
    size, block, _, count = struct.unpack_from("<QIII", head, 368)
    if kind == _DIFFERENTIAL:
        raise EvidenceError("it holds only what differs from its parent, which is not read")
    if major != 1 or not 0 < block <= 64 << 20 or count > min(_MOST_BLOCKS, source.size // 4):
        raise EvidenceError("the header has impossible numbers")
    table = array("I", source.read_at(table_at, 4 * count))
    if sys.byteorder == "big":
        table.byteswap()
    return BlockMedium(
        source, table, block, min(size, count * block), block, data_at, free=frozenset((_FREE, _ZERO))
    )
