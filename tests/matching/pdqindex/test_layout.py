"""Bands: every bit in one, neighbours apart, budgets that no pair within the radius can slip through."""

from __future__ import annotations

from itertools import pairwise
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.matching.pdqindex.layout import (
    BITS,
    MOST_CODES,
    budgets_for,
    flips,
    interleaved,
    layout_for,
    region_bits,
    runs_of,
    words_of,
)
from safelight.matching.pdqindex.room import FLIPS

SIZES = (1, 2, 1000, 2_000_000, 2_000_001, 6_000_001, 10_000_000, 30_000_001, 100_000_000, MOST_CODES)


@pytest.mark.parametrize("count", SIZES)
def test_every_bit_lies_in_one_band_and_an_entry_can_hold_every_number(count: int) -> None:
    layout = layout_for(count)
    assert sorted(bit for band in layout.bands for bit in band) == list(range(BITS))
    assert count - 1 < 1 << layout.id_bits
    assert all(len(layout.printed(band)) >= 16 for band in range(len(layout.bands)))


@pytest.mark.parametrize("count", SIZES)
def test_neighbouring_bits_lie_in_different_bands(count: int) -> None:
    bands = layout_for(count).bands
    place = {bit: number for number, band in enumerate(bands) for bit in band}
    beside = [(bit, bit + 1) for bit in range(BITS) if bit % 16 < 15]
    below = [(bit, bit + 16) for bit in range(BITS - 16)]
    together = [pair for pair in beside + below if place[pair[0]] == place[pair[1]]]
    assert len(together) <= 12, together  # the last bits go where there is room


@given(st.sampled_from(SIZES), st.integers(0, 31))
def test_budgets_sum_to_one_more_than_the_radius(count: int, radius: int) -> None:
    assert sum(budgets_for(layout_for(count).widths, count, radius)) == radius + 1


def test_a_radius_that_the_bands_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="too large"):
        budgets_for((22,) * 8 + (20,) * 4, 1000, 48)


@pytest.mark.parametrize(("width", "most"), [(5, 0), (8, 1), (16, 2), (24, 2), (20, 3)])
def test_flips_are_every_set_of_so_few_bits_once(width: int, most: int) -> None:
    packed = flips(width, most)
    masks, weights = packed & 0xFFFFFFF, packed >> 28
    assert len(masks) == sum(comb(width, bits) for bits in range(most + 1))
    assert all(here < there for here, there in pairwise(masks.tolist()))
    assert np.array_equal(np.bitwise_count(masks), weights)
    assert int(masks.max(initial=0)) < 1 << width and int(weights.max()) == most


@pytest.mark.parametrize(
    ("width", "most", "low"), [(5, 0, 2), (8, 1, 8), (16, 2, 9), (20, 3, 0), (24, 2, 12)]
)
def test_runs_of_masks_lead_to_one_region_each_and_leave_no_mask_out(width: int, most: int, low: int) -> None:
    masks = flips(width, most)
    runs = runs_of(masks, low)
    led = [set((masks[start:end] & 0xFFFFFFF) >> low) for start, end in pairwise(runs.tolist())]
    assert all(len(one) == 1 for one in led) and len(set.union(*led)) == len(led)
    assert (runs[0], runs[-1]) == (0, len(masks))
    assert len(led) == sum(comb(width - low, bits) for bits in range(most + 1))


@given(st.integers(8, 28), st.integers(0, 3), st.integers(0, 1 << 16))
def test_regions_are_no_smaller_than_a_kilobyte_and_few_beside_the_probes(
    width: int, most: int, queries: int
) -> None:
    upper = region_bits(width, most, queries)
    masks = flips(width, most)
    assert 0 <= upper <= width - 8
    assert upper == 0 or (len(runs_of(masks, width - upper)) - 1 << upper) <= queries * len(masks) / 4
    assert len(masks) <= FLIPS


def test_the_key_table_gathers_the_bits_of_a_band() -> None:
    layout = layout_for(10_000_000)
    code = np.random.default_rng(1).integers(0, 256, 32).astype(np.uint8)
    loose = np.unpackbits(code, bitorder="little")
    for band in range(len(layout.bands)):
        key = int(np.bitwise_or.reduce(layout.table(band)[np.arange(32), code]))
        expected = sum(int(loose[bit]) << place for place, bit in enumerate(layout.bands[band]))
        printed = sum(int(loose[bit]) << place for place, bit in enumerate(layout.printed(band)))
        assert key == expected | printed << 32


def test_words_have_the_bits_of_codes_in_memory() -> None:
    bits = interleaved((16,) * 16)[3]
    loose = np.zeros(BITS, np.uint8)
    loose[list(bits)] = 1
    assert np.array_equal(np.packbits(loose, bitorder="little").view(np.uint64), words_of(bits))
