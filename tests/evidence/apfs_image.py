"""APFS in memory, after Apple's published layout: nodes of trees, and a container to write them into.

`apfs_made.py` writes snapshots with it. Layout: Apple File System Reference (2020-06-22).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from mmap import mmap

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from safelight.evidence.apfs_superblock import checksum

BLOCK = 4_096
TREE, NODE, CATALOG, EXTENTS, LIST, MAP, MAP_LIST = 2, 3, 0x0E, 0x0F, 0x10, 0x0B, 0x13
PHYSICAL = 0x40000000
ROOT, LEAF, FIXED = 1, 2, 4
INODE, STREAM, EXTENT, NAME = 3, 6, 8, 9
OBJECT = (1 << 60) - 1
FOLDER = 2
"""The inode of the root folder."""
Records = list[tuple[bytes, bytes]]


def number(data: bytes | bytearray | mmap, at: int, size: int = 8) -> int:
    return int.from_bytes(data[at : at + size], "little")


def records(node: bytes) -> Records:
    """Key and value of each entry of a node, in its order."""
    flags, _, count, begin, length = struct.unpack_from("<HHIHH", node, 32)
    keys, end = 56 + begin + length, BLOCK - (40 if flags & ROOT else 0)
    found = []
    for entry in range(count):
        if flags & FIXED:
            key_at, value_at = struct.unpack_from("<HH", node, 56 + begin + 4 * entry)
            key_size, value_size = number(node, BLOCK - 32, 4), number(node, BLOCK - 28, 4)
        else:
            key_at, key_size, value_at, value_size = struct.unpack_from("<HHHH", node, 56 + begin + 8 * entry)
        found.append((node[keys + key_at :][:key_size], node[end - value_at :][:value_size]))
    return found


def node(
    oid: int,
    xid: int,
    subtype: int,
    entries: Records,
    *,
    virtual: bool = False,
    fixed: tuple[int, int] = (0, 0),
    level: int = 0,
    root: bool = True,
    total: int | None = None,
    nodes: int = 1,
) -> bytes:
    """A node of a tree, sealed; `fixed` are the sizes of keys and values where all have the same."""
    end = BLOCK - (40 if root else 0)
    size = 4 if fixed[0] else 8
    length = max(64, -(-len(entries) * size // 64) * 64)
    if fixed[0]:
        length = BLOCK // (sum(fixed) + size) * size // 64 * 64
    table, keys, values = b"", b"", b""
    for key, value in entries:
        if fixed[0]:
            table += struct.pack("<HH", len(keys), len(values) + len(value))
        else:
            table += struct.pack("<HHHH", len(keys), len(key), len(values) + len(value), len(value))
        keys, values = keys + key, value + values
    out = bytearray(BLOCK)
    flags = (ROOT if root else 0) | (0 if level else LEAF) | (FIXED if fixed[0] else 0)
    kind = (TREE if root else NODE) | (0 if virtual else PHYSICAL)
    struct.pack_into("<QQII", out, 8, oid, xid, kind, subtype)
    free = end - 56 - length - len(keys) - len(values)
    assert free >= 0, "more than a node holds"
    struct.pack_into("<HHIHHHH", out, 32, flags, level, len(entries), 0, length, len(keys), free)
    struct.pack_into("<HHHH", out, 48, 0xFFFF, 0, 0xFFFF, 0)
    out[56 : 56 + len(table)] = table
    out[56 + length : 56 + length + len(keys)] = keys
    out[end - len(values) : end] = values
    if root:
        how = 2 | (0 if virtual else 0x10) | (0 if fixed[0] else 0x40)
        longest = (
            max((len(key) for key, _ in entries), default=0),
            max((len(v) for _, v in entries), default=0),
        )
        count = len(entries) if total is None else total
        struct.pack_into("<IIIIIIQQ", out, end, how, BLOCK, *fixed, *longest, count, nodes)
    out[:8] = checksum(out)
    return bytes(out)


class Image:
    """A container to write into, which has one volume: what is current in it, and where there is room."""

    def __init__(self, data: bytearray | mmap, key: bytes = b"") -> None:
        """`key` is that of an encrypted volume, (32,) bytes: it is encrypted with AES-128 in XTS mode."""
        self.data, self.key = data, key
        self.area = range(number(data, 0x70), number(data, 0x70) + number(data, 0x68, 4))
        self.container = max((at for at in self.area if self.kind(at) == 0x80000001), key=self.xid)
        super_ = self.block(self.container)
        self.now = number(super_, 16)
        self.store = range(number(super_, 0x78), number(super_, 0x78) + number(super_, 0x6C, 4))
        self.space = max((at for at in self.store if self.kind(at) == 0x80000005), key=self.xid)
        self.chunks = number(data, self.space * BLOCK + number(self.block(self.space), 0x50, 4))
        self.bitmap = number(self.block(self.chunks), 0x40)
        self.volumes = number(self.block(number(super_, 0xA0)), 0x30)
        (_, value) = records(self.block(self.volumes))[0]
        self.volume = number(value, 8)
        self.map = number(self.block(self.volume), 0x80)
        self.root = number(self.block(self.volume), 0x88)
        self.tree = number(self.block(self.map), 0x30)
        self.list = number(self.block(self.volume), 0x98)
        self.extents = number(self.block(self.volume), 0x90)
        ((_, value),) = records(self.block(self.tree))  # the catalogue is one node
        self.catalog = number(value, 8)
        self.added = 0

    def block(self, at: int) -> bytes:
        return bytes(self.data[at * BLOCK : (at + 1) * BLOCK])

    def kind(self, at: int) -> int:
        return number(self.data, at * BLOCK + 24, 4)

    def xid(self, at: int) -> int:
        return number(self.data, at * BLOCK + 16)

    def put(self, at: int, data: bytes) -> None:
        self.data[at * BLOCK : at * BLOCK + len(data)] = data

    def change(self, at: int, *values: tuple[int, str, int]) -> None:
        """Set fields of an object, and seal it."""
        out = bytearray(self.block(at))
        for offset, form, value in values:
            struct.pack_into(form, out, offset, value)
        out[:8] = checksum(out)
        self.put(at, bytes(out))

    def add(self, data: bytes | Callable[[int], bytes]) -> int:
        """Put something where nothing lies, and mark the place as taken."""
        bits = self.block(self.bitmap)
        free = (at for at in range(BLOCK * 8) if not bits[at // 8] >> at % 8 & 1)
        at = next(at for at in free if not any(self.block(at)))
        self.data[self.bitmap * BLOCK + at // 8] |= 1 << at % 8
        self.change(self.chunks, (0x3C, "<I", number(self.block(self.chunks), 0x3C, 4) - 1))
        self.change(self.space, (0x48, "<Q", number(self.block(self.space), 0x48) - 1))
        self.put(at, data if isinstance(data, bytes) else data(at))
        self.added += 1
        return at

    def crypt(self, at: int, data: bytes, encrypt: bool = True) -> bytes:
        """A block of the volume as it lies on the medium, or back."""
        if not self.key:
            return data
        out = b""
        for sector in range(0, BLOCK, 512):
            tweak = struct.pack("<QQ", (at * BLOCK + sector) // 512, 0)
            cipher = Cipher(algorithms.AES(self.key), modes.XTS(tweak))
            part = data[sector : sector + 512]
            out += (cipher.encryptor() if encrypt else cipher.decryptor()).update(part)
        return out

    def go_on(self, transactions: int) -> None:
        """Let the current checkpoint be that of a later transaction."""
        then, self.now = self.now, self.now + transactions
        for at in (0, *self.area, *self.store):
            if self.xid(at) == then and self.kind(at) >> 16 in (0x8000, 0x4000):
                is_super = self.kind(at) == 0x80000001
                self.change(at, (16, "<Q", self.now), *([(0x60, "<Q", self.now + 1)] if is_super else []))
        volumes = [
            (key[:8] + struct.pack("<Q", self.now), value) for key, value in records(self.block(self.volumes))
        ]
        self.put(self.volumes, node(self.volumes, self.now, MAP, volumes, fixed=(16, 16)))
        self.change(number(self.block(self.container), 0xA0), (16, "<Q", self.now))
        self.change(self.volume, (16, "<Q", self.now))
