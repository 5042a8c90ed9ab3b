"""Who is a second person: nobody whom the first registered as a user, or by whom they were registered.

Whoever registers a user may know that user's passphrase, so that one person could act under both names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa

from safelight.errors import RefusedError
from safelight.governance.event import Phase, parse
from safelight.governance.users import everyone, folded, same_person
from safelight.store.tables import log_event

GROUND = "second person"
"""The ground of every refusal that concerns whether two are two."""


def registrars(connection: sa.Connection, *, past: bool = False) -> dict[str, set[str]]:
    """Who registered whom, by folded names; `past`: also who was removed since, as the log has it (reads all of it)."""
    found: dict[str, set[str]] = {}
    for one in everyone(connection):
        found.setdefault(folded(one.name), set()).add(folded(one.added_by))
    if past:
        query = sa.select(log_event.c.body).where(
            log_event.c.verb == "user add", log_event.c.phase == str(Phase.DONE)
        )
        for body in connection.scalars(query):
            event = parse(body)
            found.setdefault(folded(str(event.detail["name"])), set()).add(folded(event.actor))
    return found


def is_registered_by(above: Mapping[str, set[str]], name: str, registrar: str) -> bool:
    """Did `registrar` register `name`, themselves or through people whom they had registered?"""
    seen: set[str] = set()
    layer = {folded(name)}
    while layer:
        seen |= layer
        layer = {each for one in layer for each in above.get(one, ())} - seen
        if folded(registrar) in layer:
            return True
    return False


def are_apart(above: Mapping[str, set[str]], one: str, other: str) -> bool:
    """Are these two people, neither of whom registered the other? Who registers may hold the other's passphrase."""
    return not (
        same_person(one, other)
        or is_registered_by(above, one, registrar=other)
        or is_registered_by(above, other, registrar=one)
    )


def check_apart(connection: sa.Connection, name: str, others: Iterable[str]) -> None:
    """Refuse (ground `second person`) who registered one of the others, or was registered by one of them."""
    wanted = list(others)
    above = registrars(connection, past=True) if wanted else {}
    for other in wanted:
        if not are_apart(above, name, other):
            raise RefusedError(
                f"One of '{name}' and another who decides here registered the other as a user: "
                "that is one person's word, not two.",
                GROUND,
                "Ask somebody else. Users are registered by somebody who decides about no candidate.",
            )


__all__ = ["GROUND", "are_apart", "check_apart", "is_registered_by", "registrars"]
