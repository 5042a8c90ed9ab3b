"""Scores of pairs of different people of this gallery: a seeded sample of all, and the exact top from a search.

Scores are summed again in float64, pair by pair, so that they depend neither on threads nor on the size of a batch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Templates = NDArray[np.float32]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Sides = NDArray[np.bool_]

PAIRS = 2_000_000
"""Pairs of a sample at most: some seconds, and shares down to some 10⁻⁶ by counting alone."""
SEED = 20_260_301
_BLOCK = 1 << 10
"""Pairs summed at a time: both sides stay in the cache, which is five times as fast."""
_MISSABLE = 500
_ROUNDS = 50
"""Rounds of drawing at most: only where nearly all rows are of one person are there fewer pairs than asked for."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of different people: rows of the templates, `(k,)` each, the first always the smaller."""

    first: Ints
    second: Ints
    score: Floats
    """Cosine, -1..1."""
    of: int
    """How many pairs of different people there are in all."""

    @property
    def all(self) -> bool:
        """Is no pair left out?"""
        return len(self.score) == self.of


@dataclass(frozen=True, slots=True)
class Top:
    """The nearest others of everybody, as pairs; and what the lists leave out."""

    pairs: Pairs
    last: Floats
    """`(n,)`: nobody who is missing from a person's list scores above this; +inf where no list was made."""
    sides: Sides | None = None

    def complete_above(self, near: Floats | None = None, level: float = 0.0) -> float:
        """Above this score hardly a pair is missing: one in fifty at most.

        With `near` `(n,)` and `level` of `neighbourhood`, the same for adjusted scores; `near` is the least that each
        may be. A pair can be missing only where both lists end above it. The score is where one pair in `_MISSABLE`
        could be; even if those had ten times as many high scores as others, one in fifty would be.
        """
        half = np.zeros(len(self.last)) if near is None else near / 2
        # A pair that scores more than either list's end is known: the mean of both ends is the less strict bound.
        ends = np.where(np.isfinite(self.last), self.last / 2 - half, np.inf)
        left, right = (ends, ends) if self.sides is None else (ends[~self.sides], ends[self.sides])
        if not len(left) or not len(right):
            return -np.inf
        one, other = (np.isfinite(side).all() for side in (left, right))
        if not one or not other:
            # Lists of one side alone: what that side does not list scores below the end of its list.
            if not one and not other:
                return np.inf
            listed = np.isfinite(self.last)
            left, right = (self.last - half)[listed], -half[~listed]
        sums = np.add.outer(_quantiles(left), _quantiles(right)).reshape(-1)
        return float(np.quantile(sums, 1 - 1 / _MISSABLE, method="higher")) + level


def scores(templates: Templates, first: Ints, second: Ints) -> Floats:
    """Cosines `(k,)` of rows of unit templates, summed in float64."""
    made = np.empty(len(first), dtype=np.float64)
    for start in range(0, len(first), _BLOCK):
        at = slice(start, start + _BLOCK)
        left, right = templates[first[at]].astype(np.float64), templates[second[at]].astype(np.float64)
        made[at] = np.einsum("ij,ij->i", left, right)
    return made


def sample(
    templates: Templates,
    persons: Ints,
    *,
    sides: Sides | None = None,
    limit: int = PAIRS,
    seed: int = SEED,
) -> Pairs:
    """All pairs of different people where they are no more than `limit`, else as many drawn at random, each once.

    `templates` `(n, d)` are unit vectors, `persons` `(n,)` says whose each is. With `sides` `(n,)` only pairs of two
    different sides are taken: missing people against found ones, as a match compares them.
    """
    of = different(persons, sides)
    if of <= limit:
        first, second = _every(persons, sides)
    else:
        first, second = _draw(persons, sides, limit, seed)
    return Pairs(first, second, scores(templates, first, second), of)


def different(persons: Ints, sides: Sides | None = None) -> int:
    """How many pairs of rows are of different people, and of two sides."""
    if sides is None:
        return _within(np.zeros(len(persons), dtype=np.int64)) - _within(persons)
    both = np.unique(persons[~sides], return_counts=True), np.unique(persons[sides], return_counts=True)
    (names, sizes), (others, others_sizes) = both
    _, one, other = np.intersect1d(names, others, assume_unique=True, return_indices=True)
    same = int((sizes[one] * others_sizes[other]).sum())
    return int((~sides).sum()) * int(sides.sum()) - same


