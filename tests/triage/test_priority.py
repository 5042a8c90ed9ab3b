"""Priorities: what leads, what never does, and that unknown is never zero."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from safelight.errors import UsageError
from safelight.hashsets.scheme import Category, Meaning
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
    near_in_case=None,
)
WORST = Category("1", "Child abuse material", 1.0, Meaning.ILLEGAL)
HARMLESS = Category("0", "Non-pertinent", 0.0, Meaning.NOT)
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


def test_what_is_known_stands_below_all_suspected_new_material() -> None:
    """However bad its category, wherever it lies: nobody needs to look at it, and somebody must at the other."""
    worst_known = assess(
        replace(
            PLAIN, matches=(ILLEGAL,), categories={ILLEGAL: WORST}, known_neighbours=5000, misnamed=True,
            hidden=True, states=frozenset({State.DELETED}),
        ),
        WEIGHTS,
    )  # fmt: skip
    for weakest in ({"explicit": 0.5, "faces": 0}, {"explicit": 0.7, "faces": 1, "below_18": 0.2}):
        assert assess(replace(PLAIN, **weakest), WEIGHTS).priority > worst_known.priority
    assert worst_known.band is Band.NORMAL
    assert "company" not in codes(worst_known)


def test_a_file_that_its_list_calls_harmless_is_no_known_illegal_one() -> None:
    facts = replace(PLAIN, matches=(ILLEGAL,), categories={ILLEGAL: HARMLESS})
    assert assess(facts, WEIGHTS).reasons == ()
    near = replace(PLAIN, matches=(NEAR,), categories={NEAR: HARMLESS})
    assert assess(near, WEIGHTS).reasons == ()


def test_a_list_that_calls_harmless_what_another_calls_illegal_is_shown() -> None:
    other = Match("list C", HashSetKind.KNOWN_ILLEGAL, "20", "md5", 0, "0")
    facts = replace(PLAIN, matches=(ILLEGAL, other), categories={ILLEGAL: WORST, other: HARMLESS})
    found = {reason.code: reason.text for reason in assess(facts, WEIGHTS).reasons}
    assert "category 1, Child abuse material" in found["known-illegal"]
    assert "'list C' holds as category 0, Non-pertinent" in found["conflict"]


def test_an_adult_looking_face_is_no_suspicion_of_a_child_but_hides_nothing() -> None:
    found = assess(replace(PLAIN, explicit=0.9, below_18=0.03, faces=1), WEIGHTS)
    assert "suspected" not in codes(found) and "explicit" in codes(found)
    below, above = (
        assess(replace(PLAIN, explicit=0.9, below_18=share, faces=1), WEIGHTS).priority
        for share in (0.1999, 0.2001)
    )
    assert abs(below - above) < 0.001


def test_the_camera_of_known_material_leads_by_itself() -> None:
    assert "near-series" in codes(
        assess(replace(PLAIN, explicit=0.01, shares_camera_with_known=True), WEIGHTS)
    )


def test_bad_company_leads_where_nothing_was_classified() -> None:
    """Unknown is never zero: without a score, a neighbour of known material is looked at."""
    unknown = replace(PLAIN, explicit=None, known_neighbours=3)
    assert {"company", "new-material"} <= codes(assess(unknown, WEIGHTS))
    assert assess(replace(unknown, explicit=0.01), WEIGHTS).reasons == ()
    assert assess(replace(unknown, matches=(GOOD,)), WEIGHTS).reasons == ()


@pytest.mark.parametrize(
    ("states", "said"),
    [
        ({State.DELETED}, "deleted"),
        ({State.CARVED}, "carved"),
        ({State.DELETED, State.CARVED}, "deleted and carved"),
    ],
)
def test_where_it_was_found_is_said_as_it_is(states: set[State], said: str) -> None:
    found = assess(replace(PLAIN, explicit=0.9, states=frozenset(states)), WEIGHTS)
    assert f"Only found {said}." in {reason.text for reason in found.reasons}
    mixed = replace(PLAIN, explicit=0.9, states=frozenset({*states, State.ALLOCATED}))
    assert "hidden" not in codes(assess(mixed, WEIGHTS))


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
    known = assess(replace(PLAIN, matches=(ILLEGAL,), categories={ILLEGAL: WORST}), WEIGHTS)
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
        near_in_case=12 if near else None,
        categories={ILLEGAL: WORST},
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


def test_a_preview_that_differs_is_a_lead_of_low_priority_and_raises_nothing_else() -> None:
    facts = replace(PLAIN, other_preview=0.1, camera="Acme X1", located=True, days_old=3.0)
    found = assess(facts, WEIGHTS)
    assert [reason.code for reason in found.reasons] == ["other-preview"]
    assert found.band is Band.LOW


def test_a_film_that_shares_frames_with_a_listed_one_tells_both_shares() -> None:
    film = Match("list A", HashSetKind.KNOWN_ILLEGAL, "19", "vpdq", 3, "1", covered=(93, 12))
    found = assess(replace(PLAIN, matches=(NEAR, film)), WEIGHTS)
    text = next(reason.text for reason in found.reasons if reason.code == "near-known")
    assert "93 % of this film's are found there, and 12 % of the entry's here (vPDQ)" in text
