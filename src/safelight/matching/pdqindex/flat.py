"""Compare queries with every code: for few codes or few queries, and the reference that the index equals."""

from __future__ import annotations

from typing import Final

import numpy as np

from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.stream import NUMBER_SHIFT, QUERY_SHIFT, Answer, Packed, fitted
from safelight.matching.pdqindex.tables import Codes, address

_BLOCK: Final = 1 << 14
"""Codes compared with a chunk of queries before the next ones: half a megabyte, which stays in the cache."""

CHUNK: Final = 64


def flat_answer(queries: Codes, codes: Codes, radius: int, kernels: Kernels | None) -> Answer:
    """Answers by comparing everything; without compiled loops by NumPy."""

    def pairs(first: int, last: int, room: int) -> Packed | None:
        found, total = [], 0
        for start in range(0, len(codes), _BLOCK):
            stop = min(start + _BLOCK, len(codes))
            if kernels is None:
                part: Packed | None = _by_numpy(queries, first, last, codes, start, stop, radius)
            else:
                part = _compiled(queries, first, last, codes, start, stop, radius, room - total, kernels)
            if part is None or (total := total + len(part)) > room:
                return None
            found.append(part)
        return np.concatenate(found) if found else np.empty(0, np.uint64)

    return fitted(pairs)


def _compiled(
    queries: Codes,
    first: int,
    last: int,
    codes: Codes,
    start: int,
    stop: int,
    radius: int,
    room: int,
    kernels: Kernels,
) -> Packed | None:
    out, written = np.empty(room, np.uint64), np.zeros(1, np.uint64)
    answered = kernels.compare_all(
        address(queries),
        first,
        last,
        address(codes),
        start,
        stop,
        radius,
        address(out),
        room,
        address(written),
    )
    return out[: int(written[0])].copy() if answered == last else None


def _by_numpy(
    queries: Codes, first: int, last: int, codes: Codes, start: int, stop: int, radius: int
) -> Packed:
    words = codes[start:stop].view(np.uint64)
    found = []
    for query in range(first, last):
        asked = queries[query].view(np.uint64)
        bits = np.bitwise_count(words ^ asked).sum(axis=1, dtype=np.uint16)
        near = np.flatnonzero(bits <= radius)
        numbers = near.astype(np.uint64) + np.uint64(start)
        found.append(
            np.uint64(query - first) << np.uint64(QUERY_SHIFT)
            | numbers << np.uint64(NUMBER_SHIFT)
            | bits[near].astype(np.uint64)
        )
    return np.concatenate(found)
