"""How many look-alikes chance alone gives, for one probe and over a whole match, and the sentence that says so.

The numbers are expectations with the interval of the calibration; how many there really are scatters around them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

import numpy as np

from safelight.persons.calibrate.tail import Tail


@dataclass(frozen=True, slots=True)
class Chance:
    """An expected number of pairs of different people, and the ends of its 95 % interval."""

    expected: float
    low: float
    high: float

    def sentence(self) -> str:
        """For people, of one candidate: what chance alone would give at this gallery size."""
        if self.expected < 0.95:
            searches = _round(1 / max(self.expected, 1e-12))
            if self.expected < 1e-6:
                return (
                    "At this gallery size, chance alone gives a look-alike as near as this one in less than one of "
                    "a million such searches. Close relatives are no chance: siblings may look as much alike."
                )
            if searches == 1:
                return "At this gallery size, chance alone gives about 1 look-alike as near as this one."
            return (
                "At this gallery size, chance alone gives a look-alike as near as this one in about one of "
                f"{searches:,} such searches{self._between()}."
            )
        number = _round(self.expected)
        noun = "look-alike" if number == 1 else "look-alikes"
        return f"At this gallery size, chance alone gives about {number:,} {noun} as near as this one{self._range()}."

    def _range(self) -> str:
        low, high = _round(self.low), _round(self.high)
        return f" ({low:,} to {high:,})" if low != high else ""

    def _between(self) -> str:
        often, rarely = _round(1 / max(self.high, 1e-12)), _round(1 / max(self.low, 1e-12))
        if often >= rarely:
            return ""
        if self.low < 1e-6:
            return f" (it may be one of {max(often, 1):,}, or far fewer)"
        return f" (one of {max(often, 1):,} to one of {rarely:,})"


NOT_KNOWN = "How many look-alikes chance alone would give is not known: this gallery is not calibrated."


def of_probe(tail: Tail, adjusted: float, gallery: int) -> Chance:
    """The look-alikes that chance gives one probe among `gallery` other people, at its adjusted score or above.

    One probe is not the mean of all: the interval is widened by how much the rate differs from face to face.
    """
    made = of_match(tail, adjusted, gallery)
    wider = exp(1.96 * tail.unevenness)
    return Chance(made.expected, made.low / wider, min(made.high * wider, float(gallery)))


def of_match(tail: Tail, threshold: float, compared: int) -> Chance:
    """The pairs that chance gives over a whole match of `compared` pairs, at a threshold on the scale of `tail`.

    For a threshold of plain cosine take the tail of plain cosines (`Calibration.plain`). Pairs of one person are not
    taken out of `compared`: they are too few to matter here.
    """
    at = np.array([threshold])
    (low,), (high,) = tail.interval(at)
    return Chance(*(float(rate) * compared for rate in (tail.fmr(at)[0], low, high)))


def _round(value: float) -> int:
    """To two figures: more would say more than is known."""
    if value < 100:
        return round(value)
    figures = int("1".ljust(len(str(round(value))) - 1, "0"))
    return round(value / figures) * figures
