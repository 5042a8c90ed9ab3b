"""What the tour of the missing-children desk did, in a dozen lines for somebody who sees it for the first time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from safelight.demo.persons.tour import PersonTour

_FACTS = 3


def title(tour: PersonTour) -> str:
    """What stands in for whom."""
    stands_in = (
        "photographs of public adults stand in"
        if tour.photographs
        else "no photographs at hand: numbers stand in for faces"
    )
    return f"The missing-children desk on an invented register ({stands_in})"


def lines(tour: PersonTour) -> Iterator[str]:
    """Enrolled, matched, decided, what came of it, and what chance gives over many."""
    yield _enrolled(tour)
    for one in tour.matched["candidates"]:
        yield f"{one['probe']} may be {one['person_id']}: {_why(one)}"
    yield f"{_first(tour.matched['meaning'])} So the facts carry these, and two people decide."
    yield from _decided(tour)
    yield f"Ledger: {tour.ledger['sentence']}"
    yield _numbers(tour.numbers)


def _numbers(many: dict[str, Any]) -> str:
    strangers = many["candidates"] - many["right"]
    return (
        f"And in numbers: {many['found']:,} templates against {many['missing']:,}; {many['planted']} people are in "
        f"both, {many['right']} of them among the candidates; the other {strangers} candidates came by "
        f"chance. What the software says, not knowing that: {many['meaning']}"
    )


def _enrolled(tour: PersonTour) -> str:
    people = " and ".join(f"{one['persons']} {status}" for status, one in tour.enrolled.items())
    unsaid = sum(len(one["ambiguous"]) for one in tour.enrolled.values())
    if not unsaid:
        return f"Enrolled {people} people."
    waits = "a photograph shows several faces and waits" if unsaid == 1 else f"{unsaid} photographs wait"
    return f"Enrolled {people} people; {waits} until somebody says which is theirs: bystanders are never enrolled."


def _why(one: dict[str, Any]) -> str:
    against = [why["text"] for why in one["reasons"] if why["contradiction"]]
    if against:
        return f"faces {one['similarity']:.2f}, but: {against[0]}"
    facts = sorted(
        (why for why in one["reasons"] if why["code"] != "face"), key=lambda why: -abs(why["weight"])
    )
    told = ", ".join(f"{why['code']} {why['weight']:+.1f}" for why in facts[:_FACTS] if why["weight"])
    return f"faces {one['similarity']:.2f}; facts {told} …, in all {one['weight']:+.1f}"


def _decided(tour: PersonTour) -> Iterator[str]:
    last = {one["candidate"]: one for one in tour.decisions}
    standings: dict[str, list[str]] = {}
    for one in last.values():
        standings.setdefault(one["standing"], []).append(one["found"])
    names = list(dict.fromkeys(one["by"] for one in tour.decisions))
    said = "; ".join(f"{standing}: {', '.join(found)}" for standing, found in standings.items())
    yield f"{' and '.join(names[:2])} decided, each blind to the other. {said}."
    for one in tour.decisions:
        if one["standing"] == "to a third":
            yield f"They did not agree about {one['found']} ({one['by']}: {one['verdict']}), so {names[-1]} decided."


def _first(text: str) -> str:
    return text.partition(". ")[0].rstrip(".") + "."


__all__ = ["lines", "title"]
