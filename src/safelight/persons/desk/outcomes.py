"""What an outcome changes: who is reunited leaves the gallery, and who was not after all comes back to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from safelight.errors import RefusedError
from safelight.governance.gate import Permit
from safelight.persons.desk import entries
from safelight.persons.desk.ledger import Result
from safelight.persons.desk.review import Work
from safelight.persons.keep.people import Kept
from safelight.persons.person import Standing, Status

if TYPE_CHECKING:
    from safelight.persons.desk.reviewing import Reviewing

_DECIDED = (Standing.CONFIRMED, Standing.EXCLUDED, Standing.CANNOT_SAY)
_REUNITED = "reunited"
"""The reason that stands in the history of who went home by an outcome."""


def check(one: Work, result: Result, before: Result | None) -> None:
    """Refuse an outcome of what two people have not decided; one that is recorded (`before`) may be corrected."""
    if result is Result.REUNITED and one.standing is not Standing.CONFIRMED:
        raise RefusedError(
            f"{one.kept.id} is not confirmed by two people: nobody can be reunited on it.",
            "second person",
            "See `safelight persons review next`.",
        )
    if before is None and one.standing not in _DECIDED:
        raise RefusedError(
            f"{one.kept.id} is not decided by two people: nothing can have come of it yet.",
            "second person",
            "See `safelight persons review next`.",
        )


def follow(
    connection: sa.Connection, reviewing: Reviewing, permit: Permit, told: dict[str, Any], days: int
) -> dict[str, Any]:
    """Let both people's entries follow an outcome that was recorded; returns it with what became of them.

    `home` and `back` name whose status changed. `to_tell`: the linked case and the person of each entry that this case
    may only search, so that somebody there must change it. Templates of who is home are destroyed after `days`.
    """
    result, before = Result(told["result"]), told.pop("before")
    home: list[str] = []
    back: list[str] = []
    to_tell: list[list[str]] = []
    for person in told["people"]:
        case = reviewing.people.case_of(person)
        if case is None:  # of a case that is no longer linked
            continue
        kept = reviewing.people.get(person)
        if case != permit.the_case.id:
            if _concerns_another(kept, result, before):
                to_tell.append([case, person])
            continue
        status = _due(reviewing, kept, result, before)
        if status is None:
            continue
        reason = (
            _REUNITED if status is Status.HOME else f"the outcome was corrected: {result}".replace("-", " ")
        )
        entries.change_status(connection, reviewing.people, permit, kept, status, reason, days)
        (home if status is Status.HOME else back).append(person)
    return {**told, "home": home, "back": back, "to_tell": to_tell}


def _concerns_another(kept: Kept, result: Result, before: Result | None) -> bool:
    """Must the case in which this person is enrolled hear of it: somebody is home, or is not after all?"""
    if result is Result.REUNITED:
        return kept.status in (Status.MISSING, Status.FOUND)
    return before is Result.REUNITED


def _due(reviewing: Reviewing, kept: Kept, result: Result, before: Result | None) -> Status | None:
    """The status to which an outcome brings a person of this case; None where they stay as they are."""
    if result is Result.REUNITED:
        return Status.HOME if kept.status in (Status.MISSING, Status.FOUND) else None
    if before is not Result.REUNITED or kept.status is not Status.HOME or reviewing.is_reunited(kept.id):
        return None
    # Who went home by another way (an update, the register) stays there.
    changes = [one for one in reviewing.people.history(kept.id) if one["kind"] == "status"]
    return kept.register if changes and changes[-1].get("reason") == _REUNITED else None


__all__ = ["check", "follow"]
