"""The generalised Pareto distribution of scores above a threshold, known up to a cut, and what that leaves open."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from safelight.persons.calibrate.impostors import Floats, Ints

SHAPE = 0.1
"""Deviation of the prior on the shape."""
_DRAWS = 400


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known beyond the cut: no more pairs of different people than pairs at all."""

    cut: float
    """Excess from which on a pair may be of one person."""
    highest: Floats
    """`(k,)`: excesses of the pairs from the cut on, highest first."""

    def against(self, inside: float, scale: float, shape: float) -> float:
        """How much these pairs speak against a distribution that has `inside` pairs up to the cut.

        The largest Poisson log-likelihood that is lost at one of the 1st, 2nd, 4th, 8th … highest, where more pairs
        of different people are expected than there are pairs.
        """
        ranks = 2 ** np.arange(max(1, len(self.highest)).bit_length())
        ranks = ranks[ranks <= len(self.highest)]
        if not len(ranks):
            return 0.0
        expected = inside / _within(self.cut, scale, shape) * survival(self.highest[ranks - 1], scale, shape)
        over = np.maximum(expected, ranks)
        return float((over - ranks + ranks * np.log(ranks / over)).max())


def survival(excess: Floats, scale: float, shape: float) -> Floats:
    """Of the generalised Pareto distribution."""
    beyond = np.maximum(excess, 0.0) / scale
    if abs(shape) < 1e-9:
        return np.asarray(np.exp(-beyond))
    return np.asarray(np.maximum(1 + shape * beyond, 0.0) ** (-1 / shape))


def excess_of(part: float, shape: float) -> float:
    """The excess, in scales, that `part` of exceedances reach."""
    return -float(np.log(part)) if abs(shape) < 1e-9 else (part**-shape - 1) / shape


def _likelihood(excess: Floats, cut: float, log_scale: float, shape: float) -> Floats:
    """Log-likelihood of each excess, of the distribution cut off at `cut`."""
    scale = float(np.exp(log_scale))
    inner = 1 + shape * excess / scale
    if float(inner.min()) <= 0:
        return np.full(len(excess), -1e9)
    lost = excess / scale if abs(shape) < 1e-6 else (1 + 1 / shape) * np.log(inner)
    dense = -log_scale - lost
    return np.asarray(dense - np.log(_within(cut, scale, shape)))


def _bounded(log_scale: float, shape: float, room: float) -> tuple[float, float]:
    """Scale and shape of a distribution that does not end below `room`."""
    scale = float(np.exp(log_scale))
    return scale, float(np.clip(shape, -scale / room, 0.5))


def likeliest(excess: Floats, seen: Seen, room: float) -> tuple[float, float]:
    """Scale and shape of the likeliest distribution that does not end before `room`."""

    def cost(at: Floats) -> float:
        scale, shape = _bounded(float(at[0]), float(at[1]), room)
        outside = abs(shape - float(at[1]))
        prior = (shape / SHAPE) ** 2 / 2 + seen.against(len(excess), scale, shape)
        return (
            prior / len(excess) + outside - float(_likelihood(excess, seen.cut, np.log(scale), shape).mean())
        )

    start = np.array([np.log(excess.mean()), -0.05])
    found = minimize(
        cost, start, method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-9, "maxiter": 600}
    )
    return _bounded(float(found.x[0]), float(found.x[1]), room)


def variance(
    excess: Floats, first: Ints, second: Ints, people: int, cut: float, found: tuple[float, float]
) -> Floats:
    """`(3, 3)`: of the logarithms of the number of pairs and of the scale, and of the shape; people are its unit.

    `first`, `second` number the people of each excess, of `people` in all.
    """
    scale, shape = found
    at, step = np.array([np.log(scale), shape]), 1e-4

    def likelihood(by: Floats) -> Floats:
        return _likelihood(excess, cut, float(at[0] + by[0]), float(at[1] + by[1]))

    moves = np.eye(2) * step
    slopes = np.stack([(likelihood(move) - likelihood(-move)) / (2 * step) for move in moves], axis=1)
    # The information matrix as the mean of products of slopes: it is never negative, at a bound neither.
    slopes -= slopes.mean(axis=0)
    curve = slopes.T @ slopes + np.diag([1e-3, SHAPE**-2])
    # The logarithm of the number of pairs moves by one part for each pair.
    parts = np.concatenate([np.full((len(excess), 1), 1 / len(excess)), slopes], axis=1)
    whole = np.eye(3)
    whole[1:, 1:] = np.linalg.inv(curve)
    made = whole @ _meat(parts, first, second, people) @ whole.T
    return np.asarray((made + made.T) / 2)


def ends(
    spread: Floats,
    around: tuple[int, float, float],
    seen: Seen,
    room: float,
    excess: Floats,
    seed: int,
) -> tuple[Floats, Floats]:
    """The 95 % interval of the expected number of pairs at each excess, `(k,)` each.

    Distributions are drawn that lie as far from `around` (pairs up to the cut, scale, shape) as `spread` allows, none
    of which ends before `room`; each counts as much as the pairs seen beyond the cut leave it.
    """
    values, vectors = np.linalg.eigh(spread)
    normal = np.random.default_rng(seed).standard_normal((_DRAWS, 3))
    moves = (normal * np.sqrt(np.clip(values, 0, None))) @ vectors.T
    counted, scale, shape = around
    made, weights = np.empty((_DRAWS, len(excess))), np.empty(_DRAWS)
    for row, (log_count, log_scale, more) in enumerate(moves):
        size, form = _bounded(np.log(scale) + np.clip(log_scale, -2, 2), float(shape + more), room)
        number = counted * float(np.exp(np.clip(log_count, -3, 3)))
        made[row] = number / _within(seen.cut, size, form) * survival(excess, size, form)
        weights[row] = np.exp(-seen.against(number, size, form))
    if weights.sum() < _DRAWS / 50:
        weights[:] = 1.0
    order = np.argsort(made, axis=0)
    passed = np.cumsum(weights[order], axis=0) / weights.sum()
    places = ((passed < 0.025).sum(axis=0), np.minimum((passed < 0.975).sum(axis=0), _DRAWS - 1))
    low, high = (np.take_along_axis(made, order, axis=0)[place, np.arange(len(excess))] for place in places)
    return low, high


def _within(cut: float, scale: float, shape: float) -> float:
    return max(1 - float(survival(np.array(cut), scale, shape)), 1e-3)


def _meat(parts: Floats, first: Ints, second: Ints, people: int) -> Floats:
    """The variance of the sum of `parts` `(k, p)` over pairs: pairs count for themselves, and with those they share a
    person with, where that adds to it."""
    _, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    sums = np.stack(
        [np.bincount(place, weights=np.concatenate([column, column])) for column in parts.T], axis=1
    )
    alone = parts.T @ parts
    # People without a pair above the threshold count as well: their sum is 0, the mean is not.
    centre = 2 * parts.sum(axis=0) / people
    shared = sums.T @ sums - people * np.outer(centre, centre) - 2 * alone
    values, vectors = np.linalg.eigh((shared + shared.T) / 2)
    return np.asarray(alone + (vectors * np.clip(values, 0, None)) @ vectors.T)
