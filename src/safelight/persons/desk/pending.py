"""What was taken out of the store and is not proven to be gone yet: kept from the erasing transaction to the proof.

So an erasure that was cut off, or that a reader stood in the way of, is finished by the same command. The rows are
sealed under the house key: the person's own is gone by then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from safelight.governance.gate import HOUSE_KEY, Permit
from safelight.persons.desk.erase import Erased, empty_log, prove, together
from safelight.persons.desk.house import House
from safelight.persons.keep.people import id_of
from safelight.persons.person import Status
from safelight.store.keys import KeyRing, Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import person_act

ERASING = "erasing"
"""The act that says what is still to be deleted and looked for."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One person of whom the keys and rows are gone, and whose pictures and traces may not be."""

    number: int
    """Of its row."""
    person: str
    erased: Erased


def put(
    connection: sa.Connection,
    keys: KeyRing,
    case_id: str,
    person_id: str,
    actor: str,
    erased: Erased,
    earlier: Sequence[Pending] = (),
) -> Pending:
    """Keep what is still to be done, in place of what an `earlier` erasure of the same person left to do."""
    erased = together([erased, *(one.erased for one in earlier)])
    done(connection, earlier)
    said = {
        "rows": erased.rows,
        "keys": erased.keys,
        "blobs": erased.blobs,
        "candidates": erased.candidates,
        "traces": [one.hex() for one in erased.traces],
        "searches": erased.searches,
    }
    number = connection.execute(
        person_act.insert()
        .values(
            case_id=case_id,
            kind=ERASING,
            subject=person_id,
            made_by=actor,
            made_at=datetime.now(UTC).isoformat(),
            sealed=seal(keys.sealer(connection, HOUSE_KEY), said, f"{ERASING}:{person_id}"),
        )
        .returning(person_act.c.id)
    ).scalar_one()
    return Pending(number, person_id, erased)


def left(connection: sa.Connection, keys: KeyRing, case_id: str | None = None) -> list[Pending]:
    """What an earlier run has left to do, in one case or in all."""
    query = sa.select(person_act).where(person_act.c.kind == ERASING).order_by(person_act.c.id)
    if case_id is not None:
        query = query.where(person_act.c.case_id == case_id)
    found = []
    for row in connection.execute(query).all():
        said = unseal(keys.sealer(connection, HOUSE_KEY), row.sealed, f"{ERASING}:{row.subject}")
        erased = Erased(
            said["rows"],
            said["keys"],
            tuple(said["blobs"]),
            said["candidates"],
            tuple(bytes.fromhex(one) for one in said["traces"]),
            said.get("searches", 0),
        )
        found.append(Pending(row.id, row.subject, erased))
    return found


def of_name(some: Iterable[Pending], wanted: str, case_sealer: Sealer) -> list[Pending]:
    """Those of one person, by id (or its beginning), the register's number, or `missing:NUMBER`."""
    ids = {id_of(case_sealer, register, wanted) for register in (Status.MISSING, Status.FOUND)}
    register, colon, number = wanted.partition(":")
    if colon and register in (Status.MISSING, Status.FOUND):
        ids.add(id_of(case_sealer, Status(register), number))
    return [
        one for one in some if one.person in ids or (wanted[:2] == "P-" and one.person.startswith(wanted))
    ]


def finish(house: House, permit: Permit, some: Sequence[Pending]) -> int:
    """Delete the pictures, empty the write-ahead log and look for every trace; returns the bytes that were read.

    Raises BusyError while somebody else reads the store, IntegrityError where a trace is left: then all stays pending.
    """
    for one in some:
        for blob in one.erased.blobs:
            house.blobs.delete(blob)
    empty_log(house.database)
    read = sum(prove(house.folder, one.erased) for one in some)
    with permit.transaction() as connection:
        done(connection, some)
    return read


def done(connection: sa.Connection, some: Sequence[Pending]) -> None:
    """Nothing of these is pending any more."""
    for one in some:
        connection.execute(
            person_act.delete().where(person_act.c.id == one.number, person_act.c.kind == ERASING)
        )


__all__ = ["Pending", "done", "finish", "left", "of_name", "put"]
