"""Follow a PNG through its chunks (W3C PNG, section 5), each with its CRC."""

from __future__ import annotations

import zlib

from safelight.evidence.carving.shape import LEAST, LONGEST_PICTURE, Shape, broken
from safelight.evidence.protocol import Source

_STEP = 1 << 16
_SMALL_STEP = 512


def png(source: Source, start: int, most: int) -> Shape | None:
    """Walk the chunks to the end of `IEND`; None where it is no PNG, or hardly anything of it is sound."""
    position = start + 8
    limit = min(source.size, start + min(LONGEST_PICTURE, most))
    content = 0
    pixels: list[tuple[int, int]] = []
    while position + 12 <= limit:
        head = source.read_at(position, 8)
        length, kind = int.from_bytes(head[:4], "big"), head[4:]
        if not kind.isalpha() or (position == start + 8 and (kind != b"IHDR" or length != 13)):
            break
        end = position + 12 + length
        if end > limit or not _crc_agrees(source, position + 4, length + 4):
            if kind == b"IDAT":
                sound = _sound_pixels(source, pixels, position + 8, min(length, limit - position - 8))
                content += sound
                position += 8 + sound
            break
        if kind == b"IDAT":
            content += length
            pixels.append((position + 8, length))
        position = end
        if kind == b"IEND":
            return Shape(position - start, "png") if content else None
    return broken(position - start, "png") if content >= LEAST else None


def _crc_agrees(source: Source, position: int, length: int) -> bool:
    crc = 0
    end = position + length
    while position < end:
        data = source.read_at(position, min(_STEP, end - position))
        if not data:
            return False
        crc = zlib.crc32(data, crc)
        position += len(data)
    return source.read_at(end, 4) == crc.to_bytes(4, "big")


def _sound_pixels(source: Source, before: list[tuple[int, int]], position: int, length: int) -> int:
    """Return how many of `length` bytes continue the deflate stream of the chunks before, as far as that shows."""
    inflate = zlib.decompressobj()
    sound = 0
    try:
        for start, size in (*before, (position, length)):
            for done in range(0, size, _SMALL_STEP):
                sound = done if start == position else 0
                inflate.decompress(source.read_at(start + done, min(_SMALL_STEP, size - done)), 1 << 20)
    except zlib.error:
        return sound
    return length