def top(
    templates: Templates,
    persons: Ints,
    index: Ints,
    *,
    rows: Ints | None = None,
    sides: Sides | None = None,
) -> Top:
    """What lists of nearest others say of the highest pairs.

    `index` `(m, k)`: for each of `rows` (all, if None) the rows nearest to it, in any order, itself among them or
    not, -1 where a list is shorter. Pairs of one person, or of one side, are left out.
    """
    count = len(templates)
    searched = np.arange(count, dtype=np.int64) if rows is None else rows
    one = np.repeat(searched, index.shape[1])
    other = index.reshape(-1).astype(np.int64)
    filled = other >= 0
    all_scores = np.full(len(other), np.inf)
    all_scores[filled] = scores(templates, one[filled], other[filled])
    ends = all_scores.reshape(index.shape).min(axis=1, initial=np.inf)
    # A list that was not filled has everybody: nothing is missing from it.
    ends[~filled.reshape(index.shape).all(axis=1)] = -2.0
    last = np.full(count, np.inf)
    last[searched] = ends
    low, high = np.minimum(one, other), np.maximum(one, other)
    kept = filled & (low != high)
    kept[kept] &= _apart(low[kept], high[kept], persons, sides)
    _, once = np.unique(low[kept] * count + high[kept], return_index=True)
    low, high, value = low[kept][once], high[kept][once], all_scores[kept][once]
    return Top(Pairs(low, high, value, different(persons, sides)), last, sides)


def _every(persons: Ints, sides: Sides | None) -> tuple[Ints, Ints]:
    """All pairs of different people, row by row: what is held at a time is bounded by what is returned."""
    count = len(persons)
    rows = np.arange(count, dtype=np.int64)
    firsts, seconds = [rows[:0]], [rows[:0]]
    for row in range(count) if sides is None else np.flatnonzero(sides).tolist():
        others = rows[row + 1 :] if sides is None else rows[~sides]
        others = others[persons[others] != persons[row]]
        firsts.append(np.minimum(others, row))
        seconds.append(np.maximum(others, row))
    return np.concatenate(firsts), np.concatenate(seconds)


def _draw(persons: Ints, sides: Sides | None, limit: int, seed: int) -> tuple[Ints, Ints]:
    count = len(persons)
    generator = np.random.default_rng(seed)
    rows = np.arange(count, dtype=np.int64)
    left, right = (rows, rows) if sides is None else (rows[~sides], rows[sides])
    keys = rows[:0]
    for _ in range(_ROUNDS):
        one = left[generator.integers(0, len(left), limit)]
        other = right[generator.integers(0, len(right), limit)]
        wanted = persons[one] != persons[other]
        low, high = np.minimum(one, other)[wanted], np.maximum(one, other)[wanted]
        # In the order of drawing, so that cutting at the limit favours nobody.
        keys = _each_once(np.concatenate([keys, low * count + high]))[:limit]
        if len(keys) == limit:
            break
    keys = np.sort(keys)
    return keys // count, keys % count


def _each_once(keys: Ints) -> Ints:
    """The keys without those that came before, in their order.

    As `np.unique` with its index, but only what comes again is put in order by place: of a large gallery hardly any.
    """
    ordered = np.sort(keys)
    again = ordered[1:][ordered[1:] == ordered[:-1]]
    if not len(again):
        return keys
    if len(again) > len(keys) // 20:  # a small gallery, where pairs come again and again
        return keys[np.sort(np.unique(keys, return_index=True)[1])]
    places = np.flatnonzero(again[np.minimum(np.searchsorted(again, keys), len(again) - 1)] == keys)
    first = np.unique(keys[places], return_index=True)[1]
    kept = np.ones(len(keys), dtype=np.bool_)
    kept[places] = False
    kept[places[first]] = True
    return keys[kept]


def _apart(first: Ints, second: Ints, persons: Ints, sides: Sides | None) -> NDArray[np.bool_]:
    apart = np.asarray(persons[first] != persons[second])
    return apart if sides is None else apart & (sides[first] != sides[second])


def _within(labels: Ints) -> int:
    sizes = np.unique(labels, return_counts=True)[1].astype(np.int64)
    return int((sizes * (sizes - 1) // 2).sum())


def _quantiles(values: Floats, count: int = 1_001) -> Floats:
    """The values in order, or a thousand evenly out of them."""
    ordered = np.sort(values)
    return ordered[np.linspace(0, len(ordered) - 1, min(count, len(ordered))).round().astype(np.int64)]
