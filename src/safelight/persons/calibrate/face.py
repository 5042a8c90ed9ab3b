"""What a face's score weighs beside other facts: the logarithm of a likelihood ratio, capped and discounted.

Against: the density of scores of different people, as this gallery was calibrated. For: the density of scores of two
photographs of one person, as it was measured with this embedder. That measurement is of few adults, without years
between the photographs, so it is not taken at its word:

- With a chance of `Genuine.kept` at most, two photographs of one person are such a pair; else the score says nothing
  about them, and the ratio is 1. A low score can so never weigh more than log10(1 - kept).
- An age gap multiplies that chance by a factor 0..1 (`persons.weigh.age_gap`).
- A score above the measured mean counts as the mean; the density of strangers goes on falling.
- The ratio is never above one over the upper end of the calibrated rate, nor above what the number of pairs can
  vouch for (three of them, the *rule of three*), nor above `CAP`: siblings and twins look alike, and no calibration on
  strangers knows them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from safelight.persons.calibrate.chance import NOT_KNOWN, Chance
from safelight.persons.calibrate.impostors import Floats
from safelight.persons.calibrate.tail import Tail
from safelight.persons.person import Side, Weighed

CAP = 4.0
"""A face alone never weighs more than 10,000 to 1: prior, for relatives who are not told apart by strangers' pairs."""
_SPEAKS = 0.3
"""A ratio of less than two either way is no side."""


@dataclass(frozen=True, slots=True)
class Genuine:
    """Cosines of two photographs of one person, as they were measured with an embedder."""

    mean: float
    deviation: float
    kept: float
    """The share of pairs of one person that look like this, at most."""
    source: str

    @classmethod
    def measured(cls, scores: Floats, source: str) -> Genuine:
        """From pairs of one person of an evaluation: median and spread of the middle, so that errors do not count.

        ValueError with fewer than thirty.
        """
        if len(scores) < 30:
            raise ValueError("too few pairs of one person to tell how their scores lie")
        low, middle, high = np.quantile(scores, [0.25, 0.5, 0.75])
        spread = max(float(high - low) / 1.349, 1e-3)
        inside = np.abs(scores - middle) <= 3 * spread
        # As if one more pair had not been such: a hundred pairs cannot say that there are none.
        return cls(float(middle), spread, float(inside.sum() / (len(scores) + 1)), source)


DLIB = Genuine(
    0.965,
    0.010,
    0.96,
    "measured on photographs of ten public adults, mirrored and averaged, without years between them; "
    "nothing was measured on children",
)


def log_ratio(tail: Tail, similarity: Floats, adjusted: Floats, genuine: Genuine, factor: Floats) -> Floats:
    """log10 of the likelihood ratio, one person against two, of cosines and their adjusted scores, of one shape.

    `factor` is how much of it an age gap leaves, 0..1.
    """
    trusted = genuine.kept * np.clip(factor, 0.0, 1.0)
    same = norm.pdf(np.minimum(similarity, genuine.mean), genuine.mean, genuine.deviation)
    ratio = trusted * same / tail.density(adjusted) + 1 - trusted
    most = np.minimum(1 / tail.interval(adjusted)[1], min(10.0**CAP, tail.pairs / 3))
    return np.asarray(np.log10(np.clip(ratio, 1e-6, most)))


def same_file(similarity: float) -> Weighed:
    """The face as a line where both entries hold the very same file: that it is alike says nothing about two."""
    return Weighed(
        "face",
        Side.UNKNOWN,
        f"It is one and the same photograph file in both entries (the faces score {similarity:.3f}): a picture that "
        "both were given, or a mistake. It says nothing about whether two people are one.",
        0.0,
        "the SHA-256 of the files",
    )


def weighed(
    similarity: float, weight: float | None, chance: Chance | None, genuine: Genuine | None, gap: str = ""
) -> Weighed:
    """The face as a line of the table for and against. `gap` is what is said of the years between, if anything."""
    if weight is None or chance is None or genuine is None:
        lacking = NOT_KNOWN if chance is None else "For this embedder no scores of one person were measured."
        return Weighed("face", Side.UNKNOWN, f"The faces score {similarity:.3f}. {lacking}", 0.0)
    side = Side.FOR if weight > _SPEAKS else Side.AGAINST if weight < -_SPEAKS else Side.UNKNOWN
    text = " ".join(part for part in (f"The faces score {similarity:.3f}.", chance.sentence(), gap) if part)
    return Weighed("face", side, text, weight, f"calibrated on this gallery; one person: {genuine.source}")
