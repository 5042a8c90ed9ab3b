"""Dates as people write them are understood where they can be only one day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.reports.dates import day, is_doubtful, iso, moment, possible, year
from safelight.stated import Order

DAY = datetime(2026, 11, 25, tzinfo=UTC)


@pytest.mark.parametrize(
    "stated",
    [
        "2026-11-25",
        "20261125",
        "2026/11/25",
        "2026.11.25",
        "25.11.2026",
        "25. 11. 2026",
        "25/11/2026",
        "25-11-2026",
        "11/25/2026",
        "٢٥/١١/٢٠٢٦",
        "25 November 2026",
        "Nov 25, 2026",
        "25-Nov-2026",
        "Wed, 25 Nov 2026",
        "25. November 2026",
        "Mittwoch, 25. November 2026",
        "25 novembre 2026",
        "25 de noviembre de 2026",
        "25 november 2026",
        "25 ноября 2026 г.",
        "2026年11月25日",
        "2026년 11월 25일",
    ],
)
def test_a_day(stated: str) -> None:
    assert iso(stated) in ("2026-11-25", stated)
    assert moment(stated) == DAY


@pytest.mark.parametrize(
    "stated",
    [
        "2026-11-25T18:10:00Z",
        "2026-11-25 18:10 UTC",
        "25.11.2026 18:10",
        "25.11.2026, 18:10:00 Uhr",
        "25.11.2026 18.10",
        "25/11/2026 18h10",
        "11/25/2026 6:10:00 PM",
        "25.11.2026 19:10 GMT+1",
        "25/11/2026 19:10:00.5 +0100",
        "Wed, 25 Nov 2026 18:10:00 +0000",
        "2026年11月25日 18:10",
        "1795630200",
        "1795630200123",
    ],
)
def test_a_time(stated: str) -> None:
    found = moment(stated)
    assert found is not None
    assert found.replace(microsecond=0) == datetime(2026, 11, 25, 18, 10, tzinfo=UTC)


def test_a_time_keeps_the_zone_that_it_states_and_gets_none_that_it_does_not() -> None:
    assert iso("25.11.2026 10:00 +0100") == "2026-11-25T10:00:00+01:00"
    assert iso("25.11.2026 10:00") == "2026-11-25T10:00:00"


@pytest.mark.parametrize("stated", ["03/04/2026", "03-04-2026", "3/4/2026 10:00"])
def test_what_may_be_two_days_is_neither_until_the_order_is_known(stated: str) -> None:
    assert is_doubtful(stated)
    assert iso(stated) is None and moment(stated) is None
    assert (iso(stated, Order.DAY_FIRST) or "")[:10] == "2026-04-03"
    assert (iso(stated, Order.MONTH_FIRST) or "")[:10] == "2026-03-04"
    assert possible(stated) == set(Order)


@pytest.mark.parametrize("stated", ["03.04.2026", "04/04/2026", "2026-03-04", "gestern", "31/02/2026", ""])
def test_what_needs_no_order_says_none(stated: str) -> None:
    assert possible(stated) == frozenset()
    assert not is_doubtful(stated)


def test_numbers_above_twelve_say_the_order() -> None:
    assert possible("25/04/2026") == {Order.DAY_FIRST}
    assert possible("04/25/2026") == {Order.MONTH_FIRST}


@pytest.mark.parametrize(
    "stated",
    [
        "gestern",
        "31.02.2026",
        "25.11.26",
        "25.13.2026",
        "25.11.2026 25:00",
        "25.11.2026 10:00 in the evening",
        "11/25/2026 13:00 PM",
        "5. listopada 2026",  # October in Croatian, November in Polish
        "0001-01-01",
        "9999-12-31T00:00:00Z",
        "2569-11-25",
        "12345",
        "2026",
        "1" * 100,
    ],
)
def test_what_is_no_day_is_none(stated: str) -> None:
    assert moment(stated) is None


def test_a_day_is_that_of_the_zone_in_which_it_is_stated() -> None:
    assert day("2026-11-25T23:30:00-05:00") == day("25.11.2026 00:30 +0200") == date(2026, 11, 25)


def test_behind_a_day_may_stand_what_is_not_understood() -> None:
    assert day(" 2026-11-25, in the evening") == date(2026, 11, 25)
    assert day("2026-11-250") is None


@pytest.mark.parametrize(
    "stated", ["03/04/2026", "2026", "9999-12-31", "0001-01-01T00:00:00Z", "31.02.2026", "", None]
)
def test_what_is_no_one_day_is_none(stated: str | None) -> None:
    assert day(stated) is None


@pytest.mark.parametrize(
    ("stated", "born"),
    [
        ("2001-02-03", date(2001, 2, 3)),
        ("2001-02-03T00:00:00Z", date(2001, 2, 3)),
        ("2001/2/3", date(2001, 2, 3)),
        ("03.02.2001", date(2001, 2, 3)),
        ("3.2.2001", date(2001, 2, 3)),
        ("25/02/2001", date(2001, 2, 25)),
        ("02/25/2001", date(2001, 2, 25)),
        ("05/05/2001", date(2001, 5, 5)),
        ("٢٠٠١-٠٢-٠٣", date(2001, 2, 3)),
        ("02/03/2001", None),
        ("2001-02-30", None),
        ("31/31/2001", None),
        ("2001", None),
        ("", None),
        ("yesterday", None),
    ],
)
def test_a_date_of_birth_is_read_only_where_it_can_mean_one_day(stated: str, born: date | None) -> None:
    assert day(stated) == born


@pytest.mark.parametrize(
    ("stated", "told"),
    [
        ("1998", 1998),
        ("02/03/2001", 2001),
        ("3 March 2010", 2010),
        ("٢٠٠١", 2001),
        ("1998-00-00", 1998),
        ("1998/1999", None),
        ("98", None),
        ("0000-00-00", None),
        ("1-2-3-1998", None),
        (None, None),
    ],
)
def test_a_year_may_be_told_where_the_day_is_not(stated: str | None, told: int | None) -> None:
    assert year(stated) == told


@given(st.text(st.characters() | st.sampled_from("0123456789./-: TZ"), max_size=70))
def test_whatever_is_stated_nothing_escapes_and_what_is_understood_is_a_moment(stated: str) -> None:
    found = moment(stated)
    made = iso(stated)
    assert made is None or moment(made) == found
    assert found is None or day(stated) is not None
    for order in Order:
        assert (text := iso(stated, order)) is None or moment(text) is not None


@given(
    st.datetimes(datetime(1900, 1, 1), datetime(2199, 12, 31)),
    st.sampled_from(["%d.%m.%Y %H:%M:%S", "%Y/%m/%d %H:%M:%S"]),
)
def test_a_moment_written_otherwise_is_the_same(at: datetime, form: str) -> None:
    assert moment(at.strftime(form)) == at.replace(microsecond=0, tzinfo=UTC)
