"""Whether the trees of an HFS+ volume are trees: TSK follows links that lead in a circle for ever.

A catalogue is a tree of nodes; each of its leaves names the one that follows it. So is the list of extents that did
not fit into the volume header (Apple Technical Note TN1150, "B-Trees").
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

_EXTENTS, _CATALOGUE = 192, 272
"""Where the volume header has their forks."""
_CATALOGUE_FILE = 4
_LEAF, _INDEX = 0xFF, 0


@dataclass(frozen=True, slots=True)
class _Fork:
    """A file of the volume's own by its runs: where each begins in bytes, and how long it is."""

    source: Source
    runs: list[tuple[int, int]]

    def read(self, offset: int, length: int) -> bytes:
        out = b""
        for begin, size in self.runs:
            if offset < size:
                piece = self.source.read_at(begin + offset, min(length, size - offset))
                out, length, offset = out + piece, length - len(piece), 0
                if not length or not piece:
                    break
            else:
                offset -= size
        return out

    @property
    def size(self) -> int:
        return sum(size for _, size in self.runs)


def check(source: Source) -> None:
    """Raises EvidenceError where the catalogue, or the list of extents, leads in a circle."""
    header = source.read_at(1024, 512)
    if len(header) < 512:
        return  # TSK says so
    (block,) = struct.unpack_from(">I", header, 40)
    extents, catalogue = (_runs(header[at + 16 : at + 80], block) for at in (_EXTENTS, _CATALOGUE))

    def more(record: bytes) -> None:
        if len(record) >= 76 and record[2] == 0 and int.from_bytes(record[4:8], "big") == _CATALOGUE_FILE:
            catalogue.extend(_runs(record[12:76], block))

    _check_tree(_Fork(source, extents), "list of extents", more)
    _check_tree(_Fork(source, catalogue), "catalogue")


def _runs(raw: bytes, block: int) -> list[tuple[int, int]]:
    pairs = struct.iter_unpack(">II", raw)
    return [(start * block, count * block) for start, count in pairs if count]


def _check_tree(fork: _Fork, what: str, leaf: Callable[[bytes], None] | None = None) -> None:
    """Go wherever TSK could: from an index to what lies below it, from a leaf to the one that follows."""
    head = fork.read(0, 64)
    if len(head) < 64:
        return
    root, first = struct.unpack_from(">I4xI", head, 16)
    (size,) = struct.unpack_from(">H", head, 32)
    if size < 512 or size & size - 1:
        return
    total = fork.size // size
    done, above = bytearray(total), bytearray(total)

    def next_of(number: int) -> Iterator[int]:
        node = fork.read(number * size, 14)
        if len(node) < 14:
            return iter(())
        if node[8] == _INDEX or leaf is not None:
            node = fork.read(number * size, size)
        if node[8] == _INDEX:
            return iter(_children(node))
        if leaf is not None:
            for record in _records(node):
                leaf(record)
        return iter((int.from_bytes(node[:4], "big"),)) if node[8] == _LEAF else iter(())

    for start in (root, first):
        if not 0 < start < total or done[start]:
            continue
        above[start] = 1
        path = [(start, next_of(start))]
        while path:
            number, following = path[-1]
            after = next(following, None)
            if after is None:
                above[number], done[number] = 0, 1
                path.pop()
            elif 0 < after < total and not done[after]:
                if above[after]:
                    raise EvidenceError(f"the {what} leads in a circle (node {after:,})")
                above[after] = 1
                path.append((after, next_of(after)))


def _records(node: bytes) -> list[bytes]:
    count = min(int.from_bytes(node[10:12], "big"), len(node) // 4)
    places = [
        int.from_bytes(node[len(node) - 2 * n : len(node) - 2 * n + 2], "big") for n in range(1, count + 1)
    ]
    return [node[at:] for at in places if 14 <= at < len(node)]


def _children(node: bytes) -> list[int]:
    found = []
    for record in _records(node):
        at = 2 + int.from_bytes(record[:2], "big")
        if at + 4 <= len(record):
            found.append(int.from_bytes(record[at : at + 4], "big"))
    return found
