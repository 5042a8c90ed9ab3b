"""Check the pictures of a HEIC: the units of each coded item must fill its extents (ISO/IEC 23008-12, 14496-12)."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.evidence.carving.samples import units_fill
from safelight.evidence.protocol import Source

_LARGEST = 8 << 20
_MOST_ITEMS = 4_096


def wrong_item(source: Source, start: int, index: int, end: int) -> int | None:
    """Return where the first item lies whose content is not what it should be, from `start`; None if there is none.

    `index` to `end` is the content of the `meta` box. What cannot be read of it is left alone.
    """
    if end - index > _LARGEST:
        return None
    meta = source.read_at(index, end - index)
    kinds = dict(_kinds(meta))
    for number, offset, length in sorted(_extents(meta), key=lambda one: one[1]):
        if kinds.get(number) not in (b"hvc1", b"hev1") or length < 8:
            continue
        if start + offset + length > source.size or not units_fill(source, start + offset, length):
            return offset
    return None


def _box(meta: bytes, kind: bytes) -> bytes:
    """The content of a box that lies directly in `meta` (a full box: four bytes before its children)."""
    at = 4
    while at + 8 <= len(meta):
        size = int.from_bytes(meta[at : at + 4], "big")
        if size < 8 or at + size > len(meta):
            break
        if meta[at + 4 : at + 8] == kind:
            return meta[at + 8 : at + size]
        at += size
    return b""


def _kinds(meta: bytes) -> Iterator[tuple[int, bytes]]:
    """Item → its type, from `iinf`."""
    body = _box(meta, b"iinf")
    at = 6 if body[:1] == b"\0" else 8
    for _ in range(_MOST_ITEMS):
        size = int.from_bytes(body[at : at + 4], "big")
        if size < 16 or at + size > len(body):
            return
        if body[at + 4 : at + 8] == b"infe" and body[at + 8] in (2, 3):
            wide = 2 if body[at + 8] == 2 else 4
            number = int.from_bytes(body[at + 12 : at + 12 + wide], "big")
            yield number, body[at + 14 + wide : at + 18 + wide]
        at += size


def _extents(meta: bytes) -> Iterator[tuple[int, int, int]]:
    """(item, offset in the file, length) of items of one extent in the file itself, from `iloc`."""
    body = _box(meta, b"iloc")
    if len(body) < 8:
        return
    version = body[0]
    offset_size, length_size = body[4] >> 4, body[4] & 15
    base_size, index_size = body[5] >> 4, body[5] & 15 if version else 0
    wide = 2 if version < 2 else 4
    at = 6

    def number(size: int) -> int:
        nonlocal at
        at += size
        return int.from_bytes(body[at - size : at], "big")

    for _ in range(min(number(wide), _MOST_ITEMS)):
        item = number(wide)
        method = number(2) & 15 if version else 0
        number(2)
        base = number(base_size)
        extents = number(2)
        for _ in range(extents):
            number(index_size)
            offset, length = number(offset_size), number(length_size)
            if at > len(body):
                return
            if extents == 1 and method == 0:
                yield item, base + offset, length
