"""Names across five scripts, spellings, orders and nicknames; all of them invented."""

from __future__ import annotations

import pytest

from safelight.persons.person import Facts, Side
from safelight.persons.weigh import crowd_of
from tests.persons.weigh.people import CROWD, NOBODY, only


def named(*names: str) -> Facts:
    return Facts(names=names)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("मोहम्मद तारेलो", "محمد تاريلو"),
        ("Tarelo Mohammed", "Мухаммед Тарело"),
        ("सुनीता वोस्तेक", "Sunita Vostek"),
        ("فاطمة الزهراء", "Fatima al-Zahra"),
        ("عبد الرحمن كاريلو", "Abdul Rahman Karilo"),
        ("Абдуррахман Карило", "Abdulrahman Karilo"),
        ("王小丽", "Wang Xiao Li"),
        ("王小丽", "Xiaoli Wang"),
        ("欧阳娜娜", "Ouyang Nana"),
        ("Екатерина Лосева", "Loseva Katya"),
        ("Лосева Катя", "Kateryna Loseva"),
        ("यूसुफ करीम", "Yousef Kareem"),
        ("Lakshmi Vostek", "लक्ष्मी वोस्तेक"),
        ("Mohd Tarelo", "Muhammad Tarelo"),
    ],
)
def test_one_name_in_two_scripts_orders_or_spellings_is_strongly_for(name: str, other: str) -> None:
    line = only("name", named(name), named(other), CROWD)
    assert line.side is Side.FOR
    assert line.weight > 1.2


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("Salim Vostek", "سلمى كاريلو"),
        ("सलीम", "सलमा"),
        ("Rima", "Roma"),
        ("Li Ming", "علي"),
        ("Anna Loseva", "Игорь Карило"),
    ],
)
def test_names_that_only_share_consonants_are_not_one(name: str, other: str) -> None:
    assert only("name", named(name), named(other), CROWD).side is Side.AGAINST


def test_another_name_excludes_nobody() -> None:
    line = only("name", named("Sunari Vostek"), named("Kavelo Lamori"), CROWD)
    assert -0.6 <= line.weight < 0
    assert "often give another name" in line.text


def test_a_shared_family_name_alone_is_weak_and_says_why() -> None:
    line = only("name", named("Sunari Kumar"), named("Kavelo Kumar"), CROWD)
    assert line.weight < 0.5
    assert "brothers and sisters" in line.text


def test_a_name_that_many_of_the_gallery_have_says_less_than_a_rare_one() -> None:
    crowd = crowd_of([named("Sunari Devi")] * 900 + [named("Kavelo Vostek")] * 2)
    assert (
        only("name", named("Sunari Devi"), named("Sunari Devi"), crowd).weight
        < only("name", named("Kavelo Vostek"), named("Kavelo Vostek"), crowd).weight - 1
    )


def test_a_single_name_never_outweighs_its_cap() -> None:
    line = only("name", named("Qovelindra"), named("Qovelindra"), CROWD)
    assert line.weight == pytest.approx(1.3)


def test_a_whole_name_never_outweighs_its_cap() -> None:
    line = only("name", named("Qovelindra Tuvosek Marabelo"), named("Qovelindra Tuvosek Marabelo"), CROWD)
    assert line.weight == pytest.approx(3.0)


def test_of_several_names_the_nearest_counts() -> None:
    line = only("name", named("Kavelo Lamori", "Sunari Vostek"), named("सुनारी वोस्तेक"), CROWD)
    assert line.side is Side.FOR
    assert "Sunari Vostek" in line.text


def test_a_mother_after_the_name_is_not_part_of_it() -> None:
    assert only("name", named("Sunari Vostek d/o Kavelo Lamori"), named("Sunari Vostek"), CROWD).weight > 1.2


@pytest.mark.parametrize(
    "word", ["Unknown", "अज्ञात", "مجهول", "неизвестно", "无名氏", "  UNIDENTIFIED  BOY "]
)
def test_a_word_for_nobody_is_no_name(word: str) -> None:
    line = only("name", named(word), named(word), NOBODY)
    assert (line.side, line.weight) == (Side.UNKNOWN, 0.0)


def test_hidden_characters_neither_tear_a_name_nor_reach_the_text() -> None:
    line = only("name", named("Su\u200bnari \u202eVostek"), named("Sunari Vostek"), CROWD)
    assert line.weight > 1.2
    assert "\u202e" not in line.text
    assert "\u200b" not in line.text


def test_a_name_of_a_hundred_thousand_letters_is_cut() -> None:
    line = only("name", named("Sunari " * 20_000), named("Sunari Vostek"), CROWD)
    assert len(line.text) < 500
