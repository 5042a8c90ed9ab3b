"""The growth table, against published values of the 2000 CDC charts."""

from __future__ import annotations

from itertools import pairwise

import pytest

from safelight.persons.person import Sex
from safelight.persons.weigh.growth import height_at


@pytest.mark.parametrize(
    ("age", "sex", "median", "deviation"),
    [
        (5.0, Sex.MALE, 108.9, 4.63),  # statage.csv, 59.5 and 60.5 months: M 108.63 and 109.18
        (7.0, Sex.MALE, 121.8, 5.40),  # 83.5 and 84.5 months: M 121.51 and 122.03
        (10.0, Sex.MALE, 138.6, 6.58),  # 119.5 and 120.5 months: M 138.41 and 138.82
        (20.0, Sex.MALE, 176.8, 7.14),  # 240 months: M 176.85
    ],
)
def test_the_table_is_the_published_one(age: float, sex: Sex, median: float, deviation: float) -> None:
    assert height_at(age, sex) == (pytest.approx(median, abs=0.15), pytest.approx(deviation, abs=0.05))


def test_between_two_months_it_is_drawn_straight() -> None:
    low, high, middle = (height_at(age, Sex.FEMALE)[0] for age in (8.0, 8.5, 8.25))
    assert middle == pytest.approx((low + high) / 2)


def test_nobody_grows_after_twenty() -> None:
    assert height_at(20, Sex.FEMALE) == height_at(55, Sex.FEMALE)


def test_an_unknown_sex_lies_between_and_is_less_sure() -> None:
    girl, boy, either = (height_at(16, sex) for sex in (Sex.FEMALE, Sex.MALE, None))
    assert girl[0] < either[0] < boy[0]
    assert either[1] > max(girl[1], boy[1])


def test_children_do_not_shrink_in_the_table_once_they_stand() -> None:
    for sex in (Sex.FEMALE, Sex.MALE):
        heights = [height_at(age / 4, sex)[0] for age in range(9, 81)]
        assert all(a <= b + 0.05 for a, b in pairwise(heights))
