"""Several photographs of one person as one template, and photographs that show somebody else found by mistake.

The template is the mean of the photographs' unit vectors, weighted by quality (0..1), at length one again. A simulation
with the measured spread of scores (`bench/persons_fuse.py`, 4,000 people) puts the right one first, with 2 photographs
and with 5, where noise grows as one over quality, and as one over its square: fused .991 .999 and .793 .886, unweighted
.991 .998 and .734 .868, best single score .983 .996 and .741 .851, photograph of best quality .974 .993 and .737 .835.
So a person is searched by the fused template alone: one comparison instead of several, and one score a person to
calibrate. Faces that change much between the photographs, as children's do, are drawn there too: with a third of a face
new each time, fused .80 and best single score .75, or .94 and .97 where all photographs are good. Nothing was measured
of that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.persons.protocol import Floats

APART_DLIB: Final = 0.89
"""For dlib's network: 1 in 100 pairs of strangers among public adults scores more (mean .81, deviation .035), and two
photographs of one adult hardly ever less (.965, .01). A gallery of some size tells its own (`strangers`)."""
_LEAST_WEIGHT: Final = 0.05
"""Of a photograph of no quality at all: one that stands alone still gives a template."""
_COMPARED: Final = 256
"""Photographs of one person that are compared pair by pair; further ones are held against what those give."""
_PAIRS: Final = 200_000
_ENOUGH: Final = 1_000

Numbers = NDArray[np.int64]
Qualities = NDArray[np.floating]


@dataclass(frozen=True, slots=True)
class Apart:
    """A photograph that was not fused: it is no nearer to the person's others than a stranger's may be."""

    photograph: int
    """Row of the templates."""
    person: int
    score: float
    """Cosine with what the others of this person gave."""
    undecided: bool
    """No group holds more than half of the photographs: which photographs are the person's, somebody must say."""


@dataclass(frozen=True, slots=True)
class Fused:
    """One template a person."""

    person: Numbers
    """`(q,) int64`, rising."""
    people: Floats
    """`(q, d) float32`, of length one."""
    used: NDArray[np.bool_]
    """`(p,)`: which photographs are in them."""
    apart: tuple[Apart, ...]
    """By photograph. Each is to be shown to somebody: another person's face, or years between the photographs."""


def fuse(
    templates: Floats,
    quality: Qualities,
    person: Numbers,
    *,
    apart: float | None = None,
    vouched: NDArray[np.bool_] | None = None,
) -> Fused:
    """One template for each person.

    Photographs that score `apart` or more are taken to show one face; those that hang together by such pairs form a
    group, the largest group is the person's (of two as large, the one of better quality), and the others are left out
    and reported. Where no group holds more than half of the photographs, the report says that it is undecided.

    Args:
        templates: `(p, d) float32`, unit vectors of one embedder.
        quality: `(p,)`, 0..1.
        person: `(p,)`, a number for each person.
        apart: cosine below which two photographs are not taken for one face. None: what `strangers` says of these
            templates; where they are too few for that, nothing is left out.
        vouched: `(p,)`, photographs of which somebody said that they show this person; they are never left out.

    Raises:
        ValueError: lengths differ, a number is not finite, or a template is not of length one.
    """
    vouched = np.zeros(len(templates), np.bool_) if vouched is None else vouched
    _check(templates, quality, person, vouched)
    if apart is None:
        apart = strangers(templates, person)
    if apart is None:
        apart = -np.inf
    weights = np.maximum(quality.astype(np.float64), _LEAST_WEIGHT)
    order = np.argsort(person, kind="stable")
    numbers, first, count = np.unique(person[order], return_index=True, return_counts=True)
    used = np.ones(len(templates), np.bool_)
    people = np.empty((len(numbers), templates.shape[1]), np.float32)
    people[count == 1] = templates[order[first[count == 1]]]
    reported: list[Apart] = []
    for place in np.flatnonzero(count > 1):
        rows = order[first[place] : first[place] + count[place]]
        vectors = templates[rows].astype(np.float64)
        kept, undecided = _group(vectors, weights[rows], vouched[rows], apart)
        people[place] = middle = _mean(vectors[kept], weights[rows][kept])
        used[rows] = kept
        reported += [
            Apart(int(rows[row]), int(numbers[place]), float(vectors[row] @ middle), undecided)
            for row in np.flatnonzero(~kept)
        ]
    return Fused(numbers, people, used, tuple(sorted(reported, key=lambda one: one.photograph)))


