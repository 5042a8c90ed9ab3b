"""Cut a face out upright: dlib's five points, then the chips that the two face networks were trained on.

BlazeFace frames faces a little differently than the detector dlib's points were trained with; the box is
moved by a measured fraction of its size first (100 photographs: descriptors stay as near as with dlib's own
boxes; BlazeFace's own points align worse).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import dlib
import numpy as np

from safelight.media.protocol import Pixels
from safelight.signals.detect import Box
from safelight.signals.models.registry import model_file

MODEL = "face-points"

_SHIFT = (-0.033, -0.027)
_STRETCH = (0.984, 0.988)
"""From BlazeFace "back" to dlib, by the box's width and height."""
_TEMPLATE_CHIP = (150, 0.25)
_AGE_CHIP = (64, 0.2)
"""Pixels a side, padding around the face, of dlib's descriptor and of the age network."""


@dataclass(frozen=True, slots=True)
class Chips:
    """A face cut out upright: `(150, 150, 3)` for its descriptor, `(64, 64, 3)` for apparent age, uint8 RGB."""

    template: Pixels
    age: Pixels
    frontal: float = 1.0
    """How far from turned away, 0..1: the nearer eye's distance from the nose against the farther one's."""
    roll: float = 0.0
    """Degrees counter-clockwise by which the picture must be turned for the line between the eyes to be level."""


class FaceAligner:
    """The point predictor. One instance a process."""

    def __init__(self) -> None:
        self._predictor = dlib.shape_predictor(str(model_file(MODEL)))

    def chips(self, rgb: Pixels, box: Box) -> Chips:
        """Cut the face in `box` out of `(h, w, 3) uint8`, which must be contiguous."""
        points = self._predictor(rgb, _dlib_box(box))
        template, age = (
            np.ascontiguousarray(dlib.extract_image_chip(rgb, dlib.get_face_chip_details(points, *chip)))
            for chip in (_TEMPLATE_CHIP, _AGE_CHIP)
        )
        return Chips(template, age, _frontal(points), _roll(points))

    def chip(self, rgb: Pixels, box: Box, side: int, padding: float) -> Pixels:
        """`(side, side, 3) uint8`: the face in `box` as dlib cuts it, `padding` of its size kept on each side."""
        points = self._predictor(rgb, _dlib_box(box))
        return np.ascontiguousarray(
            dlib.extract_image_chip(rgb, dlib.get_face_chip_details(points, side, padding))
        )


def _frontal(points: dlib.full_object_detection) -> float:
    """From dlib's five points: two corners of each eye, then the bottom of the nose."""
    outer, nose = (points.part(0), points.part(2)), points.part(4)
    eyes = np.array([[one.x, one.y] for one in outer], np.float64)
    axis = eyes[1] - eyes[0]
    along = (np.array([nose.x, nose.y]) - eyes) @ axis / max(float(axis @ axis), 1e-9)
    near, far = sorted(np.abs(along).tolist())
    return near / far if far > 0 else 0.0


def _roll(points: dlib.full_object_detection) -> float:
    """From the outer corners of the eyes; image rows run downwards."""
    one, other = sorted((points.part(0), points.part(2)), key=lambda point: point.x)
    return math.degrees(math.atan2(other.y - one.y, max(other.x - one.x, 1e-9)))


def _dlib_box(box: Box) -> dlib.rectangle:
    middle_x = box.left + box.width * (0.5 + _SHIFT[0])
    middle_y = box.top + box.height * (0.5 + _SHIFT[1])
    width, height = box.width * _STRETCH[0], box.height * _STRETCH[1]
    return dlib.rectangle(
        round(middle_x - width / 2),
        round(middle_y - height / 2),
        round(middle_x + width / 2),
        round(middle_y + height / 2),
    )
