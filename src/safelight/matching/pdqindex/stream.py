"""Answer queries in chunks, by several threads, in order, at bounded memory."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

import numpy as np
from numpy.typing import NDArray

Packed = NDArray[np.uint64]
"""Pairs as the compiled loops write them: the query (from the chunk's first), the code's number, the distance."""

Pairs = tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]
"""Indexes into the queries (ascending), code numbers (ascending for a query), distances in bits; of equal length."""

NUMBER_SHIFT: Final = 9
QUERY_SHIFT: Final = 41
QUERY_BITS: Final = 22
ROOM: Final = 1 << 18
"""Pairs for which a chunk has room; one that has more is answered in parts."""

Answer = Callable[[int, int, int], tuple[int, Packed]]
"""`answer(first, last, room)`: the first query that was not answered, and the pairs of those before it."""


def streamed(answer: Answer, count: int, chunk: int, threads: int) -> Iterator[Pairs]:
    """Yield the pairs of `count` queries, `chunk` at a time; they do not depend on the number of threads.

    A query whose pairs do not fit is asked again with four times the room, so that the largest answer held is that of
    one query.
    """
    with ThreadPoolExecutor(threads) as pool:
        running: deque[tuple[int, int, int, Future[tuple[int, Packed]]]] = deque()
        starts = iter(range(0, count, max(1, chunk)))

        def submit(first: int, last: int, room: int) -> tuple[int, int, int, Future[tuple[int, Packed]]]:
            return first, last, room, pool.submit(answer, first, last, room)

        try:
            while True:
                while len(running) < threads + 1 and (start := next(starts, None)) is not None:
                    running.append(submit(start, min(start + chunk, count), ROOM))
                if not running:
                    return
                first, last, room, future = running.popleft()
                answered, packed = future.result()
                if answered < last:
                    running.appendleft(submit(answered, last, ROOM if answered > first else 4 * room))
                if len(packed):
                    yield unpacked(packed, first)
        finally:
            for *_, future in running:
                future.cancel()


def fitted(pairs: Callable[[int, int, int], Packed | None]) -> Answer:
    """Answers by `pairs(first, last, room)`, None where they do not fit; then for fewer queries, down to one.

    How many fitted is remembered, so that a cluster of copies is not found too large again and again.
    """
    fits = [1 << QUERY_BITS]

    def answer(first: int, last: int, room: int) -> tuple[int, Packed]:
        size = min(last - first, fits[0])
        while (found := pairs(first, first + size, room)) is None:
            if size == 1:
                return first, np.empty(0, np.uint64)
            size = max(1, size // 8)
        fits[0] = 2 * size
        return first + size, found

    return answer


def unpacked(packed: Packed, first: int) -> Pairs:
    """Pairs in order of query and number."""
    packed = np.sort(packed)
    query = (packed >> np.uint64(QUERY_SHIFT)).astype(np.int64) + first
    number = (packed >> np.uint64(NUMBER_SHIFT) & np.uint64(0xFFFF_FFFF)).astype(np.int64)
    return query, number, (packed & np.uint64(0x1FF)).astype(np.int64)
