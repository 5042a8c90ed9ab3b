"""What the card of an agency's own face model says beside the rest: how faces are cut for it, and what comes out.

`[embedder]` makes a model one that describes faces, `[detector]` one that finds the five points such a model is aligned
by. Everything is stated on the card; nothing is guessed from the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

ARCFACE = ((38.2946, 51.6963), (73.5318, 51.5014), (56.0252, 71.7366), (41.5493, 92.3655), (70.7299, 92.2041))
"""Where eyes, nose and corners of the mouth lie in a face of 112 × 112 pixels, as ArcFace and SFace were trained with
(Deng et al., 2019; opencv/modules/objdetect/src/face_recognize.cpp)."""

DLIB_CHIP, FIVE_POINTS = "dlib-chip", "five-points"
_KINDS = ("yunet",)


@dataclass(frozen=True, slots=True)
class EmbedderTable:
    """How a network that describes faces is fed."""

    size: tuple[int, int]
    """Width and height of its input, in pixels."""
    dimensions: int
    alignment: str
    """`dlib-chip` (square, dlib's five points, `padding` around), or `five-points` (a similarity to `points`)."""
    colour: str = "rgb"
    """`rgb` or `bgr`."""
    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Taken from each channel, in the order of `colour`; pixels are 0..255."""
    scale: float = 1.0
    """What is left is multiplied by it."""
    padding: float = 0.25
    points: tuple[tuple[float, float], ...] = ARCFACE
    """Eye at the image's left, eye at its right, nose, corner of the mouth at the left, at the right: in pixels."""
    detector: str = ""
    """The model whose five points are taken; empty: those of `face-check` (MTCNN's O-Net)."""
    unit: bool = False
    """Are the outputs of length one already? They are brought to it where not."""
    mirrored: bool = False
    """Is the mean of a face and its mirror image taken, rather than the face alone?"""


@dataclass(frozen=True, slots=True)
class DetectorTable:
    """How a network that finds faces with five points is fed and read."""

    kind: str
    """`yunet`: what its outputs mean."""
    side: int = 320
    """Width and height of its square input, in pixels; a multiple of 32."""
    colour: str = "bgr"


def embedder_table(data: Mapping[str, Any]) -> EmbedderTable:
    """From TOML. Raises ValueError, TypeError or KeyError with what is wrong."""
    filled = dict(data)
    filled["size"] = tuple(_whole(side, 16, 1024) for side in data["size"])
    if "points" in data:
        filled["points"] = tuple((float(x), float(y)) for x, y in data["points"])
    if "mean" in data:
        filled["mean"] = tuple(float(one) for one in data["mean"])
    made = EmbedderTable(**filled)
    _whole(made.dimensions, 8, 4096)
    if made.alignment not in (DLIB_CHIP, FIVE_POINTS):
        raise ValueError(f"alignment is {DLIB_CHIP} or {FIVE_POINTS}")
    if made.colour not in ("rgb", "bgr"):
        raise ValueError("colour is rgb or bgr")
    if len(made.size) != 2 or (made.alignment == DLIB_CHIP and made.size[0] != made.size[1]):
        raise ValueError("size is width and height; a dlib chip is square")
    if len(made.points) != 5 or len(made.mean) != 3:
        raise ValueError("there are five points, and three means")
    if not (0 < float(made.scale) < 1e3 and 0 <= float(made.padding) <= 2):
        raise ValueError("scale or padding is out of range")
    if not isinstance(made.unit, bool) or not isinstance(made.mirrored, bool):
        raise ValueError("unit and mirrored are true or false")
    return made


def detector_table(data: Mapping[str, Any]) -> DetectorTable:
    """From TOML. Raises ValueError, TypeError or KeyError with what is wrong."""
    made = DetectorTable(**data)
    if made.kind not in _KINDS:
        raise ValueError(f"kind is one of: {', '.join(_KINDS)}")
    if made.colour not in ("rgb", "bgr") or _whole(made.side, 32, 1024) % 32:
        raise ValueError("colour is rgb or bgr, side a multiple of 32")
    return made


def _whole(value: Any, least: int, most: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise ValueError(f"{value!r} is no whole number from {least} to {most}")
    return value
