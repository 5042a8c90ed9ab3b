"""APFS snapshots, written into a container that another program made, after Apple's published layout.

No program that runs here takes one: macOS does, and a driver of the Linux kernel. So the container (of macOS, or of
`mkapfs`) gets what a snapshot is: the superblock of its time, the catalogue of its time under an older number in the
object map, a line in the two lists of them, and, in the live volume, what changed since. Allocation and counts are
kept right, so that `apfsck` agrees. Unverified against a real sample.
Layout: Apple File System Reference (2020-06-22).
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from mmap import mmap
from pathlib import Path

from safelight.evidence.apfs_superblock import checksum
from tests.evidence.apfs_image import (
    BLOCK,
    CATALOG,
    EXTENT,
    EXTENTS,
    FOLDER,
    INODE,
    LIST,
    MAP,
    MAP_LIST,
    NAME,
    OBJECT,
    PHYSICAL,
    STREAM,
    TREE,
    Image,
    Records,
    node,
    number,
    records,
)
from tests.evidence.images import jpeg, run


@dataclass(frozen=True, slots=True)
class State:
    """The volume at one time: its catalogue, and what its list of extents has beside that of the snapshot before."""

    catalog: Records
    extents: Records = field(default_factory=list)
    name: str = ""
    time: int = 0
    """Nanoseconds since 1970, UTC."""
    flags: int = 0

    @property
    def files(self) -> int:
        kinds = [number(value, 80, 2) >> 12 for key, value in self.catalog if key[7] >> 4 == INODE]
        return kinds.count(8)


def listed(taken: Sequence[tuple[int, State, int, int]]) -> Records:
    """The entries of the list of snapshots, each given as transaction, state, block of superblock and of extents."""
    entries: Records = []
    for place, (xid, state, block, extents) in enumerate(taken):
        name = state.name.encode() + b"\0"
        value = struct.pack("<QQQQQ", extents, block, state.time, state.time, (1 << 40) + place)
        value += struct.pack("<IIH", TREE | PHYSICAL, state.flags, len(name)) + name
        entries.append((struct.pack("<Q", xid | 1 << 60), value))
    for xid, state, _, _ in sorted(taken, key=lambda one: one[1].name.encode()):
        name = state.name.encode() + b"\0"
        entries.append((struct.pack("<QH", OBJECT | 0xB << 60, len(name)) + name, struct.pack("<Q", xid)))
    return entries


def with_snapshots(image: Image, states: Sequence[State], live: State) -> list[tuple[int, State, int, int]]:
    """Give the volume snapshots of these states, the oldest first, and let the live one be another.

    Returns transaction, state, block of superblock and of extents of each.
    """
    first = image.now
    image.go_on(len(states))
    taken, mapped = [], [(image.now, image.catalog)]
    for place, state in enumerate(states):
        xid = first + place
        data = bytearray(image.block(image.volume))
        struct.pack_into("<QI", data, 16, xid, 0x4000000D)
        struct.pack_into("<QQQQ", data, 0x80, 0, image.root, 0, 0)
        struct.pack_into("<Q", data, 0xB8, state.files)
        struct.pack_into("<Q", data, 0xD8, place)
        block = image.add(partial(_placed, bytes(data)))
        extents = image.add(partial(node, xid=xid, subtype=EXTENTS, entries=state.extents))
        taken.append((xid, state, block, extents))
        catalog = node(image.root, xid, CATALOG, state.catalog, virtual=True)
        mapped.insert(-1, (xid, image.add(partial(image.crypt, data=catalog))))
    catalog = node(image.root, image.now, CATALOG, live.catalog, virtual=True)
    image.put(image.catalog, image.crypt(image.catalog, catalog))
    image.put(image.extents, node(image.extents, image.now, EXTENTS, live.extents))
    flags = 4 if image.key else 0
    pairs = [
        (struct.pack("<QQ", image.root, xid), struct.pack("<IIQ", flags, BLOCK, at)) for xid, at in mapped
    ]
    image.put(image.tree, node(image.tree, image.now, MAP, pairs, fixed=(16, 16)))
    keys: Records = [(struct.pack("<Q", xid), bytes(16)) for xid, _, _, _ in taken]
    tree = image.add(partial(node, xid=image.now, subtype=MAP_LIST, entries=keys, fixed=(8, 16)))
    fields = ((0x24, "<I", len(taken)), (0x38, "<Q", tree), (0x40, "<Q", taken[-1][0]))
    image.change(image.map, (16, "<Q", image.now), *fields)
    image.put(image.list, node(image.list, image.now, LIST, listed(taken)))
    count = number(image.block(image.volume), 0x58) + image.added - len(taken)
    image.change(
        image.volume,
        (0x58, "<Q", count),
        (0xB8, "<Q", live.files),
        (0xD8, "<Q", len(taken)),
    )
    return taken


def _placed(data: bytes, at: int) -> bytes:
    """An object that lies where its number says."""
    out = bytearray(data)
    struct.pack_into("<Q", out, 8, at)
    out[:8] = checksum(out)
    return bytes(out)


# --- catalogues ------------------------------------------------------------------------------------------


def with_file(
    entries: Records, inode: int, name: str, size: int, block: int, time: int, tweak: int = 0
) -> Records:
    """A catalogue with a file of one block more in its root folder, an inode that is beyond all others.

    `tweak` is the number by which the block is encrypted: its own, where it is.
    """
    text = name.encode() + b"\0"
    key = struct.pack("<QI", FOLDER | NAME << 60, len(text) | _hash(name) << 10) + text
    entry = (key, struct.pack("<QQH", inode, time, 8))
    value = struct.pack("<QQQQQQQ", FOLDER, inode, time, time, time, time, 0x8000)
    value += struct.pack("<iIIIIIHHQ", 1, 0, 1, 0, 99, 99, 0o100644, 0, 0)
    padded = text + bytes(-len(text) % 8)
    value += struct.pack("<HHBBHBBH", 2, len(padded) + 40, 4, 2, len(text), 8, 0x20, 40) + padded
    value += struct.pack("<QQQQQ", size, BLOCK, 0, size, 0)
    own = [
        (struct.pack("<Q", inode | INODE << 60), value),
        (struct.pack("<Q", inode | STREAM << 60), struct.pack("<I", 1)),
        (struct.pack("<QQ", inode | EXTENT << 60, 0), struct.pack("<QQQ", BLOCK, block, tweak)),
    ]
    place = next(
        (
            at
            for at, (other, _) in enumerate(entries)
            if (number(other, 0) & OBJECT, other[7] >> 4, number(other + bytes(12), 8, 4) >> 10)
            > (FOLDER, NAME, _hash(name))
            and (number(other, 0) & OBJECT > FOLDER or other[7] >> 4 == NAME)
        ),
        len(entries),
    )
    return _children([*entries[:place], entry, *entries[place:], *own], 1)


def extent(block: int, owner: int | None) -> tuple[bytes, bytes]:
    """A line of a list of extents: a new one of a block, or (`owner` None) that one of its owners has let it go."""
    kind, who, count = (2, (1 << 64) - 1, -1) if owner is None else (1, owner, 1)
    return struct.pack("<Q", block | 2 << 60), struct.pack("<QQi", 1 | kind << 60, who, count)


def _children(entries: Records, more: int) -> Records:
    """The same with another count of what lies in the root folder."""
    out = []
    for key, value in entries:
        if number(key, 0) == FOLDER | INODE << 60:
            value = value[:56] + struct.pack("<i", number(value, 56, 4) + more) + value[60:]
        out.append((key, value))
    return out


def _hash(name: str) -> int:
    """The number by which a name of plain lower-case letters is sorted: CRC-32C of its UTF-32, 22 bits of it."""
    value = 0xFFFF_FFFF
    for byte in name.encode("utf-32-le"):
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value & 0x3F_FFFF


@dataclass(frozen=True, slots=True)
class Made:
    """A volume with two snapshots."""

    image: Image
    taken: list[tuple[int, State, int, int]]
    """Transaction, state, block of superblock and of extents of each snapshot."""


OLD, NEW, GONE = b"as it was\n", b"as it is now\n", jpeg(9, 96, 72)
TIME = 1_700_000_000_000_000_000
NAMES = ("com.apple.TimeMachine.2023-11-14-221320.local", "before the update")


def made(image: Image) -> Made:
    """Two snapshots: `changed.txt` was otherwise in both, `gone.jpg` is in the second only."""
    base = records(image.crypt(image.catalog, image.block(image.catalog), encrypt=False))
    extents, inode = records(image.block(image.extents)), number(image.block(image.volume), 0xB0)
    image.change(image.volume, (0xB0, "<Q", inode + 2))

    def file(entries: Records, number: int, name: str, content: bytes, seconds: int) -> tuple[Records, int]:
        block = image.add(partial(image.crypt, data=content.ljust(BLOCK, b"\0")))
        tweak = block if image.key else 0
        time = TIME + seconds * 1_000_000_000
        return with_file(entries, number, name, len(content), block, time, tweak), block

    first, old = file(base, inode, "changed.txt", OLD, 0)
    second, gone = file(first, inode + 1, "gone.jpg", GONE, 1)
    now, new = file(base, inode, "changed.txt", NEW, 9)
    states = (
        State(first, [*extents, extent(old, inode)], NAMES[0], TIME),
        State(second, [extent(gone, inode + 1)], NAMES[1], TIME + 5_000_000_000),
    )
    live = State(now, sorted((extent(old, None), extent(gone, None), extent(new, inode)), key=_block))
    return Made(image, with_snapshots(image, states, live))


def formatted(path: Path) -> Path:
    """A container of `mkapfs` with two snapshots: 128 MiB, of which a few blocks are written."""
    with path.open("wb") as file:
        file.truncate(128 << 20)
    run("mkapfs", "-L", "Test", path)
    with path.open("r+b") as file, mmap(file.fileno(), 0) as data:
        made(Image(data))
        data.flush()
    return path


def _block(entry: tuple[bytes, bytes]) -> int:
    return number(entry[0], 0) & OBJECT
