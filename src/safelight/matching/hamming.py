"""Find PDQ hashes within a Hamming radius: exact, every pair, no sampling."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

RADIUS: Final = 31
"""Hamming bits of 256, inclusive: the usual match of two PDQ hashes."""

BITS: Final = 256
_QUERIES: Final = 256
"""Queries answered at a time, so that a cluster of equal hashes fills one chunk and not the memory."""

Codes = NDArray[np.uint8]
Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]


class HammingIndex:
    """An index over `(n, 32) uint8` codes; the codes are copied.

    It compares each query with every code (`faiss.IndexBinaryFlat`), which suits up to a million codes.
    """

    def __init__(self, codes: Codes) -> None:
        """Index the codes; position in the array is the code's number."""
        import faiss

        if codes.ndim != 2 or codes.shape[1] * 8 != BITS:
            raise ValueError(f"codes have the shape {codes.shape}, not (n, 32)")
        self._index = faiss.IndexBinaryFlat(BITS)
        if len(codes):
            self._index.add(np.ascontiguousarray(codes, np.uint8))

    def __len__(self) -> int:
        """How many codes are indexed."""
        return int(self._index.ntotal)

    def range_search(self, queries: Codes, radius: int = RADIUS) -> Pairs:
        """All pairs within `radius` bits, inclusive.

        Args:
            queries: `(m, 32) uint8`.
            radius: Hamming bits, inclusive.

        Returns:
            Indexes into `queries` (ascending), code numbers, and distances in bits, of equal length.
        """
        chunks = list(self.range_chunks(queries, radius))
        if not chunks:
            empty = np.empty(0, np.int64)
            return empty, empty, empty
        lefts, rights, distances = zip(*chunks, strict=True)
        return np.concatenate(lefts), np.concatenate(rights), np.concatenate(distances)

    def range_chunks(self, queries: Codes, radius: int = RADIUS) -> Iterator[Pairs]:
        """The same pairs in chunks of some hundred queries, for callers that need not hold them all."""
        queries = np.ascontiguousarray(queries, np.uint8)
        if not len(self) or radius < 0:
            return
        for start in range(0, len(queries), _QUERIES):
            # faiss takes the radius as exclusive
            limits, distances, labels = self._index.range_search(
                queries[start : start + _QUERIES], radius + 1
            )
            counts = np.diff(limits.astype(np.int64))
            left = np.repeat(np.arange(start, start + len(counts)), counts)
            yield left, labels.astype(np.int64), distances.astype(np.int64)


def hamming_distance(left: Codes, right: Codes) -> NDArray[np.int64]:
    """Hamming bits between rows of two `(n, 32) uint8` arrays."""
    distance: NDArray[np.int64] = np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.int64)
    return distance
