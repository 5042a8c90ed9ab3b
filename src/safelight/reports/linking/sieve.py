"""Find members of a set of 64-bit keys in long columns."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[Any]


class Sieve:
    """Finds members of a set of keys in long columns: most are passed over by a small table first."""

    _BITS = 22

    def __init__(self, keys: Ints) -> None:
        self._keys = keys
        self._table = np.zeros(1 << self._BITS, dtype=bool)
        self._table[keys >> np.uint64(64 - self._BITS)] = True

    def __call__(self, column: Ints) -> Ints:
        """Positions in `column` of keys of the set."""
        first_bits = (column >> np.uint64(64 - self._BITS)).view(np.int64)
        some = np.flatnonzero(
            self._table.take(first_bits, mode="clip")
        )  # clipping never happens, and is quick
        at = np.searchsorted(self._keys, column[some])
        at[at == len(self._keys)] = 0
        made: Ints = some[self._keys[at] == column[some]] if len(self._keys) else some[:0]
        return made
