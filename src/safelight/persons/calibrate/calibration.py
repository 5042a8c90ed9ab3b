"""The scale of one gallery: from templates to what a similarity means between a probe and a person of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safelight.persons.calibrate import impostors, neighbourhood
from safelight.persons.calibrate.impostors import PAIRS, SEED, Floats, Ints, Sides, Templates, Top
from safelight.persons.calibrate.neighbourhood import Cohort, Near
from safelight.persons.calibrate.tail import Exceedances, Tail, fit

SUSPECTED = 0.05
"""Of the pairs listed as perhaps one person, the share that chance would give (Benjamini and Hochberg 1995)."""
_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Duplicate:
    """Two rows of a gallery that may be one person, enrolled twice: for a person to look at."""

    first: int
    second: int
    similarity: float
    expected: float
    """How many pairs of different people among all pairs would score as high."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What a score means in one gallery, of one embedder. `tail` is None where the pairs are too few to say."""

    cohort: Cohort
    tail: Tail | None
    """Of adjusted scores."""
    plain: Tail | None
    """Of plain cosines: over all pairs it is as true, for two faces it is not."""
    sentence: str
    """What it was calibrated on, or why it was not."""
    duplicates: tuple[Duplicate, ...]
    """Pairs of the gallery too near for chance, nearest first; a thousand at most."""
    gallery: Near
    """The neighbourhoods of the templates that it was made from, in their order."""

    def near(self, templates: Templates, persons: Ints | None = None) -> Near:
        """The neighbourhood of unit templates `(n, d)`; `persons` None for probes, who are nobody of the gallery."""
        return neighbourhood.nearness(self.cohort, templates, persons)

    def adjusted(self, similarity: Floats, probes: Near, gallery: Near) -> Floats:
        """The score on the calibrated scale; all three of one shape (`Near.rows`)."""
        return neighbourhood.adjusted(similarity, probes, gallery, self.cohort.level)

    def fmr(self, similarity: Floats, probes: Near, gallery: Near) -> Floats | None:
        """The chance that two different people with neighbourhoods such as these score as high; None: not known."""
        if self.tail is None:
            return None
        return self.tail.fmr(self.adjusted(similarity, probes, gallery))

    def fmr_interval(self, similarity: Floats, probes: Near, gallery: Near) -> tuple[Floats, Floats] | None:
        """Both ends of its 95 % interval."""
        if self.tail is None:
            return None
        return self.tail.interval(self.adjusted(similarity, probes, gallery))


def calibrate(
    templates: Templates,
    persons: Ints,
    *,
    nearest: Ints | None = None,
    rows: Ints | None = None,
    sides: Sides | None = None,
    pairs: int = PAIRS,
    seed: int = SEED,
) -> Calibration:
    """Calibrate on pairs of different people of a gallery. The result depends on nothing but what is given.

    Args:
        templates: `(n, d) float32`, unit vectors of one embedder.
        persons: `(n,)`, whose each is.
        nearest: `(m, k)`, the rows nearest to each of `rows` (of all, if None), from an exact search; with it the
            tail reaches to one pair in the gallery, and people enrolled twice are found.
        sides: `(n,) bool`; with it pairs are of two sides only, as a match compares them. People who are on both
            sides unknown to us are then the matches looked for, and `duplicates` their best candidates.
        pairs: at most so many are drawn.
    """
    cohort = neighbourhood.draw(templates, persons, seed=seed)
    near = neighbourhood.nearness(cohort, templates, persons)
    drawn = impostors.sample(templates, persons, sides=sides, limit=pairs, seed=seed)
    found = None if nearest is None else impostors.top(templates, persons, nearest, rows=rows, sides=sides)
    # The highest score that there can be, on the adjusted scale, for all faces but the few with hardly a neighbour.
    ceiling = 1.0 - float(np.quantile(near.mean, 0.01)) + cohort.level if len(persons) else 1.0
    people = persons[drawn.first], persons[drawn.second]
    known = None if found is None else _known(found, persons, near, cohort.level)
    tail, sentence = fit(
        _adjusted(drawn, near, cohort.level), *people, of=drawn.of, known=known, ceiling=ceiling, seed=seed
    )
    known = None if found is None else _known(found, persons, None, 0.0)
    plain, _ = fit(drawn.score, *people, of=drawn.of, known=known, seed=seed)
    listed: tuple[Duplicate, ...] = ()
    if tail is not None:
        listed = _suspected(tail, found.pairs if found is not None else drawn, near, cohort.level)
    return Calibration(cohort, tail, plain, sentence, listed, near)


def _adjusted(pairs: impostors.Pairs, near: Near, level: float) -> Floats:
    return neighbourhood.adjusted(pairs.score, near.rows(pairs.first), near.rows(pairs.second), level)


def _known(found: Top, persons: Ints, near: Near | None, level: float) -> Exceedances:
    return Exceedances(
        found.pairs.score if near is None else _adjusted(found.pairs, near, level),
        persons[found.pairs.first],
        persons[found.pairs.second],
        found.pairs.of,
        found.complete_above(None if near is None else near.least, level),
    )


def _suspected(tail: Tail, pairs: impostors.Pairs, near: Near, level: float) -> tuple[Duplicate, ...]:
    """Pairs whose number is too large for chance at their score: the step-up rule over all pairs of the gallery."""
    rates = tail.fmr(_adjusted(pairs, near, level))
    order = np.argsort(rates, kind="stable")
    expected = rates[order] * pairs.of
    # Out of a sample only what would stand out among all pairs is listed.
    passed = np.flatnonzero(expected <= SUSPECTED * np.arange(1, len(expected) + 1))
    chosen = order[: int(passed[-1]) + 1][:_LISTED] if len(passed) else order[:0]
    return tuple(
        Duplicate(
            int(pairs.first[at]), int(pairs.second[at]), float(pairs.score[at]), float(rates[at] * pairs.of)
        )
        for at in chosen
    )
