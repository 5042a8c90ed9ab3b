"""Faces at one scale: wherever a face lies in its crop and however large that is, its box is drawn equally large."""

from __future__ import annotations

import re
from math import sqrt

import numpy as np
import pytest

from safelight.export.person_portraits import FACE, HIGH, WIDE, Place, placed, portrait
from safelight.persons.keep.people import ENROLLED, Photo
from safelight.persons.portraits.describe import AROUND

from .person_desk import crop

MIDDLE = (0.4, 0.4, 0.1, 0.1)
CORNER = (0.02, 0.0, 0.3, 0.4)


def face_in(
    box: tuple[float, ...], turn: int, photograph: tuple[int, int]
) -> tuple[tuple[int, int], tuple[float, ...]]:
    """The crop's size, and the face in it (left, top, width, height in its pixels), by turning real pixels."""
    width, height = photograph
    marked = np.zeros((height, width), np.uint8)
    x, y, across, down = box
    marked[round(y * height) : round((y + down) * height), round(x * width) : round((x + across) * width)] = 1
    left, right = max(0, x - AROUND * across), min(1, x + (1 + AROUND) * across)
    top, bottom = max(0, y - AROUND * down), min(1, y + (1 + AROUND) * down)
    cut = marked[round(top * height) : round(bottom * height), round(left * width) : round(right * width)]
    cut = np.rot90(cut, turn // 90)
    rows, columns = np.flatnonzero(cut.any(axis=1)), np.flatnonzero(cut.any(axis=0))
    face = (columns[0], rows[0], columns[-1] - columns[0] + 1, rows[-1] - rows[0] + 1)
    return (cut.shape[1], cut.shape[0]), tuple(float(one) for one in face)


@pytest.mark.parametrize("turn", [0, 90, 180, 270])
@pytest.mark.parametrize("box", [MIDDLE, CORNER])
@pytest.mark.parametrize("photograph", [(1000, 800), (400, 600)])
def test_the_face_has_the_common_size_and_lies_in_the_middle(
    box: tuple[float, ...], turn: int, photograph: tuple[int, int]
) -> None:
    size, face = face_in(box, turn, photograph)
    at = placed(box, turn, size)
    assert at is not None
    scale = at.width / size[0]
    assert at.height / size[1] == pytest.approx(scale)
    assert sqrt(face[2] * face[3]) * scale == pytest.approx(FACE, rel=0.03)
    assert at.left + (face[0] + face[2] / 2) * scale == pytest.approx(WIDE / 2, abs=3)
    assert at.top + (face[1] + face[3] / 2) * scale == pytest.approx(HIGH / 2, abs=3)


@pytest.mark.parametrize("turn", [12, 347])
def test_the_crop_of_a_tilted_face_has_it_in_its_middle(turn: int) -> None:
    at = placed(CORNER, turn, (220, 264))
    assert at is not None
    assert (at.left + at.width / 2, at.top + at.height / 2) == pytest.approx((WIDE / 2, HIGH / 2))
    assert sqrt(at.width * at.height) == pytest.approx(FACE * (1 + 2 * AROUND))


def test_where_no_box_is_known_nothing_is_placed() -> None:
    assert placed((), 0, (100, 100)) is None


def test_a_portrait_without_a_box_says_that_it_is_not_at_the_common_scale() -> None:
    made = portrait(Photo(b"x" * 32, ENROLLED, "a.jpg"), crop(), "Photograph 1")
    assert "not drawn at the common scale" in " ".join(made.caption)


def test_bytes_that_are_no_picture_are_never_drawn() -> None:
    made = portrait(Photo(b"x" * 32, ENROLLED, "a.jpg", box=MIDDLE), b"<svg onload=1>", "Photograph 1")
    assert "<image" not in made.svg
    assert "cannot be shown" in " ".join(made.caption)


def test_a_label_cannot_leave_its_attribute() -> None:
    made = portrait(Photo(b"x" * 32, ENROLLED, "a.jpg", box=MIDDLE), crop(), 'x" onload="alert(1)')
    assert not re.search(r'\sonload="', made.svg)


def test_nothing_but_the_picture_itself_is_referred_to() -> None:
    made = portrait(Photo(b"x" * 32, ENROLLED, "a.jpg", box=MIDDLE), crop(), "Photograph 1")
    assert re.findall(r'href="(.{15})', made.svg) == ["data:image/jpeg"]
    assert isinstance(placed(MIDDLE, 0, (10, 10)), Place)
