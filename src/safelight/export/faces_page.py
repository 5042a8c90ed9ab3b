"""The page of an evaluation of face comparison: error rates with intervals, ranks, groups, and what rule 17 says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from safelight.export import faces_curves
from safelight.export.desk_page import DeskPage
from safelight.export.text import visible

_DRAWN = 24
"""Values of a group that are drawn; the table beside has the others."""
_WRITTEN = 100


def of_evaluation(found: Mapping[str, Any], source: str, model: str, accepted: str = "") -> DeskPage:
    """The page of `persons.evaluate.evaluation.as_json`.

    `source` names the pairs or the folder, `model` the embedder and its version, `accepted` the person who accepted
    a gap that blocks, and why.
    """
    compared = found["compared_at"]
    names = list(dict.fromkeys(one["group"] for one in found["groups"]))
    groups = []
    for number, name in enumerate(names):
        rows = [one for one in found["groups"] if one["group"] == name]
        said = visible(name.replace("_", " "))
        plots = [
            faces_curves.by_group(
                f"{title} by {said}", rows[:_DRAWN], kind, _limit(found, compared, kind), f"{kind}-{number}"
            )
            for title, kind in (("False matches", "fmr"), ("Misses", "misses"))
        ]
        groups.append((said, plots, rows[:_WRITTEN], max(0, len(rows) - _WRITTEN)))
    context = {
        "found": found,
        "source": source,
        "model": model,
        "accepted": accepted,
        "trade_off": faces_curves.trade_off(found),
        "ranks": faces_curves.ranks(found) if found["ranks"] else None,
        "groups": groups,
    }
    pairs = found["pairs"]["same"] + found["pairs"]["different"]
    return DeskPage("faces.html.j2", "Evaluation of face comparison", context, pairs, "pair")


def _limit(found: Mapping[str, Any], compared: Mapping[str, Any], kind: str) -> float | None:
    """The rate that rule 17 allows a group."""
    share = compared[kind]["share"]
    return None if share is None else found["limits"][kind] * share
