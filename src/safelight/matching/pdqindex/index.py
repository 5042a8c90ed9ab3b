"""The index of a set of codes: in memory or in a file, searched by bands, equal to comparing everything."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from safelight.errors import IntegrityError
from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.file import Mapped, map_tables
from safelight.matching.pdqindex.layout import budgets_for, nanoseconds
from safelight.matching.pdqindex.room import SEARCH
from safelight.matching.pdqindex.stream import Packed, Pairs, fitted, streamed
from safelight.matching.pdqindex.tables import CODE_BYTES, Codes, Plan, Tables, address, in_memory

_CHUNK, _MOST_CHUNK = 8192, 1 << 16
_SPACING: Final = 1000
"""Queries sweep through the tables together, one for so many codes: the more, the nearer together they touch them."""


class PdqIndex:
    """Finds every code within a radius of a query. The codes are the caller's, and must not change."""

    def __init__(self, codes: Codes, tables: Tables, kernels: Kernels, mapped: Mapped | None = None) -> None:
        """Use `PdqIndex.built` or `PdqIndex.open`."""
        self._codes, self._tables, self._kernels, self._mapped = codes, tables, kernels, mapped
        self._plan = cache(self._planned)

    @classmethod
    def built(cls, codes: Codes, kernels: Kernels, threads: int) -> PdqIndex:
        """An index in memory over `(n, 32) uint8` codes; position in the array is the code's number."""
        return cls(codes, in_memory(codes, kernels, threads), kernels)

    @classmethod
    def open(cls, path: Path, codes: Codes, source: str, kernels: Kernels) -> PdqIndex:
        """Map the index that `write_index` wrote of these codes.

        Only its head is read. What the tables say is not believed: a wrong one can hide pairs and show none that is
        not there, and `verify` finds it.

        Raises:
            DamagedIndexError: it is not whole, not an index of these codes, or of another version.
        """
        mapped = map_tables(path, len(codes), source)
        return cls(codes, mapped.tables, kernels, mapped)

    def verify(self, threads: int) -> None:
        """Read the file and the codes through, so that they are in memory, and compare their digests.

        Raises:
            DamagedIndexError: the tables were altered.
            IntegrityError: the codes were.
        """
        if self._mapped is not None:
            with ThreadPoolExecutor(1) as pool:
                codes = pool.submit(verify_codes, self._codes, self._mapped.source)
                self._mapped.verify(threads)
                codes.result()

    @property
    def nbytes(self) -> int:
        """Bytes of the tables; the codes, 32 bytes each, are not counted."""
        return self._tables.nbytes

    def nanoseconds(self, radius: int) -> float | None:
        """About how long a query takes on one core; None where the radius is too large for the bands."""
        widths, count = self._tables.layout.widths, len(self._codes)
        try:
            return nanoseconds(widths, budgets_for(widths, count, radius), count)
        except ValueError:
            return None

    def search(self, queries: Codes, radius: int, threads: int) -> Iterator[Pairs]:
        """All pairs within `radius` bits, inclusive, in chunks of some thousand queries.

        Raises:
            ValueError: the radius is too large for the bands (`nanoseconds` says so).
        """
        plan, kernels, id_bits = self._plan(radius), self._kernels, self._tables.layout.id_bits
        codes, count = address(self._codes), len(self._codes)

        def pairs(first: int, last: int, room: int) -> Packed | None:
            asked, part = last - first, address(queries) + CODE_BYTES * first
            out, total = np.empty(room, np.uint64), 0
            keys, scratch = np.empty(asked, np.uint64), np.empty(SEARCH, np.uint64)
            for band, table in enumerate(plan.tables):
                kernels.keys_of(part, asked, address(table), address(keys))
                order = np.argsort(keys).astype(np.uint64)
                by_key = keys[order]
                upper, groups, runs = plan.regions(band, by_key)
                total = kernels.search_band(
                    address(by_key),
                    address(order),
                    address(groups),
                    upper,
                    address(runs),
                    len(runs) - 1,
                    address(scratch),
                    part,
                    codes,
                    count,
                    address(plan.words),
                    band,
                    id_bits,
                    radius,
                    address(out),
                    room,
                    total,
                )
                if total > room:
                    return None
            return out[:total].copy()

        chunk = min(max(_CHUNK, count // _SPACING), _MOST_CHUNK, -(-len(queries) // threads))
        yield from streamed(fitted(pairs), len(queries), chunk, threads)

    def _planned(self, radius: int) -> Plan:
        return Plan.of(self._tables, budgets_for(self._tables.layout.widths, len(self._codes), radius))


def verify_codes(codes: Codes, source: str) -> None:
    """Raises IntegrityError where the SHA-256 of codes is not `source`, in hex."""
    if hashlib.sha256(codes.data).hexdigest() != source:
        raise IntegrityError(
            "The PDQ hashes of a list were altered since it was imported.", "Import the list again."
        )
