"""How many look-alikes chance alone gives to the very list that is printed, and the sentence that says so.

A probe's list holds everybody up to a rate, as many times longer as the years between the photographs ask for, and at
most so many. Among strangers it would so have, on the mean, the sum of those rates over the gallery. How many of them
remain where lists are cut, depends on how the number scatters: as Poisson's would, with a mean that differs from face
to face (`Tail.unevenness`), since some look like many.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.stats import poisson

from safelight.persons.calibrate.impostors import Floats

_NODES = 15
"""Of Gauss and Hermite's quadrature over how much faces differ."""
_UNSURE = 1.3
"""How far the unevenness, itself an estimate from pairs that share people, may be off either way: prior."""
_SAME = 0.95
"""From this share of a list on, chance gives about as many as are listed."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of candidates, and what chance gives to a list made as it was."""

    listed: int
    expected: float
    """Look-alikes by chance alone, as if nobody's person was there; may be more than are listed."""
    interval: tuple[float, float]
    """95 %: of the calibration, and of how chance scatters."""
    cut: int | None = None
    """Only so many of a probe were listed, where that left some out; None: it hardly did."""

    def sentence(self) -> str:
        """For people: what share of the list is chance."""
        low, high = (round(end) for end in self.interval)
        about = f"about {_number(self.expected)} ({low:,} to {high:,})"
        lists = ""
        if self.cut is not None:
            lists = (
                f" Of each probe only the best {'one is' if self.cut == 1 else f'{self.cut:,} are'} listed."
            )
        if not self.listed:
            return "There are no candidates." + (f" By chance alone, {about} are expected." if low else "")
        verb = "is" if self.listed == 1 else "are"
        if self.expected > self.listed:
            noun = "candidate is" if self.listed == 1 else "candidates are"
            return (
                f"{self.listed:,} {noun} listed. By chance alone more than {verb} listed are expected: {about}."
                f" The list as a whole is no sign that anybody was found; one candidate may still stand out.{lists}"
            )
        noun = "candidate" if self.listed == 1 else "candidates"
        if self.expected > _SAME * self.listed:
            return f"Of {self.listed:,} {noun}, chance alone would give about as many: {about}.{lists}"
        verb = "is" if round(self.expected) == 1 else "are"
        return (
            f"Of {self.listed:,} {noun}, about {_number(self.expected)} {verb} expected by chance "
            f"({low:,} to {high:,}).{lists}"
        )


def by_chance(
    listed: int,
    means: Floats,
    ends: tuple[float, float] = (1.0, 1.0),
    *,
    most: int | None = None,
    unevenness: float = 0.0,
) -> Listed:
    """What chance gives to a list.

    Args:
        listed: candidates in the list that is printed.
        means: `(m,)`: the look-alikes that each probe's list has on the mean by chance, before it is cut.
        ends: the ends of the calibration's 95 % interval, as parts of its rate at the end of the list.
        most: so many candidates of a probe are listed at most; None: all.
        unevenness: how much the rate differs from face to face, as a deviation of its natural logarithm.
    """
    expected, _ = _cut(means, most, unevenness)
    low, low_spread = _cut(means * ends[0], most, unevenness * _UNSURE)
    high, high_spread = _cut(means * ends[1], most, unevenness / _UNSURE)
    left_out = most is not None and expected < 0.98 * float(means.sum())
    interval = max(0.0, low - 1.96 * sqrt(low_spread)), high + 1.96 * sqrt(high_spread)
    return Listed(listed, expected, interval, most if left_out else None)


def _cut(means: Floats, most: int | None, unevenness: float) -> tuple[float, float]:
    """Mean and variance of the sum of numbers of these means, each cut at `most`."""
    nodes, shares = np.polynomial.hermite_e.hermegauss(_NODES)
    shares = shares / shares.sum()
    # Lognormal around each mean; the mean itself stays.
    rates = means[:, None] * np.exp(unevenness * nodes - unevenness**2 / 2)[None]
    if most is None:
        first, second = rates, rates + rates**2
    else:
        over = most * poisson.sf(most - 1, rates)
        some = rates * poisson.cdf(most - 2, rates)
        first = some + over
        second = rates**2 * poisson.cdf(most - 3, rates) + some + most * over
    mean = first @ shares
    return float(mean.sum()), float((second @ shares - mean**2).sum())


def _number(value: float) -> str:
    return f"{round(value):,}" if value >= 0.95 else f"{value:.1g}"
