"""Does a GIF, PNG, TIFF or icon reach as far as it says? The first picture may be whole though the end is missing.

Pillow shows what it can of a cut animation, icon or TIFF and is silent about the rest: frames, sizes and pages that
are not there. What these formats say of themselves is followed here to their end, without decoding.

Sources: GIF89a; PNG (third edition), 5 and 13.2; TIFF 6.0 and BigTIFF; Microsoft, "Icons"; Apple's icon family.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

import numpy as np

_MOST_STEPS: Final = 2_000_000
"""Blocks followed at most, which takes a second; of what has more nothing is said."""
_GIF_TRAILER, _GIF_EXTENSION, _GIF_IMAGE = 0x3B, 0x21, 0x2C
_PNG_HEAD: Final = 8
_ICON_HEAD, _ICON_ENTRY = 6, 16
_MOST_DIRECTORIES: Final = 2_000
_MOST_ENTRIES: Final = 1_000
_TIFF_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
                      16: 8, 17: 8, 18: 8}  # fmt: skip
_TIFF_CODES: Final = {1: "u1", 3: "u2", 4: "u4", 13: "u4", 16: "u8", 18: "u8"}
_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES = 273, 279, 324, 325
_INNER: Final = (330, 34665, 34853)
"""Tags that name directories within one: further pictures, EXIF, GPS."""
_BASELINE: Final = range(254, 533)
"""Tags that TIFF 6.0 defines. Private ones may name what was left behind when a file was copied."""


def is_short(data: bytes, format: str) -> bool:
    """True where the file says that it goes on beyond its end; never of a format that is not known here."""
    follow = {
        "gif": _gif,
        "png": _png,
        "tiff": _tiff,
        "ico": _ico,
        "icns": _icns,
    }.get(format)
    return follow is not None and follow(data)


def _gif(data: bytes) -> bool:
    """Blocks up to the trailer."""
    at = 13 + _colours(data, 10)
    steps = 0
    while at < len(data):
        kind = data[at]
        if kind == _GIF_EXTENSION:
            at += 2
        elif kind == _GIF_IMAGE:
            at += 11 + _colours(data, at + 9)
        else:
            return False  # the trailer; or what no decoder follows either
        while at < len(data) and data[at]:
            at += 1 + data[at]
            steps += 1
            if steps > _MOST_STEPS:
                return False
        at += 1
    return True


def _colours(data: bytes, flags_at: int) -> int:
    """Bytes of a colour table, by the flags that announce it."""
    flags = data[flags_at] if flags_at < len(data) else 0
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _png(data: bytes) -> bool:
    """Chunks up to IEND."""
    at = _PNG_HEAD
    for _ in range(_MOST_STEPS):
        if at + 12 > len(data):
            return True
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        if kind == b"IEND" or not kind.isalpha():
            return False
        at += 12 + size
    return False


def _ico(data: bytes) -> bool:
    """The directory, and what each of its entries names."""
    (count,) = struct.unpack_from("<H", data, 4) if len(data) >= _ICON_HEAD else (0,)
    table = data[_ICON_HEAD : _ICON_HEAD + _ICON_ENTRY * count]
    if len(table) < _ICON_ENTRY * count:
        return True
    named = np.frombuffer(table, "<u4").reshape(count, 4)[:, 2:].astype(np.int64)
    return bool(count) and int(named.sum(axis=1).max()) > len(data)


def _icns(data: bytes) -> bool:
    """The size that its head states."""
    return int.from_bytes(data[4:8], "big") > len(data)


def _tiff(data: bytes) -> bool:
    """Every directory, and the strips and tiles that it names."""
    order = {b"II": "<", b"MM": ">"}.get(data[:2])
    if order is None or len(data) < 16:
        return False
    is_big = data[2:4] in (b"\x2b\0", b"\0\x2b")
    word = "Q" if is_big else "I"
    waiting = [struct.unpack_from(order + word, data, 8 if is_big else 4)[0]]
    seen: set[int] = set()
    while waiting and len(seen) < _MOST_DIRECTORIES:
        at = waiting.pop()
        if at in seen or at < 8:
            continue
        seen.add(at)
        head, each, last = (8, 20, 8) if is_big else (2, 12, 4)
        if at + head > len(data):
            return True
        (count,) = struct.unpack_from(order + ("Q" if is_big else "H"), data, at)
        if not 0 < count <= _MOST_ENTRIES:
            continue
        end = at + head + each * count
        if end + last > len(data):
            return True
        values: dict[int, np.ndarray[tuple[int], np.dtype[np.int64]]] = {}
        for tag, size, where, code in _entries(data[at + head : end], order, is_big, at + head):
            if where + size > len(data) and (tag in _BASELINE or where < len(data)):
                return True
            if code is not None and where + size <= len(data):
                number = size // np.dtype(code).itemsize
                values[tag] = np.frombuffer(data, order + code, number, where).astype(np.int64)
        for offsets, sizes in ((_STRIPS, _STRIP_SIZES), (_TILES, _TILE_SIZES)):
            first, length = values.get(offsets), values.get(sizes)
            if first is None or length is None or len(first) != len(length) or not len(first):
                continue
            if int((first + length)[length > 0].max(initial=0)) > len(data):
                return True
        waiting += [inner for tag in _INNER for inner in values.get(tag, np.empty(0, np.int64))[:64].tolist()]
        waiting.append(struct.unpack_from(order + word, data, end)[0])
    return False


def _entries(
    table: bytes, order: str, is_big: bool, start: int
) -> Iterator[tuple[int, int, int, str | None]]:
    """Tag, bytes of its value, where these lie, and how its numbers are written, for the tags that matter here."""
    each, inline, word = (20, 8, "Q") if is_big else (12, 4, "I")
    for at in range(0, len(table), each):
        tag, kind, count = struct.unpack_from(f"{order}HH{word}", table, at)
        size = _TIFF_SIZES.get(kind, 0) * count
        value_at = at + each - inline
        where = start + value_at if size <= inline else struct.unpack_from(order + word, table, value_at)[0]
        wanted = tag in (_STRIPS, _STRIP_SIZES, _TILES, _TILE_SIZES, *_INNER)
        yield tag, size, where, _TIFF_CODES.get(kind) if wanted else None
