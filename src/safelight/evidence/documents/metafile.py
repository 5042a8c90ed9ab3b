"""Bitmaps within Windows metafiles, EMF and WMF ([MS-EMF], [MS-WMF]): what was pasted into a document is often one."""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.documents import blips
from safelight.evidence.guards import Meter
from safelight.evidence.mail.mime import Window
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import BytesSource, SliceSource

_EMF_BITMAPS = {80: 48, 81: 48, 76: 84, 77: 84}
"""Records that draw a bitmap, and where in them the four numbers stand that say where it lies."""
_COMMENT, _END = 70, 14
_WMF_BITMAPS = {0x0F43: 28, 0x0B41: 26, 0x0940: 22, 0x0D33: 24}
"""Records that draw a bitmap, and where in them it begins."""
_PLACEABLE, _HEADER = 22, 18
_JPEG, _PNG = 4, 5
"""Methods of a bitmap whose bits are a file of that format."""
_LARGEST = 256 << 20
_PICTURES = ((b"\xff\xd8\xff", b".jpg"), (b"\x89PNG\r\n\x1a\n", b".png"))
_SEARCHED = 1 << 12


class MetafileReader:
    """A drawing; only the bitmaps in it are members."""

    name = "metafile"
    order = 45
    formats = frozenset(("emf", "wmf"))

    def detect(self, head: bytes, source: Source) -> bool:
        """By content: `sniff.py` tells them."""
        return len(head) > _HEADER

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the bitmaps in order; then a finding where the records break off."""
        meter = Meter.of(limits, source)
        window = Window(source)
        emf = source.read_at(40, 4) == b" EMF"
        number, begun = 0, time.monotonic()
        for node in _emf(source, window) if emf else _wmf(source, window):
            meter.entry()
            meter.give(0, time.monotonic() - begun)
            if node.kind is Kind.FILE:
                number += 1
                node.name = b"picture %d%s" % (number, node.name)
            yield node
            begun = time.monotonic()


def _emf(source: Source, window: Window) -> Iterator[Node]:
    at = 0
    while at + 8 <= source.size:
        kind, size = struct.unpack("<II", window.peek(at, 8))
        if size < 8 or size % 4 or at + size > source.size:
            yield Node(b"", Kind.FINDING, error=f"its records break off after {at:,} bytes")
            return
        if kind in _EMF_BITMAPS and size >= _EMF_BITMAPS[kind] + 16:
            info, info_size, bits, bits_size = struct.unpack("<4I", window.peek(at + _EMF_BITMAPS[kind], 16))
            if bits_size and info + info_size <= size and bits + bits_size <= size:
                yield _bitmap(source, at + info, info_size, at + bits, bits_size)
        elif kind == _COMMENT and window.peek(at + 12, 4) == b"EMF+":
            yield from _plus(source, window, at, size)
        if kind == _END:
            return
        at += size


def _plus(source: Source, window: Window, at: int, size: int) -> Iterator[Node]:
    """A picture in an EMF+ object, known by its first bytes."""
    head = window.peek(at, min(size, _SEARCHED))
    for mark, suffix in _PICTURES:
        found = head.find(mark)
        if found >= 0:
            start, length = at + found, size - found
            node = Node(suffix, Kind.FILE, size=length, address={"offset": start}, layer="member")
            node.open = partial(SliceSource, source, start, length)
            yield node


def _wmf(source: Source, window: Window) -> Iterator[Node]:
    at = _HEADER + (_PLACEABLE if source.read_at(0, 4) == b"\xd7\xcd\xc6\x9a" else 0)
    while at + 6 <= source.size:
        words, kind = struct.unpack("<IH", window.peek(at, 6))
        size = 2 * words
        if words < 3 or at + size > source.size:
            yield Node(b"", Kind.FINDING, error=f"its records break off after {at:,} bytes")
            return
        skip = _WMF_BITMAPS.get(kind, 0)
        if skip and size > skip + 40:
            info = int.from_bytes(window.peek(at + skip, 4), "little")
            yield _bitmap(source, at + skip, info, 0, size - skip)
        if not kind:
            return
        at += size


def _bitmap(source: Source, info: int, info_size: int, bits: int, size: int) -> Node:
    """A bitmap whose bits lie at `bits`, or right behind its header and palette where that is 0."""
    method = int.from_bytes(source.read_at(info + 16, 4), "little") if info_size >= 40 else 0
    suffix = {_JPEG: b".jpg", _PNG: b".png"}.get(method, b".bmp")
    node = Node(suffix, Kind.FILE, address={"offset": info}, layer="member")
    if bits and method in (_JPEG, _PNG):
        node.size, node.open = size, partial(SliceSource, source, bits, size)
    elif info_size + size > _LARGEST:
        node.error = f"larger than {_LARGEST >> 20} MiB, not rebuilt"
    elif bits:
        node.open = partial(_joined, source, info, info_size, bits, size)
    else:
        node.open = partial(_whole, source, info, size)
    return node


def _joined(source: Source, info: int, info_size: int, bits: int, size: int) -> Source:
    data = source.read_at(info, info_size) + source.read_at(bits, size)
    if len(data) < 16:
        raise EvidenceError("its header is missing")
    return BytesSource(blips.file_header(data[:64], len(data)) + data)


def _whole(source: Source, start: int, size: int) -> Source:
    return blips.bitmap_file(SliceSource(source, start, size))
