from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.persons.calibrate.calibration import Calibration, calibrate
from safelight.persons.calibrate.tail import Tail, fit
from tests.persons.calibrate import faces

RATES = (1e-2, 1e-3, 1e-4, 1e-5)


def _independent(scores: NDArray[np.float64]) -> Tail:
    """A tail of scores of which no two share a person."""
    count = len(scores)
    tail, _ = fit(scores, np.arange(count), np.arange(count, 2 * count), of=count, hidden=0.0)
    assert tail is not None
    return tail


@pytest.fixture(scope="module")
def calibrated() -> tuple[Calibration, faces.Templates, faces.Templates]:
    """A gallery of 3,000 with its nearest lists, and 3,000 strangers."""
    everybody = faces.gallery(6_000, np.random.default_rng(11))
    people = everybody[:3_000]
    calibration = calibrate(
        people, np.arange(3_000), nearest=faces.nearest(people, people, 11), pairs=500_000
    )
    return calibration, people, everybody[3_000:]


def test_strangers_reach_a_score_as_often_as_was_said(
    calibrated: tuple[Calibration, faces.Templates, faces.Templates],
) -> None:
    calibration, people, strangers = calibrated
    tail = calibration.tail
    assert tail is not None
    scores = faces.adjusted(calibration, people, strangers)
    for rate in RATES:
        at = tail.score_at(rate)
        true = float((scores >= at).mean())
        low, high = tail.interval(np.array([at]))
        assert low[0] <= true <= high[0], f"at {rate}: {true} not in {low[0]}..{high[0]}"
        assert 0.5 * rate < true < 1.3 * rate


def test_the_rate_is_rather_too_high_than_too_low_beyond_what_was_seen() -> None:
    """Normal scores, whose tail falls faster than the fitted family's: said too high, by less than tenfold."""
    tail = _independent(np.random.default_rng(12).normal(0.81, 0.035, 200_000))
    for deviations, true in ((4.265, 1e-5), (4.753, 1e-6)):
        said = tail.fmr(np.array([0.81 + 0.035 * deviations]))[0]
        assert true <= said < 10 * true


def test_a_heavy_tail_is_followed() -> None:
    """Student's t with six degrees of freedom."""
    scores = 0.7 + 0.01 * np.random.default_rng(13).standard_t(6, 300_000)
    tail = _independent(scores)
    assert tail.shape > 0.05
    assert 0.4e-5 < tail.fmr(np.array([0.7 + 0.01 * 13.26]))[0] < 2.5e-5  # 5.4e-6 one-sided is 13.26 scales


def test_the_interval_covers() -> None:
    """By normal scores, a decade beyond the threshold's own share, thirty times."""
    covered = 0
    for seed in range(30):
        tail = _independent(np.random.default_rng(seed).normal(0.81, 0.035, 20_000))
        low, high = tail.interval(np.array([0.81 + 0.035 * 2.8782]))
        covered += bool(low[0] <= 0.002 <= high[0])
    assert covered >= 26


def test_the_interval_covers_where_pairs_share_people() -> None:
    """Galleries of 200, one of which is luckier than the other; the truth is what strangers of the same kind score."""
    covered = 0
    for seed in range(15):
        everybody = faces.gallery(600, np.random.default_rng(100 + seed))
        people, strangers = everybody[:200], everybody[200:]
        calibration = calibrate(people, np.arange(200))
        assert calibration.tail is not None
        at = calibration.tail.score_at(2e-3)
        true = float((faces.adjusted(calibration, people, strangers) >= at).mean())
        low, high = calibration.tail.interval(np.array([at]))
        covered += bool(low[0] <= true <= high[0])
    assert covered >= 13


def test_no_rate_is_nought_and_none_rises(
    calibrated: tuple[Calibration, faces.Templates, faces.Templates],
) -> None:
    tail = calibrated[0].tail
    assert tail is not None
    scores = np.linspace(-1.5, 2.0, 5_000)
    rates = tail.fmr(scores)
    assert (rates > 0).all() and rates[0] == 1.0
    for row in (rates, *tail.interval(scores)):
        assert (np.diff(row) <= 1e-15).all()
    low, high = tail.interval(scores)
    assert ((low <= rates) & (rates <= high)).all()
    assert tail.fmr(np.array([2.0]))[0] == pytest.approx(0.01 / tail.pairs)


