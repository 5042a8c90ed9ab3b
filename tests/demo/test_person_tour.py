"""The missing-children desk's demonstration: an invented register from enrolment to ledger, and a crowd of numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.demo.persons import told
from safelight.demo.persons.register import FOUND, MISSING, PHOTOGRAPHS, TRUTH, are_at_hand, write
from safelight.demo.persons.tour import PersonTour, run
from safelight.settings import Settings

CROWD = (400, 60, 10)


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> PersonTour:
    """As it runs where no photographs are at hand: numbers stand in for faces."""
    folder = tmp_path_factory.mktemp("persons")
    config = Settings(workspace=folder / "workspace", key_folder=folder / "keys", user="examiner")
    return run(config, folder / "register", photographs=folder / "none", crowd=CROWD)


def standing(toured: PersonTour, number: str) -> list[tuple[str, str, str]]:
    return [
        (one["by"], one["verdict"], one["standing"]) for one in toured.decisions if one["found"] == number
    ]


def test_it_says_that_numbers_stand_in(toured: PersonTour) -> None:
    assert toured.summary()["stands_in"] == "templates: numbers, no faces"
    assert "numbers stand in for faces" in told.title(toured)


def test_everybody_of_the_register_is_enrolled_with_the_facts(toured: PersonTour) -> None:
    assert [toured.enrolled[one]["persons"] for one in ("missing", "found")] == [len(MISSING), len(FOUND)]
    assert all(toured.enrolled[one]["notes"] == [] for one in ("missing", "found"))


def test_who_is_one_person_is_a_candidate(toured: PersonTour) -> None:
    assert {one["probe"]: one["person_id"] for one in toured.matched["candidates"]} == TRUTH


def test_two_people_agree(toured: PersonTour) -> None:
    assert standing(toured, "F-1") == [("anna", "same", "one of two"), ("ben", "same", "confirmed by two")]


def test_a_disagreement_goes_to_a_third(toured: PersonTour) -> None:
    assert [one[2] for one in standing(toured, "F-2")] == ["one of two", "to a third", "confirmed by two"]


def test_the_ledger_counts_outcomes_and_not_candidates(toured: PersonTour) -> None:
    assert toured.ledger["results"] == {"reunited": 1, "not-the-same": 1, "unknown": 0}
    assert toured.ledger["children_home"] == 1
    assert toured.ledger["foils"]["answered"] > 0


def test_of_those_planted_most_are_found_and_chance_is_stated(toured: PersonTour) -> None:
    numbers = toured.numbers
    assert numbers["right"] >= 0.9 * numbers["planted"]
    assert 0 < numbers["expected_by_chance"] <= numbers["candidates"]


def test_it_is_told_in_a_dozen_lines(toured: PersonTour) -> None:
    lines = list(told.lines(toured))
    assert 8 <= len(lines) <= 14
    assert any("cannot-say" in line for line in lines)
    assert any("not one person, unless a day is wrong" in line for line in lines)
    assert toured.ledger["sentence"] in "\n".join(lines)


def test_the_log_verifies(toured: PersonTour) -> None:
    assert toured.audit["ok"]


def test_photographs_are_copied_under_the_numbers_of_the_register(tmp_path: Path) -> None:
    if not are_at_hand(PHOTOGRAPHS):
        pytest.skip("the public photographs are not there")
    register = write(tmp_path, MISSING, PHOTOGRAPHS)
    text = register.read_text(encoding="utf-8")
    assert all(one.name in text for one in tmp_path.iterdir() if one != register)
    assert not any(Path(name).stem in text for one in MISSING for name in one.photo.split(";"))
