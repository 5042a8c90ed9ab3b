"""How good a face is for comparing: measured parts, each 0..1, and one figure, with what to do about it.

The figure orders and weighs photographs of one person (`compare/fuse.py`) and says which are hardly worth comparing.
It is not a probability, and says nothing about whose face it is. Parts follow ISO/IEC 29794-5 in name where it has
them. Limits were set so that equal figures mean about equal loss, by the cosine of a worsened photograph with itself
(dlib-mirrored, 12 photographs of 5 adults; strangers have .81 ± .035): a figure of .4 stands for about .04 lost. Heavy
JPEG (below quality 10), strong noise and covered faces lose as much, and no part of it sees them.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from safelight.media.protocol import Pixels
from safelight.signals.locate import LocatedFace

POOR = 0.4
"""Below it a face is enrolled, and said to be poor."""
_LEAST_PIXELS, _ENOUGH_PIXELS = 12, 56
"""Width of a face: below the first nothing of it is comparable, from the second on nothing is lost."""
_BLURRED, _SHARP = 0.0003, 0.02
"""Variance of the Laplacian over the middle of the chip, against the variance of luma there: light does not change it.
By its logarithm, as every halving of detail costs about as much."""
_ROUNDING = 1.7
"""Of that variance what rounding to whole grey values makes: (16 + 4) / 12."""
_DARK, _LIT = 5.0, 35.0
_BLINDING, _MILD = 15.0, 60.0
"""Mean luma over the middle of the chip, from black and from white: much less light is enough than looks pleasant."""
_FLAT, _CONTRASTED = 2.0, 14.0
"""Standard deviation of luma over the middle of the chip."""
_TURNED, _FRONTAL = 0.35, 0.85
"""The narrower eye-to-nose distance against the wider one."""
_DOUBTED, _PLAIN = 0.60, 0.98
"""The verifier's share that this is an upright face."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measured parts of one face, each 0 (useless) to 1 (nothing lost)."""

    size: float
    sharpness: float
    exposure: float
    contrast: float
    pose: float
    certainty: float
    """That it is a face, upright and clear, by the verifier. It does not see what covers a face: with a mask, a hand or
    sunglasses drawn over faces it stayed at its best, while they lost more than blurred ones do. Nothing here does."""

    def all(self) -> tuple[float, ...]:
        """The parts in their order, rounded for keeping."""
        return tuple(round(float(getattr(self, one.name)), 3) for one in fields(self))

    @property
    def figure(self) -> float:
        """The parts in one, 0..1: the worst counts most (geometric mean of the worst and of all)."""
        parts = np.array(self.all())
        return float(np.sqrt(parts.min() * parts.prod() ** (1 / parts.size)))

    @property
    def advice(self) -> tuple[str, ...]:
        """What is wrong and what to do, for people; empty where nothing is."""
        return tuple(_ADVICE[one.name] for one in fields(self) if getattr(self, one.name) < POOR)


_ADVICE = {
    "size": "the face is very small: look for a larger photograph, or one taken nearer",
    "sharpness": "the face is blurred: look for a sharper photograph, or scan the print again",
    "exposure": "the face is too dark or too bright: look for another photograph, or one in even light",
    "contrast": "the face has hardly any contrast: scan the print again without a reflection",
    "pose": "the face is turned away: look for a photograph from the front",
    "certainty": "it is hardly seen that this is a face: is it turned or covered? Look for a clearer photograph",
}


def measure(face: LocatedFace) -> Quality:
    """Measure a face by its upright chip `(150, 150, 3) uint8` and what its finders said."""
    luma = _luma(face.chips.template)[30:130, 25:125]
    bright = float(luma.mean())
    detail = (_laplacian_variance(luma) - _ROUNDING) / max(float(luma.var()), 1.0)
    return Quality(
        size=_between(face.pixels, _LEAST_PIXELS, _ENOUGH_PIXELS),
        sharpness=_between(np.log(max(detail, 1e-9)), np.log(_BLURRED), np.log(_SHARP)),
        exposure=min(_between(bright, _DARK, _LIT), _between(255 - bright, _BLINDING, _MILD)),
        contrast=_between(float(luma.std()), _FLAT, _CONTRASTED),
        pose=_between(face.chips.frontal, _TURNED, _FRONTAL),
        certainty=_between(face.check, _DOUBTED, _PLAIN),
    )


def _between(value: float, worst: float, best: float) -> float:
    return float(np.clip((value - worst) / (best - worst), 0.01, 1.0))


def _luma(rgb: Pixels) -> NDArray[np.float32]:
    """`(h, w) float32`, ITU-R 601."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    made: NDArray[np.float32] = rgb.astype(np.float32) @ weights
    return made


def _laplacian_variance(luma: NDArray[np.float32]) -> float:
    """How much fine detail there is (Pech-Pacheco et al., 2000)."""
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    return float(edges.var())
