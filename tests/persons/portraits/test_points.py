"""Five points: read from YuNet's outputs as OpenCV reads them, and brought to where a network wants them."""

from __future__ import annotations

import cmath
import math

import numpy as np
import pytest

from safelight.persons.portraits.points import aligned, onet_points, similarity, yunet_points
from safelight.signals.detect import Box
from safelight.signals.locate import locator
from safelight.signals.models.face_tables import ARCFACE
from safelight.signals.models.session import load_network
from tests.signals.pictures import PillowPicture, public

SIDE = 64
WANTED = np.array([complex(x, y) for x, y in ARCFACE])


def outputs(*faces: tuple[int, int, float, float]) -> list[np.ndarray]:
    """YuNet's twelve outputs with faces at (stride, cell, class, objectness); points half a cell right and down."""
    made = {
        (kind, stride): np.zeros((1, (SIDE // stride) ** 2, last), np.float32)
        for kind, last in (("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10))
        for stride in (8, 16, 32)
    }
    for stride, cell, share, objectness in faces:
        made["cls", stride][0, cell] = share
        made["obj", stride][0, cell] = objectness
        made["bbox", stride][0, cell] = (0.0, 0.0, math.log(2), math.log(2))
        made["kps", stride][0, cell] = np.arange(10) / 10
    return list(made.values())


def test_points_are_the_cell_and_what_is_put_out_times_the_stride() -> None:
    found = yunet_points(outputs((16, 6, 0.9, 0.9)), SIDE, 32 + 16j)
    assert found is not None  # cell 6 of 4 a row: column 2, row 1
    assert found[0] == pytest.approx((2 + 0.0) * 16 + (1 + 0.1) * 16j)
    assert found[4] == pytest.approx((2 + 0.8) * 16 + (1 + 0.9) * 16j)


def test_the_score_is_the_root_of_class_times_objectness() -> None:
    assert yunet_points(outputs((8, 0, 0.29, 0.29)), SIDE, 0j) is None
    assert yunet_points(outputs((8, 0, 0.12, 1.0)), SIDE, 0j) is not None  # .35, and the mean of both is .56
    assert yunet_points(outputs((8, 0, 0.05, 1.0)), SIDE, 0j) is None  # .22


def test_of_two_faces_the_one_in_the_middle_is_taken() -> None:
    found = yunet_points(outputs((8, 0, 1.0, 1.0), (8, 36, 0.6, 0.6)), SIDE, 32 + 32j)
    assert found is not None and found[0] == pytest.approx(32 + 32.8j)


def test_a_similarity_is_found_exactly() -> None:
    step, origin = cmath.rect(2.5, math.radians(33)), 40 - 12j
    found = similarity(origin + step * WANTED, WANTED)
    assert found == (pytest.approx(step), pytest.approx(origin))


def test_the_nearest_similarity_is_no_worse_than_any_near_it() -> None:
    rng = np.random.default_rng(1)
    there = 100 + 80j + 1.7 * WANTED + rng.normal(0, 4, 5) + 1j * rng.normal(0, 4, 5)
    step, origin = similarity(there, WANTED)
    into = 1 / step

    def off(into: complex, start: complex) -> float:
        return float(np.sum(np.abs((there - start) * into - WANTED) ** 2))

    best = off(into, origin)
    assert all(
        off(into * (1 + a), origin + b) >= best - 1e-9
        for a in (0.01, -0.01, 0.01j, -0.01j)
        for b in (0, 0.3, -0.3j)
    )


def test_points_that_are_all_one_are_refused() -> None:
    with pytest.raises(ValueError, match="all one"):
        similarity(np.full(5, 3 + 4j), WANTED)


def test_a_face_is_cut_with_its_points_where_they_are_wanted() -> None:
    step, origin = cmath.rect(1.6, math.radians(-25)), 90 + 120j
    places = origin + step * WANTED
    rgb = np.zeros((400, 400, 3), np.uint8)
    for number, place in enumerate(places):
        x, y = round(place.real), round(place.imag)
        rgb[y - 2 : y + 3, x - 2 : x + 3, number % 3] = 255
    cut = aligned(rgb, places, ARCFACE, (112, 112))
    assert cut.shape == (112, 112, 3)
    for number, (x, y) in enumerate(ARCFACE):
        assert cut[round(y), round(x), number % 3] > 150


def test_the_points_of_a_photograph_lie_on_its_face() -> None:
    paths = [path for path in public("faces/obama") if path.name == "obama.jpg"]
    if not paths:
        pytest.skip("the public photographs are not there")
    rgb = np.ascontiguousarray(PillowPicture(paths[0].read_bytes()).rgb())
    (face,) = locator().faces(rgb)
    height, width = rgb.shape[:2]
    left, top, across, down = face.box
    box = Box(left * width, top * height, across * width, down * height, 1.0)
    points = onet_points(load_network("face-check"), rgb, box)
    eye, other, nose, mouth, corner = (points - complex(box.left, box.top)) / box.width
    assert eye.real < nose.real < other.real and mouth.real < corner.real
    assert max(eye.imag, other.imag) < nose.imag < min(mouth.imag, corner.imag)
    assert eye.real > 0 and other.real < 1 and mouth.imag < box.height / box.width
