"""`thumbcache_*.db`, the thumbnails of a Windows user since Vista: entries of `CMMM` one after the other.

An entry says the number (hash) that Windows gave the file, not its name; the search index of Windows knows both.
Layouts of Vista, 7, 8 and 10 (libyal's description of the format). Searched for, so that damage costs one entry.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import clean, say
from safelight.evidence.mail.mime import Window
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import sniff
from safelight.evidence.source import SliceSource

MAGIC = b"CMMM"
_VISTA, _SEVEN = 0x14, 0x15
_EIGHT_THREE = 0x1C
"""From here on (a later Windows 8) the header has a field more before the end of its entries."""
_HEADER = 24
_SUFFIXES = {"jpeg": ".jpg", "png": ".png", "bmp": ".bmp"}


class ThumbcacheReader:
    """Thumbnails of one size of one user."""

    name = "thumbcache"
    order = 45
    formats = frozenset(("thumbcache",))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature and a version that exists; one that ends within its header by the signature."""
        version = int.from_bytes(head[4:8], "little")
        return head.startswith(MAGIC) and (0x14 <= version <= 0x30 or len(head) < 8)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the thumbnails; entries without one are passed over."""
        if source.size < _HEADER:
            raise EvidenceError("the header of the thumbnails is cut short")
        meter = Meter.of(limits, source)
        window = Window(source)
        version = int.from_bytes(source.read_at(4, 4), "little")
        at, damaged = window.find(MAGIC, 8), 0
        while at >= 0:
            found = _entry(window, at, version)
            if found is None:
                damaged += 1
                at = window.find(MAGIC, at + 4)
                continue
            node, after = found
            meter.entry()
            if node is not None:
                node.open = partial(SliceSource, source, node.address["offset"], node.size or 0)
                yield node
            at = after if window.peek(after, 4) == MAGIC else window.find(MAGIC, after)
        if damaged:
            yield Node(
                b"",
                Kind.FINDING,
                error=f"{damaged:,} entries are damaged; what follows each was searched for",
            )
        (stated,) = struct.unpack("<I", source.read_at(20 if version >= _EIGHT_THREE else 16, 4))
        if stated > source.size:
            text = f"its entries are stated to reach to byte {stated:,}, and it ends after {source.size:,}"
            yield Node(b"", Kind.FINDING, error=text)


def _entry(window: Window, at: int, version: int) -> tuple[Node | None, int] | None:
    """Read one entry: the node of its thumbnail, if it has one, and where the next begins."""
    fixed = {_VISTA: 56, _SEVEN: 48}.get(version, 56)
    head = window.peek(at, fixed)
    if len(head) < fixed:
        return None
    size, number = struct.unpack_from("<IQ", head, 4)
    name_length, padding, data_length = struct.unpack_from("<III", head, 24 if version == _VISTA else 16)
    start = at + fixed + name_length + padding
    if (
        name_length > 4096
        or padding > 4096
        or size < fixed
        or size < start - at + data_length
        or start + data_length > window.end
    ):
        return None
    if not data_length:
        return None, at + size
    stated = window.peek(at + fixed, name_length).decode("utf-16-le", "replace").rstrip("\0")
    format_ = sniff(window.peek(start, 64)) or ""
    name = stated or f"{number:016x}"
    node = Node(
        clean(name + _SUFFIXES.get(format_, ".bin")),
        Kind.FILE,
        size=data_length,
        address={"offset": start},
        layer="member",
        note=say(f"thumbnail of the file that Windows numbers {number:016x}"),
    )
    return node, at + size
