"""What is stated of a person in words: every script as it is, nothing that hides or reorders, nothing endless."""

from __future__ import annotations

import pytest

from safelight.export import person_phrases as phrases
from safelight.persons.keep.facts import to_json
from safelight.persons.person import Facts

from .person_desk import FOUND, MISSING, NAMES


def test_facts_are_told_in_words_and_in_order() -> None:
    said = dict(phrases.stated(to_json(MISSING), "missing"))
    assert list(said) == [
        "names", "sex", "born", "height", "lasting marks", "languages", "last seen", "stated by",
    ]  # fmt: skip
    assert said["names"] == NAMES
    assert said["born"] == ("3 May 1990 (birth date)",)
    assert said["height"] == ("160 to 164 cm (1 February 2026)",)
    assert said["languages"] == ("Hindi", "English")
    assert said["last seen"] == ("1 February 2026, Example Town, IN",)


def test_what_is_not_stated_has_no_line() -> None:
    assert phrases.stated(to_json(Facts()), "missing") == []


def test_where_one_was_last_seen_stands_beside_where_the_other_was_found() -> None:
    left, right = (
        phrases.stated(to_json(facts), register)
        for facts, register in ((FOUND, "found"), (MISSING, "missing"))
    )
    rows = {label: (one, other) for label, one, other in phrases.side_by_side(left, right)}
    assert rows["last seen / found"] == (
        ("1 March 2026, Sample City",),
        ("1 February 2026, Example Town, IN",),
    )
    assert rows["names"][0] == ()


@pytest.mark.parametrize("name", [*NAMES, "علی‌رضا", "क्‍ष"])
def test_a_name_in_any_script_stays_as_it_is(name: str) -> None:
    assert phrases.told(name) == name


def test_what_reorders_a_line_is_shown_as_a_sign() -> None:
    assert phrases.told("Robin\u202eelpmaxE") == "Robin⟨U+202E⟩elpmaxE"


def test_piled_up_marks_are_cut() -> None:
    assert len(phrases.told("a" + "\u0301" * 500)) < 10


def test_a_value_without_end_is_cut_and_shows_it() -> None:
    said = phrases.told("x" * 100_000)
    assert len(said) <= phrases.LONGEST
    assert "…" in said


def test_a_register_of_a_thousand_columns_is_counted() -> None:
    facts = to_json(Facts(more={f"column {number}": "x" for number in range(1_000)}))
    values = dict(phrases.stated(facts, "missing"))["also stated"]
    assert values[-1] == "and 960 more"


def test_markup_in_a_name_is_text() -> None:
    assert "<b>" not in phrases.bdi("<b>Robin</b>")


@pytest.mark.parametrize(("weight", "shown"), [(1.26, "+1.3"), (-0.42, "−0.4"), (0.01, "0"), (-0.01, "0")])
def test_weights_carry_the_sign_of_print(weight: float, shown: str) -> None:
    assert phrases.signed(weight) == shown


@pytest.mark.parametrize(
    ("weight", "said"),
    [
        (1.0, "about 10 times as likely if they are one person"),
        (-2.2, "about 200 times as likely if they are two people"),
        (0.3, "about 2 times as likely if they are one person"),
        (-0.1, "about as likely if they are one person as if they are two"),
        (3.999, "about 10,000 times as likely if they are one person"),
        (5.9, "about 800,000 times as likely if they are one person"),
        (30.0, "a million or more times as likely if they are one person"),
    ],
)
def test_a_weight_is_said_by_its_factor(weight: float, said: str) -> None:
    assert phrases.factor(weight) == said


def test_what_is_a_prior_is_said_to_be_assumed() -> None:
    assert phrases.source_said("prior: a guess") == "assumed: a guess"
    assert phrases.source_said("A prior study") == "A prior study"


def test_a_sex_that_is_not_stated_has_no_line() -> None:
    assert phrases.stated({"sex": None}, "missing") == []
