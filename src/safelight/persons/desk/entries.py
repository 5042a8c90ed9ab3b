"""Entries of the register: listed, shown, corrected, closed, withdrawn, erased; each with its history."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.governance.gate import Permit
from safelight.persons.desk import schedule
from safelight.persons.desk.corrections import corrected
from safelight.persons.keep import facts as facts_json
from safelight.persons.keep.people import Kept, People
from safelight.persons.person import IN_GALLERY, Status

CLOSED = (Status.HOME, Status.WITHDRAWN)


def listed(people: People, statuses: tuple[Status, ...] | None) -> Iterator[dict[str, Any]]:
    """Every entry in short."""
    for kept in people.everyone(statuses):
        yield {
            "id": kept.id,
            "person_id": kept.number,
            "register": str(kept.register),
            "status": str(kept.status),
            "names": list(kept.facts.names),
            "source": kept.facts.source,
        }


def in_full(people: People, kept: Kept, version: str) -> dict[str, Any]:
    """Everything about one person but the pictures themselves; `version` is of the embedder in use."""
    return {
        "id": kept.id,
        "person_id": kept.number,
        "register": str(kept.register),
        "status": str(kept.status),
        "in_gallery": kept.status in IN_GALLERY and people.is_described(kept.id, version),
        "facts": facts_json.to_json(kept.facts),
        "notes": list(kept.notes),
        "photos": [
            {
                "photo": one.name,
                "sha256": one.sha256.hex(),
                "state": one.state,
                "quality": one.quality,
                "why": one.why,
                "face": one.face,
                "faces": one.faces,
                "taken": one.taken.first.isoformat() if one.taken else None,
            }
            for one in kept.photos
        ],
        "history": people.history(kept.id),
    }


def correct(
    people: People, permit: Permit, kept: Kept, changes: Mapping[str, str], reason: str | None
) -> Kept:
    """Change what is stated of a person, as a register's columns say it; an empty value clears the fact.

    UsageError for a value not understood. The person's candidates are the caller's to weigh anew (`reweigh`).
    """
    made = corrected(kept, changes)
    if made != kept:
        people.change(made)
        before, after = facts_json.to_json(kept.facts), facts_json.to_json(made.facts)
        changed = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
        said = {
            "before": {name: before.get(name) for name in changed},
            "after": {name: after.get(name) for name in changed},
            "reason": reason,
        }
        people.note(kept.id, "corrected", permit.actor, said)
    return made


def change_status(
    connection: sa.Connection,
    people: People,
    permit: Permit,
    kept: Kept,
    status: Status,
    reason: str | None,
    days: int,
) -> Kept:
    """Open or close an entry. Who is back home or withdrawn leaves the gallery at once, the template after `days`."""
    if status is Status.PROBE:
        raise UsageError("A person's status is missing, found, home or withdrawn.")
    if kept.register is Status.PROBE and status in IN_GALLERY:
        raise UsageError(
            f"{kept.id} is a photograph that was searched with: it stands in no gallery.",
            "Enrol the person, with `safelight persons enrol`.",
        )
    made = replace(kept, status=status)
    people.change(made)
    people.note(
        kept.id, "status", permit.actor, {"before": str(kept.status), "after": str(status), "reason": reason}
    )
    schedule.clear(connection, permit.the_case.id, kept.id)
    if status in CLOSED:
        schedule.put(connection, people, permit.the_case.id, kept.id, permit.actor, days)
    return made


__all__ = ["change_status", "correct", "in_full", "listed"]
