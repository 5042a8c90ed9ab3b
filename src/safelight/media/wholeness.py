"""Does a file reach as far as it says? Cut videos often still play, so the decoder alone would not notice."""

from __future__ import annotations

_MAX_BOXES = 10_000
_SEGMENT = b"\x18\x53\x80\x67"
_HEAD = 4096


def is_cut(data: bytes, format: str) -> bool:
    """True when the outermost structure of the file claims more bytes than there are."""
    return stated_size(data, format) > len(data)


def stated_size(data: bytes, format: str) -> int:
    """How many bytes the outermost structure claims; 0 where the format does not say, or is not known here."""
    if format in ("mp4", "mov", "3gp", "heic", "avif"):
        return _boxes_end(data)
    if format in ("avi", "webp"):
        return 8 + int.from_bytes(data[4:8], "little")
    if format in ("mkv", "webm"):
        return _segment_end(data)
    return 0


def _boxes_end(data: bytes) -> int:
    """Where the last top-level box ends (ISO 14496-12, 4.2); a size of 0 means up to the end."""
    at = 0
    for _ in range(_MAX_BOXES):
        if at + 8 > len(data):
            break
        size = int.from_bytes(data[at : at + 4], "big")
        if size == 1:
            size = int.from_bytes(data[at + 8 : at + 16], "big")
        if size < 8:
            return at
        at += size
    return at


def _segment_end(data: bytes) -> int:
    """Where the Matroska segment ends (RFC 8794 sizes); 0 where its size is unknown, as in live recordings."""
    at = data.find(_SEGMENT, 0, _HEAD) + 4
    if at < 4 or at >= len(data):
        return 0
    length = 9 - data[at].bit_length()
    size = int.from_bytes(data[at : at + length], "big") & ((1 << 7 * length) - 1)
    unknown = size == (1 << 7 * length) - 1
    return 0 if length > 8 or unknown else at + length + size
