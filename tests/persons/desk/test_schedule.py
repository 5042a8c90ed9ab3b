"""What is destroyed when: the template with its picture, and a photograph that was searched with from the first day."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from safelight.errors import UsageError
from safelight.persons.desk import schedule
from safelight.persons.keep.people import Kept, People, id_of
from safelight.persons.person import Facts, Status, Verdict
from safelight.workspace import Workspace
from tests.export.person_desk import PersonDesk, desk


@pytest.fixture
def made(open_again: Callable[..., Workspace]) -> PersonDesk:
    return desk(open_again)


@pytest.fixture
def probe(made: PersonDesk) -> str:
    """A photograph that was searched with, with a candidate and no period yet."""
    opened = made.workspace
    with opened.database.transaction() as connection:
        people = People(connection, opened.keys, made.case)
        person = id_of(people.case_sealer, Status.PROBE, "digest#1")
        people.add(Kept(person, Status.PROBE, "probe.jpg", Status.PROBE, Facts()))
    made.extra["candidate"] = made.compare(person, made.missing)
    return person


def plan(made: PersonDesk) -> list[dict[str, Any]]:
    return made.workspace.retention_plan()


def due_now(made: PersonDesk, person: str) -> None:
    opened = made.workspace
    with opened.database.transaction() as connection:
        people = People(connection, opened.keys, made.case)
        schedule.put(connection, people, made.case, person, "anna", 0)


def test_the_picture_goes_with_the_template(made: PersonDesk) -> None:
    opened = made.workspace
    before = len(set(opened.blobs.ids()))
    opened.withdraw_person("F-1", reason="The family asked.")
    due_now(made, made.found)
    opened.retention_run()
    assert len(set(opened.blobs.ids())) == before - 1  # the two photographs are one drawn picture
    shown = opened.show_person("F-1")
    assert {one["state"] for one in shown["photos"]} == {"destroyed"}
    assert "enrol the photograph again" in shown["photos"][0]["why"]


def test_a_photograph_searched_with_is_listed_shown_and_erased_by_its_id(
    made: PersonDesk, probe: str
) -> None:
    opened = made.workspace
    assert [one["id"] for one in opened.list_persons(status=Status.PROBE)] == [probe]
    assert probe not in [one["id"] for one in opened.list_persons()]
    assert opened.show_person(probe)["status"] == "probe"
    assert opened.erase_person(probe, order="44 X 7/26")["candidates"] == 1
    assert opened.list_persons(status=Status.PROBE) == []


def test_a_photograph_searched_with_comes_into_no_gallery(made: PersonDesk, probe: str) -> None:
    with pytest.raises(UsageError, match="searched with"):
        made.workspace.update_person(probe, status=Status.MISSING)


def test_an_answer_begins_the_period_of_a_photograph_anew(made: PersonDesk, probe: str) -> None:
    due_now(made, probe)
    assert [one["is_due"] for one in plan(made)] == [True]
    made.workspace.answer_review(made.extra["candidate"], Verdict.SAME)
    (left,) = plan(made)
    assert (left["person"], left["is_due"]) == (probe, False)


def test_what_is_due_of_a_photograph_is_everything(made: PersonDesk, probe: str) -> None:
    due_now(made, probe)
    (gone,) = made.workspace.retention_run()
    assert gone["what"] == "photograph searched with"
    assert made.workspace.list_persons(status=Status.PROBE) == [] and plan(made) == []


def test_a_correction_weighs_what_nobody_has_decided_anew(made: PersonDesk) -> None:
    opened = made.workspace
    opened.update_person("F-1", changes={"sex": "male", "birth_date": "2001-01-01"})
    told = opened.answer_review(made.candidate, Verdict.SAME)
    lines = {one["code"]: one for one in told["table"]}
    assert lines["face"]["weight"] == 3.2, "the faces are not compared anew"
    assert lines["sex"]["side"] == lines["age"]["side"] == "against"


def test_a_correction_leaves_what_is_decided_as_it_was_shown(made: PersonDesk) -> None:
    from safelight.persons.keep.pairs import Pairs

    opened = made.workspace
    with opened.database.transaction() as connection:
        pairs = Pairs(connection, opened.keys, made.case)
        kept = pairs.get(made.candidate)
        for name in ("anna", "ben"):
            pairs.say(kept, name, Verdict.SAME, 0, None)
    opened.update_person("F-1", changes={"sex": "male"})
    with opened.database.transaction() as connection:
        assert Pairs(connection, opened.keys, made.case).get(made.candidate) == kept


def test_a_correction_puts_the_likelier_first(made: PersonDesk) -> None:
    from safelight.persons.keep.pairs import Pairs

    opened = made.workspace
    second = made.compare(made.found, made.enrol("M-3", Status.MISSING, Facts(names=("Alex Sample",))))
    opened.update_person("F-1", changes={"name": "Alex Sample", "birth_date": "1950-01-01"})
    with opened.database.transaction() as connection:
        pairs = Pairs(connection, opened.keys, made.case)
        assert [pairs.get(one).rank for one in (second, made.candidate)] == [1, 2]
