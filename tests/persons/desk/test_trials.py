"""A gap between groups blocks a model until the same groups are measured to have none, or a named person accepts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from safelight.errors import RefusedError
from safelight.governance.gate import HOUSE_KEY
from safelight.persons.desk import trials as desk
from safelight.persons.desk.trials import State
from safelight.persons.evaluate.evaluation import as_json, evaluate
from safelight.persons.evaluate.gap import Limits
from safelight.persons.evaluate.trial import Trial
from tests.persons.evaluate import trials
from tests.persons.made import House

MODEL = "dlib-mirrored/1"
GAP = trials.with_gap(12.0, kind="false matches")
EVEN = trials.with_gap(1.0, kind="false matches", seed=3, size=0.25)


@pytest.fixture
def house(tmp_path: Path) -> House:
    made = House(tmp_path)
    with made.database.transaction() as connection:
        made.keys.create(connection, HOUSE_KEY)
    return made


def _evaluated(house: House, trial: Trial, limits: Limits | None = None) -> State:
    found: dict[str, Any] = as_json(evaluate(trial, limits))
    with house.database.transaction() as connection:
        desk.keep(connection, house.keys, "anna", MODEL, found)
        return desk.state(connection, house.keys, MODEL)


def _accepted(house: House) -> State:
    with house.database.transaction() as connection:
        return desk.accept(connection, house.keys, "chief", MODEL, "foils are added")


def test_a_gap_blocks(house: House) -> None:
    state = _evaluated(house, GAP)
    assert state.blocked
    assert "under 6" in state.gaps[0]
    assert "blocked" in state.said


def test_the_refusal_says_what_lifts_it(house: House) -> None:
    _evaluated(house, GAP)
    with house.database.transaction() as connection, pytest.raises(RefusedError) as refused:
        desk.check(connection, house.keys, MODEL)
    assert refused.value.ground == "model blocked"
    assert "the same groups" in str(refused.value.hint) and "models accept" in str(refused.value.hint)


def test_looser_limits_do_not_lift_it(house: House) -> None:
    _evaluated(house, GAP)
    state = _evaluated(house, GAP, Limits(1_000.0, 1_000.0))
    assert state.blocked
    assert "looser limits than are delivered (1000 times the false matches" in state.said


def test_an_even_evaluation_with_looser_limits_does_not_lift_it(house: House) -> None:
    _evaluated(house, GAP)
    assert _evaluated(house, EVEN, Limits(4.0, 1.5)).blocked


def test_an_evaluation_without_the_groups_does_not_lift_it(house: House) -> None:
    _evaluated(house, GAP)
    assert _evaluated(house, trials.scored()).blocked


def test_fewer_pairs_do_not_lift_it(house: House) -> None:
    _evaluated(house, GAP)
    few = Trial(EVEN.score[::50], EVEN.same[::50], groups={
        "age_band": type(EVEN.groups["age_band"])(
            EVEN.groups["age_band"].values, EVEN.groups["age_band"].code[::50]
        )
    })  # fmt: skip
    assert _evaluated(house, few).blocked


def test_the_same_groups_within_the_limits_lift_it(house: House) -> None:
    _evaluated(house, GAP)
    state = _evaluated(house, EVEN)
    assert not state.blocked
    assert state.gaps == ()


def test_a_named_person_accepts_it(house: House) -> None:
    _evaluated(house, GAP)
    state = _accepted(house)
    assert not state.blocked
    assert state.said.endswith("a gap between groups accepted by chief")


def test_what_was_accepted_stays_so_until_a_gap_is_found_again(house: House) -> None:
    _evaluated(house, GAP)
    _accepted(house)
    assert not _evaluated(house, trials.scored()).blocked
    assert _evaluated(house, GAP).blocked
