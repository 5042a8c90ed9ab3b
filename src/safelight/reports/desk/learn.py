"""`reports learn`: better weights from an agency's own decisions, proposed with what they change, accepted by a person.

Logistic regression over the same terms, pulled towards the weights in use (Gaussian prior), no term changing its
direction. Evaluated on decisions that were held out; what is proposed does nothing until somebody accepts it by name.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from safelight.errors import UsageError
from safelight.reports.desk.elusion import DANGER
from safelight.reports.desk.rank import DYNAMIC, Ranked
from safelight.reports.scoring.observe import OBSERVED

LEAST = 20
"""Decisions of either kind below which nothing is learned."""
_SPREAD = 0.7
"""Standard deviation of a weight about the one in use, in log-odds."""
_NOT_LEARNED = frozenset({"waiting", "clock", "burst"})
"""Terms of fairness, not of danger: decisions say nothing of them."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Weights that decisions suggest, and how they do on decisions they have not seen."""

    weights: Mapping[str, float]
    base: float
    changes: Sequence[tuple[str, float, float]]
    """Code, weight in use, weight proposed; the largest change first."""
    before: Mapping[str, float]
    after: Mapping[str, float]
    decisions: int
    held_out: int


def propose(ranked: Ranked, labels: Mapping[int, str]) -> Proposal:
    """Learn from decisions by report number. UsageError where there are too few of them."""
    usable = {number: label == DANGER for number, label in labels.items() if label != "unsure"}
    dangerous = sum(usable.values())
    if min(dangerous, len(usable) - dangerous) < LEAST:
        raise UsageError(
            f"There are decisions on {dangerous} reports with a child in danger and {len(usable) - dangerous} without; "
            f"{LEAST} of either are needed to learn from.",
            "Decide about more reports first, of the drawn sample too.",
        )
    numbers = np.array(sorted(usable))
    truth = np.array([usable[int(one)] for one in numbers], dtype=np.float64)
    held = np.array([_is_held_out(int(ranked.rows["key"][one])) for one in numbers])
    table = ranked.table
    codes = [code for code in (*OBSERVED, *DYNAMIC, "text") if code not in _NOT_LEARNED]
    strengths = _matrix(ranked, numbers, codes)
    rest = _rest(ranked, numbers, codes, strengths)
    prior = np.array([table.terms[code].weight for code in codes])
    fitted, base = _fit(strengths[~held], truth[~held], rest[~held], prior, table.settings["base"])
    weights = {code: round(float(weight), 4) for code, weight in zip(codes, fitted, strict=True)}
    changes = sorted(
        (
            (code, table.terms[code].weight, weights[code])
            for code in codes
            if abs(weights[code] - table.terms[code].weight) > 0.01
        ),
        key=lambda change: -abs(change[2] - change[1]),
    )
    old = strengths[held] @ prior + rest[held] + table.settings["base"]
    new = strengths[held] @ fitted + rest[held] + base
    return Proposal(
        weights,
        round(float(base), 4),
        changes,
        measures(truth[held], old),
        measures(truth[held], new),
        len(numbers),
        int(held.sum()),
    )


def _is_held_out(key: int) -> bool:
    """Three in ten reports, always the same ones."""
    return hashlib.sha256(key.to_bytes(8, "little")).digest()[0] < 77


def _matrix(ranked: Ranked, numbers: npt.NDArray[Any], codes: Sequence[str]) -> npt.NDArray[np.float64]:
    columns = []
    for code in codes:
        if code == "text":
            weight = ranked.table.terms["text"].weight or 1.0
            columns.append(ranked.text_part[numbers].astype(np.float64) / weight)
        else:
            columns.append(ranked.strengths(code, numbers))
    return np.stack(columns, axis=1)


def _rest(
    ranked: Ranked, numbers: npt.NDArray[Any], codes: Sequence[str], strengths: npt.NDArray[np.float64]
) -> npt.NDArray[np.float64]:
    """What the terms add that are not learned."""
    weights = np.array([ranked.table.terms[code].weight for code in codes])
    made: npt.NDArray[np.float64] = (
        ranked.log_odds[numbers].astype(np.float64) - strengths @ weights - ranked.table.settings["base"]
    )
    return made


def _fit(
    strengths: npt.NDArray[np.float64],
    truth: npt.NDArray[np.float64],
    rest: npt.NDArray[np.float64],
    prior: npt.NDArray[np.float64],
    base: float,
) -> tuple[npt.NDArray[np.float64], float]:
    """The weights of the greatest posterior probability; each keeps the sign of its prior."""

    def loss(parameters: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        z = strengths @ parameters[:-1] + parameters[-1] + rest
        likelihood = np.logaddexp(0, z) - truth * z
        wrong = 1 / (1 + np.exp(-z)) - truth
        pull = (parameters[:-1] - prior) / _SPREAD**2
        value = likelihood.sum() + 0.5 * ((parameters[:-1] - prior) ** 2).sum() / _SPREAD**2
        gradient = np.append(strengths.T @ wrong + pull, wrong.sum())
        return float(value), gradient

    bounds = [(0.0, None) if weight >= 0 else (None, 0.0) for weight in prior] + [(None, None)]
    found = minimize(loss, np.append(prior, base), jac=True, method="L-BFGS-B", bounds=bounds)
    return found.x[:-1], float(found.x[-1])


def measures(truth: npt.NDArray[np.float64], log_odds: npt.NDArray[np.float64]) -> dict[str, float]:
    """How well an order does: area under the curve, log loss, recall in the first tenth."""
    order = np.argsort(-log_odds, kind="stable")
    first = max(1, len(order) // 10)
    positives = truth.sum()
    ranks = np.argsort(np.argsort(log_odds, kind="stable")) + 1
    negatives = len(truth) - positives
    area = (ranks[truth == 1].sum() - positives * (positives + 1) / 2) / max(1.0, positives * negatives)
    loss = float(np.mean(np.logaddexp(0, log_odds) - truth * log_odds)) if len(truth) else 0.0
    return {
        "auc": round(float(area), 4),
        "log_loss": round(loss, 4),
        "recall_top_10": round(float(truth[order[:first]].sum() / max(1.0, positives)), 4),
    }


def said(proposal: Proposal) -> dict[str, Any]:
    """What is kept of a proposal: just this can be accepted later, whatever is decided meanwhile."""
    return {
        "id": f"W-{secrets.token_hex(4)}",
        "weights": dict(proposal.weights),
        "base": proposal.base,
        "before": dict(proposal.before),
        "after": dict(proposal.after),
        "decisions": proposal.decisions,
        "held_out": proposal.held_out,
        "changes": [{"code": code, "was": was, "would_be": now} for code, was, now in proposal.changes],
    }


def shown(kept: Mapping[str, Any], accepted_by: str | None) -> dict[str, Any]:
    """A kept proposal as `reports learn --json` prints it."""
    names = ("id", "decisions", "held_out", "before", "after", "changes")
    return {**{name: kept[name] for name in names}, "accepted_by": accepted_by}
