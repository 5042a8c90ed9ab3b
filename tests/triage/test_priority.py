"""Priorities: what leads, what never does, and that unknown is never zero."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import UsageError
from safelight.model import Band, HashSetKind, Match, State
from safelight.triage.priority import Assessment, Facts, assess
from safelight.triage.weights import load

WEIGHTS = load()
PLAIN = Facts(
    matches=(),
    explicit=None,
    below_18=None,
    faces=None,
    camera=None,
    camera_folder=False,
    located=False,
    days_old=None,
    states=frozenset({State.ALLOCATED}),
    misnamed=False,
    hidden=False,
    known_neighbours=0,
    shares_camera_with_known=False,
    severity=None,
    near_in_case=False,
)
ILLEGAL = Match("list A", HashSetKind.KNOWN_ILLEGAL, "17", "sha256", 0, "1")
GOOD = Match("list B", HashSetKind.KNOWN_GOOD, "18", "sha1", 0)
NEAR = Match("list A", HashSetKind.KNOWN_ILLEGAL, "19", "pdq", 12, "1")


def codes(found: Assessment) -> set[str]:
    return {reason.code for reason in found.reasons}


def test_an_item_without_grounds_is_no_lead_however_it_was_made() -> None:
    facts = replace(PLAIN, camera="Acme X1", located=True, days_old=3.0, misnamed=True)
    assert assess(facts, WEIGHTS).reasons == ()


def test_known_good_alone_never_leads() -> None:
    assert assess(replace(PLAIN, matches=(GOOD,), explicit=0.99), WEIGHTS).reasons == ()


def test_lists_that_disagree_are_shown_and_lead() -> None:
    found = assess(replace(PLAIN, matches=(ILLEGAL, GOOD)), WEIGHTS)
    assert {"known-illegal", "conflict"} <= codes(found)
    assert found.priority > assess(replace(PLAIN, matches=(ILLEGAL,)), WEIGHTS).priority


def test_explicit_alone_still_leads_when_the_face_looks_old() -> None:
    found = assess(replace(PLAIN, explicit=0.9, below_18=0.0, faces=1), WEIGHTS)
    assert "explicit" in codes(found) and found.priority > 0


def test_no_face_is_unknown_and_weighs_more_than_an_old_face() -> None:
    unknown = assess(replace(PLAIN, explicit=0.9, faces=0), WEIGHTS)
    old = assess(replace(PLAIN, explicit=0.9, below_18=0.01, faces=1), WEIGHTS)
    assert unknown.priority > old.priority
    assert any("no face was found" in reason.text for reason in unknown.reasons)


def test_suspected_new_camera_original_material_comes_before_what_is_known() -> None:
    new = assess(
        replace(PLAIN, explicit=0.95, below_18=0.8, faces=1, camera="Acme X1", days_old=20.0, located=True),
        WEIGHTS,
    )
    known = assess(replace(PLAIN, matches=(ILLEGAL,), severity=1.0), WEIGHTS)
    assert new.band is Band.URGENT
    assert new.priority > known.priority > 0


def test_a_near_copy_leads_and_says_how_near() -> None:
    found = assess(replace(PLAIN, matches=(NEAR,)), WEIGHTS)
    assert "near-known" in codes(found)
    assert any("12 of 256" in reason.text for reason in found.reasons)


def test_the_share_below_18_is_never_called_a_probability() -> None:
    found = assess(replace(PLAIN, explicit=0.95, below_18=0.8, faces=1), WEIGHTS)
    said = " ".join(reason.text for reason in found.reasons).lower()
    assert "probab" not in said and "estimate of looks" in said


@given(
    explicit=st.none() | st.floats(0, 1),
    young=st.none() | st.floats(0, 1),
    matches=st.lists(st.sampled_from([ILLEGAL, GOOD, NEAR]), unique=True),
    days=st.none() | st.floats(-1e4, 1e4),
    neighbours=st.integers(0, 1000),
    flags=st.tuples(*[st.booleans()] * 6),
)
def test_every_priority_lies_between_0_and_1_and_every_lead_says_why(
    explicit: float | None,
    young: float | None,
    matches: list[Match],
    days: float | None,
    neighbours: int,
    flags: tuple[bool, ...],
) -> None:
    folder, located, misnamed, hidden, shares, near = flags
    facts = replace(
        PLAIN,
        matches=tuple(matches),
        explicit=explicit,
        below_18=young,
        days_old=days,
        known_neighbours=neighbours,
        camera_folder=folder,
        located=located,
        misnamed=misnamed,
        hidden=hidden,
        shares_camera_with_known=shares,
        near_in_case=near,
    )
    found = assess(facts, WEIGHTS)
    assert 0 <= found.priority < 1
    assert (found.priority > 0) == bool(found.reasons)
    assert all(0 <= reason.weight <= 1 and reason.text for reason in found.reasons)


def test_every_weight_has_its_rationale() -> None:
    assert all(WEIGHTS.rationale[code] for code in [*WEIGHTS.grounds, *WEIGHTS.circumstances])


def test_an_agency_changes_a_weight_without_code(tmp_path: Path) -> None:
    own = tmp_path / "weights.toml"
    own.write_text("[grounds.watch]\nweight = 0.9\n", encoding="utf-8")
    assert load(own).grounds["watch"] == 0.9
    assert load(own).grounds["known-illegal"] == WEIGHTS.grounds["known-illegal"]


@pytest.mark.parametrize("text", ["[grounds.watch]\nweight = 7\n", "[nonsense]\nx = 1\n", "not toml ["])
def test_a_weights_file_that_makes_no_sense_is_refused(tmp_path: Path, text: str) -> None:
    own = tmp_path / "weights.toml"
    own.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError):
        load(own)
