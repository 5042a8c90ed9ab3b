"""Outlook's PST and OST, lower half: the B-trees of nodes and blocks, and blocks put together ([MS-PST] 2.2).

ANSI (to 2 GiB), Unicode, and the 4-KiB pages of OST files since 2013, whose blocks are compressed. Trees are
walked with the pages seen remembered, so that a loop ends; every size is bounded by the file's own.
"""

from __future__ import annotations

import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.errors import EvidenceError
from safelight.evidence.mail.pst_coding import decoded
from safelight.evidence.protocol import Source

NODES, BLOCKS = 0x81, 0x80
"""Page types."""
_MOST = 8_000_000
"""Entries of one tree."""
_DEEPEST = 16
_INTERNAL = 2
"""The bit of a block's number that says it holds structure, which is never encoded."""
_LARGEST_BLOCK = 1 << 16
_ENTRY_4K = struct.Struct("<QQHH")


@dataclass(frozen=True, slots=True)
class NodeEntry:
    """A node: its number, the blocks of its data and of its own small tree of nodes, the node it belongs to."""

    number: int
    data: int
    subtree: int
    parent: int = 0


@dataclass(frozen=True, slots=True)
class BlockEntry:
    """Where a block lies, its size there, and its size unpacked (0: as it is)."""

    offset: int
    size: int
    unpacked: int = 0


@dataclass(frozen=True, slots=True)
class Layout:
    """What differs between the three forms of the file."""

    wide: bool
    page: int
    counts: int
    """Where the four numbers of a page stand: entries, most entries, size of one, level."""
    trees: tuple[int, int]
    """Where the header says the pages of the roots are: nodes, blocks."""
    coding: int
    packed: bool = False

    @property
    def word(self) -> int:
        """Bytes of a block's number and of an offset."""
        return 8 if self.wide else 4


ANSI = Layout(False, 512, 496, (188, 196), 461)
UNICODE = Layout(True, 512, 488, (224, 240), 513)
UNICODE_4K = Layout(True, 4096, 4056, (224, 240), 513, packed=True)


