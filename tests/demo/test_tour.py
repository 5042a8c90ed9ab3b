"""What the demonstration finds is the truth about its exhibits: nothing more, nothing less."""

from __future__ import annotations

from typing import Any

import pytest

from safelight.demo.tour import Tour
from safelight.demo.truth import DemoExhibit, Role
from safelight.model import State
from safelight.workspace import Workspace

pytestmark = pytest.mark.xdist_group("exhibit")  # one worker makes it, once

VICS, PDQ, GOOD = "sample stand-ins (VICS)", "sample stand-ins (PDQ)", "sample system files"


@pytest.fixture(scope="module")
def leads(practice: Workspace) -> dict[str, dict[str, Any]]:
    """Every lead, by the SHA-256 of its item."""
    return {lead["sha256"]: lead for lead in practice.leads()}


def _lists(lead: dict[str, Any]) -> set[str]:
    return {match["hashset"] for match in lead["matches"]}


def _codes(lead: dict[str, Any]) -> set[str]:
    return {reason["code"] for reason in lead["reasons"]}


def test_every_known_picture_is_a_lead_by_its_digest(exhibit: DemoExhibit, leads: dict[str, Any]) -> None:
    missed = {
        one for one in exhibit.digests(Role.KNOWN) if VICS not in _lists(leads.get(one, {"matches": []}))
    }
    assert missed == set()


def test_a_known_picture_is_found_in_every_place(exhibit: DemoExhibit, leads: dict[str, Any]) -> None:
    for digest in exhibit.digests(Role.KNOWN):
        planted = sorted(one.state.value for one in exhibit.planted if one.sha256 == digest)
        assert sorted(path["state"] for path in leads[digest]["paths"]) == planted


def test_every_near_copy_is_a_lead_by_pdq_alone(exhibit: DemoExhibit, leads: dict[str, Any]) -> None:
    missed = exhibit.digests(Role.NEAR_KNOWN) - set(leads)
    assert missed == set()
    assert {frozenset(_lists(leads[one])) for one in exhibit.digests(Role.NEAR_KNOWN)} == {frozenset({PDQ})}


def test_the_disagreement_of_the_lists_is_shown(exhibit: DemoExhibit, leads: dict[str, Any]) -> None:
    (disputed,) = exhibit.digests(Role.DISPUTED)
    assert _lists(leads[disputed]) == {VICS, GOOD}
    assert "conflict" in _codes(leads[disputed])


def test_a_new_picture_of_a_known_series_comes_first(
    exhibit: DemoExhibit, leads: dict[str, dict[str, Any]]
) -> None:
    best = list(leads)[:2]
    new = {one.sha256 for one in exhibit.with_role(Role.NEAR_KNOWN) if "new, from a camera" in one.note}
    assert set(best) == new
    assert all({"near-known", "camera-original", "recent"} <= _codes(leads[one]) for one in best)


def test_the_camera_of_a_known_picture_leads_to_its_other_pictures(
    exhibit: DemoExhibit, leads: dict[str, dict[str, Any]]
) -> None:
    same_camera = exhibit.digests(Role.SAME_CAMERA)
    assert same_camera
    assert all("near-series" in _codes(leads.get(one, {"reasons": []})) for one in same_camera)
    known = exhibit.digests(Role.KNOWN) - exhibit.digests(Role.DISPUTED)
    assert min(leads[one]["priority"] for one in same_camera) > max(leads[one]["priority"] for one in known)


def test_nothing_else_is_a_lead(exhibit: DemoExhibit, leads: dict[str, Any]) -> None:
    expected = exhibit.digests(Role.KNOWN, Role.NEAR_KNOWN, Role.DISPUTED, Role.SAME_CAMERA)
    half_of_a_stand_in = {
        one.sha256 for one in exhibit.with_role(Role.DAMAGED) if one.note == "half a stand-in"
    }
    assert set(leads) - expected <= half_of_a_stand_in


def test_known_good_is_counted(exhibit: DemoExhibit, toured: Tour) -> None:
    assert toured.scan["known_good"] == len(exhibit.digests(Role.KNOWN_GOOD, Role.DISPUTED))


def test_everything_that_cannot_be_read_is_listed(exhibit: DemoExhibit, toured: Tour) -> None:
    listed = [one["path"] for one in toured.scan["unread"]]
    wanted = [one.trail[-1].decode() for one in exhibit.with_role(Role.UNREADABLE, Role.DAMAGED)]
    assert [name for name in wanted if not any(name in path for path in listed)] == []
    assert all(one["reason"] for one in toured.scan["unread"])


def test_what_was_deleted_carved_and_embedded_is_counted(exhibit: DemoExhibit, toured: Tour) -> None:
    for state in (State.DELETED, State.CARVED, State.EMBEDDED):
        planted = sum(one.state is state for one in exhibit.planted)
        assert toured.scan[state.value] >= planted


def test_the_report_is_there_and_marked(toured: Tour) -> None:
    text = toured.report.read_text("utf-8")
    assert "EVALUATION" in text and "laptop.img" in text


def test_the_log_verifies(toured: Tour) -> None:
    assert toured.audit["ok"]