def test_the_rate_and_its_score_are_inverse(
    calibrated: tuple[Calibration, faces.Templates, faces.Templates],
) -> None:
    tail = calibrated[0].tail
    assert tail is not None
    for rate in (0.3, *RATES, 1e-7):
        assert tail.fmr(np.array([tail.score_at(rate)]))[0] == pytest.approx(rate, rel=0.02)


@pytest.mark.parametrize("people", [300, 1_600])
def test_one_in_a_hundred_enrolled_twice_changes_little_and_is_found(people: int) -> None:
    generator = np.random.default_rng(14)
    clean = faces.gallery(people, generator)
    twice = people // 100
    dirty = np.concatenate([clean[:-twice], faces.again(clean[:twice], generator)])
    numbers = np.arange(people)
    one, other = (
        calibrate(some, numbers, nearest=faces.nearest(some, some, 11), pairs=500_000)
        for some in (clean, dirty)
    )
    assert one.tail is not None and other.tail is not None
    for rate in (1e-3, 1e-4, 1e-5):
        said = other.tail.fmr(np.array([one.tail.score_at(rate)]))[0]
        assert 0.5 * rate < said < 2 * rate
    assert not one.duplicates
    found = {(pair.first, pair.second) for pair in other.duplicates}
    true = {(at, people - twice + at) for at in range(twice)}
    assert len(found & true) >= 0.9 * twice
    assert len(found - true) <= max(1, 0.15 * twice)


def test_with_one_in_ten_enrolled_twice_no_rate_is_too_low() -> None:
    """So many cannot always be told from people who look alike: then the rates are too high, never too low."""
    generator = np.random.default_rng(19)
    everybody = faces.gallery(1_600, generator)
    clean, strangers = everybody[:800], everybody[800:]
    dirty = np.concatenate([clean[:-80], faces.again(clean[:80], generator)])
    calibration = calibrate(dirty, np.arange(800), nearest=faces.nearest(dirty, dirty, 11))
    assert calibration.tail is not None
    scores = faces.adjusted(calibration, dirty, strangers)
    for rate in (1e-3, 1e-4, 1e-5):
        assert (scores >= calibration.tail.score_at(rate)).mean() < 1.3 * rate


def test_people_who_look_alike_in_families_are_calibrated_as_such() -> None:
    everybody = faces.gallery(3_000, np.random.default_rng(15), families=40)
    people = everybody[:1_500]
    calibration = calibrate(
        people, np.arange(1_500), nearest=faces.nearest(people, people, 11), pairs=500_000
    )
    tail = calibration.tail
    assert tail is not None
    scores = faces.adjusted(calibration, people, everybody[1_500:])
    for rate in (1e-3, 1e-4, 1e-5):
        assert 0.1 * rate < float((scores >= tail.score_at(rate)).mean()) < 1.5 * rate


def test_too_few_people_are_not_calibrated_and_it_is_said_why() -> None:
    people = faces.gallery(90, np.random.default_rng(16))
    calibration = calibrate(people, np.arange(90))
    assert calibration.tail is None
    near = calibration.near(people)
    assert calibration.fmr(np.array([0.9]), near.rows(np.array([0])), near.rows(np.array([1]))) is None
    assert calibration.sentence.startswith("Not calibrated: 90 people make 4,005 pairs; at least 100 people")


def test_a_gallery_of_one_face_a_hundred_times_over_is_not_calibrated() -> None:
    people = np.repeat(faces.gallery(1, np.random.default_rng(17)), 150, axis=0)
    calibration = calibrate(people, np.arange(150))
    assert calibration.tail is None
    assert "too much alike" in calibration.sentence


def test_the_same_gallery_gives_the_same_scale_in_any_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    from safelight.persons.calibrate import impostors, neighbourhood

    people = faces.gallery(400, np.random.default_rng(18))
    one = calibrate(people, np.arange(400))
    monkeypatch.setattr(impostors, "_BLOCK", 1_000)
    monkeypatch.setattr(neighbourhood, "_BLOCK", 7)
    other = calibrate(people, np.arange(400))
    assert one.tail is not None and other.tail is not None
    scores = np.linspace(0.7, 1.0, 50)
    assert one.tail.fmr(scores).tobytes() == other.tail.fmr(scores).tobytes()
