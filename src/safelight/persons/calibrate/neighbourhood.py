"""Faces that look like everybody: how near a face lies to the faces that are nearest to it anyway.

Blurred faces, very young ones, and faces like many others (*wolves*: Doddington and others 1998) score high against
many people. In simulated galleries the 5 % of faces with the most neighbours bear 80–100 % of all pairs above the
score that one pair in 10,000 reaches: one false-match rate for everybody would be far too good for them and far too
bad for the others. So a score is adjusted by the mean of what its two faces score with their own nearest others in a
fixed cohort, a symmetric normalisation by the top of a cohort, as speaker recognition uses it (adaptive S-norm:
Cumani and others 2011, Matějka and others 2017), without its scale. After it the same 5 % bear 35–55 %, where counting
small numbers alone would give 30 % (`tests/persons/calibrate/test_neighbourhood.py` holds a part of this). What is
left is said as `Tail.unevenness`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from safelight.persons.calibrate.impostors import SEED, Floats, Ints, Templates

COHORT = 2_000
"""People of the cohort: drawn from the gallery itself, all of them where there are fewer."""
_SKIPPED = 2
"""The nearest may be the person, enrolled twice: they say nothing about others."""
_SHARE = 0.01
"""Of the cohort, the nearest that count; at least ten."""
_ROUNDING = 1e-6
_BLOCK = 2_048


@dataclass(frozen=True, slots=True)
class Cohort:
    """People of this gallery that every face is held against.

    It holds their templates: it is kept no more openly than they are, and made again when one of them is erased.
    """

    templates: NDArray[np.float64]
    persons: Ints
    level: float = 0.0
    """The mean nearness of the cohort's own members: an adjusted score is about what an average pair would score."""


@dataclass(frozen=True, slots=True)
class Near:
    """How near faces, `(n,)` each, are to their nearest others of a cohort: the first two left out, then `window`."""

    mean: Floats
    first: Floats
    """The highest cosine of the window."""
    last: Floats
    """The lowest one."""
    following: Floats
    """The next one after the window."""
    member: NDArray[np.bool_]
    """Is the person of the cohort? Then it may stand in the window of the other."""
    window: int

    def rows(self, index: Ints) -> Near:
        """The same for the faces at `index`, of any shape."""
        fields = (self.mean, self.first, self.last, self.following)
        mean, first, last, following = (field[index] for field in fields)
        return Near(mean, first, last, following, self.member[index], self.window)

    def without(self, similarity: Floats, other: Near) -> Floats:
        """The mean as if `other`, which scores `similarity` with it, were not of the cohort.

        A face must not be judged by a neighbourhood that the judged pair itself made: those who were enrolled would
        seem less alike than strangers do.
        """
        in_window = other.member & (similarity >= self.last - _ROUNDING)
        change = self.following - np.minimum(similarity, self.first)
        return np.asarray(self.mean + np.where(in_window, change / self.window, 0.0))

    @property
    def least(self) -> Floats:
        """The mean, whoever is left out of the cohort: no lower than this."""
        return np.asarray(self.mean - (self.first - self.following) / self.window)


def draw(templates: Templates, persons: Ints, *, size: int = COHORT, seed: int = SEED) -> Cohort:
    """A seeded cohort out of unit templates `(n, d)` of `persons` `(n,)`: one row a person."""
    _, once = np.unique(persons, return_index=True)
    if len(once) > size:
        once = np.sort(np.random.default_rng(seed).choice(once, size=size, replace=False))
    drawn = Cohort(templates[once].astype(np.float64), persons[once].astype(np.int64))
    near = nearness(drawn, templates[once], drawn.persons)
    return Cohort(drawn.templates, drawn.persons, float(near.mean.mean()) if len(once) else 0.0)


def nearness(cohort: Cohort, templates: Templates, persons: Ints | None = None) -> Near:
    """How near each face is to its nearest others of the cohort.

    `persons` `(n,)` are left out of their own neighbourhood; None for probes, who are nobody of the gallery. Rounded
    to six places: what a matrix product adds up in another order on another machine does not show.
    """
    size, count = len(cohort.persons), len(templates)
    window = max(1, min(max(10, round(size * _SHARE)), size - _SKIPPED - 2))
    member = np.zeros(count, dtype=np.bool_) if persons is None else np.isin(persons, cohort.persons)
    if size < _SKIPPED + 3:
        nothing = np.zeros(count)
        return Near(nothing, nothing, nothing, nothing, member, window)
    ends = (_SKIPPED, _SKIPPED + window - 1, _SKIPPED + window)
    made = np.empty((4, count), dtype=np.float64)
    for start in range(0, count, _BLOCK):
        at = slice(start, start + _BLOCK)
        found = -(templates[at].astype(np.float64) @ cohort.templates.T)
        if persons is not None:
            found[persons[at, None] == cohort.persons[None]] = 1.0
        found = -np.partition(found, ends, axis=1)[:, : ends[-1] + 1]
        made[0, at] = found[:, _SKIPPED : _SKIPPED + window].mean(axis=1)
        made[1:, at] = found[:, ends].T
    mean, first, last, following = np.round(made, 6)
    return Near(mean, first, last, following, member, window)


def adjusted(similarity: Floats, one: Near, other: Near, level: float) -> Floats:
    """The cosine that an average pair would have: less the nearness of both faces, plus the cohort's `level`."""
    near = one.without(similarity, other) + other.without(similarity, one)
    return np.asarray(similarity - near / 2 + level, dtype=np.float64)
