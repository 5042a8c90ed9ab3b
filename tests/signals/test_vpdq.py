"""vPDQ agrees with the reference, gives what a broken film has left, and is bounded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from safelight.media.film import MOST_FRAMES, Extent
from safelight.media.open import open_media, prepare
from safelight.media.protocol import FilmFrame
from safelight.signals.shape import check
from safelight.signals.vpdq import VpdqSignal, VpdqValue, film_hashes, frame_hashes
from tests.media.films import film, moving
from tests.media.test_media import encoded

prepare()


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """As in a worker: frames are small, and threads of the linear algebra would only wait for each other."""
    with threadpool_limits(1):
        yield


def hashes(value: VpdqValue) -> list[str]:
    return [value["hashes"][at : at + 64] for at in range(0, len(value["hashes"]), 64)]


def vpdq(data: bytes) -> VpdqValue:
    (one,) = VpdqSignal().compute([open_media(data).pictures])
    check(VpdqSignal.shape, one.value)
    value: VpdqValue = one.value
    return value


@pytest.mark.parametrize("name", ["chair-19-sd-bar", "doorknob-hd-no-bar", "pattern-sd-grey-bar"])
def test_the_reference_hashes_are_reproduced(shared: Path, name: str) -> None:
    lines = (shared / "vpdq" / f"{name}.txt").read_text().splitlines()
    rows = [line.split(",") for line in lines]
    value = vpdq((shared / "vpdq" / f"{name}.mp4").read_bytes())
    assert value["rule"] == "every frame" and value["problem"] is None
    assert value["frame"] == [int(row[0]) for row in rows]
    assert np.allclose(value["position"], [float(row[3]) for row in rows], atol=0.001)
    assert max(abs(mine - int(row[1])) for mine, row in zip(value["quality"], rows, strict=True)) <= 2
    reliable = [
        (int(mine, 16) ^ int(row[2], 16)).bit_count()
        for mine, row in zip(hashes(value), rows, strict=True)
        if int(row[1]) >= 50
    ]
    assert sum(distance <= 31 for distance in reliable) >= 0.99 * len(reliable)
    assert np.mean(reliable) < 6


def test_a_film_of_stills_is_hashed_as_the_still_is() -> None:
    value = vpdq(moving("GIF"))
    assert value["frame"] == list(range(12)) and value["position"][1] == 0.1


def test_what_does_not_move_has_no_film() -> None:
    (one,) = VpdqSignal().compute([open_media(encoded("PNG")).pictures])
    assert one.value is None and one.absent == "not applicable: it is no film"


def test_a_cut_film_gives_the_frames_before_the_cut() -> None:
    whole = film("avi", seconds=4)
    value = vpdq(whole[: len(whole) // 2])
    assert 10 <= len(value["frame"]) < 60
    assert hashes(value)[:10] == hashes(vpdq(whole))[:10]


def test_a_turned_film_is_hashed_upright() -> None:
    plain, turned = film("mp4", seconds=1), film("mp4", seconds=1, turn=90)
    frames = open_media(turned).pictures[0].film
    assert frames is not None
    first = next(iter(frames.frames()))
    assert first.size == (240, 320) and first.luma.shape == (320, 240)
    assert hashes(vpdq(plain)) != hashes(vpdq(turned))


def test_a_longer_film_gives_a_frame_a_second_and_each_new_scene() -> None:
    value = vpdq(film("mp4", seconds=40, rate=10, scenes=True))
    assert value["rule"] == "every second"
    whole = [round(position) for position in value["position"]]
    assert set(range(40)) <= set(whole)
    assert len(value["frame"]) >= 42, "the cuts between seconds are taken too"


@pytest.mark.parametrize(
    ("extent", "rule"),
    [
        (Extent(320, 240, 10.0, 300, 30.0), "every frame"),
        (Extent(320, 240, 31.0, 930, 30.0), "every second"),
        (Extent(320, 240, 10.0, 1001, 100.1), "every second"),
        (Extent(1920, 1080, 20.0, 600, 30.0), "every second"),
        (Extent(1920, 1080, 3600.0, 108_000, 30.0), "key frames"),
        (Extent(320, 240, None, None, None), "every second"),
    ],
)
def test_the_rule_follows_from_the_extent(extent: Extent, rule: str) -> None:
    assert extent.rule() == rule


def test_a_large_film_gives_its_key_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.media.film.WHOLE_PIXELS", 1000)
    value = vpdq(film("mp4", seconds=33, rate=10))
    assert value["rule"] == "key frames"
    assert len(value["frame"]) >= 9
    assert value["frame"] == sorted(value["frame"]) and all(number % 20 == 0 for number in value["frame"])


def test_a_film_that_goes_on_for_ever_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("safelight.media.film.MOST_FRAMES", 20)
    value = vpdq(film("mp4", seconds=3))
    assert len(value["frame"]) == 20 and "not looked at beyond frame" in (value["problem"] or "")


def test_tiny_frames_have_a_hash_too() -> None:
    luma = np.arange(40 * 30, dtype=np.uint16).reshape(30, 40).astype(np.uint8)
    hashed = frame_hashes(FilmFrame(0, 0.0, (40, 30), luma))
    assert len(hashed.hash) == 32 and 0 <= hashed.quality <= 100


class Endless:
    """A film that a hostile decoder would make: as many frames as are asked for."""

    rule = "every frame"
    problem: str | None = None

    def frames(self) -> Iterator[FilmFrame]:
        luma = np.zeros((64, 64), np.uint8)
        for number in range(MOST_FRAMES + 1):
            yield FilmFrame(number, 0.0, (64, 64), luma)


def test_more_frames_than_are_taken_are_refused_where_the_answer_comes_in() -> None:
    with pytest.raises(ValueError, match="hashes"):
        check(VpdqSignal.shape, film_hashes(Endless()))
