"""What came and went since an index was built: searched beside it, rows counted as the newer codes count them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.matching.pdqindex.compiled import Kernels
from safelight.matching.pdqindex.delta import SHARE, Delta
from safelight.matching.pdqindex.errors import DamagedIndexError
from safelight.matching.pdqindex.index import PdqIndex
from safelight.matching.pdqindex.updated import UpdatedIndex
from tests.matching.pdqindex.made import asked, compared, drawn, listed, triples


def in_order(codes: np.ndarray) -> np.ndarray:
    return codes[np.lexsort(codes.T[::-1])]


@settings(deadline=None, max_examples=25)
@given(st.integers(SHARE, 4 * SHARE), st.integers(0, 3), st.integers(0, 3), st.integers(0, 2**32))
def test_an_updated_index_agrees_with_comparing_everything(
    loops: Kernels, count: int, gone: int, came: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    old = in_order(listed(random, count))
    room = count // SHARE
    kept = np.delete(old, random.choice(count, min(gone, room), replace=False), axis=0)
    new = in_order(np.concatenate([kept, listed(random, 3)[: min(came, room)], kept[:0]]))
    delta = Delta.between(old, new, loops)
    assert delta is not None
    index = UpdatedIndex(PdqIndex.built(old, loops, 2), delta, new, "", loops)
    wanted = np.concatenate([asked(random, new, 20), old[:20]])
    assert sorted(triples(index.search(wanted, 31, 2))) == compared(new, wanted, 31)


def test_repeated_codes_are_told_apart_by_their_number(loops: Kernels) -> None:
    random = np.random.default_rng(1)
    old = in_order(np.concatenate([drawn(random, 2 * SHARE), np.full((5, 32), 9, np.uint8)]))
    new = in_order(np.concatenate([old, np.full((1, 32), 9, np.uint8)]))
    there = Delta.between(old, new, loops)
    back = Delta.between(new, old, loops)
    assert there is not None and back is not None
    assert (len(there.removed), len(there.added), len(back.removed), len(back.added)) == (0, 1, 1, 0)
    index = UpdatedIndex(PdqIndex.built(old, loops, 1), there, new, "", loops)
    nines = np.full((1, 32), 9, np.uint8)
    assert sorted(triples(index.search(nines, 0, 1))) == compared(new, nines, 0)


def test_too_much_change_is_no_delta(loops: Kernels) -> None:
    old = in_order(drawn(np.random.default_rng(2), 3 * SHARE))
    assert Delta.between(old, old[3:], loops) is not None
    assert Delta.between(old, old[4:], loops) is None
    assert Delta.between(old[4:], old, loops) is None
    assert Delta.between(old, old[:0], loops) is None


def test_a_kept_delta_comes_back_whole_or_not_at_all(loops: Kernels, tmp_path: Path) -> None:
    delta = Delta(np.array([1, 5], np.int64), np.array([0, 7, 9], np.int64))
    delta.write(tmp_path / "delta", "ab" * 32, "cd" * 32)
    read, old = Delta.read(tmp_path / "delta", "cd" * 32)
    assert (read.removed.tolist(), read.added.tolist(), old) == ([1, 5], [0, 7, 9], "ab" * 32)
    with pytest.raises(DamagedIndexError):
        Delta.read(tmp_path / "delta", "ab" * 32)
    whole = (tmp_path / "delta").read_bytes()
    for damaged in (b"", whole[:50], whole[:-1], whole[:60] + b"?" + whole[61:]):
        (tmp_path / "delta").write_bytes(damaged)
        with pytest.raises(DamagedIndexError):
            Delta.read(tmp_path / "delta", "cd" * 32)
    assert [one.name for one in tmp_path.iterdir()] == ["delta"]
