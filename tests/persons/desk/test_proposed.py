"""A foil stays one for ever; who takes it for the same makes a candidate of its own, which two others decide blind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from safelight.errors import RefusedError, UsageError
from safelight.governance.log import events
from safelight.model import Capability
from safelight.persons.desk import compare
from safelight.persons.desk.compare import Compared, Probe
from safelight.persons.keep.pairs import KeptCandidate, Pairs, candidate_id
from safelight.persons.person import Facts, Verdict
from safelight.workspace import Workspace
from tests.export.person_desk import PersonDesk, desk
from tests.persons.desk.reviewers import answer, listed

Open = Callable[..., Workspace]
SAME, DIFFERENT, CANNOT = Verdict.SAME, Verdict.DIFFERENT, Verdict.CANNOT_SAY


@pytest.fixture
def at(open_again: Open) -> PersonDesk:
    return desk(open_again, Capability.EXPORT)


def lead(at: PersonDesk, candidate: str) -> dict[str, Any] | None:
    return next((one for one in at.workspace.leads(kind="person") if one["id"] == candidate), None)


def of_foil(at: PersonDesk) -> KeptCandidate:
    with at.workspace.database.transaction() as connection:
        return Pairs(connection, at.workspace.keys, at.case).get(at.foil)


@pytest.fixture
def own(at: PersonDesk, open_again: Open) -> str:
    """The candidate that Anna made by saying *same* of the foil."""
    return str(answer(open_again, "anna", at.foil, SAME)["proposed"])


def test_the_foil_stays_a_foil_and_the_two_are_a_candidate_of_another_number(
    at: PersonDesk, open_again: Open
) -> None:
    told = answer(open_again, "anna", at.foil, SAME)
    assert (told["foil"], told["standing"]) == (True, "unlike")
    assert told["proposed"] != at.foil and told["proposed"] in told["explained"]
    assert of_foil(at).foil and lead(at, at.foil) is None
    found = lead(at, told["proposed"])
    assert found is not None and (found["standing"], found["proposed"]) == ("open", True)
    assert "Proposed by a person; the comparison spoke against it." in [
        one["text"] for one in found["reasons"]
    ]


def test_two_others_than_the_proposer_decide_it_whose_answer_does_not_count(
    own: str, open_again: Open
) -> None:
    first, second = (answer(open_again, who, own, SAME) for who in ("ben", "carla"))
    assert first["standing"] == "one of two"
    assert (second["standing"], second["decided_by"]) == ("confirmed by two", ["ben", "carla"])


def test_the_proposer_is_not_handed_it_and_an_answer_of_theirs_is_refused(own: str, open_again: Open) -> None:
    assert own not in listed(open_again, "anna")
    for name in ("anna", "Anna "):
        with pytest.raises(RefusedError) as refused:
            answer(open_again, name, own, SAME)
        assert refused.value.ground == "second person"


def test_others_get_it_in_a_list_that_does_not_say_so_and_in_place_of_the_foil(
    at: PersonDesk, own: str, open_again: Open
) -> None:
    found = open_again(actor="ben").next_review()
    assert found is not None
    assert {one["id"] for one in found["candidates"]} == {at.candidate, own}
    assert "proposed" not in str(found) and "anna" not in str(found)


def test_a_second_who_takes_the_foil_for_the_same_learns_nothing_of_the_first(
    at: PersonDesk, open_again: Open
) -> None:
    told = [answer(open_again, who, at.foil, SAME) for who in ("anna", "ben")]
    assert told[0] == told[1]
    with pytest.raises(RefusedError):
        answer(open_again, "ben", told[1]["proposed"], SAME)


def test_a_second_who_cannot_say_proposes_and_the_first_may_still_decide(
    at: PersonDesk, open_again: Open
) -> None:
    assert "proposed" not in answer(open_again, "anna", at.foil, CANNOT)
    own = answer(open_again, "ben", at.foil, CANNOT)["proposed"]
    assert own in listed(open_again, "anna") and own not in listed(open_again, "ben")


@pytest.mark.parametrize(
    "ask",
    [
        lambda at, one, out: at.workspace.person_step(one, "DNA"),
        lambda at, one, out: at.workspace.person_outcome(one, "reunited"),
        lambda at, one, out: at.workspace.person_outcome(one, "unknown"),
        lambda at, one, out: at.workspace.reopen_review(one, reason="A new photograph."),
        lambda at, one, out: at.workspace.sheet_person(one, out / "s.html"),
    ],
)
def test_nothing_follows_from_a_foil_whatever_people_said_of_it(
    at: PersonDesk, open_again: Open, tmp_path: Any, ask: Any
) -> None:
    for said in (None, "anna", "ben"):
        if said:
            answer(open_again, said, at.foil, SAME)
        with pytest.raises(UsageError, match="it was put in lists because the two are unlike"):
            ask(at, at.foil, tmp_path)


def test_the_ledger_counts_what_was_proposed_and_never_the_foil(
    at: PersonDesk, own: str, open_again: Open
) -> None:
    for who in ("ben", "carla"):
        answer(open_again, who, own, SAME)
    ledger = at.workspace.person_outcomes()
    assert (ledger["candidates"], ledger["proposed"]) == (2, 1)
    assert ledger["standing"]["confirmed by two"] == 1
    assert ledger["foils"] == {"answered": 1, "taken_for_the_same": 1}
    assert ledger["answers"] == 2


def match_again(at: PersonDesk, *made: KeptCandidate) -> None:
    """What a match stores that lists these for the same probe."""
    foil = of_foil(at)
    with at.workspace.database.transaction() as connection:
        pairs = Pairs(connection, at.workspace.keys, at.case)
        probe = Probe(at.found, "F-1", Facts())
        compare.store(pairs, [(Compared(probe, made), [foil])], whole=True)


def test_a_new_match_keeps_what_was_proposed_with_its_mark(
    at: PersonDesk, own: str, open_again: Open
) -> None:
    match_again(at)
    found = lead(at, own)
    assert found is not None and found["proposed"]
    assert own in listed(open_again, "ben") and at.foil not in listed(open_again, "ben")
    with pytest.raises(RefusedError):
        answer(open_again, "anna", own, SAME)


def test_what_a_new_match_finds_itself_is_no_proposal_any_more_and_still_not_the_proposer_s(
    at: PersonDesk, own: str, open_again: Open
) -> None:
    match_again(at, replace(of_foil(at), id=own, foil=False))
    found = lead(at, own)
    assert found is not None and not found["proposed"]
    with pytest.raises(RefusedError):
        answer(open_again, "anna", own, SAME)


def test_who_takes_a_foil_for_the_same_that_a_match_has_found_since_is_told_where(
    at: PersonDesk, open_again: Open
) -> None:
    with at.workspace.database.transaction() as connection:
        sealer = at.workspace.keys.sealer(connection, at.case)
    real = candidate_id(sealer, at.found, at.other)
    match_again(at, replace(of_foil(at), id=real, foil=False))
    told = answer(open_again, "anna", at.foil, SAME)
    assert told["candidate"] == real and "proposed" not in told
    assert answer(open_again, "anna", real, SAME)["standing"] == "one of two"


def test_a_foil_of_a_store_that_numbered_it_as_a_candidate_stays_one_too(
    at: PersonDesk, open_again: Open
) -> None:
    foil = of_foil(at)
    with at.workspace.database.transaction() as connection:
        pairs = Pairs(connection, at.workspace.keys, at.case)
        old = candidate_id(at.workspace.keys.sealer(connection, at.case), at.missing, at.other)
        pairs.put([replace(foil, id=old, probe=at.missing)])
    own = answer(open_again, "anna", old, SAME)["proposed"]
    assert own != old and lead(at, old) is None and lead(at, own) is not None


def test_the_event_of_the_answer_names_both(at: PersonDesk, own: str) -> None:
    with at.workspace.database.transaction() as connection:
        event = [one for one in events(connection) if one.verb == "persons review answer"][-1]
    assert list(event.subject) == [at.foil, own]
    assert event.detail == {"photographs_shown": False, "proposed": True}


def test_the_page_of_the_person_marks_it(at: PersonDesk, own: str, tmp_path: Any) -> None:
    at.workspace.export("html", tmp_path / "p.html", person="M-2")
    page = (tmp_path / "p.html").read_text(encoding="utf-8")
    assert own in page and "proposed by a person, the comparison spoke against it" in page
    assert at.foil not in page
