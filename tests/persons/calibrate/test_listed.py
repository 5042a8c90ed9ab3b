from __future__ import annotations

import numpy as np
import pytest

from safelight.persons.calibrate.listed import Listed, by_chance


def test_uncut_lists_hold_what_their_rates_say() -> None:
    made = by_chance(300, np.full(1_000, 0.4), unevenness=0.5)
    assert made.expected == pytest.approx(400)
    assert made.cut is None


@pytest.mark.parametrize("most", [1, 2, 3, 5, 10])
@pytest.mark.parametrize("unevenness", [0.0, 0.6])
def test_cut_lists_hold_what_a_simulation_says(most: int, unevenness: float) -> None:
    generator = np.random.default_rng(most)
    means = np.tile([0.5, 2.0, 6.0], 400)
    rates = means * np.exp(generator.normal(-(unevenness**2) / 2, unevenness, (200, len(means))))
    totals = np.minimum(generator.poisson(rates), most).sum(axis=1)
    made = by_chance(10, means, most=most, unevenness=unevenness)
    assert made.expected == pytest.approx(totals.mean(), rel=0.01)
    inside = (totals >= made.interval[0]) & (totals <= made.interval[1])
    assert inside.mean() > 0.9


def test_a_list_that_is_hardly_cut_is_not_called_so() -> None:
    assert by_chance(5, np.full(100, 0.1), most=10).cut is None
    assert by_chance(5, np.full(100, 3.0), most=2).cut == 2


def test_what_is_expected_is_never_clipped_to_what_is_listed() -> None:
    made = by_chance(3, np.full(100, 1.0))
    assert made.expected == pytest.approx(100)
    assert made.sentence().startswith(
        "3 candidates are listed. By chance alone more than are listed are expected: about 100 (80 to 120)."
    )


def test_the_sentence_counts() -> None:
    assert Listed(412, 301.4, (260.2, 340.9)).sentence() == (
        "Of 412 candidates, about 301 are expected by chance (260 to 341)."
    )
    assert Listed(412, 405.0, (360.0, 450.0)).sentence() == (
        "Of 412 candidates, chance alone would give about as many: about 405 (360 to 450)."
    )
    assert (
        Listed(2, 0.01, (0.0, 0.4)).sentence()
        == "Of 2 candidates, about 0.01 are expected by chance (0 to 0)."
    )
    assert Listed(9, 5.0, (1.0, 9.0), cut=3).sentence().endswith("Of each probe only the best 3 are listed.")


def test_an_empty_list_says_what_chance_would_have_given() -> None:
    assert Listed(0, 0.1, (0.0, 0.7)).sentence() == "There are no candidates."
    assert Listed(0, 9.0, (4.0, 15.0)).sentence() == (
        "There are no candidates. By chance alone, about 9 (4 to 15) are expected."
    )


def test_a_candidate_alone_is_one() -> None:
    assert (
        Listed(1, 4.0, (1.0, 8.0))
        .sentence()
        .startswith("1 candidate is listed. By chance alone more than is listed")
    )
