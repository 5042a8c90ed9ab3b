"""Rows that do not fit in memory come back sorted and once each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from safelight.hashsets import runs
from safelight.hashsets.runs import RunSorter


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    st.integers(1, 24),
    st.sampled_from([(0, 1), (0, 2), (254, 256), (0, 256)]),
    st.lists(st.integers(0, 90), max_size=6),
    st.integers(0, 3),
)
def test_any_rows_are_sorted_and_unique(
    tmp_path: Path, width: int, values: tuple[int, int], sizes: list[int], seed: int
) -> None:
    random = np.random.default_rng(seed)
    given_rows = [random.integers(*values, (size, width)).astype(np.uint8) for size in sizes]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runs, "RUN_BYTES", 40 * width)
        patch.setattr(runs, "MERGE_BYTES", 64)
        sorter = RunSorter(tmp_path, width)
        for rows in given_rows:
            sorter.add(rows)
        found = [row.tobytes() for block in sorter.merged() for row in block]
        sorter.close()
    assert found == sorted({row.tobytes() for rows in given_rows for row in rows})


def test_nothing_is_left_in_the_folder_even_while_sorting(tmp_path: Path) -> None:
    sorter = RunSorter(tmp_path, 20)
    sorter.add(np.zeros((10, 20), np.uint8))
    assert list(tmp_path.iterdir()) == []
    sorter.close()
