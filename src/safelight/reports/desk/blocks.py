"""Work on long columns a block at a time, in two threads: what is made on the way stays small and near."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

_BLOCK = 1 << 18
"""Reports of a block: some columns of it fit the processor's cache."""


def each_block(work: Callable[[slice], None], reports: int) -> None:
    """Do something with every block of so many reports, two at a time: NumPy leaves Python alone meanwhile."""
    blocks = [slice(first, min(first + _BLOCK, reports)) for first in range(0, reports, _BLOCK)]
    if len(blocks) < 2:
        for one in blocks:
            work(one)
        return
    with ThreadPoolExecutor(2) as pool:
        for _ in pool.map(work, blocks):
            pass
