"""Comparing everything, compiled and by NumPy: the same pairs in the same order."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.matching import hamming
from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.flat import CHUNK, flat_answer
from safelight.matching.pdqindex.stream import ROOM, streamed
from tests.matching.pdqindex.made import asked, compared, listed, triples


@pytest.mark.parametrize("count", [1, 255, 256, 257, 16_384, 16_385, 40_000])
@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "numpy"])
def test_every_pair_is_found(loops: Kernels, count: int, compiled: bool) -> None:
    random = np.random.default_rng(count)
    codes = listed(random, count)
    wanted = asked(random, codes, 90)
    for radius in (0, 31, 100, 256):
        if count * (radius > 31) > 1000:
            continue
        answer = flat_answer(wanted, codes, radius, loops if compiled else None)
        assert triples(streamed(answer, len(wanted), CHUNK, 2)) == compared(codes, wanted, radius)


@pytest.mark.parametrize("compiled", [True, False], ids=["compiled", "numpy"])
def test_more_pairs_than_there_is_room_for_come_in_parts(loops: Kernels, compiled: bool) -> None:
    codes = np.zeros((ROOM // 2 + 1, 32), np.uint8)
    answer = flat_answer(codes[:7], codes, 0, loops if compiled else None)
    sizes = [len(chunk[0]) for chunk in streamed(answer, 7, CHUNK, 2)]
    assert sum(sizes) == 7 * len(codes) and max(sizes) <= ROOM


def test_without_compiled_loops_the_answers_are_the_same(
    loops: Kernels, monkeypatch: pytest.MonkeyPatch
) -> None:
    random = np.random.default_rng(8)
    codes = listed(random, 25_000)
    wanted = asked(random, codes, 200)
    expected = hamming.HammingIndex(codes).range_search(wanted)
    monkeypatch.setattr(hamming, "kernels", lambda compile: None)
    found = hamming.HammingIndex(codes).range_search(wanted)
    assert all(np.array_equal(one, other) for one, other in zip(found, expected, strict=True))
    assert len(found[0]) > 100
