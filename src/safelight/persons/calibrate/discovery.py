"""False discovery over a whole match: which candidates stand out, and for how many probes there is anybody.

How many look-alikes chance gives to the list that is printed, `listed.py` says.

Two families are tested, and each number says which:

- **Probes.** One test for each probe: is its best candidate nearer than the nearest of so many strangers? Its
  p-value is 1 - (1 - fmr)ⁿ among n people. This says for which children there is anybody at all.
- **Pairs.** One test for every pair that was compared, of which only the best are listed: p is `fmr`, the family is
  probes x gallery. This is for candidates below the first as well.

q-values are Benjamini and Hochberg's (1995): of all that have a q up to 0.1, no more than a tenth are expected to be
by chance. It holds for independent tests and for those that depend positively (Benjamini and Yekutieli 2001); probes
that are held against one gallery are of that kind. The share of probes without anybody is Storey's (2002), but at 0.01
instead of the usual 0.5: faces are not alike, so that the p-values of strangers are not spread evenly, and at 0.5 an
error of calibration of some per cent is an error of many people. So only those who stand out are counted, which is a
lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from safelight.persons.calibrate.impostors import Floats

_LAMBDA = 0.01
"""Above it p-values are taken to come from probes without anybody."""


@dataclass(frozen=True, slots=True)
class Discovery:
    """What a match found, against what chance gives. Arrays are as those of its candidates, `(m, k)`."""

    q_probe: Floats
    """`(m,)`: of each probe's best candidate, in the family of probes."""
    q_pair: Floats
    """`(m, k)`: of each candidate, in the family of all pairs compared."""
    probes: int
    with_somebody: float
    """Probes whose person is in the gallery and stands out, estimated; 0 where that cannot be told from none."""
    with_somebody_interval: tuple[float, float]


def p_best(fmr: Floats, gallery: Floats | int) -> Floats:
    """The chance that the nearest of `gallery` strangers scores as high."""
    return np.asarray(-np.expm1(np.asarray(gallery) * np.log1p(-np.minimum(fmr, 1 - 1e-12))))


def q_values(p: Floats, family: int | None = None) -> Floats:
    """Benjamini and Hochberg's q of each p-value, of any shape; `family` tests in all, of which these are the least.

    A p of NaN is no test and has a q of NaN.
    """
    flat = np.asarray(p, dtype=np.float64).reshape(-1)
    tests = np.flatnonzero(~np.isnan(flat))
    size = len(tests) if family is None else max(family, len(tests))
    order = tests[np.argsort(flat[tests], kind="stable")]
    steps = flat[order] * size / np.arange(1, len(order) + 1)
    made = np.full(len(flat), np.nan)
    made[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return made.reshape(np.shape(p))


def share_of_nulls(p: Floats, at: float = _LAMBDA) -> tuple[float, float]:
    """Storey's estimate of the share of tests where there is nothing, on the safe side, and its standard error."""
    tests = p[~np.isnan(p)]
    if not len(tests):
        return 1.0, 0.0
    above = int((tests > at).sum())
    error = sqrt(max(above, 1) * (1 - above / len(tests))) / (len(tests) * (1 - at))
    return min(1.0, (above + 1) / (len(tests) * (1 - at))), error


def discover(
    fmr: Floats,
    interval: tuple[Floats, Floats],
    gallery: int,
) -> Discovery:
    """What stands out of a match.

    Args:
        fmr: `(m, k)`, of the k nearest people of each probe; NaN where a probe has fewer. A search by cosine may
            put them in another order: the best is the one with the least `fmr`.
        interval: both ends of its 95 % interval.
        gallery: the number of people that each probe was held against.
    """
    # `fmin` passes over what is missing, and is NaN only where all of a row is.
    best, low_best, high_best = (np.fmin.reduce(rates, axis=1) for rates in (fmr, *interval))
    probes, compared = len(fmr), len(fmr) * gallery
    nulls, error = share_of_nulls(p_best(best, gallery))
    fewest, _ = share_of_nulls(p_best(low_best, gallery))
    most, _ = share_of_nulls(p_best(high_best, gallery))
    ends = (max(0.0, 1 - most - 1.96 * error), min(1.0, 1 - fewest + 1.96 * error))
    return Discovery(
        q_values(p_best(best, gallery)),
        q_values(fmr, compared),
        probes,
        probes * (1 - nulls) if ends[0] > 0 else 0.0,
        (probes * ends[0], probes * ends[1]),
    )
