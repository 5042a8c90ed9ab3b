"""Follow the structure of a JPEG, PNG or MP4 from its first byte to its end, without decoding anything.

Each function takes a source and the offset of the first byte, and returns a `Shape`, or None where it is not
that format after all.
"""

from __future__ import annotations

import re
import zlib
from typing import NamedTuple

from safelight.evidence.protocol import Source

LONGEST_PICTURE = 512 << 20
LONGEST_VIDEO = 16 << 30
_LEAST = 4_096  # bytes of content that make a broken picture worth keeping
_STEP = 1 << 16
_SMALL_STEP = 512
_BREAK = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # a marker that ends entropy-coded data
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_SEGMENTS = _FRAMES | {0xC4, 0xCC, 0xDA, 0xDB, 0xDC, 0xDD, 0xFE} | frozenset(range(0xE0, 0xF0))
_BOXES = frozenset(
    b"ftyp moov mdat free skip wide uuid pnot moof mfra sidx ssix styp meta pdin emsg prft udta".split()
)
_IMAGE_BRANDS = {b"avif": "avif", b"avis": "avif", b"heic": "heic", b"heix": "heic", b"mif1": "heic"}


class Shape(NamedTuple):
    """How far a file goes: `size` in bytes, `problem` where it breaks off, `suffix` where it varies."""

    size: int
    problem: str | None = None
    suffix: str | None = None


def jpeg(source: Source, start: int) -> Shape | None:
    """Walk the markers and entropy-coded segments (ITU-T T.81, annex B) to the end-of-image marker."""
    position = start + 2
    limit = min(source.size, start + LONGEST_PICTURE)
    frame = False
    scanned = 0
    while position + 4 <= limit:
        head = source.read_at(position, 4)
        marker = head[1]
        if head[0] == 0xFF and marker == 0xFF:
            position += 1
            continue
        if head[0] == 0xFF and marker == 0xD9 and scanned:
            return Shape(position + 2 - start)
        length = int.from_bytes(head[2:4], "big")
        if head[0] != 0xFF or marker not in _SEGMENTS or length < 2:
            break
        if marker in _FRAMES:
            frame_head = source.read_at(position + 4, 6)
            if frame or len(frame_head) < 6 or length != 8 + 3 * frame_head[5] or not any(frame_head[3:5]):
                break
            frame = True
        position += 2 + length
        if marker == 0xDA:
            if not frame:
                return None
            after = _entropy_end(source, position, limit)
            scanned += after - position
            position = after
    if position + 2 == limit and source.read_at(position, 2) == b"\xff\xd9" and scanned:
        return Shape(position + 2 - start)
    if scanned < _LEAST:
        return None
    size = min(position, limit) - start
    return Shape(size, f"breaks off after {size:,} bytes: the rest lies elsewhere or is gone")


def _entropy_end(source: Source, position: int, limit: int) -> int:
    """Return where the next marker other than a restart stands."""
    while position < limit:
        data = source.read_at(position, min(_STEP, limit - position))
        found = _BREAK.search(data)
        if found:
            return position + found.end() - 2
        if len(data) < 2:
            break
        position += len(data) - (1 if data[-1] == 0xFF else 0)
    return limit


def png(source: Source, start: int) -> Shape | None:
    """Walk the chunks (W3C PNG, section 5) and check their CRC, to the end of `IEND`."""
    position = start + 8
    limit = min(source.size, start + LONGEST_PICTURE)
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
            return Shape(position - start)
    if content < _LEAST:
        return None
    size = position - start
    return Shape(size, f"breaks off after {size:,} bytes: the rest lies elsewhere or is gone")


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
    try:
        for start, size in (*before, (position, length)):
            for done in range(0, size, _SMALL_STEP):
                sound = done if start == position else 0
                inflate.decompress(source.read_at(start + done, min(_SMALL_STEP, size - done)))
    except zlib.error:
        return sound
    return length


def mp4(source: Source, start: int) -> Shape | None:
    """Walk the top-level boxes (ISO/IEC 14496-12) from `ftyp` on, as long as they are known ones.

    Media without an index before it is not kept when it breaks off: nothing can be made of it.
    """
    head = source.read_at(start, 16)
    if int.from_bytes(head[:4], "big") not in range(16, 1025) or not head[8:12].isalnum():
        return None
    limit = min(source.size, start + LONGEST_VIDEO)
    position = start
    kinds: set[bytes] = set()
    while position + 8 <= limit:
        head = source.read_at(position, 16)
        size, kind = int.from_bytes(head[:4], "big"), head[4:8]
        if kind not in _BOXES or (kind == b"ftyp" and kinds):
            break
        if size == 1:
            size = int.from_bytes(head[8:16], "big")
        if size < 8:
            break
        kinds.add(kind)
        position += size
    suffix = _IMAGE_BRANDS.get(source.read_at(start + 8, 4), "mp4")
    index = {b"moov", b"moof"} if suffix == "mp4" else {b"meta"}
    if not kinds & index:
        return None
    if position > limit:
        size = limit - start
        return Shape(size, f"breaks off after {size:,} bytes: a part of it claims more than is there", suffix)
    size = position - start
    if b"mdat" not in kinds:
        return Shape(size, f"breaks off after {size:,} bytes: its media is missing", suffix)
    return Shape(size, None, suffix)
