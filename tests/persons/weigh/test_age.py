"""Birth dates and ages: as sure as what they were taken from."""

from __future__ import annotations

from datetime import date

import pytest

from safelight.persons.person import Days, Facts, Side
from tests.persons.weigh.people import CROWD, NOBODY, day, in_year, only, seen


def born(days: Days, by: str = "birth date", **more: object) -> Facts:
    return Facts(born=days, born_from=by, **more)  # type: ignore[arg-type]


def test_one_birth_date_on_both_sides_is_a_hundredfold() -> None:
    line = only("age", born(day(2011)), born(day(2011)), CROWD)
    assert line.weight == pytest.approx(2.0)
    assert "The same day." in line.text


def test_birth_dates_some_years_apart_are_against_but_for_gross_errors() -> None:
    line = only("age", born(day(2011)), born(day(2007)), CROWD)
    assert (line.side, line.weight) == (Side.AGAINST, -1.5)
    assert not line.contradiction


def test_an_estimate_a_year_off_is_still_for() -> None:
    found = born(in_year(2010), "estimated age", seen=seen(day(2018)))
    assert only("age", born(day(2011)), found, CROWD).side is Side.FOR


def test_an_estimate_is_never_for_as_much_as_a_birth_date() -> None:
    found = born(in_year(2011), "estimated age", seen=seen(day(2018)))
    assert 0 < only("age", born(day(2011)), found, CROWD).weight <= 0.9


def test_a_gap_that_two_birth_dates_do_not_survive_counts_less_where_one_is_an_estimate() -> None:
    exact = only("age", born(day(2011)), born(day(2008)), CROWD).weight
    guessed = only(
        "age", born(day(2011)), born(in_year(2008), "estimated age", seen=seen(day(2018))), CROWD
    ).weight
    assert exact < guessed


def test_a_shelter_knows_no_age_but_by_looking() -> None:
    apart = born(in_year(2009), "age when found", seen=seen(day(2018)))
    stated = born(in_year(2009), "age at last seen", seen=seen(day(2018)))
    other = born(day(2011))
    assert only("age", other, apart, CROWD).weight > only("age", stated, born(day(2011)), CROWD).weight


def test_the_first_of_january_is_a_year_that_an_office_filled_in() -> None:
    filled = born(Days.of(date(2011, 1, 1)))
    assert only("age", filled, born(day(2011, 9)), CROWD).side is Side.FOR


def test_day_and_month_exchanged_are_a_slip() -> None:
    line = only("age", born(Days.of(date(2011, 3, 9))), born(Days.of(date(2011, 9, 3))), CROWD)
    assert line.weight == pytest.approx(1.0)
    assert "exchanged" in line.text


def test_ages_at_the_photographs_are_told() -> None:
    line = only(
        "age",
        born(day(2011)),
        born(in_year(2011), "estimated age"),
        CROWD,
        missing_taken=day(2014),
        found_taken=day(2019),
    )
    assert "In the photographs about 3 and 8 years old." in line.text


def test_the_same_age_says_less_where_all_are_of_that_age() -> None:
    from safelight.persons.weigh import crowd_of

    peers = crowd_of([born(in_year(2011)) for _ in range(2000)])
    found = born(in_year(2011), "estimated age", seen=seen(day(2018)))
    assert only("age", born(in_year(2011)), found, peers).weight < 0.1
    assert only("age", born(in_year(2011)), found, NOBODY).weight > 0.3


def test_an_unstated_age_weighs_nothing() -> None:
    line = only("age", Facts(), born(day(2011)))
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)
    assert "Ask the family" in line.text


@pytest.mark.parametrize("kind", ["birth date", "age as stated", "estimated age when found"])
@pytest.mark.parametrize("year", [1955, 1975, 1990, 2004, 2014])
def test_a_worse_fit_never_weighs_more_than_a_better_one(year: int, kind: str) -> None:
    from safelight.persons.weigh import crowd_of

    for crowd in (NOBODY, CROWD, crowd_of([born(in_year(1950 + one % 70)) for one in range(500)])):
        for way in (-1, 1):
            years = [year + way * apart for apart in (0, 1, 3, 5, 9, 14, 20) if year + way * apart < 2018]
            lines = [
                only(
                    "age",
                    born(day(year), seen=seen(day(2018))),
                    born(in_year(one), kind, seen=seen(day(2018))),
                    crowd,
                )
                for one in years
            ]
            weights = [one.weight for one in lines]
            assert weights == sorted(weights, reverse=True)


def test_a_year_that_both_state_is_not_the_same_day() -> None:
    assert "The same day." not in only("age", born(in_year(2011)), born(in_year(2011)), CROWD).text
