"""Rule 17: a gap between a group's error rate and the overall one blocks a model until a named person accepts it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safelight.persons.evaluate.curves import ByGroup, Rate

FALSE_MATCHES = 3.0
"""Times the overall false-match rate that a group's may be."""
MISSES = 1.5
"""Times the overall miss rate that a group's may be."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How many times the overall rate a group's may be."""

    false_matches: float = FALSE_MATCHES
    misses: float = MISSES


@dataclass(frozen=True, slots=True)
class Gap:
    """A group whose rate is above the limit. It blocks where the whole interval is."""

    group: str
    value: str
    kind: str
    """`false matches` or `misses`."""
    rate: Rate
    overall: float
    limit: float

    @property
    def blocks(self) -> bool:
        """Does the interval of the group's rate lie above the limit as a whole?"""
        return self.rate.interval[0] > self.limit * self.overall

    @property
    def times(self) -> float | None:
        """How many times the overall rate; None where that is 0."""
        return (self.rate.share or 0.0) / self.overall if self.overall else None

    def sentence(self) -> str:
        """For people: which group, how large, and whether it is told from chance."""
        share, (low, high) = self.rate.share or 0.0, self.rate.interval
        said = (
            f"{self.times:.1f} times the overall rate"
            if self.times is not None
            else "where overall there are none"
        )
        clear = (
            "the interval is clear of the limit" if self.blocks else "too few pairs to tell it from chance"
        )
        return (
            f"{self.group.replace('_', ' ')} {self.value}: {self.kind} {share:.2g} ({low:.2g} to {high:.2g}, "
            f"{self.rate.found:,} of {self.rate.of:,} pairs), {said}; limit {self.limit:g}; {clear}."
        )


def gaps(groups: Sequence[ByGroup], fmr: Rate, misses: Rate, limits: Limits | None = None) -> list[Gap]:
    """All groups whose rate is above a limit, those that block first; the overall rates are of all pairs."""
    limits = limits or Limits()
    found = []
    for one in groups:
        for kind, rate, overall, limit in (
            ("false matches", one.fmr, fmr, limits.false_matches),
            ("misses", one.misses, misses, limits.misses),
        ):
            if rate.share is not None and overall.share is not None and rate.share > limit * overall.share:
                found.append(Gap(one.group, one.value, kind, rate, overall.share, limit))
    return sorted(found, key=lambda gap: (not gap.blocks, -(gap.times or float("inf"))))
