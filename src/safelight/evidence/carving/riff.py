"""Follow RIFF files (Microsoft, IBM: Multimedia Programming Interface 1.0): WebP and AVI, chunk by chunk."""

from __future__ import annotations

from safelight.evidence.carving.shape import LEAST, LONGEST_PICTURE, LONGEST_VIDEO, Shape, broken
from safelight.evidence.protocol import Source

_WEBP = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP", b"EXIF", b"XMP "))
_PIXELS = frozenset((b"VP8 ", b"VP8L", b"ANMF"))
_AVI = frozenset((b"LIST", b"JUNK", b"idx1", b"indx", b"DISP", b"JUNQ", b"_PMX"))
_STREAMS = frozenset((b"dc", b"db", b"wb", b"tx", b"pc", b"sb", b"iv"))
_MOVIE_CHUNKS = frozenset((b"JUNK", b"LIST", b"idx1"))


def riff(source: Source, start: int, most: int) -> Shape | None:
    """Walk a WebP or AVI; None where it is another form, or breaks off before it has content."""
    form = source.read_at(start + 8, 4)
    if form == b"WEBP":
        return _webp(source, start, most)
    return _avi(source, start, most) if form == b"AVI " else None


def _webp(source: Source, start: int, most: int) -> Shape | None:
    size = 8 + int.from_bytes(source.read_at(start + 4, 4), "little")
    size += size & 1
    if not 20 < size <= min(LONGEST_PICTURE, most):
        return None
    position, has_pixels = start + 12, False
    while position + 8 <= min(start + size, source.size):
        head = source.read_at(position, 18)
        kind, length = head[:4], int.from_bytes(head[4:8], "little")
        if kind not in _WEBP or not _starts_well(kind, head) or position + 8 + length > start + size:
            break
        has_pixels = has_pixels or kind in _PIXELS
        position += 8 + length + (length & 1)
    if position == start + size and has_pixels and position <= source.size:
        return Shape(size, "webp", solid=False)
    sound = min(position, source.size) - start
    return broken(sound, "webp") if has_pixels and sound >= LEAST else None


def _starts_well(kind: bytes, head: bytes) -> bool:
    if kind == b"VP8 ":  # RFC 6386, 9.1: a key frame
        return not head[8] & 1 and head[11:14] == b"\x9d\x01\x2a"
    return kind != b"VP8L" or head[8] == 0x2F


def _avi(source: Source, start: int, most: int) -> Shape | None:
    """Walk the chunks of all RIFF lists (OpenDML adds `AVIX` after 1 GiB), those of the movie too."""
    end = start
    limit = min(source.size, start + min(LONGEST_VIDEO, most))
    frames = 0
    while end + 12 <= limit:
        head = source.read_at(end, 12)
        if head[:4] != b"RIFF" or head[8:] != (b"AVIX" if end > start else b"AVI "):
            break
        size = 8 + int.from_bytes(head[4:8], "little")
        position, close = end + 12, end + size + (size & 1)
        while position + 8 <= min(close, limit):
            chunk = source.read_at(position, 12)
            kind, length = chunk[:4], int.from_bytes(chunk[4:8], "little")
            if kind not in _AVI or (position == start + 12 and chunk[8:12] != b"hdrl"):
                return _cut(position - start, frames)
            if kind == b"LIST" and chunk[8:12] == b"movi":
                after, found = _movie(source, position + 12, min(position + 8 + length, limit))
                frames += found
                if after < position + 8 + length:
                    return _cut(after - start, frames)
            position += 8 + length + (length & 1)
        if position < close or close > limit:
            return _cut(min(position, limit) - start, frames)
        end = close
    return Shape(end - start, "avi") if frames else None


def _movie(source: Source, position: int, end: int) -> tuple[int, int]:
    """Return how far the chunks of a movie go on, and how many there are."""
    frames = 0
    while position + 8 <= end:
        head = source.read_at(position, 8)
        kind, length = head[:4], int.from_bytes(head[4:], "little")
        if kind == b"LIST":  # `rec `: chunks that belong together
            position += 12
            continue
        is_stream = kind[2:] in _STREAMS and kind[:2].isdigit()
        if not (is_stream or kind in _MOVIE_CHUNKS or kind[:2] == b"ix" or kind[2:] == b"ix"):
            return position, frames
        if position + 8 + length > end:
            return position, frames
        frames += is_stream
        position += 8 + length + (length & 1)
    return end, frames


def _cut(size: int, frames: int) -> Shape | None:
    return broken(size, "avi") if frames and size >= LEAST else None
