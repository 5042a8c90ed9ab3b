"""Ages, heights, sexes and states as registers write them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.persons.person import Days, Sex, Span, Status
from safelight.persons.registers.measures import Age, age, between, height, sex, status

DAY = Days.of(date(2026, 3, 31))


@pytest.mark.parametrize(
    "stated", ["7", "7 years", "7 yrs.", "7 ans", "7 лет", "७ वर्ष", "٧ سنوات", "7岁", "7 años", "7yo"]
)
def test_seven_years_are_seven_completed_years_in_any_language(stated: str) -> None:
    assert age(stated) == Age(84, 96)


@pytest.mark.parametrize(
    "stated", ["5-6", "5 to 6 years", "de 5 a 6 años", "5–6 ans", "between 5 and 6", "от 5 до 6 лет"]
)
def test_a_range_goes_from_the_first_age_to_the_end_of_the_last(stated: str) -> None:
    assert age(stated) == Age(60, 84)


@pytest.mark.parametrize(
    ("stated", "least", "below"),
    [
        ("18 months", 18, 19),
        ("8-10 months", 8, 11),
        ("2 yrs 3 months", 27, 28),
        ("7岁3个月", 87, 88),
        ("newborn", 0, 1),
    ],
)
def test_months_are_understood(stated: str, least: float, below: float) -> None:
    assert age(stated) == Age(least, below)


def test_under_five_begins_at_birth() -> None:
    assert age("under 5") == Age(0, 60)


@pytest.mark.parametrize("stated", ["about 7", "~7", "7 (approx)", "etwa 7 Jahre", "लगभग 7"])
def test_about_seven_is_wider_and_estimated(stated: str) -> None:
    found = age(stated)
    assert found is not None
    assert found.estimated
    assert found.least < 75
    assert found.below > 105


@pytest.mark.parametrize(
    "stated", ["", "five", "60+", "-5", "6-5", "2 years 14", "7 7", "1000", "5 -", "Cannot Estimate"]
)
def test_what_is_no_age_is_none(stated: str) -> None:
    assert age(stated) is None


def test_an_age_on_a_day_leaves_the_days_of_birth_it_can_mean() -> None:
    assert Age(84, 96).born(DAY) == Days(date(2018, 4, 1), date(2019, 3, 31))


def test_an_age_in_a_span_of_days_leaves_more_of_them() -> None:
    on = Days(date(2026, 1, 1), date(2026, 12, 31))
    assert Age(84, 96).born(on) == Days(date(2018, 1, 2), date(2019, 12, 31))


@settings(deadline=None)
@given(
    st.integers(0, 100),
    st.dates(date(1950, 1, 1), date(2100, 1, 1)),
    st.dates(date(2101, 1, 1), date(2150, 1, 1)),
)
def test_whoever_has_the_age_on_the_day_was_born_in_the_span(years: int, birth: date, other: date) -> None:
    del other
    on = birth.replace(year=birth.year + years, day=min(birth.day, 28))
    completed = years - ((on.month, on.day) < (birth.month, birth.day))
    if completed < 0:
        return
    found = age(str(completed))
    assert found is not None
    born = found.born(Days.of(on))
    assert born.first <= birth <= born.last


def test_two_columns_of_an_age_are_one_range() -> None:
    assert between(age("5"), age("8")) == Age(60, 108)


def test_two_columns_that_are_turned_around_are_none() -> None:
    assert between(age("8"), age("5")) is None


@pytest.mark.parametrize("stated", ["120", "120 cm", "120.0", "1.20", "1,20 m", "1m20", "१२० सेमी", "120 см"])
def test_a_metre_twenty_is_120_cm_however_it_is_written(stated: str) -> None:
    assert height(stated) == Span(120, 120)


@pytest.mark.parametrize("stated", ["4'11\"", "4'11", "4 ft 11 in", "4'-11\"", "4’11”", "4'11''", "59 in"])
def test_feet_and_inches_become_centimetres(stated: str) -> None:
    assert height(stated) == Span(149.9, 149.9)


@pytest.mark.parametrize(
    ("stated", "least", "most"),
    [
        ("110-115 cm", 110, 115),
        ("110 bis 115", 110, 115),
        ("3'10\" - 4'0\"", 116.8, 121.9),
        ("about 120", 115, 125),
    ],
)
def test_a_range_of_heights_is_a_span(stated: str, least: float, most: float) -> None:
    assert height(stated) == Span(least, most)


def test_the_unit_of_the_column_counts_for_a_bare_number() -> None:
    assert height("48", "in") == Span(121.9, 121.9)


@pytest.mark.parametrize(
    ("stated", "unit"), [("5.11", ""), ("5.11", "ft"), ("0", ""), ("999", ""), ("tall", ""), ("12 kg", "")]
)
def test_what_is_no_height_beyond_doubt_is_none(stated: str, unit: str) -> None:
    assert height(stated, unit) is None


@pytest.mark.parametrize(
    "stated", ["F", "girl", "Weiblich", "niña", "девочка", "أنثى", "लड़की", "女", "gabar"]
)
def test_a_girl_is_female_in_any_language(stated: str) -> None:
    assert sex(stated, {}) is Sex.FEMALE


def test_a_mapping_s_own_word_goes_first() -> None:
    assert sex("M", {"m": "female"}) is Sex.FEMALE


def test_a_word_that_nobody_knows_is_no_sex() -> None:
    assert sex("q", {}) is None


@pytest.mark.parametrize(
    ("stated", "found"), [("Missing", Status.MISSING), ("найдена", Status.FOUND), ("reunited", Status.HOME)]
)
def test_a_status_is_understood(stated: str, found: Status) -> None:
    assert status(stated, {}) is found


def test_a_register_cannot_state_a_probe() -> None:
    assert status("probe", {"probe": "probe"}) is None
