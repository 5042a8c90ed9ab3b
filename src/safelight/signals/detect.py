"""Find faces: boxes from BlazeFace "back" on the whole picture, 384 pixels on its longer side.

The picture is resized to the nearest multiples of 32 rather than letterboxed, which keeps faces as large as
they can be. Boxes that overlap are one face, at the average of their places weighted by score.

Source: V. Bazarevsky et al., "BlazeFace", 2019; MediaPipe (anchors, weighted suppression).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.media.protocol import Pixels
from safelight.signals.models.session import Floats, Network, load_network

MODEL = "face-finder"
LONG_SIDE = 384
THRESHOLD = 0.3

_STEP = 32
_SAME_FACE = 0.3
"""Intersection over union from which two boxes are one face."""
_LAYERS = ((16, 2), (32, 6))
"""Stride in pixels, anchors a cell."""


@dataclass(frozen=True, slots=True)
class Box:
    """A face's place in pixels of the picture it was looked for in: left, top, width, height; score 0..1."""

    left: float
    top: float
    width: float
    height: float
    score: float


class FaceFinder:
    """The detector. One instance a process."""

    def __init__(self) -> None:
        self._network: Network = load_network(MODEL)

    def find(
        self,
        rgb: Pixels,
        threshold: float = THRESHOLD,
        long_side: int = LONG_SIDE,
        most_hints: int | None = None,
    ) -> list[Box]:
        """Boxes in `(h, w, 3) uint8`, best first; looked for at `long_side` pixels (rounded to multiples of 32).

        Of boxes below `THRESHOLD` no more than the best `most_hints` are told.
        """
        height, width = rgb.shape[:2]
        scaled_width, scaled_height = _input_size(width, height, long_side)
        image = Image.fromarray(rgb).resize(
            (scaled_width, scaled_height), Image.Resampling.BILINEAR, reducing_gap=1.0
        )
        values = np.asarray(image).transpose(2, 0, 1)[None].astype(np.float32, order="C")
        values /= np.float32(127.5)
        values -= np.float32(1)
        raw_boxes, logits = self._network(values)
        scores = np.reciprocal(1 + np.exp(-np.clip(logits[0, :, 0], -80, 80)))
        kept = np.flatnonzero(scores >= threshold)
        centres = _anchors(scaled_width, scaled_height)[kept] + raw_boxes[0, kept, :2]
        sizes = np.maximum(raw_boxes[0, kept, 2:4], 1)
        scale = np.array([width / scaled_width, height / scaled_height], np.float32)
        corners = np.hstack([(centres - sizes / 2) * scale, (centres + sizes / 2) * scale])
        return _merged(corners, scores[kept], most_hints)


def _input_size(width: int, height: int, long_side: int = LONG_SIDE) -> tuple[int, int]:
    """Width and height of the input: the longer side `long_side`, the other the nearest multiple of 32."""
    longer = max(width, height)
    width, height = (max(_STEP, round(side * long_side / longer / _STEP) * _STEP) for side in (width, height))
    return width, height


@lru_cache(maxsize=64)
def _anchors(width: int, height: int) -> Floats:
    """`(n, 2) float32`: the centre of each anchor in pixels of the input."""
    layers = []
    for stride, count in _LAYERS:
        rows, columns = np.mgrid[0 : height // stride, 0 : width // stride]
        centres = (np.stack([columns, rows], axis=-1).reshape(-1, 2) + 0.5) * stride
        layers.append(np.repeat(centres, count, axis=0))
    return np.concatenate(layers).astype(np.float32)


def _merged(
    corners: NDArray[np.floating], scores: NDArray[np.floating], most_hints: int | None = None
) -> list[Box]:
    """One box a face: the best, moved to the weighted average of those that overlap it."""
    boxes: list[Box] = []
    left = np.argsort(-scores, kind="stable")
    while left.size:
        best = left[0]
        if most_hints is not None and scores[best] < THRESHOLD:
            if most_hints == 0:
                break
            most_hints -= 1
        together = _overlap(corners[best], corners[left]) > _SAME_FACE
        together[0] = True
        group = left[together]
        x0, y0, x1, y1 = (float(v) for v in np.average(corners[group], axis=0, weights=scores[group]))
        boxes.append(Box(x0, y0, x1 - x0, y1 - y0, float(scores[best])))
        left = left[~together]
    return boxes


def _overlap(one: NDArray[np.floating], others: NDArray[np.floating]) -> NDArray[np.floating]:
    """Intersection over union of a box `(4,)` with boxes `(n, 4)`."""
    sides = np.minimum(one[2:], others[:, 2:]) - np.maximum(one[:2], others[:, :2])
    shared = np.clip(sides, 0, None).prod(axis=1)
    areas = (others[:, 2:] - others[:, :2]).prod(axis=1)
    union = (one[2:] - one[:2]).prod() + areas - shared
    return np.asarray(shared / np.maximum(union, 1e-9))
