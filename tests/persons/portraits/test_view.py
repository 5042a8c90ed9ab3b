"""Views of a picture: what is cut out where, and the way back."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.persons.portraits.view import cut


def marked(x: int, y: int) -> np.ndarray:
    """A picture of 300 × 200 pixels with one white spot of 5 × 5."""
    rgb = np.zeros((200, 300, 3), np.uint8)
    rgb[y - 2 : y + 3, x - 2 : x + 3] = 255
    return rgb


def spot(pixels: np.ndarray) -> complex:
    rows, columns = np.nonzero(pixels[:, :, 0] > 100)
    return complex(columns.mean() + 0.5, rows.mean() + 0.5)


@pytest.mark.parametrize("turn", [0, 90, 180, 270, 30, -45, 200])
@pytest.mark.parametrize("scale", [0.5, 1.0, 1.7])
def test_a_place_is_found_again_on_the_way_back(turn: float, scale: float) -> None:
    view = cut(marked(140, 90), 150 + 100j, (120, 120), turn, scale)
    assert view.back(spot(view.pixels)) == pytest.approx(140.5 + 90.5j, abs=1.0)
    assert view.into(view.back(3 + 4j)) == pytest.approx(3 + 4j)


def test_a_quarter_turn_counter_clockwise_brings_the_right_side_up() -> None:
    view = cut(marked(190, 100), 150 + 100j, (100, 100), 90, 1.0)
    assert spot(view.pixels) == pytest.approx(50 + 10j, abs=1.5)


def test_a_turn_of_any_angle_goes_the_same_way() -> None:
    view = cut(marked(190, 100), 150 + 100j, (100, 100), 89.5, 1.0)
    assert spot(view.pixels) == pytest.approx(50 + 10j, abs=1.5)


@pytest.mark.parametrize("turn", [0, 33])
def test_what_lies_outside_is_black(turn: float) -> None:
    view = cut(np.full((40, 40, 3), 200, np.uint8), 0j, (60, 60), turn, 1.0)
    assert view.pixels.shape == (60, 60, 3)
    assert view.pixels.min() == 0 and view.pixels.max() == 200
    assert not cut(np.full((9, 9, 3), 200, np.uint8), 500 + 500j, (20, 20), turn, 1.0).pixels.any()
