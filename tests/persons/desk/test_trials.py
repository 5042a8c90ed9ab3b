"""A gap between groups blocks a model until the same groups are measured to have none, or a named person accepts it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from safelight.cli.models import _evaluation
from safelight.errors import RefusedError
from safelight.governance.gate import HOUSE_KEY
from safelight.persons.desk import trials as desk
from safelight.persons.desk.trials import State
from safelight.persons.evaluate.evaluation import as_json, evaluate
from safelight.persons.evaluate.gap import Limits
from safelight.persons.evaluate.trial import Trial
from safelight.persons.portraits.embedders import embedder
from safelight.signals.models.registry import list_models
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


def _few(same: int, different: int) -> Trial:
    scores = np.concatenate([np.linspace(0.8, 0.95, same), np.linspace(0.1, 0.6, different)])
    return Trial(scores, np.arange(same + different) < same)


@pytest.mark.parametrize(("same", "different"), [(3, 2), (9, 400), (400, 99)])
def test_too_few_pairs_are_said_with_how_many_are_needed(house: House, same: int, different: int) -> None:
    state = _evaluated(house, _few(same, different))
    assert "unevaluated" not in state.said and state.evaluated_by == "anna"
    assert f"too few pairs: {same} of one person and {different} of different people" in state.said
    assert "at least 10 and 100 are needed" in state.said


def test_enough_pairs_lack_nothing(house: House) -> None:
    assert _evaluated(house, _few(10, 100)).said.startswith("evaluated by anna on ")
    assert _evaluated(house, _few(10, 100)).lacking is None


def test_an_evaluation_on_too_few_pairs_takes_nothing_from_one_that_had_enough(house: House) -> None:
    before = _evaluated(house, _few(10, 100))
    assert _evaluated(house, _few(3, 2)) == before


def test_one_that_has_enough_takes_the_place_of_one_that_had_not(house: House) -> None:
    assert _evaluated(house, _few(3, 2)).lacking
    assert not _evaluated(house, _few(10, 100)).lacking


def test_too_few_pairs_lift_no_block(house: House) -> None:
    _evaluated(house, GAP)
    assert _evaluated(house, _few(3, 2)).blocked


def test_the_state_is_found_by_the_version_of_the_templates(house: House) -> None:
    _evaluated(house, _few(3, 2))
    with house.database.transaction() as connection:
        assert desk.state_of(connection, house.keys, "1").lacking
        assert desk.state_of(connection, house.keys, "2") == State()


def test_what_is_missing_stands_in_the_json_and_in_words() -> None:
    found = as_json(evaluate(_few(3, 2)))
    assert found["needed"]["same"] == 10 and found["needed"]["different"] == 100
    assert found["needed"]["by_rate"]["0.001"] == 10_000
    more = {"model": MODEL, "state": "x", "standing": []}
    said = "\n".join(_evaluation({**found, **more}))
    assert "How often it errs is not known: too few pairs: 3 of one person and 2 of different people" in said
    assert as_json(evaluate(_few(10, 100)))["lacking"] is None


def test_the_list_of_models_says_who_evaluated_one_here(house: House) -> None:
    version = embedder("dlib-mirrored").version
    with house.database.transaction() as connection:
        before = desk.with_trials(connection, house.keys, list_models())
        desk.keep(connection, house.keys, "anna", f"dlib-mirrored/{version}", as_json(evaluate(_few(3, 2))))
        few = desk.with_trials(connection, house.keys, list_models())
        desk.keep(connection, house.keys, "berta", f"dlib-mirrored/{version}", as_json(evaluate(EVEN)))
        after = desk.with_trials(connection, house.keys, list_models())
    assert not any(one.card.evaluated for one in [*before, *few])
    [evaluated] = [one.card for one in after if one.card.evaluated]
    assert evaluated.evaluated_by == "berta"
    assert evaluated.sha256[:8] in version
