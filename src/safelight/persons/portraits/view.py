"""Views of a photograph: a square around a face, or the whole, turned by any angle and scaled; and the way back.

Places are complex numbers (x + yi, in pixels, rows downwards), so that turning and scaling is one multiplication.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np
from PIL import Image

from safelight.media.protocol import Pixels


@dataclass(frozen=True, slots=True)
class View:
    """Pixels `(h, w, 3) uint8`, and how they lie in the picture they were taken from."""

    pixels: Pixels
    step: complex
    """What one pixel to the right is in the picture: its length is the scale, its direction the turn."""
    origin: complex
    """Where the view's top left corner lies in the picture."""

    def back(self, place: complex) -> complex:
        """A place in the view as a place in the picture."""
        return self.origin + self.step * place

    def into(self, place: complex) -> complex:
        """A place in the picture as a place in the view."""
        return (place - self.origin) / self.step

    @property
    def scale(self) -> float:
        """Pixels of the picture a pixel of the view."""
        return abs(self.step)

    @property
    def turn(self) -> float:
        """Degrees counter-clockwise by which the picture was turned to give the view."""
        return math.degrees(cmath.phase(self.step))


def cut(rgb: Pixels, centre: complex, size: tuple[float, float], turn: float, scale: float) -> View:
    """`size` (width, height in pixels of `rgb`) around a place, the picture turned by `turn` degrees counter-clockwise.

    `scale` is how many pixels of `rgb` one of the view is. What lies outside of the picture is black. The pixels are
    averaged before they are made fewer, so that nothing fine is invented.
    """
    width, height = (max(2, round(side / scale)) for side in size)
    if turn % 90 == 0:
        return _cut_straight(rgb, centre, (width, height), int(turn // 90) % 4, scale)
    step = cmath.rect(scale, math.radians(turn))
    origin = centre - step * complex(width, height) / 2
    reach = abs(complex(*size)) / 2 + 2 * scale
    left, top = (max(0, math.floor(side - reach)) for side in (centre.real, centre.imag))
    right, bottom = (
        min(most, math.ceil(side + reach))
        for side, most in ((centre.real, rgb.shape[1]), (centre.imag, rgb.shape[0]))
    )
    if right - left < 1 or bottom - top < 1:
        return View(np.zeros((height, width, 3), np.uint8), step, origin)
    image = Image.fromarray(np.ascontiguousarray(rgb[top:bottom, left:right]))
    fewer = max(1, int(scale))
    if fewer > 1:
        image = image.reduce(fewer)
    small, start = step / fewer, (origin - complex(left, top)) / fewer
    matrix = (small.real, -small.imag, start.real, small.imag, small.real, start.imag)
    made = image.transform((width, height), Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return View(np.ascontiguousarray(np.asarray(made)), step, origin)


def _cut_straight(rgb: Pixels, centre: complex, size: tuple[int, int], quarters: int, scale: float) -> View:
    """The same for whole quarter turns, where cutting and shrinking do: it takes a fifth of the time."""
    across, down = (side * scale for side in (size if quarters % 2 == 0 else size[::-1]))
    left, top = round(centre.real - across / 2), round(centre.imag - down / 2)
    right, bottom = left + max(1, round(across)), top + max(1, round(down))
    image = _black_outside(rgb, left, top, right, bottom)
    wanted = size if quarters % 2 == 0 else size[::-1]
    if image.size != wanted:
        image = image.resize(wanted, Image.Resampling.BILINEAR, reducing_gap=2.0)
    corner = (complex(left, top), complex(right, top), complex(right, bottom), complex(left, bottom))[
        quarters
    ]
    step = 1j**quarters * (right - left) / wanted[0]
    return View(np.ascontiguousarray(np.rot90(np.asarray(image), quarters)), step, corner)


def _black_outside(rgb: Pixels, left: int, top: int, right: int, bottom: int) -> Image.Image:
    """A part of `rgb` that may reach over its border."""
    inner = rgb[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if inner.shape[:2] == (bottom - top, right - left):
        return Image.fromarray(np.ascontiguousarray(inner))
    made = np.zeros((bottom - top, right - left, 3), np.uint8)
    if inner.size:
        made[max(-top, 0) :, max(-left, 0) :][: inner.shape[0], : inner.shape[1]] = inner
    return Image.fromarray(made)


def warp(rgb: Pixels, step: complex, origin: complex, size: tuple[int, int]) -> Pixels:
    """`(height, width, 3) uint8` of `size` (width, height): what lies at `origin + step · place`, black outside."""
    fewer = max(1, int(abs(step)))
    image = Image.fromarray(rgb)
    if fewer > 1:
        image = image.reduce(fewer)
    small, start = step / fewer, origin / fewer
    matrix = (small.real, -small.imag, start.real, small.imag, small.real, start.imag)
    made = image.transform(size, Image.Transform.AFFINE, matrix, Image.Resampling.BILINEAR)
    return np.ascontiguousarray(np.asarray(made))
