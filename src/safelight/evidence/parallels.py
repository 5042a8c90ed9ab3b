"""Parallels images (`.hdd`, `.hds`): expanding ones, whose table maps blocks to places in the file.

After "Parallels Expandable Image File Format" (QEMU documentation, docs/interop/parallels.txt).
"""

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

_OLD, _NEW = b"WithoutFreeSpace", b"WithouFreSpacExt"
_MOST_BLOCKS = 1 << 26


class ParallelsReader:
    """Parallels expanding images."""

    name = "parallels"
    order = 10
    marks = (begins(_OLD, _NEW),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it one of the two magic words?"""
        return head[:16] in (_OLD, _NEW)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium. Raises EvidenceError."""
        medium = _open(source)
        yield Node(b"", Kind.LAYER, size=medium.size, layer="medium", open=partial(_open, source))


def _open(source: Source) -> BlockMedium:
    head = source.read_at(0, 64)
    if len(head) < 64:
        raise EvidenceError("the header is cut off")
    version, _, _, sectors_per_block, count, sectors = struct.unpack_from("<5IQ", head, 16)
    block = sectors_per_block * 512
    if head[:16] == _OLD:
        sectors &= 0xFFFFFFFF
    if version != 2 or not 0 < block <= 64 << 20 or count > min(_MOST_BLOCKS, source.size // 4):
        raise EvidenceError("the header has impossible numbers")
    table = array("I", source.read_at(64, 4 * count))
    if sys.byteorder == "big":
        table.byteswap()
    unit = 512 if head[:16] == _OLD else block
    return BlockMedium(source, table, block, min(sectors * 512, count * block), unit, free=frozenset((0,)))
