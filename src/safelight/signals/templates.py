"""Face templates: 128 numbers a face by which the same person may be found again. Only under `face-search`.

The network is dlib's, converted; distances between templates are Euclidean, and what a distance means comes
from calibration (its model card says what was measured). Templates belong to one case and are never compared
across cases.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Annotated

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from safelight.media.protocol import Picture, Pixels
from safelight.model import Capability
from safelight.signals.locate import MODELS, locator
from safelight.signals.modelled import ModelSignal
from safelight.signals.models.session import Network, load_network
from safelight.signals.shape import EXACTLY, Box, Seconds, TypedDict, with_config

_MODEL = "face-template"
_BATCH = 16


@with_config(EXACTLY)
class TemplateValue(TypedDict):
    """One face's template."""

    box: Box
    template: Annotated[str, Field(pattern="^[A-Za-z0-9+/]{683}=$")]
    position: Seconds


class TemplatesSignal(ModelSignal):
    """Value: `[{"box": [left, top, width, height], "template": base64, "position"}, …]`, as `faces` orders them.

    A template is 128 float32, little-endian (512 bytes).
    """

    name = "templates"
    capability = Capability.FACE_SEARCH
    shape = list[TemplateValue]
    revision = "2"
    models = (*MODELS, _MODEL)
    _network: Network

    def load(self) -> None:
        """See `ModelSignal`."""
        locator()
        self._network = load_network(_MODEL)
        templates(self._network, [np.zeros((150, 150, 3), np.uint8)])

    def values(self, media: Sequence[Sequence[Picture]]) -> list[list[TemplateValue]]:
        """Describe the faces of every frame, in batches over all of them."""
        located = locator().locate(media)
        chips = [face.chips.template for frames in located for _, faces in frames for face in faces]
        described = iter(templates(self._network, chips))
        return [
            [
                {
                    "box": [round(side, 5) for side in face.box],
                    "template": base64.b64encode(next(described).astype("<f4").tobytes()).decode(),
                    "position": frame.position,
                }
                for frame, faces in frames
                for face in faces
            ]
            for frames in located
        ]


def templates(network: Network, chips: Sequence[Pixels]) -> NDArray[np.float32]:
    """`(n, 128) float32` for chips `(150, 150, 3) uint8`."""
    parts = [np.empty((0, 128), np.float32)]
    for start in range(0, len(chips), _BATCH):
        values = np.stack(chips[start : start + _BATCH]).astype(np.float32)
        parts.append(network(np.ascontiguousarray(values.transpose(0, 3, 1, 2)))[0])
    return np.concatenate(parts)


def read_template(text: str) -> NDArray[np.float32]:
    """`(128,) float32` from the base64 of a value."""
    return np.frombuffer(base64.b64decode(text), "<f4").astype(np.float32)
