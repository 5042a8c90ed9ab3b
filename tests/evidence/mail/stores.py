"""A small Outlook store, written after [MS-PST]: Unicode, one page an index, with a message that was deleted."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from safelight.evidence.mail import pst_coding

Property = tuple[int, int, bytes]
"""Number, type, value."""


def text(number: int, value: str) -> Property:
    """A property that is a text."""
    return number, 0x1F, value.encode("utf-16-le")


class Store:
    """Collects blocks and nodes, and writes them to a file."""

    def __init__(self, coding: int = pst_coding.PERMUTED) -> None:
        self.coding = coding
        self.data = bytearray(564 + 460)  # the header, filled in last; pages begin at multiples of 512
        self.blocks: list[tuple[int, int, int]] = []
        self.nodes: list[tuple[int, int, int, int]] = []
        self._next = 4

    def block(self, content: bytes, *, internal: bool = False) -> int:
        """Write one block; return its number."""
        number = self._next | (2 if internal else 0)
        self._next += 4
        size = len(content)
        raw = content if internal else encoded(content, self.coding, number)
        whole = -(-(size + 16) // 64) * 64
        self.blocks.append((number, len(self.data), size))
        self.data += raw.ljust(whole - 16, b"\0") + struct.pack("<HHIQ", size, 0, 0, number)
        return number

    def long(self, content: bytes) -> int:
        """Write content of any length; return the number that stands for it."""
        parts = [content[at : at + 8176] for at in range(0, len(content), 8176)]
        numbers = [self.block(part) for part in parts]
        if len(numbers) == 1:
            return numbers[0]
        listing = struct.pack(f"<BBHI{len(numbers)}Q", 1, 1, len(numbers), len(content), *numbers)
        return self.block(listing, internal=True)

    def properties(self, properties: Sequence[Property]) -> int:
        """Write a heap with a list of properties."""
        pieces = [struct.pack("<BBBBI", 0xB5, 2, 6, 0, 2 << 5), b""]
        records = b""
        for number, kind, value in sorted(properties):
            if kind in (3, 0x0B):
                where = int.from_bytes(value, "little")
            elif kind == 0:  # content in a node of its own: its number is given
                kind, where = 0x102, int.from_bytes(value, "little")
            else:
                pieces.append(value)
                where = len(pieces) << 5
            records += struct.pack("<HHI", number, kind, where)
        pieces[1] = records
        places = [12]
        for piece in pieces:
            places.append(places[-1] + len(piece))
        body = b"".join(pieces)
        table = struct.pack(f"<HH{len(places)}H", len(pieces), 0, *places)
        head = struct.pack("<HBBI4x", 12 + len(body), 0xEC, 0xBC, 1 << 5)
        return self.block(head + body + table)

    def inner(self, nodes: Sequence[tuple[int, int, int]]) -> int:
        """Write a node's own tree: number, data, tree of each."""
        entries = b"".join(struct.pack("<QQQ", *node) for node in nodes)
        return self.block(struct.pack("<BBHI", 2, 0, len(nodes), 0) + entries, internal=True) if nodes else 0

    def node(self, number: int, data: int, tree: int = 0, parent: int = 0) -> None:
        """Note a node for the index."""
        self.nodes.append((number, data, tree, parent))

    def page(self, kind: int, entries: list[bytes], size: int) -> int:
        """Write a leaf page; return where it lies."""
        self.data += bytes(-len(self.data) % 512)
        at = len(self.data)
        body = b"".join(entries).ljust(488, b"\0") + bytes((len(entries), 20, size, 0)) + bytes(4)
        self.data += body + struct.pack("<BBHIQ", kind, kind, 0, 0, 0)
        return at

    def index(self) -> tuple[int, int]:
        """Write both indexes as they are now; return where they lie."""
        nodes = [struct.pack("<QQQII", *node[:3], node[3], 0) for node in sorted(self.nodes)]
        blocks = [struct.pack("<QQHHI", *block, 1, 0) for block in sorted(self.blocks)]
        return self.page(0x81, nodes, 32), self.page(0x80, blocks, 24)

    def finish(self, nodes: int, blocks: int) -> bytes:
        """Write the header and return the file."""
        head = bytearray(564)
        head[:4], head[8:10], head[10:12] = b"!BDN", b"SM", struct.pack("<H", 23)
        head[224:232], head[240:248] = struct.pack("<Q", nodes), struct.pack("<Q", blocks)
        head[513] = self.coding
        self.data[:564] = head
        return bytes(self.data)


def encoded(data: bytes, coding: int, number: int) -> bytes:
    """The inverse of what the reader does, found by trying: a byte depends on its place and value only."""
    if coding == pst_coding.PLAIN:
        return data
    forth = [pst_coding.decoded(bytes((value,)) * len(data), coding, number) for value in range(256)]
    return bytes(
        next(value for value in range(256) if forth[value][at] == data[at]) for at in range(len(data))
    )


def attachment(store: Store, name: str, content: bytes) -> tuple[int, int, int]:
    """Write an attachment; return its entry (its number is to be set)."""
    data = store.long(content)
    tree = store.inner([(0x1F1F, data, 0)])
    properties = [
        text(0x3707, name),
        (0x3705, 3, struct.pack("<I", 1)),
        (0x3701, 0, struct.pack("<I", 0x1F1F)),
    ]
    return 0x8025, store.properties(properties), tree


def letter(store: Store, subject: str, attached: Sequence[tuple[int, int, int]]) -> tuple[int, int]:
    """Write a message; return its data and tree."""
    when = struct.pack("<Q", 116_444_736_000_000_000 + 1_709_289_005 * 10_000_000)  # 2024-03-01T10:30:05Z
    properties = [text(0x37, subject), text(0x0C1A, "Jo"), text(0x0C1F, "jo@example.org"), (0x39, 0x40, when)]
    entries = [(0x8025 + 0x20 * number, data, tree) for number, (_, data, tree) in enumerate(attached)]
    return store.properties(properties), store.inner(entries)


def sample(
    one: bytes, two: bytes, gone: bytes, coding: int = pst_coding.PERMUTED, password: int = 0
) -> bytes:
    """A store with `one` in a message, `two` in a message attached to it, and `gone` in one that was deleted."""
    store = Store(coding)
    store.node(0x21, store.properties([text(0x3001, "Store"), (0x67FF, 3, struct.pack("<I", password))]))
    store.node(0x122, store.properties([text(0x3001, "")]), parent=0x122)
    store.node(0x8022, store.properties([text(0x3001, "Inbox")]), parent=0x122)
    data, tree = letter(store, "was deleted", [attachment(store, "gone.jpg", gone)])
    store.node(0x200044, data, tree, 0x8022)
    before, deleted = len(store.nodes) - 1, list(store.blocks)
    store.index()  # older pages, which nothing refers to any more
    del store.nodes[before]
    held = {number for number, _, _ in deleted[3:]}
    inner_data, inner_tree = letter(store, "inner", [attachment(store, "two.jpg", two)])
    embedded = store.properties(
        [
            (0x3705, 3, struct.pack("<I", 5)),
            (0x3701, 0x0D, struct.pack("<II", 0x1F24, 0)),
            text(0x3001, "inner"),
        ]
    )
    holder = (0, embedded, store.inner([(0x1F24, inner_data, inner_tree)]))
    data, tree = letter(store, "outer", [attachment(store, "one.jpg", one), holder])
    store.node(0x200024, data, tree, 0x8022)
    store.blocks = [block for block in store.blocks if block[0] not in held]
    return store.finish(*store.index())
