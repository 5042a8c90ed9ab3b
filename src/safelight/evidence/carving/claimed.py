"""Which parts of the searched space belong to finds that are sound to their last byte."""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from typing import Any

import numpy as np
import numpy.typing as npt


class Claimed:
    """Intervals of positions that do not overlap, at sixteen bytes each."""

    def __init__(self) -> None:
        self._begins: Any = array("Q")
        self._ends: Any = array("Q")

    def add(self, begin: int, end: int) -> None:
        """Claim what lies from `begin` to `end`."""
        if not self._begins or begin >= self._begins[-1]:
            self._begins.append(begin)
            self._ends.append(end)
            return
        insort(self._begins, begin)
        self._ends.insert(bisect_left(self._begins, begin), end)

    def between(self, first: int, last: int) -> list[tuple[int, int]]:
        """Return (begin, end) of what is claimed of the positions from `first` to `last`, in order."""
        at = bisect_left(self._begins, first)
        found = []
        while at < len(self._begins) and self._begins[at] < last:
            found.append((self._begins[at], self._ends[at]))
            at += 1
        return found

    def free(self, first: int, step: int, count: int) -> npt.NDArray[np.int64]:
        """Return the numbers of those of `count` positions, every `step` from `first` on, that are not claimed."""
        mask = np.ones(count, np.bool_)
        last = first + step * count
        at = max(0, bisect_left(self._begins, first) - 1)
        while at < len(self._begins) and self._begins[at] < last:
            begin = max(0, -(-(self._begins[at] - first) // step))
            mask[begin : max(begin, -(-(self._ends[at] - first) // step))] = False
            at += 1
        return np.flatnonzero(mask)
