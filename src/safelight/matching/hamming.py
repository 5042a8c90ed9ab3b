"""Find PDQ hashes within a Hamming radius: exact, every pair, no sampling. The one such search of the product."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.matching.pdqindex.compiled import Kernels, kernels
from safelight.matching.pdqindex.flat import CHUNK, flat_answer
from safelight.matching.pdqindex.index import PdqIndex
from safelight.matching.pdqindex.stream import Pairs, streamed
from safelight.matching.pdqindex.updated import UpdatedIndex

RADIUS: Final = 31
"""Hamming bits of 256, inclusive: the usual match of two PDQ hashes."""

BITS: Final = 256

SMALL: Final = 20_000
"""Up to so many codes, comparing each is as fast as any index."""

_PAIR_NS, _PLAIN_PAIR_NS = 0.65, 6.0
"""What comparing two codes costs on one core, about: compiled, and by NumPy."""
_BUILD_NS: Final = 800.0
"""What building an index in memory costs, about, for each code."""
_PATIENCE_NS: Final = 5e9
"""Longer comparisons by NumPy are not begun before it was tried to compile the loops, which takes two seconds."""

Codes = NDArray[np.uint8]

Index = PdqIndex | UpdatedIndex
Opener = Callable[[Kernels], Index | None]
"""Opens what is kept of an index; None where nothing is."""


class HammingIndex:
    """Searches `(n, 32) uint8` codes, which are not copied and must not change.

    Queries are compared with each code as long as that is sooner done than to get an index; from then on by the
    index (`pdqindex/`). The answers are the same, in the same order.
    """

    def __init__(
        self, codes: Codes, opener: Opener | None = None, open_ns: float = _BUILD_NS, threads: int = 0
    ) -> None:
        """Position in the array is the code's number.

        Args:
            codes: `(n, 32) uint8`.
            opener: opens the index of the codes where there is a kept one; else it is built in memory.
            open_ns: what that takes, about, in nanoseconds for each code.
            threads: 0: one a core that this process may use.
        """
        if codes.ndim != 2 or codes.shape[1] * 8 != BITS:
            raise ValueError(f"codes have the shape {codes.shape}, not (n, 32)")
        self._codes = np.ascontiguousarray(codes, np.uint8)
        self._opener, self._open_ns = opener, open_ns
        self._threads = threads or len(os.sched_getaffinity(0))
        self._index: Index | None = None
        self._asked = 0

    def __len__(self) -> int:
        """How many codes are indexed."""
        return len(self._codes)

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
        left, right, bits = np.concatenate(lefts), np.concatenate(rights), np.concatenate(distances)
        order = np.lexsort((right, left))
        return left[order], right[order], bits[order]

    def range_chunks(self, queries: Codes, radius: int = RADIUS) -> Iterator[Pairs]:
        """The same pairs in chunks, for callers that need not hold them all: a cluster of copies has many.

        No pair is left out and none comes twice. A chunk holds some hundred queries' pairs, or those of one query.
        """
        queries = np.ascontiguousarray(queries, np.uint8)
        if not len(self) or not len(queries) or radius < 0:
            return iter(())
        self._asked += len(queries)
        loops = self._loops(len(queries))
        index = self._index_for(radius, loops) if loops is not None else None
        if index is not None:
            return index.search(queries, radius, self._threads)
        return streamed(flat_answer(queries, self._codes, radius, loops), len(queries), CHUNK, self._threads)

    def _loops(self, asked: int) -> Kernels | None:
        """The compiled loops, if they are prepared or the work is worth compiling them."""
        return kernels(compile=asked * len(self) * _PLAIN_PAIR_NS > _PATIENCE_NS)

    def _index_for(self, radius: int, loops: Kernels) -> Index | None:
        """The index, where it is there or worth getting, and sooner done than comparing everything."""
        flat = len(self) * _PAIR_NS
        if self._index is None and len(self) > SMALL and self._asked * flat > len(self) * self._open_ns:
            opened = self._opener(loops) if self._opener is not None else None
            self._index = opened or PdqIndex.built(self._codes, loops, self._threads)
        if self._index is None:
            return None
        each = self._index.nanoseconds(radius)
        return self._index if each is not None and each < flat else None


def hamming_distance(left: Codes, right: Codes) -> NDArray[np.int64]:
    """Hamming bits between rows of two `(n, 32) uint8` arrays."""
    distance: NDArray[np.int64] = np.bitwise_count(left ^ right).sum(axis=-1, dtype=np.int64)
    return distance
