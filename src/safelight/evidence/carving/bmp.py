"""Recognise a BMP by its two heads (Microsoft BITMAPINFOHEADER and its successors), which must agree."""

from __future__ import annotations

import struct

import numpy as np

from safelight.evidence.carving.shape import LEAST, LONGEST_PICTURE, Shape, broken
from safelight.evidence.protocol import Source

_HEADS = frozenset((12, 40, 52, 56, 64, 108, 124))
_DEPTHS = frozenset((1, 4, 8, 16, 24, 32))
_UNCOMPRESSED = (0, 3, 6)
_STEP = 1 << 20
_WILD, _CALM = 70, 45
_TOGETHER, _LEAST_CALM = 6, 16


def bmp(source: Source, start: int, most: int) -> Shape | None:
    """Compare the stated size with that of the pixels; pixels must go on as they begin."""
    head = source.read_at(start, 54)
    if len(head) < 54 or head[6:10] != bytes(4):
        return None
    size, data, kind = (struct.unpack_from("<I", head, at)[0] for at in (2, 10, 14))
    if kind not in _HEADS or not 14 + kind <= data <= 14 + kind + 4 * 256 + 64:
        return None
    if kind == 12:
        width, height, planes, depth = struct.unpack_from("<HHHH", head, 18)
        method = 0
    else:
        width, height, planes, depth, method = struct.unpack_from("<iiHHI", head, 18)
    height = abs(height)
    if planes != 1 or depth not in _DEPTHS or not 0 < width < 1 << 16 or not 0 < height < 1 << 16:
        return None
    pixels = -(-width * depth // 32) * 4 * height
    if method in _UNCOMPRESSED:
        if not data + pixels <= size <= data + pixels + 64:
            return None
    elif method not in (1, 2) or depth not in (4, 8) or not data < size <= data + 2 * pixels + 64:
        return None
    if size > min(LONGEST_PICTURE, most):
        return None
    if start + size > source.size:
        return broken(source.size - start, "bmp")
    if method in _UNCOMPRESSED and depth in (24, 32):
        sound = _sound_rows(source, start + data, -(-width * depth // 32) * 4, height)
        if sound is not None:
            return broken(data + sound, "bmp") if sound >= LEAST else None
    return Shape(size, "bmp", solid=False)


def _sound_rows(source: Source, position: int, row: int, height: int) -> int | None:
    """Return how many bytes of pixels go on as they began, or None where all do.

    Bytes of compressed or foreign content differ from those a row above by 85 of 256 on average; in a picture
    that began otherwise, six such rows are not its own.
    """
    step = max(1, _STEP // row)
    above, calm = b"", 0
    for first in range(0, height, step):
        rows = min(step, height - first)
        data = source.read_at(position + first * row, rows * row)
        if len(data) < rows * row:
            return None
        joined = np.frombuffer(above + data, np.uint8).reshape(-1, row)
        above = data[-row:]
        if len(joined) < 2:
            continue
        differ = np.abs(np.diff(joined.astype(np.int16), axis=0)).mean(axis=1)
        wild = differ > _WILD
        if calm + int(np.count_nonzero(differ < _CALM)) < _LEAST_CALM and wild.any():
            return None  # it was never calm: noise may be what it shows
        together = (
            np.convolve(wild, np.ones(_TOGETHER, np.int64), "valid") >= _TOGETHER
            if len(wild) >= _TOGETHER
            else wild[:0]
        )
        if together.any():
            return (first + int(np.argmax(together))) * row
        calm += int(np.count_nonzero(differ < _CALM))
    return None
