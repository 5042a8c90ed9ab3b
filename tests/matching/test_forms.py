"""The eight forms of a picture, and its border: each is found, named for what was done, and told once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pdqhash
import pytest

from safelight.hashsets.protocol import Record
from safelight.hashsets.store import HashList, build
from safelight.matching import forms
from safelight.matching import match as matching
from safelight.matching.forms import FORMS, INVERSE, Prints, told, turned
from safelight.matching.match import Matcher
from safelight.model import HashSet, HashSetKind
from safelight.signals.pdq import Hashed, linear_hashes
from tests.signals.pictures import scene

TURNS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "identity": lambda rgb: rgb,
    "turned 90": lambda rgb: np.rot90(rgb, -1),
    "turned 180": lambda rgb: np.rot90(rgb, 2),
    "turned 270": lambda rgb: np.rot90(rgb, 1),
    "mirrored": lambda rgb: rgb[:, ::-1],
    "mirrored, turned 90": lambda rgb: np.rot90(rgb[:, ::-1], -1),
    "mirrored, turned 180": lambda rgb: np.rot90(rgb[:, ::-1], 2),
    "mirrored, turned 270": lambda rgb: np.rot90(rgb[:, ::-1], 1),
}
"""What each name says, done to a picture; NumPy turns counter-clockwise."""
PICTURE = np.asarray(scene(31, 420, 300))


def reference(rgb: np.ndarray) -> bytes:
    bits, _ = pdqhash.compute(np.ascontiguousarray(rgb))
    return np.packbits(bits).tobytes()


def hashed(rgb: np.ndarray) -> Hashed:
    found, _ = linear_hashes(np.ascontiguousarray(rgb), (rgb.shape[1], rgb.shape[0]))
    assert found.mirrored is not None
    return found


def prints(*pictures: Hashed, trimmed: bool = False) -> Prints:
    return Prints.of(
        [
            (number, trimmed, one.hash, one.quality, b"".join(one.mirrored) if one.mirrored else None)
            for number, one in enumerate(pictures)
        ]
    )


@pytest.fixture
def matcher(tmp_path: Path) -> Matcher:
    """One list with one picture."""
    build(iter([[Record("7", {"pdq": reference(PICTURE)}, "1")]]), tmp_path / "list")
    return Matcher(
        [
            (
                HashSet("H-1", "list", HashSetKind.KNOWN_ILLEGAL, "pdq", 1, "00"),
                HashList.open(tmp_path / "list"),
            )
        ]
    )


def test_the_eight_forms_are_the_hashes_of_the_turned_pictures() -> None:
    one = hashed(PICTURE)
    assert one.mirrored is not None
    mine = turned(
        np.frombuffer(one.hash, np.uint8)[None], np.frombuffer(b"".join(one.mirrored), np.uint8)[None]
    )[0]
    undone = [TURNS[FORMS[INVERSE[number]]](PICTURE) for number in range(8)]
    assert [code.tobytes() for code in mine] == [reference(rgb) for rgb in undone]


@pytest.mark.parametrize("form", TURNS)
def test_a_turned_copy_is_found_and_its_form_is_named(matcher: Matcher, form: str) -> None:
    ((owner, match),) = matcher.near_forms(prints(hashed(TURNS[form](PICTURE))))
    assert (owner, match.form, match.distance, match.entry, match.category) == (0, form, 0, "7", "1")


def test_of_several_items_each_has_its_own_form(matcher: Matcher) -> None:
    other = np.asarray(scene(32, 400, 400))
    found = matcher.near_forms(
        prints(
            hashed(other),
            hashed(TURNS["turned 90"](PICTURE)),
            hashed(PICTURE),
            hashed(TURNS["mirrored"](PICTURE)),
        )
    )
    assert [(owner, match.form) for owner, match in found] == [
        (1, "turned 90"),
        (2, "identity"),
        (3, "mirrored"),
    ]


def test_a_picture_whose_forms_coincide_is_told_once_as_it_stands(matcher: Matcher) -> None:
    code = reference(PICTURE)
    ((_, match),) = matcher.near_forms(prints(Hashed(code, 90, (code, code, code))))
    assert (match.form, match.distance) == ("identity", 0)


def test_the_untrimmed_picture_goes_before_the_trimmed_one(matcher: Matcher) -> None:
    one = hashed(PICTURE)
    assert one.mirrored is not None
    mirrored = b"".join(one.mirrored)
    rows = [
        (0, True, one.hash, 90, mirrored),
        (0, False, one.hash, 90, mirrored),
        (1, True, one.hash, 90, mirrored),
    ]
    found = matcher.near_forms(Prints.of(rows))
    assert [(owner, match.form) for owner, match in found] == [(0, "identity"), (1, "trimmed")]


def test_a_picture_of_low_quality_is_neither_turned_nor_matched(matcher: Matcher) -> None:
    mirrored = hashed(TURNS["mirrored"](PICTURE))
    assert matcher.near_forms(prints(Hashed(mirrored.hash, mirrored.quality, None))) == []
    assert matcher.near_forms(prints(Hashed(hashed(PICTURE).hash, 49, None))) == []


def test_many_hashes_are_asked_for_in_blocks(matcher: Matcher, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (20_000, 128), dtype=np.uint8)
    rows: list[tuple[int, bool, bytes, int, bytes | None]] = [
        (number, False, row[:32].tobytes(), 80, row[32:].tobytes() if number % 3 else None)
        for number, row in enumerate(noise)
    ]
    monkeypatch.setattr(forms, "_BLOCK", 3_000)
    copy = hashed(TURNS["turned 270"](PICTURE))
    assert copy.mirrored is not None
    rows[19_999] = (19_999, False, copy.hash, 80, b"".join(copy.mirrored))
    ((owner, match),) = matcher.near_forms(Prints.of(rows))
    assert (owner, match.form) == (19_999, "turned 270")


def test_forms_are_told_in_words() -> None:
    assert told("identity") == ""
    assert told("trimmed") == ", without its border"
    assert told("turned 90") == ", turned by 90° clockwise"
    assert told("mirrored, turned 270") == ", mirrored and turned by 90° anticlockwise"
    assert told("trimmed, mirrored, turned 180") == ", without its border, mirrored and turned by 180°"


@pytest.mark.parametrize("fewer", [0, 10_000])
def test_it_does_not_matter_which_side_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fewer: int
) -> None:
    pictures = [hashed(np.asarray(scene(seed, 300, 220))) for seed in range(50, 56)]
    rng = np.random.default_rng(2)
    records = []
    expected = []
    for number, one in enumerate(pictures):
        assert one.mirrored is not None
        every = turned(
            np.frombuffer(one.hash, np.uint8)[None], np.frombuffer(b"".join(one.mirrored), np.uint8)[None]
        )[0]
        form = number % 8
        bits = np.unpackbits(every[form])
        flipped = rng.choice(256, 5 * number + 6, replace=False)
        bits[flipped] ^= 1
        records.append(Record(str(number), {"pdq": np.packbits(bits).tobytes()}, quality=90))
        expected.append((number, str(number), FORMS[form], 5 * number + 6))
    low = Record("low", {"pdq": pictures[0].hash}, quality=30)
    build(iter([[*records, low]]), tmp_path / "list")
    hash_set = HashSet("H-1", "list", HashSetKind.WATCH, "pdq", 1, "00")
    monkeypatch.setattr(matching, "_FEWER", fewer)
    found = Matcher([(hash_set, HashList.open(tmp_path / "list"))]).near_forms(prints(*pictures))
    assert [(owner, one.entry, one.form, one.distance) for owner, one in found] == expected
