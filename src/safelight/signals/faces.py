"""Faces: where they are, and of each the distribution of how old it looks.

`below_18` is the share of the apparent-age distribution below 18 years. It is an assessment of looks for
ordering what people look at, never a probability that a person is a minor; no face under 18 was in any test.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, FiniteFloat

from safelight.media.protocol import Picture, Pixels
from safelight.model import Capability
from safelight.signals.locate import MODELS, LocatedFace, locator
from safelight.signals.modelled import ModelSignal
from safelight.signals.models.session import Network, load_network
from safelight.signals.shape import EXACTLY, Box, Seconds, Share, TypedDict, with_config

_MODEL = "apparent-age"
_MEANS = np.array([122.782, 117.001, 104.298], np.float32)
_ADULT = 18
_BATCH = 16


@with_config(EXACTLY)
class FaceValue(TypedDict):
    """One face; its members are told below."""

    box: Box
    score: FiniteFloat
    check: FiniteFloat
    turn: int
    pixels: Annotated[int, Field(ge=0)]
    below_18: Share
    age: Annotated[list[Share], Field(min_length=81, max_length=81)]
    position: Seconds


class FacesSignal(ModelSignal):
    """Value: a list of faces, best first; empty where none was found, which is not the absence of people.

    Each is `{"box": [left, top, width, height], "score", "check", "turn", "pixels", "below_18", "age",
    "position"}`: the box in fractions of the picture turned upright by EXIF; scores of detector and verifier
    0..1; `turn` in degrees counter-clockwise; `pixels` the face's width in the full picture; `age` the shares
    of apparent ages 0..80 years.
    """

    name = "faces"
    capability = Capability.CLASSIFY
    shape = list[FaceValue]
    revision = "2"
    models = (*MODELS, _MODEL)
    _ages: Network

    def load(self) -> None:
        """See `ModelSignal`."""
        locator()
        self._ages = load_network(_MODEL)
        apparent_ages(self._ages, [np.zeros((64, 64, 3), np.uint8)])

    def values(self, media: Sequence[Sequence[Picture]]) -> list[list[FaceValue]]:
        """Find the faces of every frame; ages are estimated in batches over all of them."""
        located = locator().locate(media)
        chips = [face.chips.age for frames in located for _, faces in frames for face in faces]
        ages = iter(apparent_ages(self._ages, chips))
        return [
            [_entry(face, next(ages), frame.position) for frame, faces in frames for face in faces]
            for frames in located
        ]


def apparent_ages(network: Network, chips: Sequence[Pixels]) -> NDArray[np.float32]:
    """`(n, 81) float32`: shares of apparent ages 0..80 years, for chips `(64, 64, 3) uint8`."""
    parts = [np.empty((0, 81), np.float32)]
    for start in range(0, len(chips), _BATCH):
        values = np.stack(chips[start : start + _BATCH]).astype(np.float32)
        values -= _MEANS
        values /= np.float32(256)
        parts.append(network(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))[0])
    return np.concatenate(parts)


def _entry(face: LocatedFace, ages: NDArray[np.float32], position: float | None) -> FaceValue:
    return {
        "box": [round(side, 5) for side in face.box],
        "score": round(face.score, 4),
        "check": round(face.check, 4),
        "turn": face.turn,
        "pixels": face.pixels,
        "below_18": round(float(ages[:_ADULT].sum(dtype=np.float64)), 4),
        "age": [round(share, 4) for share in ages.tolist()],
        "position": position,
    }
