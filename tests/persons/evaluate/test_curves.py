from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from safelight.persons.evaluate import curves
from safelight.persons.evaluate.trial import Group, Trial
from tests.persons.evaluate import trials


def test_a_threshold_lies_where_the_theory_has_it() -> None:
    found = curves.threshold_at(trials.scored(impostor=200_000), 1e-3)
    assert found.score == pytest.approx(0.81 + 0.035 * norm.isf(1e-3), abs=0.003)


def test_no_more_pairs_than_the_rate_reach_the_threshold() -> None:
    trial = trials.scored()
    for rate in (1e-3, 2e-4):
        found = curves.threshold_at(trial, rate)
        assert found.score is not None and found.fmr is not None
        assert found.fmr.found == (trial.impostor >= found.score).sum() <= rate * 50_000


def test_equal_scores_at_the_threshold_are_all_below_it() -> None:
    trial = Trial(np.concatenate([np.ones(10), np.full(20_000, 0.5)]), np.arange(20_010) < 10)
    found = curves.threshold_at(trial, 1e-3)
    assert found.fmr is not None and found.misses is not None
    assert found.fmr.found == found.misses.found == 0


def test_too_few_pairs_are_said_and_give_no_threshold() -> None:
    found = curves.threshold_at(trials.scored(), 1e-6)
    assert found.score is None and found.misses is None
    assert found.why == ("Too few pairs for 1e-06: 50,000 of different people, 10,000,000 are needed.")


def test_the_interval_of_misses_covers_the_truth() -> None:
    covered = 0
    for seed in range(100):
        trial = trials.scored(genuine=400, impostor=100, seed=seed)
        low, high = curves.misses(trial, 0.965 - 0.01 * norm.isf(0.05)).interval
        covered += low <= 0.05 <= high
    assert covered >= 92


def test_pairs_that_share_people_widen_the_interval() -> None:
    first, second = (ends.astype(np.int64) for ends in np.triu_indices(80, 1))
    habit = np.random.default_rng(4).normal(0, 1, 80)
    scores = habit[first] + habit[second]
    plain = Trial(scores, np.zeros(len(scores), np.bool_))
    known = Trial(scores, np.zeros(len(scores), np.bool_), first, second)
    narrow, wide = (curves.false_matches(trial, 2.0).interval for trial in (plain, known))
    assert wide[1] - wide[0] > 2 * (narrow[1] - narrow[0])


def test_the_trade_off_never_turns_back() -> None:
    curve = np.array(curves.trade_off(trials.scored()))
    assert (np.diff(curve[:, 0]) < 0).all()
    assert (np.diff(curve[:, 1]) >= 0).all()
    assert (np.diff(curve[:, 2]) <= 0).all()
    assert len(curve) <= 200


def test_the_equal_error_rate_is_that_of_the_theory() -> None:
    """Two normals, one deviation each side of the middle."""
    generator = np.random.default_rng(5)
    scores = np.concatenate([generator.normal(2, 1, 40_000), generator.normal(0, 1, 40_000)])
    found = curves.equal_error(Trial(scores, np.arange(80_000) < 40_000))
    assert found == pytest.approx(norm.sf(1), abs=0.01)


def test_the_rank_is_one_more_than_those_who_score_as_high() -> None:
    """Probe 0 has its person first, probe 1 behind two, one of them equal; probe 2 has nobody."""
    trial = Trial(
        np.array([0.9, 0.5, 0.7, 0.7, 0.8, 0.6, 0.4, 0.9]),
        np.array([1, 0, 1, 0, 0, 0, 0, 0], np.bool_),
        probe=np.array([0, 0, 1, 1, 1, 1, 2, -1]),
    )
    found = curves.ranks(trial)
    assert found is not None
    assert found[0].tolist() == [1, 3]
    curve = dict(curves.rank_curve(found[0]))
    assert [curve[rank].found for rank in (1, 2, 3)] == [1, 1, 2]


def test_pairs_that_are_no_searches_have_no_ranks() -> None:
    assert curves.ranks(trials.scored()) is None


def test_a_group_counts_its_own_pairs_and_those_not_stated_are_in_none() -> None:
    trial = Trial(
        np.array([0.9, 0.1, 0.9, 0.1]),
        np.array([1, 1, 0, 0], np.bool_),
        groups={"sex": Group(("female",), np.array([0, 0, 0, -1]))},
    )
    (found,) = curves.by_group(trial, 0.5)
    assert (found.misses.found, found.misses.of, found.fmr.found, found.fmr.of) == (1, 2, 1, 1)
