from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.persons.calibrate.calibration import calibrate
from safelight.persons.calibrate.chance import of_probe
from safelight.persons.calibrate.face import CAP, DLIB, Genuine, log_ratio, weighed
from safelight.persons.calibrate.tail import Tail
from safelight.persons.person import Side
from tests.persons.calibrate import faces


@pytest.fixture(scope="module")
def tail() -> Tail:
    people = faces.gallery(1_200, np.random.default_rng(41))
    found = calibrate(people, np.arange(1_200)).tail
    assert found is not None
    return found


def _weights(tail: Tail, scores: NDArray[np.float64], factor: float = 1.0) -> NDArray[np.float64]:
    return log_ratio(tail, scores, scores, DLIB, np.full(len(scores), factor))


def test_a_higher_score_never_weighs_less(tail: Tail) -> None:
    assert (np.diff(_weights(tail, np.linspace(0.8, 1.0, 400))) >= -1e-9).all()


def test_a_low_score_speaks_against_but_never_excludes(tail: Tail) -> None:
    assert _weights(tail, np.array([0.80]))[0] == pytest.approx(np.log10(1 - DLIB.kept), abs=1e-3)


def test_no_score_weighs_more_than_relatives_allow(tail: Tail) -> None:
    assert _weights(tail, np.array([1.0]))[0] <= CAP


def test_the_years_between_take_from_both_sides(tail: Tail) -> None:
    low, high = np.array([0.80]), np.array([0.965])
    assert _weights(tail, low)[0] < _weights(tail, low, 0.5)[0] < 0
    assert 0 < _weights(tail, high, 0.2)[0] <= _weights(tail, high)[0]
    assert _weights(tail, np.array([0.80, 0.965]), 0.0) == pytest.approx([0.0, 0.0])


def test_few_pairs_vouch_for_little() -> None:
    people = faces.gallery(120, np.random.default_rng(42))
    small = calibrate(people, np.arange(120)).tail
    assert small is not None
    assert _weights(small, np.array([1.0]))[0] <= np.log10(small.pairs / 3)


def test_the_ratio_is_that_of_the_two_densities(tail: Tail) -> None:
    """Where both are known: of people who are scored anew, odds of one to one are turned by the ratio."""
    generator = np.random.default_rng(43)
    everybody = faces.gallery(2_400, generator)
    people = everybody[:1_200]
    calibration = calibrate(people, np.arange(1_200))
    assert calibration.tail is not None
    near = calibration.near(people, np.arange(1_200))
    probes = np.concatenate([faces.again(people, generator), everybody[1_200:]])
    others = np.concatenate([np.arange(1_200), generator.integers(0, 1_200, 1_200)])
    similarity = np.einsum("ij,ij->i", probes.astype(np.float64), people[others].astype(np.float64))
    adjusted = calibration.adjusted(similarity, calibration.near(probes), near.rows(others))
    ratio = 10 ** log_ratio(calibration.tail, similarity, adjusted, DLIB, np.ones(2_400))
    same = np.arange(2_400) < 1_200
    # By chance alone a ratio of r or more comes in at most one of r pairs of two people.
    for least in (3.0, 10.0, 100.0):
        assert (ratio[~same] >= least).mean() <= 1.5 / least
    assert np.median(ratio[same]) > 100


def test_scores_of_one_person_are_measured_without_their_errors() -> None:
    generator = np.random.default_rng(44)
    scores = np.concatenate([generator.normal(0.9, 0.02, 900), generator.normal(0.6, 0.05, 100)])
    made = Genuine.measured(scores, "here")
    assert made.mean == pytest.approx(0.9, abs=0.005)
    assert made.deviation == pytest.approx(0.02, abs=0.005)
    assert made.kept == pytest.approx(0.9, abs=0.02)


def test_a_few_scores_measure_nothing() -> None:
    with pytest.raises(ValueError, match="too few"):
        Genuine.measured(np.ones(29), "here")


def test_the_row_of_the_table_says_what_chance_gives(tail: Tail) -> None:
    row = weighed(0.97, 2.1, of_probe(tail, 0.97, 1_200), DLIB, "Six years lie between the photographs.")
    assert row.side is Side.FOR
    assert "chance alone gives" in row.text and row.text.endswith("Six years lie between the photographs.")
    assert "nothing was measured on children" in row.source


def test_a_face_that_is_not_calibrated_weighs_nothing() -> None:
    row = weighed(0.97, None, None, DLIB)
    assert (row.side, row.weight) == (Side.UNKNOWN, 0.0)
    assert "not calibrated" in row.text
