"""XFS through libfsxfs, and carved media from what no file occupies."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.filesystem import cut_short
from safelight.evidence.libyal import ERRORS, first_line, open_handle
from safelight.evidence.libyal_tree import Tree, carve_between, walk_tree
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Limits, Node, Source


class XfsReader:
    """XFS, versions 4 and 5; deleted entries are not known."""

    name = "xfs"
    order = 30
    marks = (begins(b"XFSB"),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the superblock's magic?"""
        return head[:4] == b"XFSB"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry, then what is carved. Raises EvidenceError."""
        import pyfsxfs

        block_size, blocks = struct.unpack(">IQ", source.read_at(4, 12))
        if (short := cut_short(blocks * block_size, source)) is not None:
            yield short
        volume = open_handle(pyfsxfs.volume, source)
        try:
            root = volume.get_root_directory()
        except ERRORS as error:
            raise EvidenceError(first_line(error)) from error
        tree = Tree(root, "xfs:inode", _inode, max(source.size, limits.member_bytes))
        yield from walk_tree(tree)
        if tree.whole:
            yield from carve_between(tree.runs, source, limits)


def _inode(entry: Any) -> int:
    return int(entry.get_inode_number())
