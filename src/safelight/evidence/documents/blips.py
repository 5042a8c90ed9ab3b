"""Pictures in legacy Office documents: the records of drawings ([MS-ODRAW] 2.2.23), found by their headers.

They are searched for, not followed from the document: what is no longer referred to, after a quick save, is found
too. Metafiles are unpacked; bitmaps without a file header get one.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from safelight.evidence.decompress import Feed
from safelight.evidence.guards import Meter
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.source import BytesSource, SliceSource
from safelight.evidence.stream import StreamSource

_WINDOW = 1 << 20
_HEADER = re.compile(rb"[\x00-\xff]{2}[\x1a-\x1f\x29\x2a]\xf0", re.DOTALL)
_KINDS: dict[int, tuple[str, dict[int, int]]] = {
    0xF01A: (".emf", {0x3D4: 1, 0x3D5: 2}),
    0xF01B: (".wmf", {0x216: 1, 0x217: 2}),
    0xF01C: (".pict", {0x542: 1, 0x543: 2}),
    0xF01D: (".jpg", {0x46A: 1, 0x46B: 2, 0x6E2: 1, 0x6E3: 2}),
    0xF01E: (".png", {0x6E0: 1, 0x6E1: 2}),
    0xF01F: (".bmp", {0x7A8: 1, 0x7A9: 2}),
    0xF029: (".tif", {0x6E4: 1, 0x6E5: 2}),
    0xF02A: (".jpg", {0x46A: 1, 0x46B: 2, 0x6E2: 1, 0x6E3: 2}),
}
"""By record type: the suffix, and how many digests of 16 bytes each instance has before the picture."""
_METAFILES = (0xF01A, 0xF01B, 0xF01C)
_LARGEST_BITMAP = 256 << 20


class Blip(NamedTuple):
    """A picture in a stream: where its bytes lie, what it is, and whether it is deflated."""

    start: int
    size: int
    suffix: str
    packed: bool


def find(source: Source) -> Iterator[Blip]:
    """Yield the pictures in a stream, in order."""
    position = 0
    while position < source.size:
        data = source.read_at(position, _WINDOW)
        after = position + max(1, len(data) - 8)
        for match in _HEADER.finditer(data):
            blip = _blip(source, position + match.start())
            if blip is not None:
                yield blip
                after = max(after, blip.start + blip.size)
                if blip.start + blip.size > position + match.end():
                    after = blip.start + blip.size
                    break
        if len(data) < _WINDOW and after >= position + len(data) - 8:
            return
        position = after


def _blip(source: Source, at: int) -> Blip | None:
    head = source.read_at(at, 8)
    if len(head) < 8:
        return None
    first, kind, length = struct.unpack("<HHI", head)
    suffix, instances = _KINDS.get(kind, ("", {}))
    digests = instances.get(first >> 4)
    if first & 15 or digests is None or length > source.size - at - 8:
        return None
    start = at + 8 + 16 * digests
    if kind in _METAFILES:
        fields = source.read_at(start, 34)
        if len(fields) < 34:
            return None
        size = int.from_bytes(fields[28:32], "little")
        return Blip(start + 34, min(size, length - 16 * digests - 34), suffix, fields[32] == 0)
    size = length - 16 * digests - 1
    return Blip(start + 1, size, suffix, False) if size > 8 else None


def nodes(source: Source, prefix: bytes, meter: Meter, address: dict[str, int]) -> Iterator[Node]:
    """Yield the pictures of a stream as files below `prefix`."""
    for number, blip in enumerate(find(source), 1):
        meter.entry()
        yield Node(
            prefix + b"picture %d%s" % (number, blip.suffix.encode()),
            Kind.FILE,
            size=None if blip.packed else blip.size,
            address={**address, "offset": blip.start},
            layer="member",
            open=partial(open_blip, source, blip, meter),
        )


def open_blip(source: Source, blip: Blip, meter: Meter) -> Source:
    content = SliceSource(source, blip.start, blip.size)
    if blip.packed:
        feed = Feed(content)
        return StreamSource(meter.guarded(inflated(feed), lambda: feed.position), None)
    return bitmap_file(content) if blip.suffix == ".bmp" else content


def inflated(feed: Feed) -> Iterator[bytes]:
    """Unpack a zlib stream (RFC 1950) in bounded steps. Raises zlib.error, EOFError."""
    decoder = zlib.decompressobj()
    while not decoder.eof:
        data = decoder.unconsumed_tail or feed.take()
        if not data:
            raise EOFError("the compressed data end early")
        if out := decoder.decompress(data, 1 << 20):
            yield out


def bitmap_file(bitmap: Source) -> Source:
    """A bitmap as it lies in memory or in a document, with the file header that it lacks."""
    if bitmap.size > _LARGEST_BITMAP:
        return bitmap
    data = bitmap.read_at(0, bitmap.size)
    if data.startswith(b"BM") or len(data) < 16:
        return bitmap
    return BytesSource(file_header(data[:64], len(data)) + data)


def file_header(head: bytes, size: int) -> bytes:
    """The 14 bytes before a bitmap whose info header is `head` and which has `size` bytes in all."""
    header = int.from_bytes(head[:4], "little")
    if header == 12:
        depth = int.from_bytes(head[10:12], "little")
        palette = 3 << depth if depth <= 8 else 0
    else:
        depth, method = struct.unpack_from("<HI", head.ljust(64, b"\0"), 14)
        used = int.from_bytes(head[32:36], "little")
        palette = 4 * (used or (1 << depth if depth <= 8 else 0))
        palette += 12 if method == 3 and header == 40 else 0
    return b"BM" + struct.pack("<IHHI", (size + 14) & 0xFFFFFFFF, 0, 0, (14 + header + palette) & 0xFFFFFFFF)
