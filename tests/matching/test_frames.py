"""Frames of films against lists of pictures: all of them, once an entry, and where in the film."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.hashsets.protocol import Record
from safelight.hashsets.store import HashList, build
from safelight.matching.films import Film, film_of
from safelight.matching.frames import _stretch, frame_matches, has_picture_lists, joined
from safelight.matching.match import Matched, Matcher
from safelight.model import HashSet, HashSetKind, Match
from tests.matching.test_films import codes, flipped

ILLEGAL = HashSetKind.KNOWN_ILLEGAL
Make = Callable[..., Matcher]
FRAMES = codes(600, 1)
"""Of a film of ten minutes, one a second."""


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(listed: list[Record], kind: HashSetKind = ILLEGAL, format: str = "pdq") -> Matcher:
        folder = tmp_path / f"list-{len(list(tmp_path.iterdir()))}"
        report = build(iter([listed]), folder)
        hash_set = HashSet("H-1", "pictures", kind, format, report.added, "00")
        return Matcher([(hash_set, HashList.open(folder))])

    return made


def record(code: np.ndarray, name: str = "a", category: str = "1", quality: int = 90) -> Record:
    return Record(name, {"pdq": code.tobytes()}, category, {}, quality)


def film(frames: np.ndarray = FRAMES, mirrored: np.ndarray | None = None, step: float = 1.0) -> Film:
    return Film(3, frames, mirrored, np.arange(len(frames)) * step, step)


def test_a_listed_picture_is_found_in_any_one_frame_and_its_time_is_told(make: Make) -> None:
    matcher = make([record(flipped(FRAMES[431:432], 31)[0])])
    ((owner, match),) = frame_matches(matcher, [film()])
    assert owner == 3
    assert match == Match("pictures", ILLEGAL, "a", "pdq", 31, "1", "identity", None, (431.0, 431.0))


def test_one_bit_beyond_is_not_found(make: Make) -> None:
    assert not frame_matches(make([record(flipped(FRAMES[431:432], 32)[0])]), [film()])


def test_a_picture_that_the_mirrored_frame_shows_is_found_mirrored(make: Make) -> None:
    mirrored = codes(600, 2)
    ((_, match),) = frame_matches(make([record(mirrored[7])]), [film(FRAMES, mirrored)])
    assert (match.form, match.at, match.distance) == ("mirrored", (7.0, 7.0), 0)


def test_frames_that_follow_one_another_are_one_match_from_the_first_to_the_last(make: Make) -> None:
    shot = FRAMES.copy()
    for number in range(100, 140):
        shot[number] = flipped(FRAMES[120:121], abs(number - 120))[0]
    ((_, match),) = frame_matches(make([record(FRAMES[120])]), [film(shot)])
    assert (match.distance, match.at) == (0, (100.0, 139.0))


def test_of_two_scenes_the_one_of_the_nearest_frame_is_told(make: Make) -> None:
    shot = FRAMES.copy()
    shot[10:20], shot[300:303] = flipped(FRAMES[5:6], 20), FRAMES[5]
    shot[5] = codes(1, 8)[0]
    ((_, match),) = frame_matches(make([record(FRAMES[5])]), [film(shot)])
    assert (match.distance, match.at) == (0, (300.0, 302.0))


def test_an_entry_of_several_hashes_is_one_match_the_nearest(make: Make) -> None:
    matcher = make([record(flipped(FRAMES[50:51], 9)[0], "b"), record(FRAMES[90], "b")])
    ((_, match),) = frame_matches(matcher, [film()])
    assert (match.entry, match.distance, match.at) == ("b", 0, (90.0, 90.0))


def test_lists_of_films_and_of_known_good_pictures_and_poor_entries_are_not_asked(make: Make) -> None:
    good = make([record(FRAMES[5])], HashSetKind.KNOWN_GOOD)
    films = make([record(FRAMES[5])], format="vpdq")
    poor = make([record(FRAMES[5], quality=20)])
    assert [has_picture_lists(one) for one in (good, films, poor)] == [False, False, True]
    assert [frame_matches(one, [film()]) for one in (good, films, poor)] == [[], [], []]


def test_frames_of_low_quality_are_not_compared(make: Make) -> None:
    value = {
        "hashes": FRAMES[:4].tobytes().hex(),
        "mirrored": bytes(128).hex(),
        "quality": [100, 49, 50, 100],
        "position": [0.0, 1.0, 2.0, 3.0],
        "rule": "every second",
    }
    held = film_of(0, value)
    assert held is not None
    assert not frame_matches(make([record(FRAMES[1])]), [held])
    assert frame_matches(make([record(FRAMES[2])]), [held])
    nothing = make([record(np.zeros(32, np.uint8))])  # as what stands where a frame was not mirrored
    assert not frame_matches(nothing, [held])


def test_the_same_answer_as_of_the_index_of_a_large_list(make: Make) -> None:
    listed = codes(30_000, 5)
    listed[17], listed[29_999] = flipped(FRAMES[40:41], 12)[0], flipped(FRAMES[599:], 30)[0]
    matcher = make([record(code, f"e{number}") for number, code in enumerate(listed)])
    for _ in range(3):  # the first is compared one by one, the later ones ask the index
        found = frame_matches(matcher, [film()])
        assert [(match.entry, match.distance, match.at) for _, match in found] == [
            ("e17", 12, (40.0, 40.0)),
            ("e29999", 30, (599.0, 599.0)),
        ]


def near(distance: int, at: tuple[float, float] | None, form: str = "identity") -> Matched:
    return [(3, Match("pictures", ILLEGAL, "a", "pdq", distance, "1", form, None, at))]


@pytest.mark.parametrize(
    ("frames", "nine", "told"),
    [
        (near(4, (10.0, 20.0)), near(2, (15.0, 15.0)), near(2, (10.0, 20.0))),
        (near(4, (10.0, 20.0)), near(2, (21.0, 21.0)), near(2, (10.0, 21.0))),
        (near(4, (10.0, 20.0)), near(2, (40.0, 40.0)), near(2, (40.0, 40.0))),
        (near(4, (10.0, 20.0)), near(2, (15.0, 15.0), "trimmed"), near(2, (15.0, 15.0), "trimmed")),
        (near(4, (10.0, 20.0)), near(4, (15.0, 15.0)), near(4, (10.0, 20.0))),
        (near(4, (10.0, 20.0)), [], near(4, (10.0, 20.0))),
        ([], near(2, None), near(2, None)),
    ],
)
def test_what_the_nine_and_what_all_frames_say_is_told_once(
    frames: Matched, nine: Matched, told: Matched
) -> None:
    assert joined(frames, nine) == told


@given(
    st.lists(st.floats(0, 5, allow_subnormal=False), min_size=1, max_size=60),
    st.data(),
)
@settings(max_examples=200, deadline=None)
def test_a_stretch_holds_its_frame_and_no_gap(steps: list[float], data: st.DataObject) -> None:
    times = np.cumsum(steps)
    like = np.array(sorted(data.draw(st.sets(st.integers(0, len(times) - 1), min_size=1))))
    best = data.draw(st.sampled_from(like.tolist()))
    begin, end = _stretch(times, like, best)
    assert begin <= times[best] <= end
    within = times[like][(times[like] >= begin) & (times[like] <= end)]
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    assert (np.diff(within) <= max(2.0, 2 * usual)).all()
