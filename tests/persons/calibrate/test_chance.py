from __future__ import annotations

import numpy as np
import pytest

from safelight.persons.calibrate.calibration import Calibration, calibrate
from safelight.persons.calibrate.chance import Chance, of_match, of_probe
from tests.persons.calibrate import faces

PEOPLE, PROBES = 2_000, 1_000


@pytest.fixture(scope="module")
def match() -> tuple[Calibration, faces.Templates, faces.Templates]:
    """A gallery, calibrated on itself alone, and strangers who are held against it."""
    everybody = faces.gallery(PEOPLE + PROBES, np.random.default_rng(21), wolves=0.03)
    people = everybody[:PEOPLE]
    made = calibrate(people, np.arange(PEOPLE), nearest=faces.nearest(people, people, 11), pairs=500_000)
    return made, people, everybody[PEOPLE:]


@pytest.mark.parametrize("threshold", [0.90, 0.93, 0.95])
def test_over_a_match_as_many_strangers_are_near_as_was_said(
    match: tuple[Calibration, faces.Templates, faces.Templates], threshold: float
) -> None:
    calibration, people, strangers = match
    assert calibration.plain is not None
    said = of_match(calibration.plain, threshold, PEOPLE * PROBES)
    there = int((strangers.astype(np.float64) @ people.T >= threshold).sum())
    spread = 2 * np.sqrt(there)
    assert there > 20
    assert said.low - spread <= there <= said.high + spread


@pytest.mark.parametrize("rate", [1e-3, 1e-4, 1e-5])
def test_over_a_match_as_many_strangers_are_near_on_the_calibrated_scale(
    match: tuple[Calibration, faces.Templates, faces.Templates], rate: float
) -> None:
    calibration, people, strangers = match
    tail = calibration.tail
    assert tail is not None
    said = of_match(tail, tail.score_at(rate), PEOPLE * PROBES)
    there = int((faces.adjusted(calibration, people, strangers) >= tail.score_at(rate)).sum())
    spread = 2 * np.sqrt(there)
    assert said.low - spread <= there <= said.high + spread


def test_for_a_probe_as_many_look_alikes_come_as_was_said(
    match: tuple[Calibration, faces.Templates, faces.Templates],
) -> None:
    """The third nearest of each probe: on the mean, three are as near."""
    calibration, people, strangers = match
    tail = calibration.tail
    assert tail is not None
    third = np.sort(faces.adjusted(calibration, people, strangers), axis=1)[:, -3]
    said = [of_probe(tail, float(score), PEOPLE) for score in third[:400]]
    assert 2 < np.median([one.expected for one in said]) < 4.5
    # Three came: where that lies in the interval of what was expected, or chance scatters as far as three may.
    assert np.mean([one.low < 7.2 and one.high > 0.6 for one in said]) > 0.95


@pytest.mark.parametrize(
    ("chance", "said"),
    [
        (Chance(3.2, 2.1, 4.9), "about 3 look-alikes as near as this one (2 to 5)."),
        (Chance(1.1, 0.9, 1.3), "about 1 look-alike as near as this one."),
        (Chance(12_345, 11_800, 12_900), "about 12,000 look-alikes as near as this one (12,000 to 13,000)."),
        (
            Chance(0.01, 0.005, 0.02),
            "a look-alike as near as this one in about one of 100 such searches (one of 50 to one of 200).",
        ),
        (
            Chance(0.01, 1e-9, 0.02),
            "in about one of 100 such searches (it may be one of 50, or far fewer).",
        ),
    ],
)
def test_the_sentence_says_the_number(chance: Chance, said: str) -> None:
    assert chance.sentence().startswith("At this gallery size, chance alone gives ")
    assert chance.sentence().endswith(said)


def test_the_rarest_score_is_no_certainty() -> None:
    assert "siblings may look as much alike" in Chance(1e-9, 1e-10, 1e-8).sentence()
