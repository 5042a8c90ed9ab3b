"""How much the order misses: a random sample of the low band, looked at by people, gives an estimate with an interval.

The method is the elusion test of document review: of `sampled` reports drawn at random from those that would not be
looked at, `found` turn out to matter; the interval is Clopper and Pearson's (1934), exact.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.stats import beta

from safelight.model import Band
from safelight.reports.desk import work
from safelight.reports.desk.rank import Ranked
from safelight.reports.keep.columns import report_id
from safelight.reports.scoring import score

DANGER = "child-in-danger"


def low_band(ranked: Ranked) -> npt.NDArray[np.uint64]:
    """Keys of the lines of the low band."""
    low = ranked.table.places(score.priority(ranked.log_odds[ranked.order])) == tuple(Band).index(Band.LOW)
    made: npt.NDArray[np.uint64] = ranked.rows["key"][ranked.order[low]]
    return made


def sample(ranked: Ranked, already: Iterable[str], size: int) -> list[str]:
    """Ids drawn at random from the low band, none of them drawn before."""
    left = np.setdiff1d(low_band(ranked), work.keys(already))
    generator = np.random.default_rng(secrets.randbits(64))
    return [report_id(int(key)) for key in generator.choice(left, size=min(size, len(left)), replace=False)]


def estimate(ranked: Ranked, drawn: Iterable[str], decided: Mapping[str, str]) -> dict[str, Any]:
    """What the sample says of the low band: the share of children in danger in it, with a 95 % interval."""
    drawn = list(drawn)
    looked_at = [decided[one] for one in drawn if one in decided and decided[one] != "unsure"]
    found = looked_at.count(DANGER)
    low = len(low_band(ranked))
    said: dict[str, Any] = {"low": low, "drawn": len(drawn), "looked_at": len(looked_at), "found": found}
    if not looked_at:
        return {**said, "share": None, "interval": None, "missed": None}
    lower, upper = interval(found, len(looked_at))
    return {
        **said,
        "share": round(found / len(looked_at), 5),
        "interval": [round(lower, 5), round(upper, 5)],
        "missed": [round(lower * low, 1), round(upper * low, 1)],
    }


def interval(found: int, of: int, level: float = 0.95) -> tuple[float, float]:
    """Clopper and Pearson's interval of a share."""
    tail = (1 - level) / 2
    lower = 0.0 if found == 0 else float(beta.ppf(tail, found, of - found + 1))
    upper = 1.0 if found == of else float(beta.ppf(1 - tail, found + 1, of - found))
    return lower, upper
