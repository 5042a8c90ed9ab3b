"""Eyes, hair and clothes speak weakly, and clothes never against."""

from __future__ import annotations

from datetime import timedelta

import pytest

from safelight.persons.person import Days, Facts, Side
from safelight.persons.weigh import crowd_of
from tests.persons.weigh.people import CROWD, NOBODY, day, only, seen, weighed


@pytest.mark.parametrize(("one", "other"), [("blue", "голубые"), ("green", "绿色"), ("grey", "grises")])
def test_one_colour_of_eyes_in_two_languages_is_weakly_for(one: str, other: str) -> None:
    line = only("eyes", Facts(eyes=one), Facts(eyes=other))
    assert 0 < line.weight <= 0.6


def test_brown_eyes_say_nothing_where_all_have_them() -> None:
    crowd = crowd_of([Facts(eyes="brown")] * 500)
    assert only("eyes", Facts(eyes="black"), Facts(eyes="brown"), crowd).side is Side.UNKNOWN


def test_the_next_colour_is_hardly_against_and_the_farthest_is() -> None:
    near = only("eyes", Facts(eyes="grey"), Facts(eyes="blue")).weight
    far = only("eyes", Facts(eyes="brown"), Facts(eyes="blue")).weight
    assert far < near
    assert far >= -0.6
    assert near > -0.15


def test_eyes_are_not_weighed_in_the_first_year() -> None:
    infant = Facts(eyes="blue", born=day(2018, 1), seen=seen(day(2018, 3)))
    assert only("eyes", infant, Facts(eyes="brown")).weight == 0


def test_hair_says_nearly_nothing_either_way() -> None:
    assert abs(only("hair", Facts(hair="black"), Facts(hair="red")).weight) <= 0.05
    assert abs(only("hair", Facts(hair="black"), Facts(hair="काले")).weight) <= 0.05


def clad(clothes: str, days_later: int = 0) -> Facts:
    first = day(2018).first + timedelta(days=days_later)
    return Facts(clothes=clothes, seen=seen(Days.of(first)))


def test_the_same_clothes_in_the_same_days_are_for() -> None:
    line = only("clothes", clad("red shirt, blue jeans"), clad("लाल शर्ट, नीली पैंट", 3))
    assert line.weight == pytest.approx(0.5)


def test_the_same_clothes_a_month_later_say_nothing() -> None:
    assert only("clothes", clad("red shirt"), clad("red shirt", 40)).weight == 0


def test_other_clothes_are_never_against() -> None:
    assert only("clothes", clad("red shirt"), clad("green dress", 1)).weight == 0


def test_looks_that_neither_states_make_no_lines() -> None:
    codes = {one.code for one in weighed(Facts(), Facts(), NOBODY)}
    assert not codes & {"eyes", "hair", "clothes"}


def test_a_colour_nobody_knows_is_quoted_and_not_weighed() -> None:
    line = only("eyes", Facts(eyes="zqx"), Facts(eyes="brown"), CROWD)
    assert "zqx" in line.text
    assert line.weight == 0
