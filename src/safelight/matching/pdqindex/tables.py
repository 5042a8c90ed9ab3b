"""The tables of an index: for each band, its entries sorted by key, and where each key's entries begin."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.layout import (
    ENTRY_BYTES,
    Layout,
    flips,
    layout_for,
    region_bits,
    runs_of,
    words_of,
)
from safelight.matching.pdqindex.room import KEYS

Codes = NDArray[np.uint8]
"""`(n, 32) uint8`, contiguous."""

CODE_BYTES = 32

PADDING = 2
"""Entries are read eight bytes at a time; the last one needs so many more."""
_PLAN_WORDS = 16


@dataclass(frozen=True, slots=True)
class Band:
    """`offsets` is `(2 ** width + 1,) uint32`, `entries` `(6 n + 2,) uint8`."""

    offsets: NDArray[np.uint32]
    entries: NDArray[np.uint8]


def build_bands(codes: Codes, layout: Layout, kernels: Kernels, threads: int) -> Iterator[Band]:
    """Sort the codes into each band, by counting; in memory, `threads` bands at a time, in their order."""
    with ThreadPoolExecutor(threads) as pool:
        ahead = [
            pool.submit(_build, codes, layout, band, kernels)
            for band in range(min(threads, len(layout.bands)))
        ]
        for band in range(len(layout.bands)):
            yield ahead.pop(0).result()
            if band + threads < len(layout.bands):
                ahead.append(pool.submit(_build, codes, layout, band + threads, kernels))


def _build(codes: Codes, layout: Layout, band: int, kernels: Kernels) -> Band:
    count, table = len(codes), layout.table(band)
    keys = np.empty(KEYS, np.uint64)
    offsets = np.zeros((1 << layout.widths[band]) + 1, np.uint32)
    kernels.count_keys(address(codes), count, address(table), address(offsets), address(keys))
    np.cumsum(offsets, out=offsets)
    entries = np.zeros(ENTRY_BYTES * count + PADDING, np.uint8)
    cursors = offsets.copy()
    kernels.place_entries(
        address(codes),
        count,
        address(table),
        address(cursors),
        address(entries),
        layout.id_bits,
        address(keys),
    )
    return Band(offsets, entries)


@dataclass(frozen=True, slots=True)
class Tables:
    """A layout and its bands."""

    layout: Layout
    bands: tuple[Band, ...]

    @property
    def nbytes(self) -> int:
        """Bytes of all tables, the codes not counted."""
        return sum(band.offsets.nbytes + band.entries.nbytes for band in self.bands)


def in_memory(codes: Codes, kernels: Kernels, threads: int) -> Tables:
    """The tables of these codes, in memory."""
    layout = layout_for(len(codes))
    return Tables(layout, tuple(build_bands(codes, layout, kernels, threads)))


@dataclass(frozen=True, slots=True)
class Plan:
    """How the bands are searched for one radius: 16 words a band for `search_band`, and what they point to."""

    words: NDArray[np.uint64]
    tables: tuple[NDArray[np.uint64], ...]
    masks: tuple[NDArray[np.uint32], ...]

    @classmethod
    def of(cls, tables: Tables, budgets: list[int]) -> Plan:
        """Words: key table, offsets, entries, masks; width, most of two bands, print mask, budget; bits; print."""
        layout, words, keys, flipped = tables.layout, [], [], []
        for number, (band, budget) in enumerate(zip(tables.bands, budgets, strict=True)):
            if not budget:
                continue
            table, masks = layout.table(number), flips(layout.widths[number], budget - 1)
            following = budgets[(number + 1) % len(budgets)]
            printed = layout.printed(number)
            row = np.zeros(_PLAN_WORDS, np.uint64)
            row[:4] = [address(one) for one in (table, band.offsets, band.entries, masks)]
            row[4:8] = [layout.widths[number], budget + following - 1, (1 << len(printed)) - 1, budget]
            row[8:12], row[12:] = words_of(layout.bands[number]), words_of(printed)
            words.append(row)
            keys.append(table)
            flipped.append(masks)
        return cls(np.array(words, np.uint64), tuple(keys), tuple(flipped))

    def regions(
        self, band: int, by_key: NDArray[np.uint64]
    ) -> tuple[int, NDArray[np.uint32], NDArray[np.uint32]]:
        """How a band is gone through for sorted keys: upper bits of a region, first query of each, runs of masks."""
        width, budget = int(self.words[band, 4]), int(self.words[band, 7])
        upper = region_bits(width, budget - 1, len(by_key))
        starts = np.arange((1 << upper) + 1, dtype=np.uint64) << np.uint64(32 + width - upper)
        groups = np.searchsorted(by_key, starts).astype(np.uint32)
        return upper, groups, runs_of(self.masks[band], width - upper)


def address(array: NDArray[Any]) -> int:
    """Where an array's first byte lies."""
    assert array.flags.c_contiguous
    return int(array.ctypes.data)