def strangers(templates: Floats, person: Numbers, share: float = 0.99) -> float | None:
    """The cosine that `share` of the pairs of different people in `(p, d) float32` stay below.

    None for fewer than a thousand such pairs (about fifty photographs). Up to 200,000 pairs, the same ones each time.
    """
    count = len(templates)
    rows = np.linspace(0, max(count - 1, 0), min(count, _PAIRS // 10)).astype(np.int64)
    scores: list[Floats] = []
    seen = 0
    for step in range(1, (count + 1) // 2):
        other = (rows + step) % count
        pairs = person[rows] != person[other]
        scores.append(np.einsum("ij,ij->i", templates[rows[pairs]], templates[other[pairs]]))
        seen += len(scores[-1])
        if seen >= _PAIRS:
            break
    return float(np.quantile(np.concatenate(scores), share)) if seen >= _ENOUGH else None


def _group(
    vectors: NDArray[np.float64], weights: NDArray[np.float64], vouched: NDArray[np.bool_], apart: float
) -> tuple[NDArray[np.bool_], bool]:
    """Which photographs of one person belong together, and whether that is undecided."""
    # the best ones are compared pair by pair: time and memory stay small however many there are
    best = np.argsort(-weights, kind="stable")[:_COMPARED]
    near = vectors[best] @ vectors[best].T >= apart
    near |= vouched[best][:, None] & vouched[best]
    if near.all() and len(best) == len(vectors):
        return np.ones(len(vectors), np.bool_), False
    group = np.arange(len(best))
    while True:  # each photograph takes the smallest number among its neighbours, until none changes
        smaller = np.where(near, group, len(best)).min(axis=1)
        smaller = np.minimum(smaller, group)
        if (smaller == group).all():
            break
        group = smaller
    sure = bool(vouched[best].any())
    size, weight = np.bincount(group, minlength=len(best)), np.bincount(group, weights[best], len(best))
    # quality says how well a face shows, not whose it is: it only decides between groups of one size
    largest = int(np.lexsort((-weight, -size))[0])
    chosen = int(group[np.argmax(vouched[best])]) if sure else largest
    kept = vouched.copy()
    kept[best[group == chosen]] = True
    middle = _mean(vectors[kept], weights[kept])
    rest = np.setdiff1d(np.arange(len(vectors)), best)
    kept[rest] |= vectors[rest] @ middle >= apart
    return kept, not sure and 2 * int(size[chosen]) <= len(best)


def _mean(vectors: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """The weighted mean at length one; of opposite vectors, the first."""
    total: NDArray[np.float64] = (vectors * weights[:, None]).sum(axis=0)
    length = float(np.linalg.norm(total))
    return total / length if length > 1e-6 else vectors[0]


def _check(templates: Floats, quality: Qualities, person: Numbers, vouched: NDArray[np.bool_]) -> None:
    if templates.ndim != 2 or any(one.shape != (len(templates),) for one in (quality, person, vouched)):
        raise ValueError("templates, qualities and people differ in number")
    lengths = np.sqrt(np.einsum("ij,ij->i", templates, templates))
    if not (np.abs(lengths - 1) < 1e-3).all():
        raise ValueError("a template is not of length one")
    if not ((quality >= 0) & (quality <= 1)).all():
        raise ValueError("a quality lies outside 0..1")
