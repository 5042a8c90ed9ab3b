"""Sex: agreement speaks by how frequent it is, disagreement by how often registers err."""

from __future__ import annotations

import pytest

from safelight.persons.person import Facts, Sex, Side
from safelight.persons.weigh import crowd_of
from tests.persons.weigh.people import NOBODY, day, gallery, only, seen

GIRL, BOY = Facts(sex=Sex.FEMALE), Facts(sex=Sex.MALE)


def test_two_girls_speak_a_factor_of_two_where_half_are_girls() -> None:
    assert only("sex", GIRL, GIRL).weight == pytest.approx(0.29, abs=0.02)


def test_two_girls_say_nothing_where_nearly_all_are_girls() -> None:
    line = only("sex", GIRL, GIRL, crowd_of(gallery(girls=1.0)))
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)
    assert "99 % of the gallery are female: speaks nearly nothing" in line.text


def test_a_girl_and_a_boy_speak_against_no_further_than_errors_allow() -> None:
    line = only("sex", GIRL, BOY)
    assert line.side is Side.AGAINST
    assert line.weight == pytest.approx(-1.4, abs=0.05)
    assert not line.contradiction


def test_the_text_quotes_both() -> None:
    assert only("sex", GIRL, BOY).text.startswith("Missing: female; found: male.")


def test_a_sex_that_is_neither_is_not_weighed_against_the_two() -> None:
    line = only("sex", Facts(sex=Sex.OTHER), GIRL)
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)


def test_an_unstated_sex_says_whom_to_ask() -> None:
    line = only("sex", GIRL, Facts(source="Example Home"), NOBODY)
    assert line.text == "Of the found person, the sex is not stated. Ask the shelter (Example Home)."


def man() -> Facts:
    return Facts(sex=Sex.MALE, born=day(1980), born_from="birth date", seen=seen(day(2018)))


def test_adults_are_men_and_women_and_children_boys_and_girls() -> None:
    boy = Facts(sex=Sex.MALE, born=day(2010), born_from="birth date", seen=seen(day(2018)))
    assert "of the gallery are men:" in only("sex", man(), man()).text
    assert "of the gallery are boys:" in only("sex", boy, boy).text


def test_where_one_age_is_not_known_both_are_called_male() -> None:
    text = only("sex", man(), BOY).text
    assert text.startswith("Missing: male; found: male.")
    assert "of the gallery are male:" in text
