from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.persons.calibrate import neighbourhood
from safelight.persons.calibrate.calibration import Calibration, calibrate
from tests.persons.calibrate import faces


def _borne_by_few(hits: NDArray[np.bool_]) -> float:
    """The share of all false matches that the 5 % of probes with the most of them have."""
    each = np.sort(hits.sum(axis=1))
    return float(each[-len(each) // 20 :].sum() / each.sum())


def _scores(calibration: Calibration, people: faces.Templates) -> NDArray[np.float64]:
    near = calibration.near(people, np.arange(len(people)))
    rows = np.arange(len(people))
    made = calibration.adjusted(
        (people.astype(np.float64) @ people.T), near.rows(rows[:, None]), near.rows(rows[None])
    )
    np.fill_diagonal(made, -1)
    return made


@pytest.mark.parametrize("kind", ["plain", "wolves", "families"])
def test_faces_that_look_like_everybody_no_longer_bear_nearly_all_false_matches(kind: str) -> None:
    more = {"plain": {}, "wolves": {"wolves": 0.05}, "families": {"families": 40}}[kind]
    people = faces.gallery(2_000, np.random.default_rng(6), **more)
    calibration = calibrate(people, np.arange(2_000), pairs=50_000)
    raw = people @ people.T
    np.fill_diagonal(raw, -1)
    adjusted = _scores(calibration, people)
    before = _borne_by_few(raw > np.quantile(raw, 1 - 1e-3))
    after = _borne_by_few(adjusted > np.quantile(adjusted, 1 - 1e-3))
    assert before > 0.5
    assert after < 0.32


def test_a_person_of_the_cohort_is_judged_as_one_who_is_not() -> None:
    """People of the gallery have those they resemble among their neighbours; strangers who probe have not."""
    everybody = faces.gallery(1_600, np.random.default_rng(7))
    inside, outside = everybody[:800], everybody[800:]
    calibration = calibrate(inside, np.arange(800))
    within = np.quantile(_scores(calibration, inside), 1 - 1e-3)
    near_out, near_in = calibration.near(outside), calibration.near(inside, np.arange(800))
    across = calibration.adjusted(
        outside.astype(np.float64) @ inside.T,
        near_out.rows(np.arange(800)[:, None]),
        near_in.rows(np.arange(800)[None]),
    )
    assert 0.7e-3 < (across > within).mean() < 1.4e-3


def test_leaving_one_out_is_what_a_cohort_without_that_person_gives() -> None:
    people = faces.gallery(300, np.random.default_rng(8))
    persons = np.arange(300)
    whole = neighbourhood.draw(people, persons)
    near = neighbourhood.nearness(whole, people, persons)
    scores = people[0].astype(np.float64) @ people.T.astype(np.float64)
    for other in np.argsort(-scores)[1:15]:
        rest = np.delete(persons, other)
        alone = neighbourhood.nearness(
            neighbourhood.Cohort(people[rest].astype(np.float64), rest), people[:1], persons[:1]
        )
        said = near.rows(np.array([0])).without(scores[[other]], near.rows(np.array([other])))
        assert said[0] == pytest.approx(alone.mean[0], abs=3e-6)


def test_nobody_is_of_their_own_neighbourhood() -> None:
    people = faces.gallery(200, np.random.default_rng(9))
    cohort = neighbourhood.draw(people, np.arange(200))
    assert neighbourhood.nearness(cohort, people, np.arange(200)).first.max() < 0.99


@pytest.mark.parametrize("people", [0, 1, 2, 5])
def test_a_handful_of_people_is_no_error(people: int) -> None:
    made = faces.gallery(people, np.random.default_rng(10))
    calibration = calibrate(made, np.arange(people))
    assert calibration.tail is None
    assert len(calibration.near(made, np.arange(people)).mean) == people
