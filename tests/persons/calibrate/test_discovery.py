from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import norm

from safelight.persons.calibrate.calibration import calibrate
from safelight.persons.calibrate.discovery import Discovery, discover, p_best, q_values, share_of_nulls
from safelight.persons.calibrate.listed import Listed, by_chance
from tests.persons.calibrate import faces

MISSING, FOUND, K = 1_200, 1_000, 5


def test_q_values_are_those_of_the_published_example() -> None:
    """The fifteen p-values of Benjamini and Hochberg (1995), section 3.3: four are rejected at 0.05."""
    p = np.array(
        [
            *(0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459),
            *(0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0),
        ]
    )
    assert (q_values(p) <= 0.05).sum() == 4
    assert q_values(p)[0] == pytest.approx(0.0015)


def test_those_that_are_not_shown_count_as_tested() -> None:
    p = np.array([1e-6, 1e-5])
    assert q_values(p, 1_000) == pytest.approx([1e-3, 5e-3])


def test_a_missing_candidate_is_no_test() -> None:
    assert np.isnan(q_values(np.array([0.01, np.nan]))).tolist() == [False, True]
    assert q_values(np.array([0.01, np.nan]))[0] == 0.01


def test_false_discoveries_stay_below_their_level() -> None:
    """A hundred times a thousand tests that depend positively, a tenth of them true."""
    shares, found = [], 0
    for seed in range(100):
        generator = np.random.default_rng(seed)
        shift = np.where(np.arange(1_000) < 100, 3.5, 0.0)
        common = generator.standard_normal()
        p = norm.sf(shift + 0.5 * common + np.sqrt(0.75) * generator.standard_normal(1_000))
        chosen = q_values(p) <= 0.1
        shares.append(chosen[100:].sum() / max(1, chosen.sum()))
        found += int(chosen[:100].sum())
    assert np.mean(shares) < 0.1
    assert found > 5_000


def test_the_nearest_of_many_is_nearer() -> None:
    assert p_best(np.array([1e-4]), 10_000)[0] == pytest.approx(1 - np.exp(-1), rel=1e-3)
    assert p_best(np.array([1e-12]), 10)[0] == pytest.approx(1e-11)


def test_the_share_of_nulls_is_found() -> None:
    generator = np.random.default_rng(1)
    p = np.concatenate([generator.random(700), generator.random(300) / 1e4])
    share, error = share_of_nulls(p)
    assert abs(share - 0.7) < 3 * error


def _match(planted: int, seed: int) -> tuple[Discovery, Listed, NDArray[np.bool_], NDArray[np.bool_]]:
    """Found people held against missing ones, some of them planted; whether each candidate is true, and is listed."""
    generator = np.random.default_rng(seed)
    everybody = faces.gallery(MISSING + FOUND, generator)
    missing, found = everybody[:MISSING], everybody[MISSING:].copy()
    found[:planted] = faces.again(missing[:planted], generator)
    together = np.concatenate([missing, found])
    numbers = np.arange(MISSING + FOUND)
    calibration = calibrate(
        together,
        numbers,
        sides=numbers >= MISSING,
        nearest=np.concatenate(
            [faces.nearest(missing, found, 10) + MISSING, faces.nearest(found, missing, 10)]
        ),
        pairs=500_000,
    )
    index = faces.nearest(found, missing, K)
    near = calibration.near(together, numbers)
    similarity = np.einsum("id,ikd->ik", found.astype(np.float64), missing[index].astype(np.float64))
    rows = near.rows(np.arange(MISSING, MISSING + FOUND)[:, None]), near.rows(index)
    fmr, ends = calibration.fmr(similarity, *rows), calibration.fmr_interval(similarity, *rows)
    assert fmr is not None and ends is not None
    assert calibration.tail is not None
    listed = fmr * MISSING <= 0.3
    at = np.argmin(np.abs(np.log(fmr.reshape(-1) * MISSING / 0.3)))
    low, high = (float(one.reshape(-1)[at] / fmr.reshape(-1)[at]) for one in ends)
    chance = by_chance(
        int(listed.sum()), np.full(FOUND, 0.3), (low, high), unevenness=calibration.tail.unevenness
    )
    return discover(fmr, ends, MISSING), chance, index == np.arange(FOUND)[:, None], listed


def test_of_the_candidates_as_many_are_chance_as_was_said() -> None:
    _, made, true, listed = _match(100, 31)
    chance = int((listed & ~true).sum())
    low, high = made.interval
    assert low <= chance <= high
    assert abs(made.expected - chance) < 0.4 * chance


def test_planted_pairs_stand_out_and_few_others_do() -> None:
    made, _, true, _ = _match(100, 32)
    chosen = made.q_pair <= 0.1
    assert (chosen & true).sum() > 75
    assert (chosen & ~true).sum() <= 0.2 * chosen.sum()


def test_planted_pairs_are_found_at_the_rate_that_their_scores_say() -> None:
    """What share of pairs of one person is beyond a false-match rate is known beforehand, from other such pairs."""
    generator = np.random.default_rng(33)
    people = faces.gallery(1_500, generator)
    calibration = calibrate(
        people, np.arange(1_500), nearest=faces.nearest(people, people, 11), pairs=500_000
    )
    near = calibration.near(people, np.arange(1_500))
    beyond = []
    for _ in range(2):
        photographs = faces.again(people, generator)
        similarity = np.einsum("ij,ij->i", photographs.astype(np.float64), people.astype(np.float64))
        fmr = calibration.fmr(similarity, calibration.near(photographs), near)
        assert fmr is not None
        beyond.append((fmr <= 1e-6).mean())
    assert abs(beyond[0] - beyond[1]) < 0.04
    assert beyond[0] > 0.5


def test_as_many_as_were_planted_are_estimated_to_be_there() -> None:
    made, _, _, _ = _match(100, 35)
    low, high = made.with_somebody_interval
    assert low <= 100 <= high + 5
    assert 75 < made.with_somebody < 115


def test_a_match_without_anybody_says_so() -> None:
    made, chance, _, listed = _match(0, 34)
    assert made.with_somebody == 0
    assert made.with_somebody_interval[1] < 0.06 * FOUND
    assert (made.q_pair <= 0.1).sum() <= 2
    assert chance.expected > 0.6 * listed.sum()


def test_probes_without_any_candidate_are_no_error() -> None:
    none = np.full((3, 2), np.nan)
    made = discover(none, (none, none), 100)
    assert np.isnan(made.q_pair).all()
    assert np.isnan(made.q_probe).all()
