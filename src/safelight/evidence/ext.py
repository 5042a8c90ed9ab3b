"""ext2, ext3 and ext4: what lies in them, with deleted names, and carved media from free blocks."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from functools import cache, partial
from typing import TYPE_CHECKING, Any, NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.ext_blocks import LargeFiles
from safelight.evidence.ext_inodes import Inodes, Tables
from safelight.evidence.filesystem import Dialect, walk_file_system
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.tsk import EXT

if TYPE_CHECKING:
    from safelight.evidence.allocation import Allocation

_META_BG, _64BIT = 0x10, 0x80  # s_feature_incompat
_SPARSE_SUPER = 0x1  # s_feature_ro_compat
_BLOCK_UNINIT = 0x2  # bg_flags: the bitmap on disk means nothing, all is free
_INODE_SIZES = (128, 256, 512, 1024, 2048, 4096)
_RESERVED = 10
"""Inodes 1 to 10 are the file system's own: bad blocks, journal, the blocks kept for growth."""


class ExtReader:
    """ext2, ext3, ext4."""

    name = "ext"
    order = 30
    marks = (begins(b"\x53\xef", at=1080),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the superblock's magic and a sane block size?"""
        return head[1080:1082] == b"\x53\xef" and head[1048:1052] < b"\x07" and head[1049:1052] == b"\0\0\0"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry, deleted ones included, then what is carved. Raises EvidenceError."""
        tables = cache(partial(_inode_tables, source))
        inodes = Inodes(source, tables)
        dialect = Dialect(
            EXT,
            inodes.times,
            encrypted=inodes.encrypted,
            check=superblock,
            own=_RESERVED + 1,
            clears="no content is left: ext3 and ext4 clear an inode on deletion",
            allocation=_allocation,
            large=lambda source: _large(source, tables),
            place=inodes.place,
        )
        return walk_file_system(source, limits, dialect)


class Superblock(NamedTuple):
    """What it says of the layout; `first` is the block the first group begins with."""

    raw: bytes
    block_size: int
    blocks: int
    first: int
    per_group: int
    entry_size: int


def superblock(source: Source) -> Superblock:
    """Read and check the superblock: TSK trusts absurd numbers and counts for minutes. Raises EvidenceError."""
    raw = source.read_at(1024, 1024)
    if len(raw) < 1024:
        raise EvidenceError("the superblock is cut off")
    blocks, first, log_block, per_group, inodes_per_group = struct.unpack_from("<I12xII4xI4xI", raw, 4)
    (incompatible,) = struct.unpack_from("<I", raw, 96)
    block_size = 1024 << min(log_block, 6)
    blocks |= struct.unpack_from("<I", raw, 0x150)[0] << 32 if incompatible & _64BIT else 0
    entry_size = struct.unpack_from("<H", raw, 0xFE)[0] if incompatible & _64BIT else 32
    entry_size = entry_size if 32 <= entry_size <= block_size else 32
    if first != (block_size == 1024) or log_block > 6 or blocks <= first:
        raise EvidenceError("the superblock has an impossible layout")
    if not 0 < per_group <= 8 * block_size or per_group % 8 or not 0 < inodes_per_group <= 8 * block_size:
        raise EvidenceError("the superblock has impossible group sizes")
    (inodes,), (revision,) = struct.unpack_from("<I", raw, 0), struct.unpack_from("<I", raw, 76)
    inode_size = struct.unpack_from("<H", raw, 88)[0] if revision else 128
    if (
        inode_size not in _INODE_SIZES
        or inode_size > block_size
        or inodes > -(-blocks // per_group) * inodes_per_group
    ):
        raise EvidenceError("the superblock has impossible inodes")
    return Superblock(raw, block_size, blocks, first, per_group, entry_size)


def _allocation(_fs: Any, source: Source) -> Allocation | None:
    """Join the block bitmaps of all groups (Linux kernel documentation, "ext4 Data Structures")."""
    import numpy as np

    from safelight.evidence.allocation import Allocation

    block, block_size, blocks, first, per_group, entry_size = superblock(source)
    blocks = min(blocks, source.size // block_size)
    if blocks <= first:
        raise EvidenceError("nothing is left of it but the superblock")
    groups = -(-(blocks - first) // per_group)
    table = _group_table(source, block, block_size, first, per_group, groups, entry_size)
    packed = np.zeros(groups * per_group // 8, np.uint8)
    for group in range(groups):
        entry = table[group * entry_size : (group + 1) * entry_size]
        if len(entry) < 32:
            packed[group * per_group // 8 :] = 0xFF  # unknown counts as used: nothing is carved from it
            break
        if int.from_bytes(entry[18:20], "little") & _BLOCK_UNINIT:
            continue
        where = int.from_bytes(entry[:4], "little")
        if entry_size >= 64:
            where |= int.from_bytes(entry[32:36], "little") << 32
        raw = np.frombuffer(source.read_at(where * block_size, per_group // 8), np.uint8)
        begin = group * per_group // 8
        packed[begin : begin + len(raw)] = raw[: per_group // 8]
    return Allocation(packed, blocks - first, block_size, first * block_size)


def _inode_tables(source: Source) -> Tables:
    """Where the groups have their inodes. Raises EvidenceError."""
    block, block_size, blocks, first, per_group, entry_size = superblock(source)
    groups = _groups(source, blocks, block_size, first, per_group)
    table = _group_table(source, block, block_size, first, per_group, groups, entry_size)
    inode_size = int.from_bytes(block[88:90], "little") if block[76:80] != bytes(4) else 128

    def start(group: int) -> int:
        entry = table[group * entry_size : (group + 1) * entry_size]
        where = int.from_bytes(entry[8:12], "little")
        if entry_size >= 64:
            where |= int.from_bytes(entry[40:44], "little") << 32
        return where * block_size

    per_group_of_inodes = int.from_bytes(block[40:44], "little")
    blocks = min(blocks, source.size // block_size)
    return Tables(start, per_group_of_inodes, inode_size, block_size, first, blocks)


def _groups(source: Source, blocks: int, block_size: int, first: int, per_group: int) -> int:
    """How many groups there are, of which something can lie in what is there of the volume."""
    return -(-max(0, min(blocks, source.size // block_size) - first) // per_group)


def _large(source: Source, tables: Callable[[], Tables]) -> LargeFiles:
    """What TSK may see of the volume. Raises EvidenceError."""
    _, block_size, blocks, first, per_group, _ = superblock(source)
    groups = _groups(source, blocks, block_size, first, per_group)
    return LargeFiles(source, block_size, tables(), groups)


def _group_table(
    source: Source, block: bytes, block_size: int, first: int, per_group: int, groups: int, entry_size: int
) -> bytes:
    """Return the group descriptors: one run after the superblock, or (META_BG) a block in each meta group."""
    start = first + 1
    if not int.from_bytes(block[96:100], "little") & _META_BG:
        return source.read_at(start * block_size, groups * entry_size)
    old_style = int.from_bytes(block[0x104:0x108], "little")  # s_first_meta_bg
    in_block = block_size // entry_size
    table = source.read_at(start * block_size, min(old_style * block_size, groups * entry_size))
    for meta_group in range(old_style, -(-groups // in_block)):
        group = meta_group * in_block
        base = first + group * per_group
        has_super = group == 0 or _backs_up(group, block)
        table += source.read_at((base + has_super) * block_size, block_size)
    return table


def _backs_up(group: int, block: bytes) -> bool:
    """Does the group hold a copy of the superblock? With `sparse_super` only 0, 1 and powers of 3, 5, 7."""
    if not int.from_bytes(block[100:104], "little") & _SPARSE_SUPER or group <= 1:
        return True
    for base in (3, 5, 7):
        power = base
        while power < group:
            power *= base
        if power == group:
            return True
    return False
