"""The index gives what comparing everything gives: every pair, once, whatever the size, radius and threads."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.matching.hamming import HammingIndex, hamming_distance
from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.index import PdqIndex
from safelight.matching.pdqindex.layout import Layout, interleaved
from safelight.matching.pdqindex.stream import ROOM
from safelight.matching.pdqindex.tables import Tables, build_bands
from tests.matching.pdqindex.made import asked, compared, correlated, drawn, flipped, listed, triples

WIDTHS = ((16,) * 16, (19,) * 4 + (18,) * 10, (22,) * 8 + (20,) * 4, (24,) * 6 + (23,) * 4 + (20,))
"""The bands of every size of index: tried here on few codes."""


@settings(deadline=None, max_examples=25)
@given(st.integers(1, 2000), st.integers(0, 40), st.integers(0, 45), st.integers(0, 2**32))
def test_it_agrees_with_comparing_everything(
    loops: Kernels, count: int, queries: int, radius: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    codes = listed(random, count)
    wanted = asked(random, codes, queries)
    index = PdqIndex.built(codes, loops, 2)
    assert triples(index.search(wanted, radius, 2)) == compared(codes, wanted, radius)


@pytest.mark.parametrize("widths", WIDTHS, ids=len)
def test_every_cut_into_bands_agrees(loops: Kernels, widths: tuple[int, ...]) -> None:
    random = np.random.default_rng(len(widths))
    codes = listed(random, 20_000)
    wanted = asked(random, codes, 300)
    layout = Layout(interleaved(widths), 27)
    index = PdqIndex(codes, Tables(layout, tuple(build_bands(codes, layout, loops, 2))), loops)
    for radius in (1, 30, 31):
        assert triples(index.search(wanted, radius, 2)) == compared(codes, wanted, radius)


@pytest.mark.parametrize("many", [1, 7, 60, 700, 4000])
def test_however_many_ask_at_once_and_however_alike_they_agree(loops: Kernels, many: int) -> None:
    random = np.random.default_rng(many)
    codes = listed(random, 3000)
    wanted = asked(random, codes, many)
    wanted[: many // 3] = flipped(random, np.repeat(codes[:1], many // 3, axis=0), 3)
    found = triples(PdqIndex.built(codes, loops, 1).search(wanted, 31, 1))
    assert found == compared(codes, wanted, 31) and found


def test_every_distance_is_found_up_to_the_radius_and_none_beyond(loops: Kernels) -> None:
    random = np.random.default_rng(3)
    code = drawn(random, 1)
    order = random.random((257 * 20, 256)).argsort(axis=1)
    codes = code ^ np.packbits(order < np.repeat(np.arange(257), 20)[:, None], axis=1)
    index = PdqIndex.built(codes, loops, 1)
    for radius in range(48):
        found = [bits for _, _, bits in triples(index.search(code, radius, 1))]
        assert sorted(found) == [bits for bits in range(radius + 1) for _ in range(20)]


def test_bits_that_are_all_correlated_agree(loops: Kernels) -> None:
    random = np.random.default_rng(4)
    codes = correlated(random, 30_000)
    wanted = flipped(random, codes[:200], 40)
    found = triples(PdqIndex.built(codes, loops, 2).search(wanted, 31, 2))
    assert found == compared(codes, wanted, 31) and len(found) > 100


def test_threads_change_nothing(loops: Kernels) -> None:
    random = np.random.default_rng(5)
    codes = listed(random, 5000)
    wanted = asked(random, codes, 500)
    index = PdqIndex.built(codes, loops, 3)
    alone = triples(index.search(wanted, 31, 1))
    assert alone == triples(index.search(wanted, 31, 2)) == triples(index.search(wanted, 31, 7))


def test_a_cluster_larger_than_the_room_comes_whole(loops: Kernels) -> None:
    codes = np.full((ROOM + 1000, 32), 7, np.uint8)
    chunks = list(PdqIndex.built(codes, loops, 2).search(codes[:3], 31, 2))
    query, number, bits = (np.concatenate(parts) for parts in zip(*chunks, strict=True))
    assert np.array_equal(query, np.repeat(np.arange(3), len(codes))) and not bits.any()
    assert np.array_equal(number, np.tile(np.arange(len(codes)), 3))


def test_a_cluster_is_streamed_and_not_held(loops: Kernels) -> None:
    codes = np.zeros((20_000, 32), np.uint8)
    chunks = PdqIndex.built(codes, loops, 1).search(codes[:500], 31, 1)
    sizes = [len(chunk[0]) for chunk in chunks]
    assert sum(sizes) == 20_000 * 500 and max(sizes) <= ROOM


def test_no_queries_have_no_pairs(loops: Kernels) -> None:
    index = PdqIndex.built(drawn(np.random.default_rng(6), 10), loops, 2)
    assert list(index.search(np.empty((0, 32), np.uint8), 31, 2)) == []


def test_many_queries_of_many_codes_go_by_the_index_and_agree_with_few_that_do_not(loops: Kernels) -> None:
    random = np.random.default_rng(7)
    codes = listed(random, 40_000)
    wanted = asked(random, codes, 3000)
    by_index, by_comparing = HammingIndex(codes), HammingIndex(codes)
    whole = by_index.range_search(wanted)
    assert by_index._index is not None
    some = by_comparing.range_search(wanted[:50])
    assert by_comparing._index is None
    first = whole[0] < 50
    assert all(np.array_equal(one[first], other) for one, other in zip(whole, some, strict=True))
    assert (hamming_distance(wanted[whole[0]], codes[whole[1]]) == whole[2]).all()


@pytest.mark.soak
@pytest.mark.parametrize("make", [drawn, correlated], ids=["drawn", "correlated"])
@pytest.mark.parametrize("count", [1_000_000, 3_000_000, 10_000_000])
def test_ten_thousand_queries_agree_with_faiss(loops: Kernels, make, count: int) -> None:
    import faiss

    random = np.random.default_rng(count)
    codes = np.concatenate([make(random, min(1 << 17, count - at)) for at in range(0, count, 1 << 17)])
    for _ in range(count // 200_000):
        rows = random.integers(0, count, 2000)
        codes[rows] = flipped(random, np.repeat(codes[rows[:1]], 2000, axis=0), 16)
    wanted = asked(random, codes, 10_000)
    flat = faiss.IndexBinaryFlat(256)
    flat.add(codes)
    index = PdqIndex.built(codes, loops, 2)
    for start in range(0, len(wanted), 1000):
        part = np.ascontiguousarray(wanted[start : start + 1000])
        limits, bits, numbers = flat.range_search(part, 32)
        query = np.repeat(np.arange(len(part)), np.diff(limits.astype(np.int64)))
        expected = sorted(zip(query.tolist(), numbers.tolist(), bits.tolist(), strict=True))
        assert triples(index.search(part, 31, 2)) == expected
