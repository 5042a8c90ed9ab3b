"""Lasting marks across languages; a mark that is not mentioned proves little."""

from __future__ import annotations

import pytest

from safelight.persons.person import Facts, Side
from safelight.persons.weigh import crowd_of
from safelight.persons.weigh.mark_words import Mark, read
from tests.persons.weigh.people import only


def marked(*marks: str) -> Facts:
    return Facts(marks=marks)


LEFT_CHEEK = Mark("cheek", "scar", "left")


@pytest.mark.parametrize(
    "stated",
    [
        "Scar on left cheek",
        "बाएं गाल पर चोट का निशान",
        "baen gaal par chot ka nishan",
        "ندبة على الخد الأيسر",
        "بائیں گال پر چوٹ کا نشان",
        "шрам на левой щеке",
        "左脸颊有疤痕",
        "cicatriz en la mejilla izquierda",
        "cicatrice sur la joue gauche",
        "Narbe an der linken Wange",
    ],
)
def test_one_mark_is_read_in_many_languages(stated: str) -> None:
    assert read(stated) == (LEFT_CHEEK,)


@pytest.mark.parametrize(
    ("stated", "mark"),
    [
        ("birthmark on back of right hand", Mark("hand", "birthmark", "right")),
        ("दाहिने हाथ की उंगली कटी हुई", Mark("finger", "missing", "right")),
        ("родинка над губой", Mark("lip", "mole", "")),
        ("burn mark, chest", Mark("", "burn", "")),
        ("brown mole on chin", Mark("chin", "mole", "")),
    ],
)
def test_the_smaller_place_and_the_plainer_kind_are_taken(stated: str, mark: Mark) -> None:
    assert read(stated)[0] == mark


def test_two_places_share_the_kind_before_them() -> None:
    assert read("mole on cheek and chin") == (Mark("cheek", "mole", ""), Mark("chin", "mole", ""))


@pytest.mark.parametrize("stated", ["none", "No visible marks", "нет", "कोई नहीं", "无", "-", ""])
def test_none_is_no_mark(stated: str) -> None:
    assert read(stated) == ()


def test_the_same_mark_in_two_languages_is_strongly_for() -> None:
    line = only("mark", marked("बाएं गाल पर चोट का निशान"), marked("scar on left cheek"))
    assert line.side is Side.FOR
    assert line.weight > 1
    assert "बाएं गाल पर चोट का निशान" in line.text
    assert "scar on left cheek" in line.text


def test_a_rare_mark_says_more_than_a_common_one() -> None:
    others = [marked("mole on chin") for _ in range(300)] + [marked("scar on knee") for _ in range(3)]
    crowd = crowd_of(others)
    common = only("mark", marked("mole on chin"), marked("mole, chin"), crowd)
    rare = only("mark", marked("scar on knee"), marked("scar, knee"), crowd)
    assert rare.weight > common.weight + 0.5


def test_another_mark_is_hardly_against() -> None:
    line = only("mark", marked("scar on left cheek"), marked("mole on right knee"))
    assert -0.2 <= line.weight <= 0


def test_left_and_right_confused_is_less_but_not_against() -> None:
    same = only("mark", marked("scar on left cheek"), marked("scar on left cheek")).weight
    turned = only("mark", marked("scar on left cheek"), marked("scar on right cheek"))
    assert 0 < turned.weight < same
    assert "but for the side" in turned.text


def test_a_cut_and_a_burn_in_one_place_may_be_one_mark() -> None:
    line = only("mark", marked("burn on left hand"), marked("scar on left hand"))
    assert line.side is Side.FOR
    assert "look whether it is one mark" in line.text


def test_two_marks_say_more_than_one_and_no_more_than_the_cap() -> None:
    one = only("mark", marked("scar on chin"), marked("scar on chin")).weight
    stated = ("scar on chin", "mole on nose", "burn on back", "tattoo on arm")
    many = only("mark", marked(*stated), marked(*stated)).weight
    assert one < many <= 2.0


def test_no_mark_on_one_side_asks_for_a_look() -> None:
    line = only("mark", marked("scar on chin"), marked("none"))
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)
    assert "Ask the shelter" in line.text


def test_words_that_are_not_understood_are_left_to_the_eye() -> None:
    line = only("mark", marked("zzqx vvrt"), marked("bblq kkds"))
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)
    assert "compare them by eye" in line.text


def test_a_very_long_entry_is_cut_and_costs_no_time() -> None:
    line = only("mark", marked("scar on left cheek, " * 50_000), marked("scar on left cheek"))
    assert line.side is Side.FOR
    assert len(line.text) < 400


@pytest.mark.parametrize("stated", ["tattoo: anchor", "tattoo", "limps", "Narbe", "zzqx vvrt"])
def test_the_same_words_on_both_sides_are_for(stated: str) -> None:
    line = only("mark", marked(stated), marked(stated.upper()))
    assert line.side is Side.FOR
    assert "The same words." in line.text


def test_the_same_words_are_for_even_where_everybody_has_such_a_mark() -> None:
    crowd = crowd_of([marked("mole on chin") for _ in range(900)])
    assert only("mark", marked("mole on chin"), marked("mole on chin"), crowd).side is Side.FOR


def test_the_same_words_say_less_where_the_kind_is_frequent() -> None:
    crowd = crowd_of(
        [marked("tattoo, arm") for _ in range(300)] + [marked("scar on chin") for _ in range(300)]
    )
    frequent = only("mark", marked("tattoo"), marked("tattoo"), crowd)
    rare = only("mark", marked("limps"), marked("limps"), crowd)
    assert 0 < frequent.weight < rare.weight


def test_one_kind_without_a_place_may_be_the_other_s_and_is_not_against() -> None:
    line = only("mark", marked("tattoo"), marked("tattoo on arm"))
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)
    assert "may be one" in line.text
