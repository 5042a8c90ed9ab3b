"""An evaluation as a whole: what is printed, written as JSON, drawn on the page, and kept with the model's card."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from safelight.errors import UsageError
from safelight.persons.evaluate import curves
from safelight.persons.evaluate.curves import ByGroup, Rate, Threshold
from safelight.persons.evaluate.gap import Gap, Limits, gaps
from safelight.persons.evaluate.trial import Failure, Trial

_COMPARED = (1e-3, 1e-2, 1e-1)
"""Rates of the threshold that groups are compared at: the first that the pairs suffice for."""
FEWEST_SAME, FEWEST_DIFFERENT = curves.NEEDED, round(curves.NEEDED / max(_COMPARED))
"""Pairs of one person, and of different people, below which no rate at all can be told."""
_LISTED = 1_000


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The measures of one trial."""

    genuine: int
    impostor: int
    people: int | None
    drawn: bool
    """Are the pairs of different people a sample?"""
    photos: int | None
    failures: tuple[Failure, ...]
    curve: tuple[tuple[float, float, float], ...]
    """Score, false-match rate, miss rate."""
    equal_error: float | None
    thresholds: tuple[Threshold, ...]
    ranks: tuple[tuple[int, Rate], ...]
    candidates: int | None
    """Among how many people the ranks are, on the median."""
    compared: Threshold | None
    """Where groups are compared; None where there are too few pairs for it."""
    groups: tuple[ByGroup, ...]
    gaps: tuple[Gap, ...]
    limits: Limits

    @property
    def blocked(self) -> bool:
        """Does a gap block the model, by rule 17, until a named person accepts it?"""
        return any(gap.blocks for gap in self.gaps)


def evaluate(trial: Trial, limits: Limits | None = None) -> Evaluation:
    """Measure a trial. Raises UsageError where it has no pair of one person, or none of different people."""
    limits = limits or Limits()
    genuine, impostor = len(trial.genuine), len(trial.impostor)
    if not genuine or not impostor:
        lacking = "of one person" if not genuine else "of different people"
        raise UsageError(
            f"There is no pair {lacking} to evaluate.", "Both kinds are needed: same 1 and same 0."
        )
    people = None
    if trial.first is not None and trial.second is not None:
        people = len(np.union1d(trial.first, trial.second))
    found = curves.ranks(trial)
    tried = (curves.threshold_at(trial, rate) for rate in _COMPARED)
    compared = next((one for one in tried if one.score is not None), None)
    groups: list[ByGroup] = []
    above: list[Gap] = []
    if compared is not None and compared.score is not None:
        groups = curves.by_group(trial, compared.score)
        assert compared.fmr is not None and compared.misses is not None
        above = gaps(groups, compared.fmr, compared.misses, limits)
    return Evaluation(
        genuine,
        impostor,
        people,
        trial.drawn,
        trial.photos,
        trial.failures,
        tuple(curves.trade_off(trial)),
        curves.equal_error(trial),
        tuple(curves.threshold_at(trial, rate) for rate in curves.RATES),
        tuple(curves.rank_curve(found[0])) if found else (),
        found[1] if found else None,
        compared,
        tuple(groups),
        tuple(above),
        limits,
    )


def missing(same: int, different: int) -> str | None:
    """What is missing to know any rate, in a sentence, where these pairs are too few; None where they suffice."""
    if same >= FEWEST_SAME and different >= FEWEST_DIFFERENT:
        return None
    return (
        f"too few pairs: {same:,} of one person and {different:,} of different people, where at least {FEWEST_SAME:,} "
        f"and {FEWEST_DIFFERENT:,} are needed to tell any error rate, and "
        f"{round(curves.NEEDED / curves.RATES[0]):,} of different people for a false-match rate of {curves.RATES[0]:g}"
    )


def as_json(found: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values; failures beyond the first thousand are only counted."""
    return {
        "pairs": {"same": found.genuine, "different": found.impostor, "sample": found.drawn},
        "needed": {
            "same": FEWEST_SAME,
            "different": FEWEST_DIFFERENT,
            "by_rate": {f"{rate:g}": round(curves.NEEDED / rate) for rate in curves.RATES},
        },
        "lacking": missing(found.genuine, found.impostor),
        "people": found.people,
        "photos": found.photos,
        "failures": len(found.failures),
        "failed": [{"where": one.where, "reason": one.reason} for one in found.failures[:_LISTED]],
        "equal_error_rate": found.equal_error,
        "thresholds": [_threshold(one) for one in found.thresholds],
        "curve": [{"score": score, "fmr": false, "misses": missed} for score, false, missed in found.curve],
        "ranks": [{"rank": rank, **_rate(rate)} for rank, rate in found.ranks],
        "candidates": found.candidates,
        "compared_at": None if found.compared is None else _threshold(found.compared),
        "groups": [
            {"group": one.group, "value": one.value, "fmr": _rate(one.fmr), "misses": _rate(one.misses)}
            for one in found.groups
        ],
        "gaps": [
            {
                "group": gap.group,
                "value": gap.value,
                "kind": gap.kind,
                "times": gap.times,
                "limit": gap.limit,
                "blocks": gap.blocks,
                "text": gap.sentence(),
            }
            for gap in found.gaps
        ],
        "limits": {"fmr": found.limits.false_matches, "misses": found.limits.misses},
        "blocked": found.blocked,
    }


def _threshold(one: Threshold) -> dict[str, Any]:
    return {
        "rate": one.rate,
        "score": one.score,
        "fmr": None if one.fmr is None else _rate(one.fmr),
        "misses": None if one.misses is None else _rate(one.misses),
        "why": one.why,
    }


def _rate(rate: Rate) -> dict[str, Any]:
    return {"found": rate.found, "of": rate.of, "share": rate.share, "interval": list(rate.interval)}
