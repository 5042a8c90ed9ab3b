"""Searching across cases: only by a link that a named person made, with a reason; both cases must be valid now.

A link lets this case search the other's gallery. What is found stays in this case; the other case sees nothing of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from safelight.errors import IntegrityError, RefusedError, UsageError
from safelight.governance import authority as rules
from safelight.governance import cases
from safelight.governance.gate import Permit
from safelight.model import Capability, Case, Ground
from safelight.persons.keep.people import People
from safelight.store.keys import KeyRing
from safelight.store.sealed import seal, unseal
from safelight.store.tables import person_act

LINK = "link"


@dataclass(frozen=True, slots=True)
class Link:
    """One link from this case to another."""

    case: str
    by: str
    at: str
    reason: str


def people_of(connection: sa.Connection, keys: KeyRing, permit: Permit) -> People:
    """The people of the permit's case, and of those that are linked to it and valid now."""
    return People(connection, keys, permit.the_case.id, tuple(usable(connection, keys, permit)))


def links(connection: sa.Connection, keys: KeyRing, case_id: str) -> list[Link]:
    """The links of a case, oldest first."""
    sealer = keys.sealer(connection, case_id)
    query = sa.select(person_act).where(person_act.c.case_id == case_id, person_act.c.kind == LINK)
    found = []
    for row in connection.execute(query.order_by(person_act.c.id)):
        said = unseal(sealer, row.sealed, f"link:{row.subject}")
        if said["said"] != [row.subject, row.made_by, row.made_at]:
            raise IntegrityError(
                f"The store says of the link to {row.subject} something else than was recorded: it was altered.",
                "Restore the store from a backup; `safelight audit show` says who did what.",
            )
        found.append(Link(row.subject, row.made_by, row.made_at, said["reason"]))
    return found


def usable(connection: sa.Connection, keys: KeyRing, permit: Permit) -> list[str]:
    """Linked cases that may be searched now; one that is closed or expired is passed over."""
    found = []
    for one in {link.case for link in links(connection, keys, permit.the_case.id)}:
        other = cases.find(connection, keys, one)
        try:
            _check(permit, other)
        except RefusedError:
            continue
        found.append(other.id)
    return sorted(found)


def link(connection: sa.Connection, keys: KeyRing, permit: Permit, wanted: str, reason: str) -> Link:
    """Let this case search another's gallery.

    RefusedError where the other's authority does not allow face search, or stands on another ground (`purpose`).
    """
    other = cases.find(connection, keys, wanted)
    if other.id == permit.the_case.id:
        raise UsageError("A case needs no link to itself.")
    if not reason.strip():
        raise UsageError("A link needs a reason.", "Give --reason.")
    _check(permit, other)
    at = datetime.now(UTC).isoformat()
    sealed = seal(
        permit.sealer(connection),
        {"reason": reason, "said": [other.id, permit.actor, at]},
        f"link:{other.id}",
    )
    connection.execute(
        person_act.insert().values(
            case_id=permit.the_case.id,
            kind=LINK,
            subject=other.id,
            made_by=permit.actor,
            made_at=at,
            sealed=sealed,
        )
    )
    return Link(other.id, permit.actor, at, reason)


def unlink(connection: sa.Connection, permit: Permit, case_id: str) -> int:
    """Take the links to another case back; returns how many there were."""
    gone: sa.CursorResult[Any] = connection.execute(
        person_act.delete().where(
            person_act.c.case_id == permit.the_case.id,
            person_act.c.kind == LINK,
            person_act.c.subject == case_id,
        )
    )
    return gone.rowcount


def _check(permit: Permit, other: Case) -> None:
    """Refuse a case that may not be searched from here: what was taken in for one purpose serves no other."""
    rules.check_valid(other, datetime.now(UTC).date())
    rules.check_allows(other, Capability.FACE_SEARCH)
    mine, theirs = permit.the_case.authority.ground, other.authority.ground
    if mine is not theirs:
        raise RefusedError(
            f"'{other.name}' is a case of {_named(theirs)}, this one of {_named(mine)}: "
            "people who were enrolled for one purpose are not searched for another.",
            "purpose",
            "Only cases of the same ground are linked; ask the other case to search for you under its authority.",
        )


def _named(ground: Ground | None) -> str:
    return f"the ground {ground}" if ground else "no ground"
