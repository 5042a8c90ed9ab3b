from __future__ import annotations

import json

import numpy as np
import pytest

from safelight.errors import UsageError
from safelight.persons.evaluate.evaluation import as_json, evaluate
from safelight.persons.evaluate.trial import Failure, Trial
from tests.persons.evaluate import trials


def test_an_evaluation_is_plain_json() -> None:
    found = as_json(evaluate(trials.with_gap(12.0, kind="false matches")))
    assert json.loads(json.dumps(found, allow_nan=False)) == found
    assert found["blocked"] is True
    assert [one["rate"] for one in found["thresholds"]] == [1e-3, 1e-4, 1e-5, 1e-6]
    assert found["compared_at"]["rate"] == 1e-3


def test_with_few_pairs_groups_are_compared_at_a_higher_rate() -> None:
    found = evaluate(trials.scored(genuine=50, impostor=1_500))
    assert found.compared is not None and found.compared.rate == 1e-2
    assert all(one.score is None for one in found.thresholds)


def test_with_next_to_none_groups_are_not_compared() -> None:
    assert evaluate(trials.scored(genuine=5, impostor=20)).compared is None


@pytest.mark.parametrize("same", [True, False])
def test_pairs_of_one_kind_alone_cannot_be_evaluated(same: bool) -> None:
    with pytest.raises(UsageError, match="There is no pair of"):
        evaluate(Trial(np.ones(5), np.full(5, same)))


def test_failures_are_all_counted_and_the_first_are_listed() -> None:
    scored = trials.scored(genuine=5, impostor=20)
    trial = Trial(
        scored.score, scored.same, failures=tuple(Failure(str(n), "No face.") for n in range(1_500))
    )
    found = as_json(evaluate(trial))
    assert (found["failures"], len(found["failed"])) == (1_500, 1_000)
