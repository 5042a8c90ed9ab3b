"""How good an order is, on reports whose truth is known: recall, precision, lift and calibration, with intervals."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import ceil, sqrt
from pathlib import Path
from typing import Any

from safelight.errors import UsageError

SHARES = (0.01, 0.02, 0.05, 0.10)
_TRUE = frozenset({"1", "true", "yes", "y", "danger", "child-in-danger", "positive"})
_FALSE = frozenset({"0", "false", "no", "n", "not-pertinent", "other", "negative", "none", ""})


@dataclass(frozen=True, slots=True)
class Label:
    """The truth about one report, and the groups it is counted in (language, provider, country …)."""

    report_id: str
    danger: bool
    groups: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Placed:
    """A labelled report with its place: 0 for the first, its probability, what is known of it."""

    label: Label
    place: int
    priority: float
    groups: Mapping[str, str]


def labels(file: Path) -> list[Label]:
    """Read a CSV with `report_id` and `label` (or `danger`); further columns are groups.

    Raises UsageError naming a bad line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            rows = list(csv.DictReader(opened))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UsageError(f"The labels {file} cannot be read: {error}.") from error
    found = []
    for number, row in enumerate(rows, start=2):
        said = {str(key).strip().casefold(): (value or "").strip() for key, value in row.items() if key}
        wanted = next((said[name] for name in ("report_id", "id", "report") if said.get(name)), None)
        truth = next((said[name].casefold() for name in ("label", "danger", "truth") if name in said), None)
        if wanted is None or truth is None or truth not in _TRUE | _FALSE:
            raise UsageError(
                f"Line {number} of {file} says no report_id, or no label that is one.",
                "A header `report_id,label`, then lines with 1 (a child is in danger) or 0.",
            )
        groups = {
            name: value
            for name, value in said.items()
            if name not in ("report_id", "id", "report", "label", "danger", "truth") and value
        }
        found.append(Label(wanted, truth in _TRUE, groups))
    if not found:
        raise UsageError(f"There are no labels in {file}.")
    return found


def evaluation(placed: Sequence[Placed], total: int, absent: Sequence[str]) -> dict[str, Any]:
    """The measures of an order of `total` lines. Shares are of the labelled reports, in their order."""
    ordered = sorted(placed, key=lambda one: (one.place, one.label.report_id))
    positives = sum(one.label.danger for one in ordered)
    names = sorted({name for one in ordered for name in one.groups})
    return {
        "reports": len(ordered),
        "in_danger": positives,
        "lines": total,
        "absent": list(absent)[:1000],
        "top": [_at(ordered, positives, share) for share in SHARES],
        "curve": _curve(ordered, positives),
        "calibration": _calibration(ordered),
        "groups": {name: _by_group(ordered, name) for name in names},
        "missed": [
            {
                "report_id": one.label.report_id,
                "place": rank,
                "priority": round(one.priority, 4),
                **dict(one.groups),
            }
            for rank, one in enumerate(ordered, start=1)
            if one.label.danger and rank > ceil(0.05 * len(ordered))
        ][-50:],
    }


def _curve(ordered: Sequence[Placed], positives: int) -> list[dict[str, float]]:
    """Recall by the share of reports read, from nothing to all: at most some 200 points."""
    ranks = [rank for rank, one in enumerate(ordered, start=1) if one.label.danger]
    every = max(1, -(-len(ranks) // 200))
    points = [(0, 0), *((rank, found) for found, rank in enumerate(ranks, start=1) if found % every == 0)]
    points.append((len(ordered), positives))
    return [
        {"share": round(rank / len(ordered), 5), "recall": round(found / positives, 4) if positives else 0.0}
        for rank, found in points
    ]


def _at(ordered: Sequence[Placed], positives: int, share: float) -> dict[str, Any]:
    size = max(1, ceil(share * len(ordered)))
    found = sum(one.label.danger for one in ordered[:size])
    recall = found / positives if positives else None
    precision = found / size
    base = positives / len(ordered)
    return {
        "share": share,
        "size": size,
        "found": found,
        "recall": None if recall is None else round(recall, 4),
        "interval": _wilson(found, positives),
        "precision": round(precision, 4),
        "lift": round(precision / base, 2) if base else None,
    }


def _by_group(ordered: Sequence[Placed], name: str) -> list[dict[str, Any]]:
    """Recall in the first 5 % of all, for each value of a group."""
    first = {id(one) for one in ordered[: max(1, ceil(0.05 * len(ordered)))]}
    values: dict[str, list[Placed]] = {}
    for one in ordered:
        values.setdefault(one.groups.get(name, "unknown"), []).append(one)
    found = []
    for value, members in sorted(values.items(), key=lambda pair: (-len(pair[1]), pair[0])):
        positives = [one for one in members if one.label.danger]
        hits = sum(id(one) in first for one in positives)
        found.append(
            {
                "value": value,
                "reports": len(members),
                "in_danger": len(positives),
                "found": hits,
                "recall": round(hits / len(positives), 4) if positives else None,
                "interval": _wilson(hits, len(positives)),
            }
        )
    return found


def _calibration(ordered: Sequence[Placed]) -> list[dict[str, Any]]:
    """Of reports with a priority in each range, how many a child in danger is in."""
    edges = (0.0, 0.01, 0.02, 0.05, 0.12, 0.25, 0.4, 0.6, 0.8, 1.0001)
    found = []
    for low, high in pairwise(edges):
        members = [one for one in ordered if low <= one.priority < high]
        if members:
            danger = sum(one.label.danger for one in members)
            found.append(
                {
                    "from": low,
                    "to": min(1.0, high),
                    "reports": len(members),
                    "said": round(sum(one.priority for one in members) / len(members), 4),
                    "true": round(danger / len(members), 4),
                    "interval": _wilson(danger, len(members)),
                }
            )
    return found


def _wilson(found: int, of: int) -> list[float] | None:
    """Wilson's 95 % interval of a share; None of nothing."""
    if not of:
        return None
    z, share = 1.96, found / of
    middle = (share + z * z / (2 * of)) / (1 + z * z / of)
    half = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of)) / (1 + z * z / of)
    return [round(max(0.0, middle - half), 4), round(min(1.0, middle + half), 4)]
