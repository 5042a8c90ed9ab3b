"""Lines of the desk's queue as leads: `leads --kind report`, with the fields that every lead has (contract.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from safelight.reports.desk import work
from safelight.reports.desk.rank import Ranked

if TYPE_CHECKING:
    from safelight.reports.desk.desk import Desk


def leads(desk: Desk, ranked: Ranked, top: int | None, undecided: bool) -> list[dict[str, Any]]:
    """The best `top` lines; each says in `of` how many there are by the same choice.

    `stack` is the line's own id, `stack_size` how many reports it stands for.
    """
    decided = desk.decided()
    lines = work.waiting(ranked, desk.labelled())[1] if undecided else ranked.order
    of, numbers = len(lines), lines[:top].tolist()
    return [
        {
            **as_lead(said),
            "of": of,
            "decided": decided.get(said["id"]),
        }
        for said in desk.entries(ranked, numbers)
    ]


def as_lead(line: dict[str, Any]) -> dict[str, Any]:
    """One entry of the queue with the fields of a lead; a report is no file, so it has no digest and no place."""
    return {
        "id": line["id"],
        "kind": "report",
        "priority": line["priority"],
        "band": line["band"],
        "sha256": None,
        "paths": [],
        "reasons": [{name: one[name] for name in ("code", "text", "weight")} for one in line["reasons"]],
        "matches": [],
        "stack": line["id"],
        "stack_size": line["same"],
        "report_id": line["report_id"],
        "provider": line["provider"],
        "due": line["due"],
    }
