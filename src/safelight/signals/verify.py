"""Reject boxes that hold no face: MTCNN's last stage (O-Net) alone, on the box and a margin around it.

Source: K. Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded CNNs", 2016.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.media.protocol import Pixels
from safelight.signals.detect import Box
from safelight.signals.models.session import Network, load_network

MODEL = "face-check"
THRESHOLD = 0.5

_SIDE = 48
_MARGIN = 1.15
_FACE = 2, 1
"""Output and column that hold the share of face."""


class FaceCheck:
    """The verifier. One instance a process."""

    def __init__(self) -> None:
        self._network: Network = load_network(MODEL)

    def shares(self, rgb: Pixels, boxes: Sequence[Box]) -> NDArray[np.float32]:
        """For each box in `(h, w, 3) uint8`, how much a face it is, 0..1; from `THRESHOLD` on it is one."""
        return self.of_crops([crop(rgb, box) for box in boxes])

    def of_crops(self, crops: Sequence[Pixels]) -> NDArray[np.float32]:
        """The same for crops `(48, 48, 3) uint8`."""
        if not crops:
            return np.empty(0, np.float32)
        values = np.stack(crops).astype(np.float32).transpose(0, 3, 1, 2)
        output, column = _FACE
        values = (np.ascontiguousarray(values) - np.float32(127.5)) / np.float32(128)
        return self._network(values)[output][:, column]


def crop(rgb: Pixels, box: Box) -> Pixels:
    """The box × 1.15 as `(48, 48, 3) uint8`, black where it reaches over the border."""
    width, height = box.width * _MARGIN, box.height * _MARGIN
    left, top = box.left - (width - box.width) / 2, box.top - (height - box.height) / 2
    corners = (round(left), round(top), max(round(left + width), round(left) + 1), 0)
    bottom = max(round(top + height), corners[1] + 1)
    image = Image.fromarray(rgb).crop((*corners[:3], bottom))
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))