class Pages:
    """The file's two trees. `problems` says what of them could not be read."""

    def __init__(self, source: Source) -> None:
        header = source.read_at(0, 564)
        if len(header) < 564 or not header.startswith(b"!BDN"):
            raise EvidenceError("the header of the mail store is cut short")
        version = int.from_bytes(header[10:12], "little")
        self.layout = ANSI if version < 23 else UNICODE if version < 36 else UNICODE_4K
        self.source = source
        self.coding = header[self.layout.coding]
        self.problems: list[str] = []
        self._header = header
        self._blocks: dict[int, BlockEntry] | None = None
        self._kept: OrderedDict[int, bytes] = OrderedDict()

    def nodes(self) -> Iterator[NodeEntry]:
        """Yield the file's nodes in the order of their numbers."""
        for entry in self._leaves(self._number(self._header, self.layout.trees[0]), NODES):
            yield self.node_of(entry)

    def node_of(self, entry: bytes) -> NodeEntry:
        """Read one entry of the node tree."""
        word = self.layout.word
        number, data, subtree = (self._number(entry, word * part) for part in range(3))
        return NodeEntry(
            number & 0xFFFFFFFF, data, subtree, int.from_bytes(entry[3 * word : 3 * word + 4], "little")
        )

    def block_of(self, entry: bytes) -> tuple[int, BlockEntry]:
        """Read one entry of the block tree."""
        if self.layout.packed:
            number, offset, size, unpacked = _ENTRY_4K.unpack_from(entry)
            return number & ~1, BlockEntry(offset, size, unpacked if unpacked != size else 0)
        word = self.layout.word
        size = int.from_bytes(entry[2 * word : 2 * word + 2], "little")
        return self._number(entry, 0) & ~1, BlockEntry(self._number(entry, word), size)

    @property
    def blocks(self) -> dict[int, BlockEntry]:
        """All blocks by number; read when first asked for."""
        if self._blocks is None:
            root = self._number(self._header, self.layout.trees[1])
            self._blocks = dict(self.block_of(entry) for entry in self._leaves(root, BLOCKS))
        return self._blocks

    def _number(self, data: bytes, at: int) -> int:
        return int.from_bytes(data[at : at + self.layout.word], "little")

    def _leaves(self, root: int, kind: int) -> Iterator[bytes]:
        """Yield the entries of a tree's leaves, in order."""
        stack, seen, given = [(root, 0)], set[int](), 0
        while stack:
            offset, depth = stack.pop()
            page = self.source.read_at(offset, self.layout.page)
            entries, level = self.entries(page, kind)
            if entries is None or offset in seen or depth > _DEEPEST:
                self.problems.append(
                    f"a page of its index at {offset:,} cannot be read; what it leads to is not listed"
                )
                continue
            seen.add(offset)
            if level:
                word = self.layout.word
                stack.extend((self._number(entry, 2 * word), depth + 1) for entry in reversed(entries))
                continue
            given += len(entries)
            if given > _MOST:
                raise EvidenceError(f"more than {_MOST:,} entries in the index of the mail store")
            yield from entries

    def entries(self, page: bytes, kind: int) -> tuple[list[bytes] | None, int]:
        """Return the entries of a page and its level; None where it is no page of that kind."""
        at = self.layout.counts
        if len(page) < self.layout.page:
            return None, 0
        if self.layout.packed:
            count, _, size, level = struct.unpack_from("<HHBB", page, at)
            trailer = page[4072:4074]
        else:
            count, _, size, level = page[at : at + 4]
            trailer = page[496:498] if self.layout.wide else page[500:502]
        least = 3 * self.layout.word if level or kind == BLOCKS else 3 * self.layout.word + 4
        if trailer != bytes((kind, kind)) or size < least - 4 * (kind == BLOCKS) or count * size > at:
            return None, 0
        return [page[start : start + size] for start in range(0, count * size, size)], level

    def block(self, number: int) -> bytes:
        """Return the content of one block. Raises EvidenceError."""
        number &= ~1
        if number in self._kept:
            self._kept.move_to_end(number)
            return self._kept[number]
        entry = self.blocks.get(number)
        if entry is None:
            raise EvidenceError(f"its block {number:,} is missing")
        data = self.read_block(number, entry)
        self._kept[number] = data
        if len(self._kept) > 64:
            self._kept.popitem(last=False)
        return data

    def read_block(self, number: int, entry: BlockEntry) -> bytes:
        """Return the content of the block that an entry speaks of. Raises EvidenceError."""
        data = self.source.read_at(entry.offset, entry.size)
        if len(data) < entry.size:
            raise EvidenceError(f"its block {number:,} lies beyond the end")
        if not self.layout.packed and not self._is_own(number, entry):
            raise EvidenceError(f"its block {number:,} was overwritten or is damaged")
        if entry.unpacked:
            try:
                data = zlib.decompressobj().decompress(data, _LARGEST_BLOCK)
            except zlib.error as error:
                raise EvidenceError(f"its block {number:,} is damaged") from error
        return data if number & _INTERNAL else decoded(data, self.coding, number)

    def _is_own(self, number: int, entry: BlockEntry) -> bool:
        """Does the trailer of a block say its number?"""
        length = 16 if self.layout.wide else 12
        end = entry.offset + -(-(entry.size + length) // 64) * 64
        trailer = self.source.read_at(end - length, length)
        return self._number(trailer, 8 if self.layout.wide else 4) & ~1 == number

    def leaves_of(self, number: int, depth: int = 0) -> Iterator[int]:
        """Yield the numbers of the data blocks that the block `number` stands for. Raises EvidenceError."""
        if not number & _INTERNAL:
            if number:
                yield number
            return
        data = self.block(number)
        if data[:1] != b"\1" or depth > 2:
            raise EvidenceError("its list of blocks is damaged")
        count, word = int.from_bytes(data[2:4], "little"), self.layout.word
        for at in range(8, 8 + count * word, word):
            child = self._number(data, at)
            if child & _INTERNAL and data[1] <= 1:
                raise EvidenceError("its list of blocks is damaged")
            yield from self.leaves_of(child, depth + 1)

    def subtree(self, number: int) -> dict[int, NodeEntry]:
        """Return the nodes within a node, by number. Raises EvidenceError."""
        found: dict[int, NodeEntry] = {}
        stack, seen = [number] if number else [], set[int]()
        while stack:
            at = stack.pop()
            if at in seen:
                continue
            seen.add(at)
            data = self.block(at)
            if data[:1] != b"\2" or len(found) > 1_000_000:
                raise EvidenceError("its list of inner nodes is damaged")
            level, count, word = data[1], int.from_bytes(data[2:4], "little"), self.layout.word
            start, size = (8 if self.layout.wide else 4), word * (2 if level else 3)
            for position in range(start, min(len(data), start + count * size), size):
                first, second, third = (self._number(data, position + word * part) for part in range(3))
                if level:
                    stack.append(second)
                else:
                    found[first & 0xFFFFFFFF] = NodeEntry(first & 0xFFFFFFFF, second, third)
        return found


class Blocks:
    """The data of a node as a source: its blocks one after the other, read as they are asked for."""

    name = ""

    def __init__(self, pages: Pages, number: int) -> None:
        self._pages = pages
        self._numbers: list[int] = []
        self._starts: list[int] = []
        self.size = 0
        for leaf in pages.leaves_of(number):
            entry = pages.blocks.get(leaf & ~1)
            if entry is None:
                raise EvidenceError(f"its block {leaf:,} is missing")
            self._numbers.append(leaf)
            self._starts.append(self.size)
            self.size += entry.unpacked or entry.size
            if self.size > pages.source.size * (64 if pages.layout.packed else 1):
                raise EvidenceError("it claims to be larger than the mail store")

    def parts(self) -> list[bytes]:
        """Each block's content: a heap is addressed by block."""
        return [self._pages.block(number) for number in self._numbers]

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        from bisect import bisect_right

        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        out = bytearray()
        at = bisect_right(self._starts, offset) - 1
        while length > len(out) and at < len(self._numbers):
            data = self._pages.block(self._numbers[at])
            out += data[offset + len(out) - self._starts[at] :]
            at += 1
            if at < len(self._starts) and offset + len(out) < min(self._starts[at], offset + length):
                raise EvidenceError("one of its blocks is shorter than stated")
        return bytes(out[:length])

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release: the store is its owner's."""
