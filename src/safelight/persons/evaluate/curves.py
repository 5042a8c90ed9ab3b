"""Error rates of a trial: the trade-off, thresholds at stated false-match rates, the rank curve, and by group.

The false-match rate is the share of pairs of different people that score at a threshold or above; the miss rate is
the share of pairs of one person that score below it (ISO/IEC 19795-1: FMR and FNMR). A photograph without a usable face
is in neither; it is counted on its own. Intervals are at 95 %, by people where a trial states them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from safelight.persons.calibrate.intervals import Interval, clopper_pearson, dyadic, wilson
from safelight.persons.evaluate.trial import Bools, Floats, Trial

RATES = (1e-3, 1e-4, 1e-5, 1e-6)
"""False-match rates that a threshold is looked for at."""
NEEDED = 10
"""Pairs that must lie above a threshold for its rate to be known, to within a factor of two."""
RANKS = 20
_POINTS = 200


@dataclass(frozen=True, slots=True)
class Rate:
    """A share of pairs, with its interval and how many pairs it is out of."""

    found: int
    of: int
    interval: Interval

    @property
    def share(self) -> float | None:
        """None of nothing."""
        return self.found / self.of if self.of else None


@dataclass(frozen=True, slots=True)
class Threshold:
    """A score, and what goes wrong there. `score` is None where there are too few pairs to tell; `why` says so."""

    rate: float
    score: float | None
    fmr: Rate | None
    misses: Rate | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class ByGroup:
    """One value of a group at the threshold that the groups are compared at."""

    group: str
    value: str
    fmr: Rate
    misses: Rate


def trade_off(trial: Trial) -> list[tuple[float, float, float]]:
    """Score, false-match rate and miss rate, from the highest score down; two hundred points at most.

    Half of the points are spread over the pairs of different people by the logarithm of their rate, where the curve
    is read, half over those of one person.
    """
    impostor, genuine = np.sort(trial.impostor), np.sort(trial.genuine)
    if not len(impostor) or not len(genuine):
        return []
    ranks = np.unique(np.geomspace(1, len(impostor), _POINTS // 2).round().astype(np.int64))
    places = np.linspace(0, len(genuine) - 1, _POINTS // 2).round().astype(np.int64)
    scores = np.unique(np.concatenate([impostor[-ranks], genuine[places]]))[::-1]
    false = 1 - np.searchsorted(impostor, scores, side="left") / len(impostor)
    missed = np.searchsorted(genuine, scores, side="left") / len(genuine)
    return [tuple(row) for row in np.stack([scores, false, missed], axis=1).tolist()]


def equal_error(trial: Trial) -> float | None:
    """The rate at which as many pairs of different people are taken for one as the other way round."""
    curve = trade_off(trial)
    if not curve:
        return None
    return min((abs(false - missed), (false + missed) / 2) for _, false, missed in curve)[1]


def threshold_at(trial: Trial, rate: float) -> Threshold:
    """The lowest score that at most `rate` of the pairs of different people reach."""
    impostor = trial.impostor
    needed = round(NEEDED / rate)
    if len(impostor) < needed:
        return Threshold(
            rate,
            None,
            None,
            None,
            f"Too few pairs for {rate:g}: {len(impostor):,} of different people, {needed:,} are needed.",
        )
    allowed = int(len(impostor) * rate)
    last = float(-np.partition(-impostor, allowed)[allowed])
    score = float(np.nextafter(last, np.inf))
    return Threshold(rate, score, false_matches(trial, score), misses(trial, score))


def false_matches(trial: Trial, score: float, among: Bools | None = None) -> Rate:
    """The pairs of different people at a score or above; `among` `(k,)` chooses pairs."""
    return _rate(trial, trial.score >= score, ~trial.same, among)


def misses(trial: Trial, score: float, among: Bools | None = None) -> Rate:
    """The pairs of one person below a score; `among` `(k,)` chooses pairs."""
    return _rate(trial, trial.score < score, trial.same, among)


def _rate(trial: Trial, hits: Bools, kind: Bools, among: Bools | None) -> Rate:
    chosen = kind if among is None else kind & among
    counted = hits[chosen]
    if trial.first is None or trial.second is None:
        interval = clopper_pearson(float(counted.sum()), len(counted))
    else:
        interval = dyadic(counted, trial.first[chosen], trial.second[chosen])
    return Rate(int(counted.sum()), len(counted), interval)


def ranks(trial: Trial) -> tuple[Floats, int] | None:
    """The place of the person of each probe that has one, and the median number of candidates; None: no searches.

    Equal scores count against.
    """
    if trial.ranks is not None:
        return trial.ranks.astype(np.float64), trial.candidates or 0
    if trial.probe is None:
        return None
    known = trial.probe >= 0
    probe, score, same = trial.probe[known], trial.score[known], trial.same[known]
    count = int(probe.max(initial=-1)) + 1
    best = np.full(count, -np.inf)
    np.maximum.at(best, probe[same], score[same])
    ahead = np.bincount(probe[~same & (score >= best[probe])], minlength=count)
    sizes = np.bincount(probe, minlength=count)
    there = np.isfinite(best)
    if not there.any():
        return None
    return (ahead[there] + 1).astype(np.float64), int(np.median(sizes[there]))


def rank_curve(places: Floats) -> list[tuple[int, Rate]]:
    """For each of the first twenty ranks, how many probes have their person at it or above, with Wilson's interval."""
    found = [int((places <= rank).sum()) for rank in range(1, RANKS + 1)]
    return [
        (rank, Rate(hits, len(places), wilson(hits, len(places)))) for rank, hits in enumerate(found, start=1)
    ]


def by_group(trial: Trial, score: float) -> list[ByGroup]:
    """Both rates at a threshold for each value of each group, the largest first."""
    made = []
    for name, group in trial.groups.items():
        sizes = np.bincount(group.code[group.code >= 0], minlength=len(group.values))
        for code in np.argsort(-sizes, kind="stable").tolist():
            if sizes[code]:
                among = group.code == code
                value = group.values[code]
                made.append(
                    ByGroup(name, value, false_matches(trial, score, among), misses(trial, score, among))
                )
    return made
