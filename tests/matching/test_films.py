"""Films against lists of films: two shares, both told; flat frames count for nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from safelight.hashsets.protocol import Record
from safelight.hashsets.store import HashList, build
from safelight.matching.films import Film, film_matches, film_of, film_sets, films_of, shares, when
from safelight.matching.match import Matched, Matcher, match_json
from safelight.model import HashSet, HashSetKind, Match

ILLEGAL = HashSetKind.KNOWN_ILLEGAL
Make = Callable[..., Matcher]
Codes = np.ndarray


def codes(count: int, seed: int) -> Codes:
    return np.random.default_rng(seed).integers(0, 256, (count, 32), dtype=np.uint8)


def flipped(some: Codes, bits: int) -> Codes:
    loose = np.unpackbits(some, axis=1)
    loose[:, :bits] ^= 1
    return np.packbits(loose, axis=1)


def matches_of(values: list[object], matcher: Matcher) -> Matched:
    return film_matches(matcher, films_of(values))


LISTED = {"a": codes(40, 1), "b": codes(10, 2)}


def records(films: dict[str, Codes], quality: int = 90) -> list[Record]:
    return [
        Record(name, {"pdq": code.tobytes()}, "1", {"frame": at}, quality)
        for name, some in films.items()
        for at, code in enumerate(some)
    ]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    def made(listed: list[Record], kind: HashSetKind = ILLEGAL, format: str = "vpdq") -> Matcher:
        folder = tmp_path / f"list-{len(list(tmp_path.iterdir()))}"
        report = build(iter([listed]), folder)
        return Matcher([(HashSet("H-1", "films", kind, format, report.added, "00"), HashList.open(folder))])

    return made


def value(some: Codes, quality: int | list[int] = 100) -> dict[str, object]:
    each = [quality] * len(some) if isinstance(quality, int) else quality
    return {"hashes": some.tobytes().hex(), "mirrored": codes(len(some), 99).tobytes().hex(), "quality": each}


def test_the_same_film_covers_all_of_itself_and_of_the_entry(make: Make) -> None:
    ((index, match),) = matches_of([None, value(flipped(LISTED["a"], 31))], make(records(LISTED)))
    assert (index, match) == (1, Match("films", ILLEGAL, "a", "vpdq", 31, "1", covered=(100, 100)))
    assert match.is_perceptual and match_json(match)["covered"] == [100, 100]
    assert shares(match.covered) == ", 100 % of its frames and 100 % of the entry's"


def test_a_clip_out_of_a_listed_film_and_a_film_around_a_listed_clip_are_both_found(make: Make) -> None:
    matcher = make(records(LISTED))
    ((_, clip),) = film_matches(matcher, [Film(0, LISTED["a"][10:20])])
    assert clip.covered == (100, 25)
    around = np.concatenate((codes(90, 5), LISTED["b"]))
    ((_, whole),) = film_matches(matcher, [Film(0, around)])
    assert (whole.entry, whole.covered) == ("b", (10, 100))


@pytest.mark.parametrize(("shared", "matches"), [(8, True), (7, False)])
def test_four_fifths_of_either_decide(make: Make, shared: int, matches: bool) -> None:
    mixed = np.concatenate((LISTED["a"][:shared], codes(10 - shared, 6)))
    assert bool(film_matches(make(records(LISTED)), [Film(0, mixed)])) == matches


def test_a_mirrored_film_is_found_and_told(make: Make) -> None:
    matcher = make(records(LISTED))
    ((_, match),) = film_matches(matcher, [Film(0, codes(40, 8), LISTED["a"])])
    assert (match.form, match.covered) == ("mirrored", (100, 100))
    ((_, match),) = film_matches(matcher, [Film(0, LISTED["a"], LISTED["a"])])
    assert match.form == "identity"


def test_the_distance_is_inclusive(make: Make) -> None:
    matcher = make(records(LISTED))
    assert film_matches(matcher, [Film(0, flipped(LISTED["a"], 31))])
    assert not film_matches(matcher, [Film(0, flipped(LISTED["a"], 32))])


def test_frames_of_low_quality_count_on_neither_side(make: Make) -> None:
    black = codes(30, 7)
    mixed = value(np.concatenate((LISTED["a"], black)), [100] * 40 + [10] * 30)
    ((_, match),) = matches_of([mixed], make(records(LISTED)))
    assert match.covered == (100, 100)
    listed = records({"a": LISTED["a"]}) + [
        Record("a", {"pdq": one.tobytes()}, "1", quality=5) for one in black
    ]
    ((_, match),) = matches_of([value(LISTED["a"])], make(listed))
    assert match.covered == (100, 100)
    assert film_of(0, value(black, 49)) is None


def test_known_good_films_and_lists_of_pictures_are_not_asked(make: Make) -> None:
    good = make(records(LISTED), HashSetKind.KNOWN_GOOD)
    pictures = make(records(LISTED), format="pdq")
    assert film_sets(good) == film_sets(pictures) == frozenset()
    assert matches_of([value(LISTED["a"])], good) == matches_of([value(LISTED["a"])], pictures) == []
    assert film_sets(make(records(LISTED))) == {"films"}


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 1000), frames=st.lists(st.integers(0, 49), min_size=1, max_size=30))
def test_shares_are_those_of_comparing_each_frame_with_each(
    tmp_path_factory: pytest.TempPathFactory, seed: int, frames: list[int]
) -> None:
    folder = tmp_path_factory.mktemp("list") / "a"
    report = build(iter([records(LISTED)]), folder)
    matcher = Matcher([(HashSet("H-1", "films", ILLEGAL, "vpdq", report.added, "00"), HashList.open(folder))])
    everything = np.concatenate((LISTED["a"], LISTED["b"]))
    bits = np.random.default_rng(seed).integers(0, 40, len(frames))
    asked = np.stack(
        [flipped(everything[[frame]], int(some))[0] for frame, some in zip(frames, bits, strict=True)]
    )
    expected = {}
    for name, listed in LISTED.items():
        near = np.bitwise_count(asked[:, None] ^ listed[None]).sum(axis=2) <= 31
        both = (100 * near.any(axis=1).mean(), 100 * near.any(axis=0).mean())
        if max(both) >= 80:
            expected[name] = (round(both[0]), round(both[1]))
    found = film_matches(matcher, [Film(0, asked)])
    assert {match.entry: match.covered for _, match in found} == expected


def seconds_of(films: dict[str, Codes], each: float) -> list[Record]:
    return [
        Record(name, {"pdq": code.tobytes()}, "1", {"frame": at, "seconds": at * each}, 90)
        for name, some in films.items()
        for at, code in enumerate(some)
    ]


def sampled(some: Codes, rule: str = "every second", each: float = 1.0) -> dict[str, object]:
    return {**value(some), "rule": rule, "position": [at * each for at in range(len(some))]}


def test_a_whole_listed_clip_in_a_long_film_is_found_by_one_frame_a_second(make: Make) -> None:
    clip = codes(300, 11)  # ten seconds of thirty frames each
    long = np.concatenate((codes(40, 12), clip[5::30], codes(50, 13)))
    ((_, match),) = matches_of([sampled(long)], make(seconds_of({"clip": clip}, 1 / 30)))
    assert match.covered is not None and match.covered[1] >= 95
    assert match.covered[0] == 10
    assert match.at == (40.0, 49.0)
    assert when(match.at) == ", from 0:40 to 0:49 of it"


def test_half_of_a_listed_clip_in_a_long_film_is_none(make: Make) -> None:
    clip = codes(300, 11)
    long = np.concatenate((codes(40, 12), clip[5:155:30], codes(50, 13)))
    assert not matches_of([sampled(long)], make(seconds_of({"clip": clip}, 1 / 30)))


def test_a_clip_is_found_in_a_list_that_holds_one_frame_a_second(make: Make) -> None:
    film = codes(1500, 14)
    matcher = make(seconds_of({"film": film[::25]}, 1.0))
    clip = sampled(film[250:500], "every frame", 1 / 25)
    ((_, match),) = matches_of([clip], matcher)
    assert match.covered is not None and match.covered[0] >= 95


def test_where_every_frame_was_hashed_the_shares_are_the_reference_ones(make: Make) -> None:
    clip = codes(300, 11)
    few = np.concatenate((codes(90, 12), clip[5::30]))
    matcher = make(seconds_of({"clip": clip}, 1 / 30))
    assert not matches_of([sampled(few, "every frame", 1 / 30)], matcher)
    assert not matches_of([value(few)], matcher)


@pytest.mark.parametrize(
    ("at", "said"),
    [(None, ""), ((3.0, 3.4), ", at 0:03 of it"), ((59.9, 3725.0), ", from 0:59 to 1:02:05 of it")],
)
def test_where_in_a_film_is_told_as_a_player_shows_it(at: tuple[float, float] | None, said: str) -> None:
    assert when(at) == said
