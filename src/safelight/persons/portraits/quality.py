"""How good a face is for comparing: measured parts, each 0..1, and one figure, with what to do about it.

The figure orders and weighs photographs of one person (`compare/fuse.py`) and says which are hardly worth comparing.
It is not a probability, and says nothing about whose face it is. Parts follow ISO/IEC 29794-5 in name where it has
them. Limits were set so that equal figures mean about equal loss, by the cosine of a worsened photograph with itself
(dlib-mirrored, 16 photographs of 5 adults; strangers have .81 ± .035): a figure of .4 stands for about .04 lost. Covers
(dark glasses, a mask, a hand, hair) lost .02 to .09; `covered.py` says how many of them it finds.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from safelight.media.protocol import Pixels
from safelight.persons.portraits.covered import covered
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
_COVERED, _BARE = 0.5, -2.5
"""Log-odds of a cover; at nought it is poor, as a cover is likelier than none."""
_NOISY, _CLEAN = 0.815, 0.68
"""Median of the second differences against their mean, at half of the chip's size: what a face has of detail lies on a
few lines, noise lies everywhere (.80 for Gaussian noise alone; faces .41 to .62)."""
_LOUD, _QUIET = 0.05, 0.03
"""Noise against the spread of luma below which it does not matter."""
_COARSE, _FINE = 0.0465, 0.01
"""What coarse saving loses of the cosine, by `_LOST_BY_STEP`."""
_LOST_BY_STEP = 0.49
"""… a step of quality 50 and pixel of the face's width: qualities 4 to 40, faces of 60, 110 and 220 pixels all lost
.24 to .60."""


@dataclass(frozen=True, slots=True)
class Quality:
    """Measured parts of one face, each 0 (useless) to 1 (nothing lost)."""

    size: float
    sharpness: float
    exposure: float
    contrast: float
    pose: float
    certainty: float
    """That it is a face, upright and clear, by the verifier. It hardly sees what covers a face; the next three do."""
    eyes: float
    mouth: float
    """Mouth and nose."""
    sides: float
    """That no side of it is covered."""
    noise: float
    """That there is none."""
    compression: float
    """That the file was saved finely enough for a face as large as this one."""

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
    "eyes": "something seems to cover the eyes, such as dark glasses: another photograph would help",
    "mouth": "something seems to cover mouth and nose, such as a mask or a hand: another photograph would help",
    "sides": "something seems to cover one side of the face, such as hair or a scarf: another photograph would help",
    "noise": "the picture is grainy: look for one taken in better light",
    "compression": "the file was saved too coarsely for a face as small: ask for the original file",
}


def measure(face: LocatedFace, coarse: float = 0.0) -> Quality:
    """Measure a face by its upright chip `(150, 150, 3) uint8` and what its finders said.

    `coarse` is how coarsely the file was saved (`coded.coarseness`).
    """
    luma = _luma(face.chips.template)[30:130, 25:125]
    bright = float(luma.mean())
    detail = (_laplacian_variance(luma) - _ROUNDING) / max(float(luma.var()), 1.0)
    eyes, mouth, side = (_between(odds, _COVERED, _BARE) for odds in covered(face.chips.template))
    return Quality(
        size=_between(face.pixels, _LEAST_PIXELS, _ENOUGH_PIXELS),
        sharpness=_between(np.log(max(detail, 1e-9)), np.log(_BLURRED), np.log(_SHARP)),
        exposure=min(_between(bright, _DARK, _LIT), _between(255 - bright, _BLINDING, _MILD)),
        contrast=_between(float(luma.std()), _FLAT, _CONTRASTED),
        pose=_between(face.chips.frontal, _TURNED, _FRONTAL),
        certainty=_between(face.check, _DOUBTED, _PLAIN),
        eyes=eyes,
        mouth=mouth,
        sides=side,
        noise=_noise(luma),
        compression=_between(_LOST_BY_STEP * coarse / max(face.pixels, 1), _COARSE, _FINE),
    )


def _between(value: float, worst: float, best: float) -> float:
    return float(np.clip((value - worst) / (best - worst), 0.01, 1.0))


def _noise(luma: NDArray[np.float32]) -> float:
    """1 where `(100, 100) float32` has none, and where it is too weak to matter."""
    half = luma.reshape(50, 2, 50, 2).mean(axis=(1, 3))
    bends = np.abs(np.concatenate([np.diff(half, 2, axis=0).ravel(), np.diff(half, 2, axis=1).ravel()]))
    crossed = (half[:-2, :-2] + half[:-2, 2:] + half[2:, :-2] + half[2:, 2:]) + 4 * half[1:-1, 1:-1]
    crossed -= 2 * (half[:-2, 1:-1] + half[2:, 1:-1] + half[1:-1, :-2] + half[1:-1, 2:])
    # Immerkaer 1996, by the median: what lies on lines does not count
    amount = float(np.median(np.abs(crossed))) / 0.6745 / 6 / (float(luma.std()) + 1)
    everywhere = float(np.median(bends)) / max(float(bends.mean()), 1e-6)
    return max(_between(everywhere, _NOISY, _CLEAN), _between(amount, _LOUD, _QUIET))


def _luma(rgb: Pixels) -> NDArray[np.float32]:
    """`(h, w) float32`, ITU-R 601."""
    weights = np.array([0.299, 0.587, 0.114], np.float32)
    made: NDArray[np.float32] = rgb.astype(np.float32) @ weights
    return made


def _laplacian_variance(luma: NDArray[np.float32]) -> float:
    """How much fine detail there is (Pech-Pacheco et al., 2000)."""
    edges = luma[:-2, 1:-1] + luma[2:, 1:-1] + luma[1:-1, :-2] + luma[1:-1, 2:] - 4 * luma[1:-1, 1:-1]
    return float(edges.var())
