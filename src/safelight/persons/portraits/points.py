"""Five points of a face (eyes, nose, corners of the mouth), and the cut that brings them to where a network wants them.

The order is by the image: the eye at its left, the eye at its right, the nose, the corner of the mouth at the left, the
one at the right. Places are complex numbers in pixels.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from safelight.media.protocol import Pixels
from safelight.persons.portraits.view import warp
from safelight.persons.protocol import Floats
from safelight.signals.detect import Box
from safelight.signals.models.session import Network
from safelight.signals.verify import crop

Points = NDArray[np.complex128]
"""`(5,)`."""

_MARGIN = 1.15
_STRIDES = (8, 16, 32)
_LEAST_SCORE = 0.3


def onet_points(network: Network, rgb: Pixels, box: Box) -> Points:
    """MTCNN's points for a face in `box` of `(h, w, 3) uint8` (Zhang et al., 2016: shares of the cut it is shown)."""
    values = crop(rgb, box).astype(np.float32).transpose(2, 0, 1)[None]
    values = (np.ascontiguousarray(values) - np.float32(127.5)) / np.float32(128)
    shares = next(one for one in network(values) if one.shape[-1] == 10)[0].astype(np.float64)
    size = complex(box.width, box.height) * _MARGIN
    corner = complex(box.left + box.width / 2, box.top + box.height / 2) - size / 2
    return np.asarray(corner + shares[:5] * size.real + 1j * shares[5:] * size.imag)


def yunet_points(outputs: Sequence[Floats], side: int, middle: complex) -> Points | None:
    """YuNet's points for the face nearest `middle`, in pixels of its square input; None where it finds none.

    Outputs are, for the strides 8, 16, 32 each: `(1, n, 1)` class, then `(1, n, 1)` objectness, `(1, n, 4)` box and
    `(1, n, 10)` points, twelve in all. A score is the root of class times objectness; places are cells plus what is
    put out, times the stride. Source: Wu et al., 2023; opencv/modules/objdetect/src/face_detect.cpp.
    """
    best: tuple[float, Points] | None = None
    for number, stride in enumerate(_STRIDES):
        classes, objects, boxes, points = (
            outputs[number + 3 * kind].reshape(-1, last) for kind, last in _KINDS
        )
        across = side // stride
        scores = np.sqrt(np.clip(classes[:, 0], 0, 1) * np.clip(objects[:, 0], 0, 1))
        for at in np.flatnonzero(scores >= _LEAST_SCORE):
            cell = complex(at % across, at // across)
            centre = (cell + complex(boxes[at, 0], boxes[at, 1])) * stride
            width = float(np.exp(min(boxes[at, 2], 10.0))) * stride
            # The face is in the middle: a surer one that stands beside it is somebody else's.
            worth = float(scores[at]) - abs(centre - middle) / max(width, 1e-6)
            if best is None or worth > best[0]:
                places = points[at].astype(np.float64).reshape(5, 2)
                best = worth, np.asarray((cell + places[:, 0] + 1j * places[:, 1]) * stride)
    return best[1] if best is not None else None


_KINDS = ((0, 1), (1, 1), (2, 4), (3, 10))
"""Place of an output among the four kinds, and its last dimension."""


def similarity(found: Points, wanted: Points) -> tuple[complex, complex]:
    """Step and origin of the view in which the found points lie nearest the wanted ones (least squares; Umeyama, 1991).

    Raises ValueError where the points are all one.
    """
    here, there = found - found.mean(), wanted - wanted.mean()
    spread = float(np.sum(np.abs(here) ** 2))
    into = complex(np.sum(np.conj(here) * there)) / spread if spread > 1e-9 else 0j
    if abs(into) < 1e-9:
        raise ValueError("the points of the face are all one")
    return 1 / into, complex(found.mean()) - complex(wanted.mean()) / into


def aligned(
    rgb: Pixels, found: Points, wanted: Sequence[tuple[float, float]], size: tuple[int, int]
) -> Pixels:
    """`(h, w, 3) uint8`: the face with its points where they are wanted. Raises ValueError as `similarity` does."""
    # Points name the middle of a pixel, views its corner.
    half = 0.5 + 0.5j
    step, origin = similarity(found + half, np.array([complex(x, y) for x, y in wanted]) + half)
    return warp(rgb, step, origin, size)
