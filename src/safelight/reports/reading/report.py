"""From sentences to a report: the strongest, a share of the second and third, and what the whole is about.

A report is seldom danger throughout: most of it is boilerplate, one sentence counts. So its log-odds are a weighted
sum of few things, each a person can follow: the log-odds of its strongest sentence, what the second and third have
above zero, and how surely some sentence says that all this is fiction, commentary, viral, long past or denied.
The weights are fitted on reports made of training sentences, scored while their languages were left out.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from safelight.reports.reading.situations import CODES

Floats = npt.NDArray[np.float32]

TERMS = (
    "strongest",
    "second",
    "third",
    "viral",
    "past",
    "fiction",
    "commentary",
    "negated",
    "hypothetical",
    "count",
    "one",
)
"""What `seen` holds, in this order."""
LOWERING = ("viral", "past", "fiction", "commentary", "negated", "hypothetical")
PRIOR = 0.03
"""The share of reports with a child in danger for which the probability is calibrated: a text that says neither has
about this value."""
_MOST = 8.0
_COLUMNS = [CODES.index(code) for code in LOWERING]


def seen(situations: Floats, danger: Floats) -> Floats:
    """`(len(TERMS),)` of a report's sentences: `(n, len(CODES))` and `(n,)` log-odds, n at least 1."""
    top = np.sort(np.clip(danger, -_MOST, _MOST))[::-1]
    out = np.zeros(len(TERMS), np.float32)
    out[0] = top[0]
    for place in (1, 2):
        if len(top) > place:
            out[place] = max(float(top[place]), -2.0) + 2.0
    out[3:9] = situations[:, _COLUMNS].max(axis=0)
    out[9] = np.log(len(top))
    out[10] = 1.0
    return out


def danger_of(rows: Floats, weights: Floats) -> Floats:
    """Probabilities 0..1 of reports `(n, len(TERMS))`."""
    return np.asarray(1.0 / (1.0 + np.exp(-(rows @ weights))), np.float32)
