"""Names in Latin letters, and which parts of two are one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.spelling import MOST_PARTS, alike, folded, joined, parts, sound, words


@pytest.mark.parametrize("name", ["Mohammed", "Muhammad", "Мухаммед", "محمد", "मोहम्मद"])
def test_a_name_sounds_the_same_in_every_script(name: str) -> None:
    assert parts(name)[0].key == "mhmd"


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Aisha", "عائشة"), ("आयशा", "Айша"), ("Saleem", "سليم"), ("सलीम", "Salim"), ("Zahra", "زهراء"),
        ("Yusuf", "يوسف"), ("सुनीता", "سنيتا"), ("Sunita", "Сунита"), ("Lakshmi", "लक्ष्मी"), ("Lee", "李"),
        ("Mehdi", "مهدي"), ("Müller", "Mueller"),
    ],
)  # fmt: skip
def test_two_spellings_are_one(a: str, b: str) -> None:
    assert alike(parts(a)[0], parts(b)[0]) == 1.0


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("Salim", "Salma"),
        ("سليم", "سلمى"),
        ("सलीम", "सलमा"),
        ("Rima", "Roma"),
        ("Ram", "Ramu"),
        ("علي", "李"),
        ("Leo", "Li"),
    ],
)
def test_vowels_that_are_written_tell_names_apart(a: str, b: str) -> None:
    assert alike(parts(a)[0], parts(b)[0]) == 0.0


def test_one_letter_apart_is_half() -> None:
    assert alike(parts("Tarelova")[0], parts("Tarenova")[0]) == 0.5


def test_titles_and_particles_go_unless_nothing_else_is_left() -> None:
    assert [part.text for part in parts("Mr. Karim al Vostek")] == ["karim", "vostek"]
    assert [part.text for part in parts("Baby")] == ["baby"]


def test_a_chinese_name_is_family_and_given_name() -> None:
    assert [part.text for part in parts("王小丽")] == ["wang", "xiaoli"]
    assert [part.text for part in parts("欧阳娜娜")] == ["ouyang", "nana"]


def test_two_parts_can_be_written_as_one() -> None:
    assert joined(parts("Xiao Li")) == parts("Xiaoli")[0]


def test_words_of_places_are_compared_by_sound() -> None:
    assert words("Vostekpur, Example") & words("वोस्तेकपुर")


def test_folding_takes_case_width_and_what_cannot_be_seen() -> None:
    assert folded("  ＡＮ\u200bNA\u202e  Ｂ ") == "anna b"


@given(st.text(max_size=300))
def test_any_text_has_few_parts_of_plain_letters(text: str) -> None:
    found = parts(text)
    assert len(found) <= MOST_PARTS
    assert all(part.text and part.key and part.text.isascii() for part in found)


@given(st.text(max_size=60), st.text(max_size=60))
def test_likeness_does_not_depend_on_the_order(a: str, b: str) -> None:
    for first in parts(a):
        for second in parts(b):
            assert alike(first, second) == alike(second, first)


def test_a_part_without_consonants_sounds_as_it_is_written() -> None:
    assert sound("aia") == "aia"
