"""What came of candidates: the number a newspaper should print is of children back home, not of candidates."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from statistics import median
from typing import Any

from safelight.persons.desk.review import Work
from safelight.persons.keep.pairs import Act
from safelight.persons.person import Standing

STEPS = (
    "tell the office responsible, not the family yet",
    "speak with the family",
    "compare papers and marks in person",
    "DNA, where papers and marks do not settle it",
    "hear the child",
    "bring them together, with child protection present",
)
"""What usually follows a candidate that two people confirmed; a checklist, not a rule."""


class Result(StrEnum):
    """How a candidate came out, in the world."""

    REUNITED = "reunited"
    NOT_THE_SAME = "not-the-same"
    UNKNOWN = "unknown"
    """it was followed and cannot be known"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One candidate in the ledger. Foils never are."""

    work: Work
    status: str
    """Of the person who was searched with: missing, found or probe."""
    source: str
    result: Result | None = None
    on: date | None = None
    found_at: datetime | None = None

    @property
    def is_home(self) -> bool:
        """Reunited, and not excluded by two people in a round that came later."""
        return self.result is Result.REUNITED and self.work.standing is not Standing.EXCLUDED

    @property
    def is_contradicted(self) -> bool:
        """Reunited by the record, and excluded by two people since: one of the two is wrong."""
        return self.result is Result.REUNITED and self.work.standing is Standing.EXCLUDED

    @property
    def is_settled(self) -> bool:
        """Is it known whether it was right?"""
        return self.result in (Result.REUNITED, Result.NOT_THE_SAME)

    @property
    def days(self) -> int | None:
        """From the candidate to what came out."""
        return max(0, (self.on - self.work.kept.made_at.date()).days) if self.on else None


def entries(
    works: Iterable[Work], outcomes: Mapping[str, list[Act]], told: Mapping[str, tuple[str, str]]
) -> list[Entry]:
    """The ledger: every real candidate with its last outcome; `told` gives status and source of each probe."""
    found = []
    for one in works:
        if one.kept.foil:
            continue
        status, source = told.get(one.kept.probe, ("unknown", "not stated"))
        acts = outcomes.get(one.kept.id, ())
        last = acts[-1] if acts else None
        found.append(
            Entry(
                one,
                status,
                source,
                Result(last.said["result"]) if last else None,
                date.fromisoformat(last.said["on"]) if last else None,
                last.at if last else None,
            )
        )
    return found


def account(found: list[Entry]) -> dict[str, Any]:
    """The ledger in numbers: over all, by status and by source."""
    return {
        **_counts(found),
        "by_status": {key: _counts(some) for key, some in _grouped(found, lambda one: one.status).items()},
        "by_source": {key: _counts(some) for key, some in _grouped(found, lambda one: one.source).items()},
        "sentence": sentence(found),
    }


def sentence(found: list[Entry]) -> str:
    """The number a newspaper should print.

    Its share is of all that were settled or excluded by two: of those that were followed to the end alone, nearly all
    are right, as who is excluded is not followed.
    """
    if not found:
        return "There are no candidates yet."
    counted = "1 candidate" if len(found) == 1 else f"{len(found):,} candidates"
    if not any(one.is_settled for one in found):
        return (
            f"{counted}, and of none is known yet whether it was right: "
            "no number of children found may be given."
        )
    home = children_home(found)
    share = _of_decided(found)
    told = (
        f"{home:,} {'child is' if home == 1 else 'children are'} back home, from {counted}. Of "
        f"{share['all']:,} that came to an end, those excluded by two people among them, {share['share']:.0%} were "
        f"right (95 % interval {share['low']:.0%} to {share['high']:.0%})."
    )
    against = sum(one.is_contradicted for one in found)
    if against:
        told += (
            f" {against:,} more {'was' if against == 1 else 'were'} recorded as reunited and excluded by two people "
            "since: not counted as home, to be looked into."
        )
    return told


def children_home(found: Iterable[Entry]) -> int:
    """How many children: entries that reunions join, over however many candidates, are one child."""
    above: dict[str, str] = {}

    def root(one: str) -> str:
        while above.setdefault(one, one) != one:
            above[one] = one = above[above[one]]
        return one

    for one in found:
        if one.is_home:
            above[root(one.work.kept.probe)] = root(one.work.kept.person)
    return sum(one == of for one, of in above.items())


def _of_decided(found: list[Entry]) -> dict[str, Any]:
    ended = sum(one.is_settled or one.work.standing is Standing.EXCLUDED for one in found)
    return _share(sum(one.is_home for one in found), ended)


def _counts(found: list[Entry]) -> dict[str, Any]:
    standings = {str(one): sum(each.work.standing is one for each in found) for one in Standing}
    results = {str(one): sum(each.result is one for each in found) for one in Result}
    decided = standings[Standing.CONFIRMED] + standings[Standing.EXCLUDED] + standings[Standing.CANNOT_SAY]
    home = sum(one.is_home for one in found)
    days = sorted(one.days for one in found if one.is_home and one.days is not None)
    confirmed = [one for one in found if one.work.standing is Standing.CONFIRMED and one.is_settled]
    return {
        "candidates": len(found),
        "standing": standings,
        "decided_by_two": decided,
        "decided_without_photographs": sum(one.work.without_photographs for one in found),
        "results": results,
        "children_home": children_home(found),
        "contradicted": [one.work.kept.id for one in found if one.is_contradicted],
        "real_of_settled": _share(home, sum(one.is_settled for one in found)),
        "real_of_confirmed": _share(sum(one.is_home for one in confirmed), len(confirmed)),
        "real_of_decided": _of_decided(found),
        "real_of_all": _share(home, len(found)),
        "days_to_reunited": {"median": median(days), "longest": days[-1]} if days else None,
    }


def _share(of: int, all_: int) -> dict[str, Any]:
    """A share with its exact 95 % interval (Clopper and Pearson, 1934)."""
    if not all_:
        return {"of": 0, "all": 0, "share": None, "low": None, "high": None}
    from scipy.stats import binomtest

    interval = binomtest(of, all_).proportion_ci(0.95, "exact")
    return {
        "of": of,
        "all": all_,
        "share": round(of / all_, 4),
        "low": round(float(interval.low), 4),
        "high": round(float(interval.high), 4),
    }


def _grouped(found: list[Entry], key: Any) -> dict[str, list[Entry]]:
    groups: dict[str, list[Entry]] = {}
    for one in found:
        groups.setdefault(key(one), []).append(one)
    return dict(sorted(groups.items()))
