"""Outlook's PST and OST, upper half: heaps and the properties of folders, messages, attachments ([MS-PST] 2.3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.mail.pst_pages import Blocks, NodeEntry, Pages
from safelight.evidence.protocol import Source
from safelight.evidence.source import BytesSource
from safelight.model import Timestamp

FOLDER, MESSAGE, ATTACHMENT = 0x02, 0x04, 0x05
"""The last five bits of a node's number say what it is."""
_PROPERTIES = 0xBC
_LARGEST_HEAP = 64 << 20
_TEXT, _TEXT_8 = 0x1F, 0x1E
_TIME = 0x40
_INLINE = frozenset((0x02, 0x03, 0x04, 0x0A, 0x0B))
"""Types that stand in the property's record itself: numbers of at most four bytes."""


@dataclass(slots=True)
class Item:
    """A node opened as a bag of properties: their types and the place where each value is."""

    pages: Pages
    heap: list[bytes]
    inner: dict[int, NodeEntry]
    properties: dict[int, tuple[int, int]] = field(default_factory=dict)

    def value(self, number: int) -> bytes:
        """Return a property's bytes, at most some MiB of them; empty where it is not there."""
        kind, where = self.properties.get(number, (0, 0))
        if kind in _INLINE:
            return where.to_bytes(4, "little")
        source = self.source(number)
        return b"" if source is None else source.read_at(0, 1 << 20)

    def source(self, number: int) -> Source | None:
        """Return a property's value to be read as it is asked for. Raises EvidenceError."""
        kind, where = self.properties.get(number, (0, 0))
        if not where or kind in _INLINE:
            return None
        if where & 0x1F == 0:
            return BytesSource(piece(self.heap, where))
        node = self.inner.get(where)
        if node is None:
            raise EvidenceError("its content is missing")
        return Blocks(self.pages, node.data)

    def text(self, number: int, charset: str = "cp1252") -> str:
        """Return a property as text; empty where it is not there."""
        kind = self.properties.get(number, (0, 0))[0]
        if kind == _TEXT:
            return self.value(number).decode("utf-16-le", "replace").rstrip("\0")
        if kind == _TEXT_8:
            return self.value(number).decode(charset, "replace").rstrip("\0")
        return ""

    def number(self, number: int) -> int:
        """Return a property as a number; 0 where it is not there."""
        return int.from_bytes(self.value(number)[:4], "little")

    def time(self, number: int) -> Timestamp | None:
        """Return a property as a time; None where it is not there."""
        if self.properties.get(number, (0, 0))[0] != _TIME:
            return None
        return stamps.filetime(int.from_bytes(self.value(number)[:8], "little"), "pst")


def open_item(pages: Pages, node: NodeEntry) -> Item:
    """Open a node as a bag of properties. Raises EvidenceError."""
    blocks = Blocks(pages, node.data)
    if not blocks.size or blocks.size > _LARGEST_HEAP:
        raise EvidenceError("its list of properties is missing or too large")
    heap = blocks.parts()
    if heap[0][2:4] != bytes((0xEC, _PROPERTIES)):
        raise EvidenceError("its list of properties is damaged")
    item = Item(pages, heap, pages.subtree(node.subtree))
    root = piece(heap, int.from_bytes(heap[0][4:8], "little"))
    if len(root) < 8 or root[:3] != b"\xb5\x02\x06":
        raise EvidenceError("its list of properties is damaged")
    for record in _records(heap, int.from_bytes(root[4:8], "little"), root[3]):
        number, kind, where = struct.unpack_from("<HHI", record)
        item.properties.setdefault(number, (kind, where))
    return item


def _records(heap: list[bytes], where: int, levels: int) -> list[bytes]:
    """The records of 8 bytes of a tree on the heap, whose keys are two bytes wide."""
    places = [where]
    for _ in range(min(levels, 8)):
        upper = [piece(heap, place) for place in places]
        places = [
            int.from_bytes(data[at + 2 : at + 6], "little")
            for data in upper
            for at in range(0, len(data) - 5, 6)
        ]
        if len(places) > 100_000:
            raise EvidenceError("its list of properties is damaged")
    return [
        data[at : at + 8]
        for data in (piece(heap, place) for place in places)
        for at in range(0, len(data) - 7, 8)
    ]


def piece(heap: list[bytes], where: int) -> bytes:
    """Return what a heap's address stands for; empty where it stands for nothing."""
    block, index = where >> 16, (where >> 5) & 0x7FF
    if not where or where & 0x1F or not index or block >= len(heap):
        return b""
    data = heap[block]
    table = int.from_bytes(data[:2], "little")
    count = int.from_bytes(data[table : table + 2], "little")
    if index > count or table + 6 + 2 * index > len(data):
        return b""
    start, end = struct.unpack_from("<HH", data, table + 2 + 2 * index)
    return data[start:end]
