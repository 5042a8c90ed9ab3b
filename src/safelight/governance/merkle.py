"""RFC 6962 Merkle trees over leaf hashes: a frontier that grows in constant time, roots and proofs."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

HASH_BYTES = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()

_sha256 = hashlib.sha256


def leaf_hash(data: bytes) -> bytes:
    """SHA-256(0x00 || data), RFC 6962 section 2.1."""
    return _sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """SHA-256(0x01 || left || right)."""
    return _sha256(b"\x01" + left + right).digest()


class Frontier:
    """What is needed of a tree to append to it: the roots of its perfect subtrees, largest first.

    There are as many as `size` has bits set: at most 24 for 10 million leaves.
    """

    __slots__ = ("nodes", "size")

    def __init__(self, size: int = 0, nodes: Iterable[bytes] = ()) -> None:
        self.size = size
        self.nodes = list(nodes)

    @classmethod
    def from_bytes(cls, size: int, data: bytes) -> Frontier:
        """Read what `to_bytes` wrote; ValueError if it is not the frontier of a tree of this size."""
        if size < 0 or len(data) != HASH_BYTES * size.bit_count():
            raise ValueError(f"{len(data)} bytes are not the frontier of a tree of {size} leaves")
        return cls(size, (data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)))

    def to_bytes(self) -> bytes:
        """The hashes, largest subtree first, 32 bytes each."""
        return b"".join(self.nodes)

    def copy(self) -> Frontier:
        """An independent copy."""
        return Frontier(self.size, self.nodes)

    def append(self, leaf: bytes) -> None:
        """Add one leaf hash: amortised one hash, at most log2(size)."""
        nodes, size = self.nodes, self.size
        while size & 1:
            leaf = _sha256(b"\x01" + nodes.pop() + leaf).digest()
            size >>= 1
        nodes.append(leaf)
        self.size += 1

    def root(self) -> bytes:
        """The root of all leaves so far."""
        if not self.nodes:
            return EMPTY_ROOT
        root = self.nodes[-1]
        for node in self.nodes[-2::-1]:
            root = _sha256(b"\x01" + node + root).digest()
        return root


def split(size: int) -> int:
    """The largest power of two below `size` (size ≥ 2): where RFC 6962 splits a tree."""
    return 1 << ((size - 1).bit_length() - 1)


def inclusion_ranges(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges [start, stop) whose roots are the inclusion path, nearest the leaf first (2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size}")
    start, stop, path = 0, size, []
    while stop - start > 1:
        middle = start + split(stop - start)
        if index < middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start = middle
    return path[::-1]


def consistency_ranges(first: int, second: int) -> list[tuple[int, int]]:
    """The leaf ranges whose roots prove that the tree of `first` leaves is a prefix of `second` (2.1.2)."""
    if not 0 < first <= second:
        raise ValueError(f"no consistency proof from {first} to {second} leaves")
    start, stop, path = 0, second, []
    while stop != first:
        middle = start + split(stop - start)
        if first <= middle:
            path.append((middle, stop))
            stop = middle
        else:
            path.append((start, middle))
            start = middle
    if start:
        path.append((start, stop))
    return path[::-1]


def range_roots(leaves: Iterable[bytes], ranges: Iterable[tuple[int, int]]) -> list[bytes]:
    """The roots of disjoint leaf ranges in one pass over the leaf hashes, in the order of `ranges`."""
    wanted = list(ranges)
    found: dict[tuple[int, int], bytes] = {}
    queue = sorted(wanted)
    at, tree = 0, Frontier()
    for number, leaf in enumerate(leaves):
        while at < len(queue) and number >= queue[at][1]:
            found[queue[at]], tree, at = tree.root(), Frontier(), at + 1
        if at == len(queue):
            break
        if number >= queue[at][0]:
            tree.append(leaf)
    if at < len(queue):
        found[queue[at]] = tree.root()
    return [found[one] for one in wanted]
