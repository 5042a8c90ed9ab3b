"""What a gallery's scores are calibrated on: every pair of it, as far as there is time for that."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.persons.calibrate import neighbourhood
from safelight.persons.compare.gallery import Gallery
from safelight.persons.desk import meaning
from safelight.persons.desk.meaning import Meaning
from safelight.persons.person import Span
from safelight.persons.weigh.age_gap import discount
from tests.persons.calibrate import faces

PEOPLE = 2_500


@pytest.fixture(scope="module")
def gallery() -> Gallery:
    people = faces.gallery(PEOPLE, np.random.default_rng(7))
    return Gallery(tuple(f"P-{number:04}" for number in range(PEOPLE)), people, "test-1")


def test_in_a_match_the_tail_of_delhi_s_register_is_that_of_every_pair() -> None:
    assert meaning.WHOLE_IN_MATCH > 65_906


def test_the_tail_of_a_gallery_that_is_held_against_itself_is_surer(
    gallery: Gallery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(meaning, "_ROWS", 100)
    whole, part = (Meaning(gallery, "dlib-mirrored", 0.1, most).calibration.tail for most in (PEOPLE, 100))
    assert whole is not None and part is not None
    assert whole.pairs == PEOPLE * (PEOPLE - 1) // 2 > part.pairs
    at = np.array([whole.score_at(0.1 / PEOPLE)])
    (low, high), (less, more) = whole.interval(at), part.interval(at)
    assert high / low < more / less


def test_a_probe_is_held_against_the_cohort_once(gallery: Gallery, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Meaning(gallery, "dlib-mirrored", 0.1)
    scored = made.score(gallery.people[:3], 5)
    assert scored.of_row(2).mean == made.calibration.near(gallery.people[2:3]).mean
    monkeypatch.setattr(neighbourhood, "nearness", None)
    similarity, _, _ = made.of_pair(gallery.people[2], scored.of_row(2), 0, discount(Span(0.0, 0.0), None))
    assert similarity == pytest.approx(float(gallery.people[2] @ gallery.people[0]), abs=1e-5)
