from __future__ import annotations

import numpy as np
import pytest

from safelight.persons.calibrate.intervals import bootstrap, clopper_pearson, dyadic, inflation, wilson


def test_the_exact_interval_is_that_of_the_tables() -> None:
    assert clopper_pearson(0, 10) == pytest.approx((0.0, 0.3085), abs=1e-4)
    assert clopper_pearson(5, 10) == pytest.approx((0.1871, 0.8129), abs=1e-4)


def test_wilson_is_that_of_the_tables() -> None:
    assert wilson(5, 10) == pytest.approx((0.2366, 0.7634), abs=1e-4)


def test_of_nothing_nothing_is_known() -> None:
    assert clopper_pearson(0, 0) == wilson(0, 0) == (0.0, 1.0)


def test_pairs_of_which_no_two_share_a_person_are_worth_what_they_are() -> None:
    hits = np.random.default_rng(1).random(500) < 0.3
    assert inflation(hits, np.arange(500), np.arange(500, 1000)) == 1.0


def _coverage(people: int, trials: int) -> tuple[float, float]:
    """Of intervals of a share over all pairs, where some people make more hits: by pairs alone, and by people."""
    plain = good = 0
    first, second = np.triu_indices(people, 1)
    for seed in range(trials):
        generator = np.random.default_rng(seed)
        habit = generator.normal(0, 1, people)
        hits = habit[first] + habit[second] + generator.normal(0, 1, len(first)) > 3
        truth = 0.041632  # of a normal with variance 3, above 3
        low, high = clopper_pearson(float(hits.sum()), len(hits))
        plain += low <= truth <= high
        low, high = dyadic(hits, first.astype(np.int64), second.astype(np.int64))
        good += low <= truth <= high
    return plain / trials, good / trials


def test_intervals_by_people_cover_where_those_by_pairs_do_not() -> None:
    by_pairs, by_people = _coverage(80, 150)
    assert by_pairs < 0.6
    assert by_people > 0.88


def test_drawing_people_again_covers_as_well() -> None:
    first, second = (ends.astype(np.int64) for ends in np.triu_indices(60, 1))
    covered = 0
    for seed in range(40):
        generator = np.random.default_rng(seed)
        habit = generator.normal(0, 1, 60)
        values = habit[first] + habit[second]
        low, high = bootstrap(
            lambda weights, values=values: float(np.average(values, weights=weights)),
            first,
            second,
            draws=100,
        )
        covered += low <= 0 <= high
    assert covered >= 35


def test_the_same_seed_draws_the_same() -> None:
    ends = np.arange(20), np.arange(20, 40)

    def drawn() -> tuple[float, float]:
        return bootstrap(lambda weights: float(weights[:7].sum() / weights.sum()), *ends, draws=50, seed=3)

    assert drawn() == drawn()
