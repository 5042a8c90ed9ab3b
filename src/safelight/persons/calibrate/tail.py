"""How often two different people of this gallery score as high: counted where pairs abound, a fitted tail beyond.

Above a high threshold the scores follow a generalised Pareto distribution (Pickands 1975; Davison and Smith 1990,
*Models for exceedances over high thresholds*); below it the share is counted. What makes it hold here:

- **Threshold.** The highest that leaves `EXCEEDANCES` pairs above it, but never more than `MOST` of all. Where a
  search says of all pairs of the gallery which score above some level, the threshold lies there, so that the fit
  reaches to one pair in the gallery; else it lies in the sample.
- **Hidden duplicates.** People who are enrolled twice make pairs at the very top that are no chance. The fit allows
  for `HIDDEN` of the people having one, or for as many as a first fit finds, up to `MOST_HIDDEN`: so many of the
  highest pairs are not looked at, and the likelihood is that of a distribution cut off there. What is known of them
  is a bound: the fit may not expect more pairs of different people up there than there are pairs. Those found beyond
  the expected ones are `surplus`. Up to three in a hundred this holds; more cannot always be told from people who
  look alike, and then the rates come out too high.
- **Shape.** A fit that is cut off at the top knows the shape badly, so the likelihood is penalised by a normal prior
  on it (as by Coles and Dixon 1999, *Likelihood-based inference for extreme value models*), mean 0, deviation
  0.1: scores of faces fall about as fast as an exponential. A thousand pairs outweigh it.
- **Beyond the highest pair.** The stated rate is that of the likeliest distribution that does not end below the
  highest score that there can be, even if the pairs suggest that it ends sooner: too high rather than too low. No
  rate is ever stated below `floor`, a hundredth of one pair in all that were looked at.
- **Interval.** Pairs that share a person are not independent; the variance is that of Aronow, Samii and Assenova
  (2015), over people. The lower end lets the distribution end where the pairs suggest, the upper one does not. It is
  about people like these, not only about these; it cannot know whether the tail goes on as it begins.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from safelight.persons.calibrate.impostors import SEED, Floats, Ints
from safelight.persons.calibrate.pareto import Seen, ends, excess_of, likeliest, survival, variance

EXCEEDANCES = 1_000
"""Pairs above the threshold that the fit asks for: the shape is then known to about ± 0.06."""
LEAST_EXCEEDANCES = 200
"""With fewer, the shape is known to no better than ± 0.15: two decades further on, a factor of several."""
MOST = 0.05
"""Of all pairs, the share that may lie above the threshold: what lies lower is no tail."""
LEAST_PEOPLE = 100
"""100 people make 4,950 pairs, 247 of them above the threshold: the least that carries the fit."""
HIDDEN = 0.02
"""Of the people, the share that may be enrolled twice unnoticed, whatever the scores look like."""
MOST_HIDDEN = 0.2
"""The same, where the scores show so many."""
_STEPS = 300
_BODY = 1_000


@dataclass(frozen=True, slots=True)
class Exceedances:
    """Scores `(k,)` above a level, of the numbers of two people each, out of `of` pairs of the gallery.

    `complete_above`: hardly a pair above it is missing; what is below is not used.
    """

    score: Floats
    first: Ints
    second: Ints
    of: int
    complete_above: float


@dataclass(frozen=True, slots=True)
class Tail:
    """A calibrated scale of scores. Values are shares of pairs of different people that score at least so high."""

    threshold: float
    share: float
    """Of all pairs, above the threshold."""
    scale: float
    shape: float
    """Of the generalised Pareto distribution; below 0 it ends somewhere, not below the highest possible score."""
    exceedances: int
    """Pairs that the fit was made from."""
    surplus: float
    """Pairs at the top beyond those that the fit expects: an estimate of pairs that are one person."""
    pairs: int
    """Pairs that the rates are out of."""
    people: int
    unevenness: float
    """How much the rate differs from face to face: the deviation of its natural logarithm, less what counting adds."""
    floor: float
    """No rate is stated below it."""
    body: tuple[Floats, Floats]
    """Scores up to the threshold, ascending, and the share of pairs at or above each."""
    grid: tuple[Floats, Floats, Floats]
    """Scores from the threshold, ascending, and the ends of the 95 % interval of the share at each."""

    def fmr(self, score: Floats) -> Floats:
        """The calibrated false-match rate at each score: never 0, and never rising with the score."""
        at = np.asarray(score, dtype=np.float64)
        counted = np.interp(at, *self.body)
        fitted = self.share * survival(at - self.threshold, self.scale, self.shape)
        return np.maximum(np.where(at > self.threshold, fitted, counted), self.floor)

    def interval(self, score: Floats) -> tuple[Floats, Floats]:
        """Both ends of the 95 % interval of `fmr`, of its shape; they never rise with the score."""
        at = np.asarray(score, dtype=np.float64)
        rate = self.fmr(at)
        scores, low, high = self.grid
        inside = at > self.threshold
        # Below the threshold it is as wide, in proportion, as at the threshold, where there are fewest pairs.
        lower = np.where(inside, _along(at, scores, low), rate * (low[0] / self.share))
        upper = np.where(inside, _along(at, scores, high), rate * (high[0] / self.share))
        return np.clip(lower, self.floor, rate), np.clip(np.maximum(upper, rate), self.floor, 1.0)

    def density(self, score: Floats) -> Floats:
        """The density of scores of different people: share of pairs for each unit of score; above 0 everywhere."""
        at = np.asarray(score, dtype=np.float64)
        half = self.scale / 4
        low, high = at - half, at + half
        return np.maximum(self.fmr(low) - self.fmr(high), self.floor / 10) / (2 * half)

    def score_at(self, rate: float) -> float:
        """The lowest score that at most `rate` of pairs of different people reach."""
        if rate >= self.share:
            scores, shares = self.body
            return float(np.interp(-rate, -shares, scores))
        part = max(rate, self.floor) / self.share
        return self.threshold + self.scale * float(excess_of(part, self.shape))


def fit(
    score: Floats,
    first: Ints,
    second: Ints,
    *,
    of: int,
    known: Exceedances | None = None,
    ceiling: float = 1.0,
    hidden: float = HIDDEN,
    seed: int = SEED,
) -> tuple[Tail | None, str]:
    """A tail from pairs of different people, and a sentence; no tail, and why, where they are too few.

    `score` `(k,)` is a fair sample out of `of` pairs of the gallery (or all of them); `first`, `second` number the
    people. `known` are all pairs of the gallery above a level. `ceiling` is the highest score that there can be.
    """
    people = len(np.union1d(first, second))
    if people < LEAST_PEOPLE or len(score) * MOST < LEAST_EXCEEDANCES:
        return None, (
            f"Not calibrated: {people:,} people make {len(score):,} pairs; at least {LEAST_PEOPLE} people "
            f"and {round(LEAST_EXCEEDANCES / MOST):,} pairs are needed, because a tail that is fitted to fewer than "
            f"{LEAST_EXCEEDANCES} pairs says nothing about rare scores."
        )
    sampled = Exceedances(score, first, second, len(score), -np.inf)
    # Each pair of one person is in the sample with the chance that any pair is.
    part = len(score) / of
    doubled = _doubled(sampled, hidden, people * part)
    chosen = _above(sampled, doubled)
    if known is not None:
        # Where the sample has hardly a pair of one person in it, it does not tell how many there are.
        told = doubled / part if part > 0.05 else 0.0
        reached = _above(known, max(told, _doubled(known, hidden, people)))
        if reached is not None and (chosen is None or reached[0] > chosen[0]):
            chosen = reached
    if chosen is None:
        return (
            None,
            "Not calibrated: the scores are too much alike, or too many of them are equal, to have a tail.",
        )
    threshold, cut, source = chosen
    inside = (source.score > threshold) & (source.score < cut)
    excess = source.score[inside] - threshold
    top = max(ceiling, float(source.score.max()))
    seen = _seen(source, threshold, cut)
    room, reach = top - threshold, seen.cut
    free = likeliest(excess, seen, reach)
    scale, shape = free if free[1] >= -free[0] / room else likeliest(excess, seen, room)
    within = 1 - float(survival(np.array(reach), scale, shape))
    share = min(1.0, len(excess) / within / source.of)
    surplus = len(seen.highest) - source.of * share * (1 - within)
    floor = 0.01 / source.of
    scores = np.linspace(threshold, top, _STEPS)
    spread = variance(excess, source.first[inside], source.second[inside], people, reach, free)
    low, _ = ends(spread, (len(excess), *free), seen, reach, scores - threshold, seed)
    _, high = ends(spread, (len(excess), scale, shape), seen, room, scores - threshold, seed)
    low, high = (np.clip(rates / source.of, floor, 1.0) for rates in (low, high))
    made = Tail(
        threshold,
        share,
        scale,
        shape,
        len(excess),
        max(0.0, surplus),
        source.of,
        people,
        _unevenness(source, threshold, people),
        floor,
        _counted(score, threshold, share),
        (scores, low, high),
    )
    return made, (
        f"Calibrated on {source.of:,} pairs of {people:,} different people of this gallery; the tail is fitted to "
        f"the {len(excess):,} pairs above {threshold:.3f}."
    )


def _seen(source: Exceedances, threshold: float, cut: float) -> Seen:
    highest = -np.sort(-source.score[source.score >= cut]) - threshold
    return Seen(min(cut, float(source.score.max())) - threshold, highest)


def _doubled(source: Exceedances, hidden: float, people: float) -> float:
    """How many of the pairs to expect to be of one person: at least `hidden` of the people, up to `MOST_HIDDEN`.

    A first fit, cut off as if it were the most, tells how many pairs at the top are beyond those of chance.
    """
    chosen = _above(source, MOST_HIDDEN * people) if hidden else None
    if chosen is None:
        return hidden * people
    threshold, cut, _ = chosen
    seen = _seen(source, threshold, cut)
    excess = source.score[(source.score > threshold) & (source.score < cut)] - threshold
    scale, shape = likeliest(excess, seen, seen.cut)
    within = 1 - float(survival(np.array(seen.cut), scale, shape))
    surplus = len(seen.highest) - len(excess) * (1 - within) / within
    return float(np.clip(1.25 * surplus, hidden * people, MOST_HIDDEN * people))


def _above(source: Exceedances, hidden: float) -> tuple[float, float, Exceedances] | None:
    """A threshold, the cut above which pairs may be of one person, and the source; None where too few are left."""
    trimmed = ceil(hidden + 2 * sqrt(hidden))
    wanted = max(EXCEEDANCES, 4 * trimmed)
    most = min(int(source.of * MOST), int((source.score > source.complete_above).sum()) - 1)
    if np.isfinite(source.complete_above) and most < wanted:
        return None
    wanted = min(wanted, most)
    if wanted - trimmed < LEAST_EXCEEDANCES:
        return None
    highest = np.sort(np.partition(source.score, -wanted - 1)[-wanted - 1 :])
    threshold, cut = float(highest[0]), float(highest[-trimmed] if trimmed else np.inf)
    inside = int(((highest > threshold) & (highest < cut)).sum())
    return (threshold, cut, source) if inside >= LEAST_EXCEEDANCES // 2 else None


def _unevenness(source: Exceedances, threshold: float, people: int) -> float:
    """From how many pairs above the threshold each person has: what their variance has beyond a Poisson one."""
    above = source.score > threshold
    _, each = np.unique(np.concatenate([source.first[above], source.second[above]]), return_counts=True)
    mean = 2 * float(above.sum()) / people
    variance = float((each.astype(np.float64) ** 2).sum()) / people - mean**2
    return sqrt(np.log1p(max(0.0, variance - mean) / mean**2))


def _along(at: Floats, scores: Floats, rates: Floats) -> Floats:
    return np.asarray(np.exp(np.interp(at, scores, np.log(rates))))


def _counted(score: Floats, threshold: float, share: float) -> tuple[Floats, Floats]:
    """A table of the counted share up to the threshold, where it joins the fitted one."""
    ordered = np.sort(score)
    below = ordered[ordered < threshold]
    # Evenly, and closer and closer towards the threshold, where shares are small.
    from_top = np.geomspace(1, max(len(below), 1), _BODY).round().astype(np.int64)
    at = np.concatenate(
        [np.linspace(0, max(len(below) - 1, 0), _BODY).astype(np.int64), len(below) - from_top]
    )
    scores = np.unique(below[at]) if len(below) else np.empty(0)
    shares = 1 - np.searchsorted(ordered, scores, side="left") / len(ordered)
    scores, shares = np.append(scores, threshold), np.append(np.maximum(shares, share), share)
    return scores, np.minimum.accumulate(shares)
