"""Dates as registers write them."""

from __future__ import annotations

import time
from datetime import date

import pytest

from safelight.persons.person import Days
from safelight.persons.registers.dates import days, possible
from safelight.stated import Order


@pytest.mark.parametrize(
    "stated",
    [
        "2015-03-04",
        "2015-03-04T23:10:00Z",
        "2015-03-04 00:00:00",
        "2015/03/04",
        "4.3.2015",
        "4. März 2015",
        "March 4, 2015",
        "Wed, 4 Mar 2015",
        "4 марта 2015 г.",
        "4 de marzo de 2015",
        "٤ مارس ٢٠١٥",
        "४ मार्च २०१५",
        "2015年3月4日",
    ],
)
def test_a_day_is_that_day_however_it_is_written(stated: str) -> None:
    assert days(stated) == Days.of(date(2015, 3, 4))


@pytest.mark.parametrize(
    ("stated", "first", "last"),
    [
        ("2015", date(2015, 1, 1), date(2015, 12, 31)),
        ("2014-2015", date(2014, 1, 1), date(2015, 12, 31)),
        ("2016-02", date(2016, 2, 1), date(2016, 2, 29)),
        ("February 2016", date(2016, 2, 1), date(2016, 2, 29)),
        ("1 May 2014 - 3 May 2014", date(2014, 5, 1), date(2014, 5, 3)),
        ("circa 2015", date(2014, 1, 1), date(2016, 12, 30)),
    ],
)
def test_what_is_known_to_a_month_or_a_year_is_all_its_days(stated: str, first: date, last: date) -> None:
    assert days(stated) == Days(first, last)


def test_a_date_that_may_be_two_is_every_day_between_them() -> None:
    assert days("03/04/2015") == Days(date(2015, 3, 4), date(2015, 4, 3))


def test_an_order_decides_which_of_the_two_it_is() -> None:
    assert days("03/04/2015", Order.MONTH_FIRST) == Days.of(date(2015, 3, 4))


def test_a_number_above_twelve_says_itself_what_is_what() -> None:
    assert possible("13/04/2015") == {Order.DAY_FIRST}


@pytest.mark.parametrize("stated", ["", "31/02/2015", "2015-13", "0000", "summer", "03/04/15", "9" * 500])
def test_what_is_no_date_is_none(stated: str) -> None:
    assert days(stated) is None


@pytest.mark.parametrize("unit", ["1 ", "1/", "a", "1-", "de ", ", "])
def test_no_hostile_text_takes_long(unit: str) -> None:
    started = time.process_time()
    days((unit * 80)[:80])
    assert time.process_time() - started < 0.5
