"""Hamming search is exact: it gives what comparing everything with everything gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.matching.hamming import BITS, RADIUS, HammingIndex, hamming_distance


def brute(codes: np.ndarray, queries: np.ndarray, radius: int) -> set[tuple[int, int, int]]:
    distances = hamming_distance(queries[:, None], codes[None])
    return {
        (int(q), int(c), int(distances[q, c])) for q, c in zip(*np.nonzero(distances <= radius), strict=True)
    }


def flipped(code: np.ndarray, bits: np.ndarray) -> np.ndarray:
    loose = np.unpackbits(code)
    loose[bits] ^= 1
    return np.packbits(loose)


def test_the_radius_is_inclusive() -> None:
    random = np.random.default_rng(1)
    code = random.integers(0, 256, 32).astype(np.uint8)
    codes = np.stack([flipped(code, random.permutation(BITS)[:n]) for n in range(BITS + 1)])
    query, number, distance = HammingIndex(codes).range_search(code[None])
    assert sorted(number.tolist()) == list(range(RADIUS + 1))
    assert (distance == number).all() and (query == 0).all()


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 40), st.integers(0, 2**32))
def test_it_agrees_with_comparing_everything(count: int, asked: int, radius: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    centres = random.integers(0, 256, (4, 32)).astype(np.uint8)

    def drawn(size: int) -> np.ndarray:
        """Clusters of near and equal codes, as copies of pictures make."""
        rows = [
            flipped(centres[random.integers(4)], random.permutation(BITS)[: random.integers(40)])
            for _ in range(size)
        ]
        return np.array(rows, np.uint8).reshape(-1, 32)

    codes, queries = drawn(count), drawn(asked)
    query, number, distance = HammingIndex(codes).range_search(queries, radius)
    assert (np.diff(query) >= 0).all()
    found = list(zip(query.tolist(), number.tolist(), distance.tolist(), strict=True))
    assert len(found) == len(set(found))
    assert set(found) == brute(codes, queries, radius)


def test_a_cluster_comes_in_chunks() -> None:
    codes = np.zeros((700, 32), np.uint8)
    chunks = list(HammingIndex(codes).range_chunks(codes))
    assert len(chunks) > 1
    assert sum(len(query) for query, _, _ in chunks) == 700 * 700


def test_nothing_is_near_nothing() -> None:
    empty = np.empty((0, 32), np.uint8)
    for codes, queries in ((empty, np.zeros((3, 32), np.uint8)), (np.zeros((3, 32), np.uint8), empty)):
        assert [len(part) for part in HammingIndex(codes).range_search(queries)] == [0, 0, 0]


def test_codes_of_another_width_are_refused() -> None:
    with pytest.raises(ValueError, match="not"):
        HammingIndex(np.zeros((3, 16), np.uint8))
