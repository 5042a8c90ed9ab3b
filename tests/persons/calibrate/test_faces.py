"""The vectors of these tests score as was measured, or the tests below say nothing about faces."""

from __future__ import annotations

import numpy as np

from tests.persons.calibrate import faces


def test_two_people_score_as_measured() -> None:
    people = faces.gallery(1500, np.random.default_rng(1))
    scores = (people @ people.T)[np.triu_indices(1500, 1)]
    assert abs(scores.mean() - 0.81) < 0.005
    assert abs(scores.std() - 0.036) < 0.003


def test_two_photographs_of_one_person_score_as_measured() -> None:
    generator = np.random.default_rng(2)
    people = faces.gallery(1500, generator)
    scores = (people * faces.again(people, generator)).sum(axis=1)
    assert abs(scores.mean() - 0.965) < 0.003
    assert abs(scores.std() - 0.0105) < 0.002
