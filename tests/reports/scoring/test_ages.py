"""Ages as forms and people write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.reports.scoring.ages import Age, contradict, stated_ages

DAY = date(2026, 3, 2)


def years(said: str) -> list[float | None]:
    return [None if one.years is None else round(one.years, 1) for one in stated_ages(said, DAY)]


@pytest.mark.parametrize(
    "said",
    [
        *(
            "",
            "0",
            "00",
            "-1",
            "−1",
            "age: -5",
            "unknown",
            "n/a",
            "99",
            "120",
            "999",
            "0-99",
            "100%",
            "0 years",
        ),
        *("none", "3 accounts", "3rd grade", "reported 3 days ago", "05/2012", "1990s"),
    ],
)
def test_what_says_no_age_says_none(said: str) -> None:
    assert years(said) == []


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("15", [15]),
        ("45", [45]),
        ("- 15", [15]),
        ("15.5", [15]),
        ("15yo", [15]),
        ("34m", [34]),
        ("ca. 14 Jahre", [14]),
        ("14 лет", [14]),
        ("13岁", [13]),
        ("40-45", [40]),
        ("15-17", [15]),
        ("8 to 10 years", [8]),
        ("12/13", [12]),
        ("15 or 16", [15]),
        ("17-15", [15]),
        ("0-1", [0]),
        ("6 months", [0.5]),
        ("6-8 months", [0.5]),
        ("0 months", [0]),
        ("2 years and 3 months", [2]),
        ("infant", [0]),
        ("under 13", [12]),
        ("<13", [12]),
        ("over 18", [18]),
        ("18+", [18]),
        ("18 or older", [18]),
        ("не младше 18", [18]),
        ("minor", [17]),
        ("minderjährig", [17]),
        ("未成年", [17]),
        ("0-17", [17]),
        ("not a minor", [18]),
        ("kein Kind", []),
        ("not an adult", [17]),
        ("1-99", [None]),
        ("2012", [13]),
        ("born 2012", [13]),
        ("2012-05-12", [13.8]),
        ("12.05.2012", [13.8]),
        ("3 accounts, 34", [34]),
    ],
)
def test_an_age_is_what_is_meant(said: str, meant: list[float]) -> None:
    assert years(said) == meant


def test_several_ages_stay_several() -> None:
    assert years("40-45; profile says 15") == [40, 15]
    assert years("15 or 40") == [15, 40]


def test_a_minors_age_and_an_adults_contradict_each_other() -> None:
    assert contradict(stated_ages("40-45; profile says 15", DAY))
    assert contradict([Age(18.4, 18.4), Age(15, 15)])


def test_a_birthday_between_two_statements_is_no_contradiction() -> None:
    assert not contradict([Age(18.4, 18.4), Age(17, 17)])


@pytest.mark.parametrize("said", ["16-20", "12; 15", "40; 45", "15"])
def test_ages_that_can_all_be_true_do_not_contradict_each_other(said: str) -> None:
    assert not contradict(stated_ages(said, DAY))


@given(st.text(max_size=400))
def test_any_text_states_only_ages_that_there_are(said: str) -> None:
    for one in stated_ages(said, DAY):
        assert 0 <= one.least <= one.most <= 120


@given(
    st.integers(1, 98), st.sampled_from(["{}", "{} years", "age {}", "({})", "approx. {}", "{} ans", "~{}"])
)
def test_a_number_is_an_age_however_it_is_said(number: int, form: str) -> None:
    assert years(form.format(number)) == [number]
