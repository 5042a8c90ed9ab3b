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
_BATCH = 8
"""Measured: the intermediate values of more do not stay in the processor's cache."""
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
        parts = [values[at : at + _BATCH] for at in range(0, len(values), _BATCH)]
        return np.concatenate([self._network(part)[output][:, column] for part in parts])


def crop(rgb: Pixels, box: Box) -> Pixels:
    """The box × 1.15 as `(48, 48, 3) uint8`, black where it reaches over the border."""
    width, height = box.width * _MARGIN, box.height * _MARGIN
    left, top = round(box.left - (width - box.width) / 2), round(box.top - (height - box.height) / 2)
    right = max(round(box.left - (width - box.width) / 2 + width), left + 1)
    bottom = max(round(box.top - (height - box.height) / 2 + height), top + 1)
    # Cut before Pillow sees it: it would copy the whole picture for each box.
    inner = rgb[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]
    if inner.shape[:2] != (bottom - top, right - left):
        square = np.zeros((bottom - top, right - left, 3), np.uint8)
        if inner.size:
            square[max(-top, 0) :, max(-left, 0) :][: inner.shape[0], : inner.shape[1]] = inner
        inner = square
    image = Image.fromarray(np.ascontiguousarray(inner))
    return np.asarray(image.resize((_SIDE, _SIDE), Image.Resampling.BILINEAR))
