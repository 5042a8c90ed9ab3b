"""Large plain PNGs by libdeflate (imagecodecs) and a compiled loop, in less than half of Pillow's time.

Plain is 8-bit grey, RGB or RGBA, not interlaced, not animated, with nothing amiss: all others are Pillow's, which
shows damaged ones as far as they go and says why. Both give the same pixels.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import Final

import numpy as np

from safelight.evidence.carving.compiled import is_compiled
from safelight.media.protocol import Pixels

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_IHDR_BODY: Final = struct.Struct(">IIBBBBB")
_CHANNELS: Final = {0: 1, 2: 3, 6: 4}
"""By colour type, at 8 bits."""
_LEAST_PIXELS: Final = 1 << 18
"""Below, little is gained."""
_MOST_PIXELS: Final = 64_000_000
"""Above, the lines and the pixels side by side are more than a worker should hold."""
_MOST_CHUNKS: Final = 100_000
_MOST_BEHIND: Final = 1 << 16
"""Bytes of text or a date that may stand behind the pixels; of more Pillow may complain."""
_BEHIND: Final = (b"tEXt", b"tIME")


def prepare() -> None:
    """Compile and load what is loaded late."""
    if is_compiled():
        import imagecodecs

        from safelight.media.png_lines import unfiltered

        lines = np.zeros((1, 4), np.uint8)
        stored = zlib.compress(lines.tobytes())
        imagecodecs.deflate_decode(stored, out=lines.reshape(-1).data)
        unfiltered(lines, np.zeros((2, 3), np.uint8), 3)


def plain_pixels(data: bytes) -> Pixels | None:
    """`(h, w, 3)` RGB of a large plain PNG as Pillow's `convert("RGB")` gives it; None where Pillow must look."""
    if len(data) < 33 or not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR" or not is_compiled():
        return None
    width, height, depth, colour, *methods = _IHDR_BODY.unpack_from(data, 16)
    channels = _CHANNELS.get(colour, 0)
    if depth != 8 or not channels or any(methods) or not _LEAST_PIXELS <= width * height <= _MOST_PIXELS:
        return None
    packed = _packed(data)
    lines = None if packed is None else _inflated(packed, height, 1 + channels * width)
    if lines is None:
        return None
    from safelight.media.png_lines import unfiltered

    out = np.empty((1 + height, channels * width), np.uint8)
    out[0] = 0
    if unfiltered(lines, out, channels) < height:
        return None
    pixels = out[1:].reshape(height, width, channels)
    if channels == 3:
        return pixels
    return np.repeat(pixels, 3, axis=2) if channels == 1 else np.ascontiguousarray(pixels[..., :3])


def _inflated(packed: bytes, height: int, size: int) -> Pixels | None:
    """`(height, size)` lines; None where it is damaged, or holds more or less. Its checksum is verified."""
    import imagecodecs

    lines = np.empty(height * size, np.uint8)
    try:
        got = imagecodecs.deflate_decode(packed, out=lines.data)
    except imagecodecs.DeflateError:
        return None
    return lines.reshape(height, size) if len(got) == len(lines) else None


def _packed(data: bytes) -> bytes | None:
    """The compressed pixels; None where a chunk is broken or would change how Pillow sees the picture."""
    view = memoryview(data)
    parts: list[memoryview] = []
    behind = 0
    for name, start, size in _chunks(data):
        if name == b"IDAT":
            if behind:
                return None
            parts.append(view[start : start + size])
            continue
        checksum = int.from_bytes(data[start + size : start + size + 4], "big")
        if zlib.crc32(view[start - 4 : start + size]) != checksum:
            return None
        if name == b"IEND":
            return b"".join(parts) if parts else None
        if parts:
            behind += 12 + size
            if name not in _BEHIND or behind > _MOST_BEHIND:
                return None
        elif name in (b"acTL", b"fcTL", b"fdAT", b"CgBI") or (name == b"IHDR" and start != 16):
            return None
    return None


def _chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Name, first byte and size of each whole chunk, up to one that is cut."""
    at = len(_SIGNATURE)
    for _ in range(_MOST_CHUNKS):
        size = int.from_bytes(data[at : at + 4], "big")
        if at + 12 + size > len(data):
            return
        yield data[at + 4 : at + 8], at + 8, size
        at += 12 + size
