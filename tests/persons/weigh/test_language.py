"""Languages: rarely against, and for by how rare one is."""

from __future__ import annotations

from safelight.persons.person import Facts, Side
from tests.persons.weigh.people import CROWD, day, only, seen


def speaks(*codes: str) -> Facts:
    return Facts(languages=codes)


def test_a_rare_language_says_more_than_a_common_one() -> None:
    rare = only("language", speaks("ta"), speaks("ta"), CROWD)
    common = only("language", speaks("hi"), speaks("hi"), CROWD)
    assert rare.weight > 0.3
    assert common.side is Side.UNKNOWN


def test_a_language_that_others_call_by_another_name_is_shared() -> None:
    assert only("language", speaks("sr"), speaks("hr"), CROWD).side is Side.FOR


def test_another_language_is_weakly_against_and_says_what_to_ask() -> None:
    line = only("language", speaks("ta"), speaks("hi"), CROWD)
    assert -0.5 <= line.weight < 0
    assert "ask what is spoken at home" in line.text


def test_one_of_several_languages_is_enough() -> None:
    assert only("language", speaks("hi", "ta"), speaks("ta"), CROWD).weight >= 0


def test_names_not_codes_are_shown() -> None:
    assert "Missing: Tamil; found: Hindi." in only("language", speaks("ta"), speaks("hi"), CROWD).text


def test_what_is_no_code_is_shown_as_stated() -> None:
    assert (
        "Missing: Nicobarese-like; found: Hindi."
        in only("language", speaks("Nicobarese-like"), speaks("hi"), CROWD).text
    )


def test_an_infant_speaks_nothing_yet() -> None:
    infant = Facts(languages=("hi",), born=day(2018, 1), seen=seen(day(2018)))
    assert only("language", infant, speaks("ta"), CROWD).weight == 0
