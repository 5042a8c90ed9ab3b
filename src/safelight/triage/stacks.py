"""Near-copies form one stack: what lies within 31 bits of its representative. Stacks are not chained."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from safelight.matching.hamming import HammingIndex

RADIUS = 31
"""Hamming bits of 256, inclusive: the usual match of two PDQ hashes."""


def representatives(
    codes: NDArray[np.uint8], rank: NDArray[np.int64], radius: int = RADIUS
) -> NDArray[np.int64]:
    """Give each picture the index of its stack's representative, itself where it stands alone.

    `codes` is `(n, 32) uint8`; `rank` `(n,)` orders the candidates for representative (lowest first, so that
    the same findings give the same stacks). Greedy: the best-ranked picture not yet in a stack takes all
    unstacked ones within `radius` of it.
    """
    count = len(codes)
    stack = np.full(count, -1, dtype=np.int64)
    if count == 0:
        return stack
    left, right, _ = HammingIndex(codes).range_search(codes, radius)
    order = np.argsort(left, kind="stable")
    left, right = left[order], right[order]
    starts = np.searchsorted(left, np.arange(count + 1))
    for index in np.argsort(rank, kind="stable"):
        if stack[index] >= 0:
            continue
        near = right[starts[index] : starts[index + 1]]
        stack[near[stack[near] < 0]] = index
        stack[index] = index
    return stack
