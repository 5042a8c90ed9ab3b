"""Years between photographs lower what a face says and widen the list; the curve passes through its figures."""

from __future__ import annotations

from itertools import pairwise

import pytest

from safelight.persons.person import Facts, Span, Status
from safelight.persons.weigh import age_at_first, discount, gap_years
from tests.persons.weigh.people import day, seen


def span(years: float) -> Span:
    return Span(years, years)


@pytest.mark.parametrize(("years", "factor"), [(0, 1.0), (0.5, 0.983), (3, 0.949), (10, 0.386)])
def test_the_curve_passes_through_the_published_figures(years: float, factor: float) -> None:
    assert discount(span(years), span(7)).weight_factor == pytest.approx(factor, abs=0.002)


def test_between_them_it_falls_steadily() -> None:
    factors = [discount(span(years / 4), None).weight_factor for years in range(60)]
    assert all(a >= b for a, b in pairwise(factors))


def test_a_face_of_an_infant_counts_less_than_one_of_a_child_of_eight() -> None:
    assert discount(span(1), span(0.2)).weight_factor < 0.32
    assert discount(span(1), span(8)).weight_factor > 0.9


def test_the_list_grows_as_the_factor_falls_and_no_further_than_five_times() -> None:
    for years, age in ((1, 8), (6, 4), (12, 0.1)):
        made = discount(span(years), span(age))
        assert made.widen == pytest.approx(min(5.0, 1 / made.weight_factor), rel=0.02)


def test_grown_faces_change_more_slowly() -> None:
    assert discount(span(8), span(30)).weight_factor > discount(span(8), span(6)).weight_factor + 0.3


def test_an_unknown_gap_is_taken_as_three_years_and_says_so() -> None:
    made = discount(None, None)
    assert made.weight_factor == pytest.approx(0.949)
    assert "not known; 3 years between them are assumed" in made.text
    assert "prior" in made.source


def test_the_widest_possible_gap_counts() -> None:
    assert discount(Span(0, 6), None).weight_factor == discount(span(6), None).weight_factor


def test_the_text_says_what_it_does() -> None:
    made = discount(Span(5.8, 6.2), span(2))
    assert "About 6 years lie between the photographs." in made.text
    assert "times as long" in made.text


def test_the_gap_is_that_of_the_photographs_where_they_are_dated() -> None:
    gap = gap_years(Facts(), Facts(), taken_probe=day(2018), taken_other=day(2013))
    assert gap is not None
    assert (gap.least, gap.most) == (pytest.approx(5, abs=0.01), pytest.approx(5, abs=0.01))


def test_an_undated_photograph_of_a_missing_child_is_up_to_two_years_older_than_the_loss() -> None:
    gap = gap_years(
        Facts(seen=seen(day(2018))), Facts(seen=seen(day(2016))), taken_probe=None, taken_other=None,
        probe_is=Status.FOUND, other_is=Status.MISSING,
    )  # fmt: skip
    assert gap is not None
    assert (gap.least, gap.most) == (pytest.approx(2, abs=0.01), pytest.approx(4, abs=0.01))


def test_without_any_day_there_is_no_gap() -> None:
    assert (
        gap_years(Facts(), Facts(seen=seen(day(2016))), taken_probe=day(2018), taken_other=day(2018))
        is not None
    )
    assert gap_years(Facts(), Facts(seen=seen(day(2016))), taken_probe=None, taken_other=None) is None


def test_the_age_in_the_earlier_photograph_is_counted_from_whoever_has_a_birth_date() -> None:
    age = age_at_first(Facts(born=day(2010)), Facts(), taken_probe=day(2018), taken_other=day(2014))
    assert age is not None
    assert (age.least, age.most) == (pytest.approx(4, abs=0.01), pytest.approx(4, abs=0.01))


def test_without_a_birth_there_is_no_age() -> None:
    assert age_at_first(Facts(), Facts(), taken_probe=day(2018), taken_other=day(2014)) is None
