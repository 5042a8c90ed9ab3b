"""How 256 bits are cut into bands, and how near two codes must be in a band for the index to compare them.

Two codes within 31 bits of each other are, for any cut into bands with budgets that sum to 32, within budget − 1 bits
in at least one band: else their distance would be 32 or more. So only codes whose band differs in that few bits are
looked at. More holds (the ring of pigeons, Qin and Xiao, VLDB 2018): with the bands in a ring there is one from which
*every* run of bands stays below the sum of its budgets. Two bands of the run are used here: each entry of the index
carries the next band's bits, and a code is fetched only where both bands together are near enough. Of random codes
that agree in one band, fewer than one in a hundred pass.

Bits go to the bands in turn, one at a time, each row of the 16 × 16 beginning with another band: neighbouring bits of
hashes can be correlated, and bands of neighbours would put most codes into few buckets.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

BITS: Final = 256
ENTRY_BYTES: Final = 6
MOST_CODES: Final = 1 << 32
_SKEW: Final = 5
_MOST_FLIPS: Final = 3
_WIDEST: Final = 28
_REGION: Final = 8
_PROBES_A_VISIT: Final = 8
"""A region has at least 2⁸ keys, a kilobyte of offsets; a visit costs about what a tenth of a probe does."""
_PROBE_NS: Final = 20.0
_ENTRY_NS: Final = 1.5
"""What a probe and an entry cost, about: only for choosing where to spend the budget."""

_SIZES: Final = (
    (2_000_000, (16,) * 16),
    (6_000_000, (19,) * 4 + (18,) * 10),
    (30_000_000, (22,) * 8 + (20,) * 4),
    (MOST_CODES, (24,) * 6 + (23,) * 4 + (20,)),
)
"""Bands by the number of codes, measured: more and narrower ones mean fewer probes of fuller buckets."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The bits of each band, and how an entry is packed: the code's number, then bits of the next band."""

    bands: tuple[tuple[int, ...], ...]
    id_bits: int

    @property
    def widths(self) -> tuple[int, ...]:
        """Bits of each band."""
        return tuple(map(len, self.bands))

    def printed(self, band: int) -> tuple[int, ...]:
        """The bits of the next band that an entry of `band` carries."""
        following = self.bands[(band + 1) % len(self.bands)]
        return following[: ENTRY_BYTES * 8 - self.id_bits]

    def table(self, band: int) -> NDArray[np.uint64]:
        """`(32, 256) uint64`: what each value of each byte of a code adds to its key (low) and print (above 32)."""
        values = np.arange(256, dtype=np.uint64)
        table = np.zeros((BITS // 8, 256), np.uint64)
        places = [*enumerate(self.bands[band]), *enumerate(self.printed(band), 32)]
        for place, bit in places:
            table[bit >> 3] |= (values >> np.uint64(bit & 7) & np.uint64(1)) << np.uint64(place)
        return table

    def offset_counts(self) -> list[int]:
        """How many `uint32` offsets each band has."""
        return [(1 << width) + 1 for width in self.widths]


def layout_for(count: int) -> Layout:
    """The layout of an index over `count` codes."""
    widths = next(widths for most, widths in _SIZES if count <= most)
    return Layout(interleaved(widths), max(1, (count - 1).bit_length()))


def interleaved(widths: tuple[int, ...]) -> tuple[tuple[int, ...], ...]:
    """Deal the 16 × 16 bits out to bands of these widths, so that no two neighbours lie in one band, if it can be."""
    bands: list[list[int]] = [[] for _ in widths]
    for bit in range(BITS):
        row, column = divmod(bit, 16)
        turn = column + _SKEW * row
        while len(bands[turn % len(widths)]) == widths[turn % len(widths)]:
            turn += 1
        bands[turn % len(widths)].append(bit)
    return tuple(map(tuple, bands))


def budgets_for(widths: tuple[int, ...], count: int, radius: int) -> list[int]:
    """Budgets of the bands for a radius: they sum to `radius + 1`, where flips are cheapest. Budget 0: not probed.

    Raises:
        ValueError: the radius is too large for these bands.
    """
    budgets = [0] * len(widths)
    for _ in range(radius + 1):
        prices = [
            _price(width, budget, count) if budget <= _MOST_FLIPS else float("inf")
            for width, budget in zip(widths, budgets, strict=True)
        ]
        cheapest = min(range(len(widths)), key=prices.__getitem__)
        if prices[cheapest] == float("inf"):
            raise ValueError(f"a radius of {radius} is too large for {len(widths)} bands")
        budgets[cheapest] += 1
    return budgets


def nanoseconds(widths: tuple[int, ...], budgets: list[int], count: int) -> float:
    """About how long a query takes on one core."""
    pairs = zip(widths, budgets, strict=True)
    return sum(_price(width, flips, count) for width, budget in pairs for flips in range(budget))


def _price(width: int, flips: int, count: int) -> float:
    """Nanoseconds for the probes of a band that flip exactly so many bits."""
    return comb(width, flips) * (_PROBE_NS + _ENTRY_NS * count / (1 << width))


def flips(width: int, most: int) -> NDArray[np.uint32]:
    """Masks of at most `most` of `width` bits, ascending, each with the number of its bits in the top four."""
    assert width <= _WIDEST and most <= _MOST_FLIPS
    masks = np.zeros(1, np.uint32)
    weights = np.zeros(1, np.uint32)
    found: list[tuple[NDArray[Any], NDArray[Any]]] = [(masks, weights)]
    for weight in range(1, most + 1):
        bits = np.uint32(1) << np.arange(width, dtype=np.uint32)
        wider = (masks[:, None] | bits)[masks[:, None] < bits]  # the new bit above those there: each set once
        masks, weights = wider, np.full(len(wider), weight, np.uint32)
        found.append((masks, weights))
    every = np.concatenate([one for one, _ in found])
    heavy = np.concatenate([one for _, one in found])
    order = np.argsort(every, kind="stable")
    packed: NDArray[np.uint32] = (every | heavy << np.uint32(28))[order]
    return packed


def region_bits(width: int, most: int, queries: int) -> int:
    """How many upper bits of its keys cut a table into regions: so many that visits are few beside the probes.

    Each region is visited once for every set of at most `most` flips of the upper bits.
    """
    probes = queries * sum(comb(width, bits) for bits in range(most + 1))
    upper = 0
    while upper < width - _REGION and _visits(upper + 1, most) * _PROBES_A_VISIT <= probes:
        upper += 1
    return upper


def _visits(upper: int, most: int) -> int:
    return sum(comb(upper, bits) for bits in range(most + 1)) << upper


def runs_of(masks: NDArray[np.uint32], low: int) -> NDArray[np.uint32]:
    """Where, in the masks of `flips`, each run of the same bits above the `low` lowest begins; last, their count."""
    upper = (masks & np.uint32(0xFFFFFFF)) >> np.uint32(low)
    return np.concatenate([[0], 1 + np.flatnonzero(np.diff(upper)), [len(masks)]]).astype(np.uint32)


def words_of(bits: tuple[int, ...]) -> NDArray[np.uint64]:
    """`(4,) uint64` with these bits of a code set."""
    words = np.zeros(4, np.uint64)
    for bit in bits:
        words[bit >> 6] |= np.uint64(1) << np.uint64(bit & 63)
    return words
