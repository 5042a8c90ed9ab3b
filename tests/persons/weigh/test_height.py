"""Heights: a child measured years earlier must have grown, by about as much as children grow."""

from __future__ import annotations

import pytest

from safelight.persons.person import Facts, Sex, Side, Span
from tests.persons.weigh.people import CROWD, day, only, seen, tall


def child(height: float, year: int, born: int | None = 2011) -> Facts:
    return Facts(
        sex=Sex.MALE,
        born=day(born) if born else None,
        born_from="birth date",
        height=tall(height),
        seen=seen(day(year)),
    )


def test_a_boy_of_five_with_108_cm_is_expected_at_122_cm_two_years_later() -> None:
    # Medians of the table: 108.9 cm at five, 121.8 cm at seven.
    line = only("height", child(108, 2016), child(121, 2018), CROWD)
    assert line.side is Side.FOR
    low, high = (int(word) for word in line.text.split(" years, ")[1].split(" cm")[0].split(" to "))
    assert low < 121 < high
    assert high - low < 16


@pytest.mark.parametrize("height", [108, 100, 145])
def test_no_growth_or_too_much_in_two_years_is_against(height: float) -> None:
    line = only("height", child(108, 2016), child(height, 2018), CROWD)
    assert line.side is Side.AGAINST


def test_a_child_that_shrank_is_said_to_have() -> None:
    assert "Nobody shrinks so." in only("height", child(120, 2016), child(108, 2018), CROWD).text


def test_a_small_child_stays_small() -> None:
    """Two standard deviations below the median at five (99.6 cm) fits 111 cm at seven better than the median does."""
    small = only("height", child(99.6, 2016), child(111, 2018), CROWD).weight
    middling = only("height", child(99.6, 2016), child(122, 2018), CROWD).weight
    assert small > middling + 0.4


def test_measured_at_one_time_nothing_has_grown() -> None:
    line = only("height", child(120, 2018), child(121, 2018), CROWD)
    assert line.side is Side.FOR
    assert "at about the same time" in line.text


def test_grown_people_keep_their_height() -> None:
    line = only("height", child(172, 2012, born=1980), child(173, 2019, born=1980), CROWD)
    assert line.side is Side.FOR


def test_without_any_age_growth_of_about_six_cm_a_year_is_assumed() -> None:
    assert only("height", child(100, 2016, None), child(112, 2018, None), CROWD).weight > 0
    assert only("height", child(100, 2016, None), child(150, 2018, None), CROWD).weight < 0


def test_a_height_without_a_day_is_not_weighed() -> None:
    line = only("height", Facts(height=tall(100)), child(110, 2018), CROWD)
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)
    assert "the day of the height is not stated. Ask the family" in line.text


def test_the_caps_hold_for_any_height() -> None:
    for height in (1.0, 40.0, 120.0, 250.0, 10_000.0):
        assert -1.3 <= only("height", child(120, 2018), child(height, 2019), CROWD).weight <= 0.7


def test_a_stated_span_is_quoted_and_less_sure() -> None:
    sure = only("height", child(108, 2016), child(121, 2018), CROWD)
    wide = Facts(
        sex=Sex.MALE, born=day(2011), born_from="birth date", height=Span(105, 137), seen=seen(day(2018))
    )
    line = only("height", child(108, 2016), wide, CROWD)
    assert "105 to 137 cm" in line.text
    assert line.weight < sure.weight
