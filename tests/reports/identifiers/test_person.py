"""Names: one key whatever the order, the script or the honorific; never more than a hint without a date of birth."""

from __future__ import annotations

import pytest

from safelight.reports.identifiers.person import name_and_birth, name_tokens
from safelight.reports.report import Kind

from .stating import PERSONAL, SHARED, WEAK, found, none

SAME = [
    ["Anna Müller", "MÜLLER Anna", "Müller, Anna", "Frau Dr. Anna Müller", "anna  mueller", "Ａｎｎａ Müller"],
    ["Anna Müller", "Anna Mu\u0308ller", "Anna\u00a0Mül\u200bler"],
    ["Ivan Petrov", "Иван Петров", "Петров Иван", "ПЕТРОВ, ИВАН"],
    ["Wang Xiaoming", "王小明", "Xiaoming WANG", "Mr. Wang Xiaoming"],
    ["Ouyang Ming", "欧阳明"],
    ["Jan van der Berg", "van der Berg, Jan", "Berg van der Jan"],
    ["Sean O'Brien", "Sean O’Brien", "OBRIEN SEAN"],
    ["Jean-Pierre Example", "Jean Pierre Example", "Monsieur Jean-Pierre EXAMPLE"],
    ["José Ejemplo", "Jose Ejemplo", "Señor José Ejemplo"],
    ["محمد علي", "علي محمد", "مُحَمَّد عَلِيّ"],
    ["Łukasz Przykład", "Lukasz Przyklad", "Pani Łukasz Przykład"],
    ["Γιώργος Παράδειγμα", "ΠΑΡΑΔΕΙΓΜΑ Γιωργος"],
]  # fmt: skip


@pytest.mark.parametrize("spellings", SAME)
def test_spellings_of_one_name_are_one(spellings: list[str]) -> None:
    assert len({found(Kind.NAME, one).key for one in spellings}) == 1


def test_particles_are_kept() -> None:
    assert found(Kind.NAME, "Jan van der Berg").key != found(Kind.NAME, "Jan Berg").key


def test_a_name_is_only_a_hint_however_full() -> None:
    assert found(Kind.NAME, "Wilhelmina Examplehausen von und zu Beispiel").reach is WEAK


@pytest.mark.parametrize("value", ["Anna", "иван", "Mohammed", "Mr. John"])
def test_a_common_name_alone_links_nobody(value: str) -> None:
    assert found(Kind.NAME, value).reach is SHARED


@pytest.mark.parametrize(
    "value", ["Unknown", "John Doe", "Doe, Jane", "Max Mustermann", "N/A", "test test", "Facebook User"]
)
def test_a_name_that_stands_for_nobody_links_nobody(value: str) -> None:
    assert found(Kind.NAME, value).reach is SHARED


@pytest.mark.parametrize("value", ["", "-", "123", "…", "a" * 301])
def test_what_is_no_name_is_none(value: str) -> None:
    assert none(Kind.NAME, value)


def test_a_name_with_a_date_of_birth_is_one_persons() -> None:
    one = name_and_birth("Anna Müller", "2001-02-03")
    assert one is not None
    assert (one.key, one.reach, one.kind) == ("anna muller|2001-02-03", PERSONAL, Kind.NAME)


@pytest.mark.parametrize("birth", ["2001-01-01", "1900-05-05"])
def test_a_date_that_forms_fill_in_leaves_a_hint(birth: str) -> None:
    one = name_and_birth("Anna Müller", birth)
    assert one is not None
    assert one.reach is WEAK


@pytest.mark.parametrize(
    ("value", "birth"),
    [
        ("Anna", "2001-02-03"),
        ("John Doe", "2001-02-03"),
        ("Anna Müller", "2001"),
        ("Anna Müller", ""),
        ("Anna Müller", None),
        ("", "2001-02-03"),
    ],
)
def test_half_a_name_or_half_a_date_makes_nobody(value: str, birth: str | None) -> None:
    assert name_and_birth(value, birth) is None


def test_letters_that_are_written_with_an_apostrophe_do_not_tear_a_name() -> None:
    assert name_tokens("Ковальчук") == name_tokens("Ковальчук ")
    assert all("'" not in token and len(token) > 3 for token in name_tokens("Ковальчук Ольга"))
    assert len(name_tokens("Ковальчук Ольга")) == 2


def test_a_name_that_is_written_like_an_honorific_in_latin_letters_stays() -> None:
    assert len(name_tokens("عمر حداد")) == 2
