"""That somebody was erased, by which order and when: said to whoever takes in an entry of the same number again.

Neither the number nor the person's id is kept, but a digest of the number that only the case's key can make. The order
is sealed under the same key, so it lasts as long as the case.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa

from safelight.persons.desk import signed_act
from safelight.persons.registers.text import cleaned
from safelight.store.keys import Sealer
from safelight.store.tables import person_act

ERASED = "erased"
"""The act that says it."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erasure."""

    order: str
    by: str
    at: str
    """ISO 8601, UTC."""

    @property
    def said(self) -> str:
        """For people."""
        return f"erased by order {self.order} on {self.at[:10]}"


def put(
    connection: sa.Connection, case_sealer: Sealer, case_id: str, number: str, order: str, actor: str
) -> None:
    """Keep that an entry of this number is erased; in the transaction that erases it."""
    subject = digest(case_sealer, number)
    signed_act.put(connection, case_sealer, case_id, ERASED, subject, actor, {"order": order})


def everyone(connection: sa.Connection, case_sealer: Sealer, case_id: str) -> dict[str, list[Tombstone]]:
    """The erasures of a case by the digest of the number, oldest first. IntegrityError for an altered one."""
    query = sa.select(person_act).where(person_act.c.case_id == case_id, person_act.c.kind == ERASED)
    found: dict[str, list[Tombstone]] = {}
    for row in connection.execute(query.order_by(person_act.c.id)).all():
        told = signed_act.read(case_sealer, row, "an erasure")
        found.setdefault(row.subject, []).append(Tombstone(told["order"], row.made_by, row.made_at))
    return found


def of(known: Mapping[str, Sequence[Tombstone]], case_sealer: Sealer, number: str) -> Sequence[Tombstone]:
    """The erasures of this number, in whichever register it stood, oldest first."""
    return known.get(digest(case_sealer, number), ()) if known else ()


def digest(case_sealer: Sealer, number: str) -> str:
    """What is kept in place of a number: capitals and spaces do not count."""
    folded = "".join(cleaned(number).casefold().split())
    return case_sealer.digest(f"{ERASED}:{folded}".encode()).hex()[:32]


__all__ = ["ERASED", "Tombstone", "digest", "everyone", "of", "put"]
