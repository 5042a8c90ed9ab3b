"""Intervals of shares and of means, at 95 % unless said: exact, by Wilson, and by people instead of pairs.

Pairs that share a person are not independent: a face that looks like many spoils many pairs. Where people are
known, a share over pairs gets its interval from them (`dyadic`, `bootstrap`), which is wider and true.
"""

from __future__ import annotations

from collections.abc import Callable
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta, norm

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Interval = tuple[float, float]

LEVEL = 0.95


def clopper_pearson(found: float, of: float, level: float = LEVEL) -> Interval:
    """Clopper and Pearson's (1934) exact interval of a share; (0, 1) of nothing."""
    if of <= 0:
        return 0.0, 1.0
    tail = (1 - level) / 2
    lower = 0.0 if found <= 0 else float(beta.ppf(tail, found, of - found + 1))
    upper = 1.0 if found >= of else float(beta.ppf(1 - tail, found + 1, of - found))
    return lower, upper


def wilson(found: float, of: float, level: float = LEVEL) -> Interval:
    """Wilson's (1927) interval of a share; (0, 1) of nothing."""
    if of <= 0:
        return 0.0, 1.0
    z, share = float(norm.ppf((1 + level) / 2)), found / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return max(0.0, middle - half), min(1.0, middle + half)


def inflation(hits: NDArray[np.bool_], first: Ints, second: Ints) -> float:
    """By how much the variance of a share over pairs grows because pairs share people; at least 1.

    `hits`, `first`, `second` `(pairs,)`: whether a pair counts, and the numbers of its two people. The variance is
    that of Aronow, Samii and Assenova (2015): all products of residuals of pairs that have a person in common.
    """
    share = float(hits.mean()) if len(hits) else 0.0
    if share in (0.0, 1.0):
        return 1.0
    people, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    left = hits - share
    sums = np.bincount(place, weights=np.concatenate([left, left]), minlength=len(people))
    own = float((left * left).sum())
    return max(1.0, (float((sums * sums).sum()) - own) / own)


def dyadic(
    hits: NDArray[np.bool_], first: Ints, second: Ints, level: float = LEVEL, exact: bool = True
) -> Interval:
    """Interval of the share of `hits` among pairs that share people: exact or Wilson's, of as many independent pairs
    as these are worth (`inflation`, the design effect of Kish)."""
    worth = len(hits) / inflation(hits, first, second)
    found = float(hits.mean()) * worth if len(hits) else 0.0
    return clopper_pearson(found, worth, level) if exact else wilson(found, worth, level)


def bootstrap(
    figure: Callable[[Floats], float],
    first: Ints,
    second: Ints,
    *,
    draws: int = 400,
    seed: int = 1,
    level: float = LEVEL,
) -> Interval:
    """Percentile interval of `figure(weights of pairs)` where people, not pairs, are drawn again.

    A pair counts as often as its first person was drawn, times its second (Owen 2007, *The pigeonhole bootstrap*):
    never too narrow, somewhat too wide where pairs hardly share people. A figure that is not finite is left out.
    """
    people, place = np.unique(np.concatenate([first, second]), return_inverse=True)
    one, other = place[: len(first)], place[len(first) :]
    generator = np.random.default_rng(seed)
    drawn = []
    for _ in range(draws):
        times = np.bincount(generator.integers(0, len(people), len(people)), minlength=len(people))
        weights = np.where(one == other, times[one], times[one] * times[other]).astype(np.float64)
        value = figure(weights) if weights.any() else float("nan")
        if np.isfinite(value):
            drawn.append(value)
    if not drawn:
        return float("nan"), float("nan")
    lower, upper = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(lower), float(upper)
