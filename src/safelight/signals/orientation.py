"""How a picture must be turned to stand upright, from its EXIF orientation (JPEG, PNG, WebP).

A few dozen bytes are read by hand: this runs for every picture, on hostile bytes, and a wrong answer is no
worse than none. HEIC, AVIF and TIFF decoders turn their pictures themselves.
"""

from __future__ import annotations

from collections.abc import Iterator

from safelight.media.picture import turned
from safelight.media.protocol import Picture, Pixels

_TAG = 0x0112
_MOST_ENTRIES = 512
_MOST_CHUNKS = 4096


def upright(picture: Picture, at_least: int | None = None) -> Pixels:
    """`(h, w, 3) uint8`, turned and mirrored as the EXIF orientation says; scaled like `Picture.rgb`."""
    return turned(picture.rgb(at_least), orientation(picture.data, picture.format))


def orientation(data: bytes, format: str) -> int:
    """The EXIF orientation 1..8; 1 where there is none or it cannot be read."""
    find = {"jpeg": _in_jpeg, "png": _in_png, "webp": _in_webp}.get(format)
    if find is not None:
        for block in find(data):
            return _in_tiff(block)
    return 1


def _in_jpeg(data: bytes) -> Iterator[bytes]:
    """EXIF blocks in the segments before the first scan."""
    at = 2
    for _ in range(_MOST_CHUNKS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == 0xDA:
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == 0xE1 and data[at + 4 : at + 10] == b"Exif\0\0":
            yield data[at + 10 : at + 2 + length]
        at += 2 + max(length, 2)


def _in_png(data: bytes) -> Iterator[bytes]:
    at = 8
    for _ in range(_MOST_CHUNKS):
        if at + 12 > len(data):
            return
        length = int.from_bytes(data[at : at + 4], "big")
        if data[at + 4 : at + 8] == b"eXIf":
            yield data[at + 8 : at + 8 + length]
        at += 12 + length


def _in_webp(data: bytes) -> Iterator[bytes]:
    at = 12
    for _ in range(_MOST_CHUNKS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        if data[at : at + 4] == b"EXIF":
            yield data[at + 8 : at + 8 + length].removeprefix(b"Exif\0\0")
        at += 8 + length + length % 2


def _in_tiff(block: bytes) -> int:
    """The orientation in the first directory of a TIFF structure."""
    if block[:2] not in (b"II", b"MM"):
        return 1
    little = block[:2] == b"II"

    def number(at: int, size: int) -> int:
        return int.from_bytes(block[at : at + size], "little" if little else "big")

    directory = number(4, 4)
    for entry in range(min(number(directory, 2), _MOST_ENTRIES)):
        at = directory + 2 + 12 * entry
        if at + 12 > len(block):
            return 1
        if number(at, 2) == _TAG and number(at + 2, 2) == 3:
            found = number(at + 8, 2)
            return found if 1 <= found <= 8 else 1
    return 1


__all__ = ["orientation", "turned", "upright"]
