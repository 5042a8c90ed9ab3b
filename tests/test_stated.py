"""What registers and hotlines state alike: the order of dates, names of months, the texts of a mapping."""

from __future__ import annotations

import pytest

from safelight.errors import UsageError
from safelight.stated import Order, months, order_of, says, texts


@pytest.mark.parametrize(
    ("first", "second", "mark", "order"),
    [
        (13, 4, "/", Order.DAY_FIRST),
        (4, 13, "/", Order.MONTH_FIRST),
        (3, 4, ".", Order.DAY_FIRST),
        (3, 4, "/", None),
        (12, 12, "-", None),
    ],
)
def test_a_date_says_its_order_by_a_number_above_twelve_or_full_stops(
    first: int, second: int, mark: str, order: Order | None
) -> None:
    assert says(first, second, mark) is order


def test_months_are_known_by_whole_and_short_names_as_they_are_spelt() -> None:
    known = months(("en", "de"), str.upper)
    assert known["MARCH"] == known["MÄRZ"] == 3 and known["SEPT"] == 9


def test_a_name_of_two_months_is_left_out() -> None:
    croatian, czech = months(("hr",), str.casefold), months(("cs",), str.casefold)
    assert croatian["listopad"] == 10 and czech["listopad"] == 11
    assert "listopad" not in months(("hr", "cs"), str.casefold)


def test_an_order_is_stated_or_not_or_refused_with_what_there_is() -> None:
    assert order_of(None) is None and order_of("day-first") is Order.DAY_FIRST
    with pytest.raises(UsageError, match="no order of dates") as raised:
        order_of("year-first")
    assert "month-first" in str(raised.value.hint)


@pytest.mark.parametrize("said", [3, "", " ", ["a", None], {"a": "b"}])
def test_what_is_no_text_is_refused(said: object) -> None:
    with pytest.raises(UsageError, match="'town' is no text"):
        list(texts("town", said))


def test_a_field_takes_one_text_or_several() -> None:
    assert list(texts("town", "Ort")) == ["Ort"] and list(texts("town", ["Ort", "City"])) == ["Ort", "City"]
