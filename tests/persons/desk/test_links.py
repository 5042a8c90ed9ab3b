"""Across cases only by a link that a named person made, with a reason; never back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from safelight.errors import RefusedError, UsageError
from safelight.model import Authority, Basis, Capability, Ground
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo, id_of
from safelight.persons.person import Facts, Status
from safelight.persons.portraits.dlib_ import DlibMirrored
from safelight.workspace import Workspace
from tests.persons.made import vector


def authority(*allows: Capability) -> Authority:
    today = datetime.now(UTC).date()
    return Authority(
        Basis.STATUTE,
        "MP/1",
        "Ministry",
        today,
        today + timedelta(30),
        frozenset(allows),
        "chief",
        Ground.MISSING_PERSON,
    )


def enrol(workspace: Workspace, case: str, number: str, status: Status, seed: int) -> str:
    with workspace.database.transaction() as connection:
        people = People(connection, workspace.keys, case)
        person = id_of(people.case_sealer, status, number)
        people.add(Kept(person, status, number, status, Facts()))
        file = number.encode().rjust(32, b"-")
        people.put_photo(person, Photo(file, ENROLLED, f"{number}.jpg", quality=1.0))
        people.put_template(person, file, DlibMirrored().version, vector(seed).astype("<f4").tobytes())
    return person


@pytest.fixture
def two(open_again: Callable[..., Workspace]) -> tuple[Workspace, str, str]:
    workspace = open_again(evaluation=True)
    mine = workspace.open_case("Mine", authority(Capability.FACE_SEARCH))
    other = workspace.open_case("Other", authority(Capability.FACE_SEARCH))
    enrol(workspace, mine.id, "found-1", Status.FOUND, 1)
    enrol(workspace, other.id, "missing-1", Status.MISSING, 1)
    return workspace, mine.id, other.id


def test_another_case_s_gallery_is_not_searched(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, _ = two
    assert workspace.match_persons(case=mine)["gallery"] == 0


def test_a_link_lets_this_case_search_the_other(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, other = two
    workspace.link_cases("Other", reason="the same region", case=mine)
    found = workspace.match_persons(case=mine)
    assert [one["person_id"] for one in found["candidates"]] == ["missing-1"]
    assert workspace.match_persons(case=other)["candidates"] == []


def test_a_link_taken_back_holds_no_more(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, other = two
    workspace.link_cases(other, reason="the same region", case=mine)
    assert workspace.unlink_cases(other, case=mine)["links"] == 1
    assert workspace.match_persons(case=mine)["gallery"] == 0


def test_a_closed_case_is_passed_over(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, other = two
    workspace.link_cases(other, reason="the same region", case=mine)
    workspace.close_case(case=other)
    assert workspace.match_persons(case=mine)["gallery"] == 0


def test_a_link_needs_a_reason_and_an_authority(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, other = two
    with pytest.raises(UsageError, match="reason"):
        workspace.link_cases(other, reason=" ", case=mine)
    workspace.open_case("Reports", authority(Capability.REPORT_TRIAGE))
    with pytest.raises(RefusedError):
        workspace.link_cases("Reports", reason="the same region", case=mine)


def test_an_entry_of_a_linked_case_is_changed_only_there(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, other = two
    workspace.link_cases(other, reason="the same region", case=mine)
    workspace.match_persons(case=mine)
    with pytest.raises(UsageError, match="no person"):
        workspace.withdraw_person("missing-1", reason="wrong", case=mine)


def test_only_cases_of_the_same_ground_are_linked(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, _ = two
    of_suspect = replace(authority(Capability.FACE_SEARCH), ground=Ground.SUSPECT, offence="theft")
    suspect = workspace.open_case("Suspect", of_suspect)
    for here, there in ((suspect.id, mine), (mine, suspect.id)):
        with pytest.raises(RefusedError) as refused:
            workspace.link_cases(there, reason="the same region", case=here)
        assert refused.value.ground == "purpose"


def test_the_queue_counts_candidates_that_cannot_be_read_any_more(two: tuple[Workspace, str, str]) -> None:
    workspace, mine, other = two
    workspace.link_cases(other, reason="the same region", case=mine)
    enrol(workspace, mine, "missing-2", Status.MISSING, 1)
    workspace.match_persons(case=mine)
    assert [one["unreadable"] for one in workspace.leads(kind="person", case=mine)] == [0, 0]
    workspace.unlink_cases(other, case=mine)
    (lead,) = workspace.leads(kind="person", case=mine)
    assert (lead["person_id"], lead["of"], lead["unreadable"]) == ("missing-2", 1, 1)
