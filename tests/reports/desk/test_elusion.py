"""What the order misses: exact intervals of a share."""

from __future__ import annotations

import pytest

from safelight.reports.desk.elusion import interval


def test_none_found_in_three_hundred_is_less_than_1_23_percent() -> None:
    lower, upper = interval(0, 300)
    assert lower == 0
    assert upper == pytest.approx(0.01222, abs=1e-4)  # 1 - 0.025 ** (1/300)


def test_the_interval_of_five_in_a_hundred_is_clopper_and_pearsons() -> None:
    assert interval(5, 100) == pytest.approx((0.01643, 0.11284), abs=1e-4)


def test_all_found_leaves_the_upper_end_at_one() -> None:
    assert interval(4, 4)[1] == 1.0
