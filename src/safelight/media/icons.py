"""The pictures of an icon (ICO, CUR, ICNS) one by one: what an entry says of its size need not be true.

Sources: Microsoft, "Icons" (1995); Apple's icon family as the file command and Pillow know it.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Final

from safelight.media import pillow
from safelight.media.protocol import Pixels

MOST: Final = 256
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG_2000: Final = (b"\0\0\0\x0cjP  ", b"\xff\x4f\xff\x51")
_HEADER: Final = 6
_ENTRY: Final = 16


def parts_of(data: bytes, format: str) -> list[bytes]:
    """Each entry of an icon as a file of its own (a PNG, a JPEG 2000, an ICO of one entry); those that lie outside of
    the file are left out."""
    found = _in_icns(data) if format == "icns" else _in_ico(data)
    return list(dict.fromkeys(found))


def decoded_part(part: bytes) -> Pixels:
    """`(h, w, 3)` RGB of such a part. Raises FormatError."""
    if part.startswith(_PNG):
        return pillow.load_rgb(part, ("PNG",))[0]
    return pillow.load_rgb(part, ("JPEG2000",) if part.startswith(_JPEG_2000) else ("ICO",))[0]


def _in_ico(data: bytes) -> Iterator[bytes]:
    (count,) = struct.unpack_from("<H", data, 4) if len(data) >= _HEADER else (0,)
    for number in range(min(count, MOST)):
        entry = data[_HEADER + _ENTRY * number :][:_ENTRY]
        if len(entry) < _ENTRY:
            return
        size, offset = struct.unpack_from("<II", entry, 8)
        content = data[offset : offset + size]
        if len(content) < size or size < _ENTRY:
            continue
        if content.startswith(_PNG):
            yield content
        else:
            depth = content[
                12:16
            ]  # planes and bits of the bitmap; in a cursor's entry its hot spot stands there
            yield b"\0\0\1\0\1\0" + entry[:4] + depth + struct.pack("<II", size, _HEADER + _ENTRY) + content


def _in_icns(data: bytes) -> Iterator[bytes]:
    at = 8
    for _ in range(MOST):
        size = int.from_bytes(data[at + 4 : at + 8], "big")
        if size < 8 or at + size > len(data):
            return
        content = data[at + 8 : at + size]
        if content.startswith((_PNG, *_JPEG_2000)):
            yield content
        at += size
