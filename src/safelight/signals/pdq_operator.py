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
_STRIPE = 32
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
    scale = scale_of(size[1], height)
    rows = _operators(size[1], scale)
    columns = _operators(size[0], scale_of(size[0], width))
    lines = pixels.reshape(height, -1)
    sums = np.zeros((2 * SIDE, lines.shape[1]), np.float32)
    floats = np.empty((_STRIPE, lines.shape[1]), np.float32)
    for top, looking in zip(range(0, height, _STRIPE), _looking(size[1], scale), strict=True):
        # In stripes, because floats of the whole picture would not stay in the processor's cache.
        stripe = floats[: height - top]
        stripe[...] = lines[top : top + _STRIPE]
        for some in looking:
            sums[some] += rows[some, top : top + _STRIPE] @ stripe
    half_way = luma(sums.reshape(2 * SIDE, *pixels.shape[1:]))  # linear too: mixed after the sums, of less
    buffers: Floats = half_way @ columns.T
    return np.ascontiguousarray(buffers.reshape(2, SIDE, 2, SIDE).swapaxes(1, 2))


def luma(pixels: Pixels | Floats) -> Floats:
    """Luma (ITU-R 601) of RGB or of luma, unrounded, in the shape of the picture."""
    values: Floats = pixels.astype(np.float32, copy=False)
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
def _looking(length: int, scale: int) -> list[tuple[slice, slice]]:
    """For each stripe of a picture which rows of the operator look into it: few and neighbours, in either half."""
    there = _operators(length, scale) != 0
    first = there.argmax(axis=1)
    behind = there.shape[1] - there[:, ::-1].argmax(axis=1)
    tops = np.arange(0, there.shape[1], _STRIPE)
    upright = (
        np.searchsorted(behind[:SIDE], tops, "right"),
        np.searchsorted(first[:SIDE], tops + _STRIPE, "left"),
    )
    mirrored = (  # its rows look from the bottom upwards
        2 * SIDE - np.searchsorted(first[SIDE:][::-1], tops + _STRIPE, "left"),
        2 * SIDE - np.searchsorted(behind[SIDE:][::-1], tops, "right"),
    )
    return [
        (slice(*one), slice(*other))
        for one, other in zip(np.transpose(upright).tolist(), np.transpose(mirrored).tolist(), strict=True)
    ]


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
    start, end = low[low[picked]], high[high[picked] - 1]  # beyond these a row is zero
    reach = int((end - start).max()) + 1
    counts = high[picked] - low[picked]
    row = np.repeat(np.arange(SIDE), counts)
    inside = low[picked][row] + np.arange(len(row)) - np.repeat(np.cumsum(counts) - counts, counts)
    at = row * reach - start[row]
    ends = np.bincount(
        np.concatenate((at + low[inside], at + high[inside])),
        np.concatenate((weight[inside], -weight[inside])),
        SIDE * reach,
    )
    values = np.cumsum(ends.reshape(SIDE, reach), axis=1)[:, :-1] * weight[picked][:, None]
    there = start[:, None] + np.arange(reach - 1)
    values[there >= end[:, None]] = 0  # but for rounding it is
    there = np.minimum(there, length - 1)
    operators = np.zeros((2 * SIDE, -(-length // scale)), np.float32)
    for rows, columns in ((operators[:SIDE], there), (operators[SIDE:], length - 1 - there)):
        groups = columns // scale
        least = groups.min(axis=1)
        span = int((groups - least[:, None]).max()) + 1
        at = groups + (np.arange(SIDE) * span - least)[:, None]
        sums = np.bincount(at.ravel(), values.ravel(), SIDE * span).reshape(SIDE, span)
        filled, column = np.nonzero(sums)
        rows[filled, least[filled] + column] = sums[filled, column]
    return operators


def _dct() -> Floats:
    """`(16, 64) float32`: rows 1..16 of the DCT, without the constant one."""
    row = np.arange(1, _COEFFICIENTS + 1)[:, None]
    column = np.arange(SIDE)[None, :]
    waves: Floats = np.cos(np.pi / (2 * SIDE) * row * (2 * column + 1)).astype(np.float32)
    return waves * np.float32(np.sqrt(2.0 / SIDE))


_DCT = _dct()
