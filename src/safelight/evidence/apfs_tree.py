"""The tree in which an APFS volume lists its snapshots: read node by node, whatever the nodes claim.

Layout: Apple File System Reference (2020-06-22), "B-Trees" and "Snapshot Metadata".
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.apfs_superblock import checksum
from safelight.evidence.names import show
from safelight.evidence.protocol import Source
from safelight.model import Timestamp

MOST = 512
"""Snapshots of one volume that are read, the newest; macOS keeps some dozens."""
_BLOCKS = (4_096, 65_536)
"""The least and the most bytes that a block may have."""
_MOST_NODES = 1_024
_DEEPEST = 16
_MOST_PROBLEMS = 8
_NODES = (0x40000002, 0x40000003)
"""Object types of a physical tree's root and of its other nodes."""
_LIST = 0x10
"""Their subtype, where it is the snapshots' tree."""
_ROOT, _LEAF = 1, 2
_BEGIN, _INFO = 56, 40
"""Where a node's table begins, and the length of what ends a root."""
_METADATA = 1
"""The type of the record of one snapshot; the others are of the names by which it is found."""
_OBJECT = (1 << 60) - 1
_VALUE = struct.Struct("<QQQQQIIH")
_DATALESS = 1


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One snapshot of a volume, as the volume lists it."""

    transaction: int
    """The last one that is part of it."""
    block: int
    """Where the volume's superblock of that time lies."""
    taken: Timestamp | None
    name: bytes
    is_dataless: bool
    """Has the system given up its files' content, and perhaps its place too?"""

    def __str__(self) -> str:
        said = f"“{show(self.name)[:100]}”"
        return said if self.taken is None else f"{said} of {self.taken.value}"


@dataclass(slots=True)
class Snapshots:
    """The snapshots of a volume, the oldest first, and what was wrong with their list."""

    found: list[Snapshot] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def read_snapshots(source: Source, block: int, block_size: int) -> Snapshots:
    """Read the tree whose root is in `block`. What is wrong with it is among the problems, and what can be read is."""
    out = Snapshots()
    if not _BLOCKS[0] <= block_size <= _BLOCKS[1]:
        out.problems.append(f"blocks of {block_size:,} bytes are not believed")
        return out
    found: dict[int, Snapshot] = {}
    waiting, seen, more = [(block, 0)], {block}, 0
    while waiting:
        number, depth = waiting.pop()
        for record in _records(source, number, block_size):
            try:
                if isinstance(record, str):
                    raise EvidenceError(record)
                key, value, is_leaf = record
                if not is_leaf:
                    _enter(value, depth, seen, waiting)
                elif (one := _snapshot(key, value)) is not None:
                    found.setdefault(one.transaction, one)
            except EvidenceError as error:
                problem = f"block {number:,} of their list: {error}"
                if len(out.problems) >= _MOST_PROBLEMS:
                    more += 1
                elif problem not in out.problems:
                    out.problems.append(problem)
    if more:
        out.problems.append(f"{more:,} more of the kind")
    out.found = [found[transaction] for transaction in sorted(found)]
    return out


def _enter(value: bytes, depth: int, seen: set[int], waiting: list[tuple[int, int]]) -> None:
    """Note a node below this one. Raises EvidenceError where the tree does not end."""
    if len(value) < 8:
        raise EvidenceError("an entry is cut off")
    (child,) = struct.unpack_from("<Q", value)
    if child in seen or depth >= _DEEPEST:
        raise EvidenceError("it leads back into itself")
    if len(seen) >= _MOST_NODES:
        raise EvidenceError(f"the list has more than {_MOST_NODES:,} blocks; not read further")
    seen.add(child)
    waiting.append((child, depth + 1))


def _records(source: Source, number: int, block_size: int) -> Iterator[tuple[bytes, bytes, bool] | str]:
    """Yield key, value, and whether they are a leaf's, or what is wrong with the node."""
    try:
        data = source.read_at(number * block_size, block_size)
    except EvidenceError as error:
        yield str(error)
        return
    if len(data) < block_size:
        yield "it lies beyond the end"
        return
    if struct.unpack_from("<I", data, 24)[0] not in _NODES or struct.unpack_from("<I", data, 28)[0] != _LIST:
        yield "it is no part of a list of snapshots"
        return
    if checksum(data) != data[:8]:
        yield "it does not match its checksum, what it lists is read all the same"
    flags, _level, count, begin, length = struct.unpack_from("<HHIHH", data, 32)
    table = _BEGIN + begin
    keys = table + length
    end = len(data) - (_INFO if flags & _ROOT else 0)
    room = max(0, min(length, end - table)) // 8
    if count > room:
        yield f"it claims {count:,} entries and has room for {room:,}"
    for place in range(table, table + min(count, room) * 8, 8):
        key_at, key_size, value_at, value_size = struct.unpack_from("<HHHH", data, place)
        key = data[keys + key_at : min(keys + key_at + key_size, end)]
        value = data[max(keys, end - value_at) : min(end - value_at + value_size, end)]
        yield key, value, bool(flags & _LEAF)


def _snapshot(key: bytes, value: bytes) -> Snapshot | None:
    """One record; None for one of another kind. Raises EvidenceError."""
    if len(key) < 8:
        raise EvidenceError("an entry is cut off")
    (number,) = struct.unpack_from("<Q", key)
    if number >> 60 != _METADATA:
        return None
    if len(value) < _VALUE.size:
        raise EvidenceError("an entry is cut off")
    _, block, created, _, _, _, flags, length = _VALUE.unpack_from(value)
    name = value[_VALUE.size : _VALUE.size + length].partition(b"\0")[0]
    taken = stamps.utc(created, "apfs:snapshot") if created else None
    return Snapshot(number & _OBJECT, block, taken, name, bool(flags & _DATALESS))
