"""PDQ's way from pixels to its 64 × 64 buffer as two matrix products, and from there to 16 × 16 coefficients.

PDQ is linear up to the buffer: two box-filter passes and a decimation. The operator for the *original* size is
built once a size; for a picture that was decoded at 1/s its columns are summed in groups of s.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from safelight.media.protocol import Pixels

Floats = NDArray[np.float32]

SIDE = 64
"""Rows and columns of the buffer; no side of a picture may be shorter."""
LUMA = np.array([0.299, 0.587, 0.114], np.float32)
_STRIPE = 64
_COEFFICIENTS = 16


def buffers_of(pixels: Pixels, size: tuple[int, int]) -> Floats:
    """`(2, 2, 64, 64) float32` of a picture of `size` (width, height) from its pixels, scaled or not.

    The first index says whether the picture is taken upside down, the second whether left-right.

    Args:
        pixels: `(h, w, 3)` RGB or `(h, w)` luma. Its scale, a power of two (or 1), is what brings the sides of
            the picture to its own, rounded up; ValueError where none does.
        size: width and height of the picture at full size.
    """
    height, width = pixels.shape[:2]
    rows = _operators(size[1], scale_of(size[1], height))
    columns = _operators(size[0], scale_of(size[0], width))
    half_way = np.zeros((2 * SIDE, width), np.float32)
    for top in range(0, height, _STRIPE):
        # In stripes, because luma of the whole picture would not stay in the processor's cache.
        half_way += rows[:, top : top + _STRIPE] @ luma(pixels[top : top + _STRIPE])
    buffers: Floats = half_way @ columns.T
    return np.ascontiguousarray(buffers.reshape(2, SIDE, 2, SIDE).swapaxes(1, 2))


def luma(pixels: Pixels) -> Floats:
    """Luma (ITU-R 601) of RGB or of luma, unrounded, in the shape of the picture."""
    values: Floats = pixels.astype(np.float32)
    return values if values.ndim == 2 else np.asarray(values @ LUMA, np.float32)


def coefficients_of(buffers: Floats) -> Floats:
    """`(…, 16, 16) float32`: the DCT coefficients 1..16 in both directions, the rows being vertical frequencies."""
    return np.asarray(_DCT @ buffers @ _DCT.T, np.float32)


def quality_of(buffer: Floats) -> int:
    """0..100: the sum of truncated gradients over the buffer, in the reference's units."""
    total = sum(
        int(np.abs(np.trunc(np.diff(buffer, axis=axis) * np.float32(100) / np.float32(255))).sum())
        for axis in (0, 1)
    )
    return min(total // 90, 100)


def scale_of(original: int, decoded: int) -> int:
    """By how much a side was scaled down; ValueError when it is no rounded-up power of two."""
    scale = 1
    while -(-original // scale) > decoded:
        scale *= 2
    if -(-original // scale) != decoded:
        raise ValueError(f"{decoded} pixels are not {original} at a power of two")
    return scale


@lru_cache(maxsize=512)
def _operators(length: int, scale: int) -> Floats:
    """`(128, ceil(length / scale)) float32`: the operator of one direction, and under it that of the mirrored side.

    Two box passes over `length` and the decimation to 64. Row r of one pass averages the window around r, cut off
    at the borders. The second pass averages rows of the first; each is an interval, so that their sum is built from
    the intervals' ends alone. Neither windows nor decimation are symmetrical: of a picture of 320 pixels the signs
    of one DCT differ from the hash of the mirrored picture by 15 bits on average.
    """
    window = (length + 2 * SIDE - 1) // (2 * SIDE)
    half = (window + 2) // 2
    index = np.arange(length)
    low = np.maximum(index - (window - half), 0)
    high = np.minimum(index + half, length)
    weight = 1.0 / (high - low)
    picked = ((np.arange(SIDE) + 0.5) * length / SIDE).astype(np.int64)
    ends = np.zeros((SIDE, length + 1))
    for row, at in enumerate(picked):
        inside = slice(low[at], high[at])
        np.add.at(ends[row], low[inside], weight[inside])
        np.add.at(ends[row], high[inside], -weight[inside])
    matrix = np.cumsum(ends, axis=1)[:, :length] * weight[picked][:, None]
    both = np.concatenate((matrix, matrix[:, ::-1]))
    grouped = np.add.reduceat(both, np.arange(0, length, scale), axis=1)
    return np.ascontiguousarray(grouped, dtype=np.float32)


def _dct() -> Floats:
    """`(16, 64) float32`: rows 1..16 of the DCT, without the constant one."""
    row = np.arange(1, _COEFFICIENTS + 1)[:, None]
    column = np.arange(SIDE)[None, :]
    waves: Floats = np.cos(np.pi / (2 * SIDE) * row * (2 * column + 1)).astype(np.float32)
    return waves * np.float32(np.sqrt(2.0 / SIDE))


_DCT = _dct()
