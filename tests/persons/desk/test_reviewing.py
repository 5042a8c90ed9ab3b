"""Lists and answers at the desk: foils in every list, a foil that somebody recognises, and who has left."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from safelight.errors import RefusedError
from safelight.model import Capability
from safelight.persons.person import Facts, Status, Verdict
from safelight.workspace import Workspace
from tests.export.person_desk import PersonDesk, desk
from tests.persons.desk.reviewers import answer, listed

Open = Callable[..., Workspace]
SAME, DIFFERENT, CANNOT = Verdict.SAME, Verdict.DIFFERENT, Verdict.CANNOT_SAY


@pytest.fixture
def at(open_again: Open) -> PersonDesk:
    return desk(open_again, Capability.EXPORT)


def standing(workspace: Workspace, candidate: str) -> str | None:
    """As it stands among the leads; None where it is none."""
    return next((one["standing"] for one in workspace.leads(kind="person") if one["id"] == candidate), None)


def test_every_decider_gets_foils_also_the_second_and_the_third(at: PersonDesk, open_again: Open) -> None:
    both = {at.candidate, at.foil}
    assert listed(open_again, "anna") == both
    answer(open_again, "anna", at.foil, DIFFERENT)
    answer(open_again, "anna", at.candidate, SAME)
    assert listed(open_again, "ben") == both
    answer(open_again, "ben", at.foil, DIFFERENT)
    answer(open_again, "ben", at.candidate, DIFFERENT)
    assert listed(open_again, "carla") == both


def test_a_foil_lies_before_several_and_a_candidate_before_one(at: PersonDesk, open_again: Open) -> None:
    second = at.compare(at.found, at.enrol("M-3", Status.MISSING, Facts()))
    lists = [open_again(actor=who).next_review(most=1)["candidates"] for who in ("anna", "ben")]  # type: ignore[index]
    held = [{one["id"] for one in some} for some in lists]
    assert held[0] & held[1] == {at.foil}
    assert held[0] | held[1] == {at.candidate, at.foil, second}


def test_a_list_that_is_held_is_counted_once_for_each(at: PersonDesk, open_again: Open) -> None:
    for _ in range(3):
        listed(open_again, "anna")
    with at.workspace.database.transaction() as connection:
        count = connection.exec_driver_sql("select count(*) from person_act where kind = 'hold'").scalar()
    assert count == 2


@pytest.mark.parametrize("verdict", [DIFFERENT, CANNOT])
def test_a_foil_that_one_person_does_not_recognise_stays_one(
    at: PersonDesk, open_again: Open, verdict: Verdict
) -> None:
    told = answer(open_again, "anna", at.foil, verdict)
    assert told["foil"] is True and "unlike" in told["explained"] and "cannot be true" not in str(told)
    assert standing(at.workspace, at.foil) is None


def test_an_answer_keeps_whether_it_came_from_a_list(at: PersonDesk, open_again: Open) -> None:
    listed(open_again, "anna")
    assert answer(open_again, "anna", at.candidate, SAME)["from_list"] is True
    assert answer(open_again, "ben", at.candidate, SAME)["from_list"] is False
    ledger = at.workspace.person_outcomes()
    assert (ledger["answers"], ledger["answered_from_list"]) == (2, 1)


@pytest.mark.parametrize("whose", ["found", "missing"])
def test_about_somebody_who_was_withdrawn_nobody_decides(
    at: PersonDesk, open_again: Open, whose: str
) -> None:
    at.workspace.withdraw_person(getattr(at, whose), reason="Asked for by the family.")
    with pytest.raises(RefusedError) as refused:
        answer(open_again, "anna", at.candidate, SAME)
    assert refused.value.ground == "withdrawn"
    assert at.candidate not in listed(open_again, "anna")
