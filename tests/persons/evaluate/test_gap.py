from __future__ import annotations

import pytest

from safelight.persons.calibrate.intervals import clopper_pearson
from safelight.persons.evaluate.curves import ByGroup, Rate
from safelight.persons.evaluate.evaluation import evaluate
from safelight.persons.evaluate.gap import Limits, gaps
from tests.persons.evaluate import trials


@pytest.mark.parametrize(("kind", "times"), [("false matches", 12.0), ("misses", 3.0)])
def test_a_planted_gap_blocks(kind: str, times: float) -> None:
    found = evaluate(trials.with_gap(times, kind=kind))
    assert found.blocked
    (gap,) = [one for one in found.gaps if one.blocks]
    assert (gap.group, gap.value, gap.kind) == ("age_band", "under 6", kind)
    assert gap.sentence().endswith("the interval is clear of the limit.")


@pytest.mark.parametrize("seed", range(5))
def test_no_gap_blocks_nothing(seed: int) -> None:
    assert not evaluate(trials.with_gap(1.0, kind="misses", seed=seed)).blocked


def test_a_gap_below_the_limit_does_not_block() -> None:
    assert not evaluate(trials.with_gap(1.6, kind="misses", size=0.4)).blocked


def test_a_gap_of_which_few_pairs_tell_is_said_but_does_not_block() -> None:
    few = Rate(2, 400, clopper_pearson(2, 400))
    overall, none = Rate(320, 400_000, (0.0007, 0.0009)), Rate(0, 10, (0.0, 0.3))
    (gap,) = gaps([ByGroup("age_band", "under 6", few, none)], overall, none)
    assert not gap.blocks
    assert "too few pairs to tell" in gap.sentence()


def test_the_limits_can_be_set() -> None:
    trial = trials.with_gap(3.0, kind="misses")
    assert not evaluate(trial, Limits(misses=4.0)).blocked
    assert evaluate(trials.with_gap(1.6, kind="misses", size=0.4), Limits(misses=1.1)).blocked


def test_where_overall_nothing_is_missed_nothing_is_a_gap() -> None:
    assert not [gap for gap in evaluate(trials.with_gap(0.0, kind="misses")).gaps if gap.overall == 0]
