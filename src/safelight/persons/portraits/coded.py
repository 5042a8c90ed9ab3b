"""How coarsely a JPEG file was saved, from its quantisation table; its bytes are hostile, and few are read."""

from __future__ import annotations

_STANDARD = (16, 11, 12, 14, 12, 10)
"""The first steps of the luminance table of ITU-T T.81, Annex K, in the order of the file: those of quality 50. The
further ones say less, as they stop at 255 when quality is low."""
_MOST_SEGMENTS = 4096
_QUANTISATION, _SCAN = 0xDB, 0xDA


def coarseness(data: bytes) -> float:
    """Steps of the luminance table against those of quality 50: 1 there, 5 at quality 10, 0.4 at 80; 0 if unknown.

    It tells of the last time that a picture was saved: what was saved coarsely and then finely is not seen.
    """
    if data[:2] != b"\xff\xd8":
        return 0.0
    at = 2
    for _ in range(_MOST_SEGMENTS):
        if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] == _SCAN:
            break
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at + 1] == _QUANTISATION and (found := _luminance(data[at + 4 : at + 2 + length])):
            return found
        at += 2 + max(length, 2)
    return 0.0


def _luminance(tables: bytes) -> float:
    """Of table 0 in a segment; 0 where it is not there."""
    at = 0
    while at < len(tables):
        wide, number = tables[at] >> 4, tables[at] & 15
        size = 2 if wide else 1
        steps = tables[at + 1 : at + 1 + size * len(_STANDARD)]
        if number == 0 and len(steps) == size * len(_STANDARD):
            said = [int.from_bytes(steps[size * k : size * k + size], "big") for k in range(len(_STANDARD))]
            return sum(said) / sum(_STANDARD)
        at += 1 + 64 * size
    return 0.0


__all__ = ["coarseness"]
