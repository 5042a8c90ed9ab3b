"""Cases in the store: opened with their authority and their own key, found by name or id, closed."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from safelight.errors import IntegrityError, KeyMissingError, RefusedError, UsageError
from safelight.model import Authority, Basis, Capability, Case, Ground
from safelight.store.keys import KeyRing
from safelight.store.sealed import seal, unseal
from safelight.store.tables import case_file


def add(
    connection: sa.Connection, keys: KeyRing, name: str, authority: Authority, scheme: str, opened_by: str
) -> Case:
    """Create the case, its key and its sealed record. Names are unique within a workspace."""
    if not name.strip():
        raise UsageError("A case needs a name.")
    if any(known.name == name for known in everything(connection, keys)):
        raise UsageError(
            f"There is a case '{name}' already.", "Choose another name; a closed case keeps its own."
        )
    case = Case(f"C-{secrets.token_hex(5)}", name, opened_by, datetime.now(UTC), authority, scheme)
    keys.create(connection, case.id)
    connection.execute(
        case_file.insert().values(
            id=case.id,
            opened_at=case.opened_at.isoformat(),
            sealed=seal(keys.sealer(connection, case.id), _pack(case), f"case:{case.id}"),
        )
    )
    return case


def everything(connection: sa.Connection, keys: KeyRing) -> list[Case]:
    """All cases whose key exists, oldest first."""
    found = []
    for row in connection.execute(sa.select(case_file).order_by(case_file.c.opened_at, case_file.c.id)):
        try:
            sealer = keys.sealer(connection, row.id)
        except KeyMissingError:
            continue  # erased: what was sealed under its key is gone by design
        found.append(_unpack(row, unseal(sealer, row.sealed, f"case:{row.id}")))
    return found


STANDING = "Standing screening (evaluation)"
"""The case that an evaluation workspace is made with: a standing authority to screen, and nothing else."""


def standing_authority(today: date) -> Authority:
    """The authority of the `STANDING` case."""
    return Authority(
        Basis.STATUTE,
        "for trying the software out",
        "Safelight",
        today,
        today.replace(year=today.year + 10, day=min(today.day, 28)),
        frozenset({Capability.SCREENING}),
    )


def find(
    connection: sa.Connection, keys: KeyRing, wanted: str | None, needs: Capability | None = None
) -> Case:
    """The case by name or id; without either, the only open one.

    The standing case is meant without being named only where one is screened for and no open case allows it.

    Raises RefusedError when there is none (no authority), UsageError when it is not clear which.
    """
    known = everything(connection, keys)
    if wanted is not None:
        for case in known:
            if wanted in (case.id, case.name):
                return case
        raise RefusedError(
            f"There is no case '{wanted}'.",
            "no case",
            "Open one with `safelight case open`, or see `safelight case list`.",
        )
    still_open = [case for case in known if case.closed_at is None and case.name != STANDING]
    if needs is Capability.SCREENING and not any(needs in case.authority.allows for case in still_open):
        still_open = [case for case in known if case.name == STANDING] or still_open
    if not still_open:
        raise RefusedError(
            "There is no open case, and so no authority.", "no case", "Open one with `safelight case open`."
        )
    if len(still_open) > 1:
        names = ", ".join(repr(case.name) for case in still_open)
        raise UsageError(f"Several cases are open: {names}.", "Say which with --case.")
    return still_open[0]


def close(connection: sa.Connection, keys: KeyRing, case: Case) -> None:
    """Mark the case as closed; nothing runs in it any more, its findings stay."""
    if case.closed_at is not None:
        raise UsageError(f"The case '{case.name}' is closed already.")
    closed = replace(case, closed_at=datetime.now(UTC))
    connection.execute(
        case_file.update()
        .where(case_file.c.id == case.id)
        .values(
            closed_at=_stated(closed),
            sealed=seal(keys.sealer(connection, case.id), _pack(closed), f"case:{case.id}"),
        )
    )


def _stated(case: Case) -> str | None:
    return case.closed_at.isoformat() if case.closed_at else None


def authority_digest(keys: KeyRing, connection: sa.Connection, case: Case) -> str:
    """What an event names the authority by: keyed, so that it reveals nothing once the case's key is gone."""
    basis = f"{case.authority.basis}\0{case.authority.reference}\0{case.authority.issued_by}"
    return keys.sealer(connection, case.id).digest(basis.encode()).hex()[:32]


def _pack(case: Case) -> dict[str, Any]:
    authority = case.authority
    return {
        "name": case.name,
        "opened_by": case.opened_by,
        "opened_at": case.opened_at.isoformat(),
        "closed_at": _stated(case),
        "scheme": case.scheme,
        "authority": {
            "basis": authority.basis,
            "reference": authority.reference,
            "issued_by": authority.issued_by,
            "valid_from": authority.valid_from.isoformat(),
            "valid_until": authority.valid_until.isoformat(),
            "allows": sorted(authority.allows),
            "approved_by": authority.approved_by,
            "ground": authority.ground,
            "offence": authority.offence,
        },
    }


def _unpack(row: Any, packed: dict[str, Any]) -> Case:
    stated = packed["authority"]
    authority = Authority(
        basis=Basis(stated["basis"]),
        reference=stated["reference"],
        issued_by=stated["issued_by"],
        valid_from=date.fromisoformat(stated["valid_from"]),
        valid_until=date.fromisoformat(stated["valid_until"]),
        allows=frozenset(Capability(name) for name in stated["allows"]),
        approved_by=stated["approved_by"],
        ground=Ground(stated["ground"]) if stated["ground"] else None,
        offence=stated["offence"],
    )
    if [row.opened_at, row.closed_at] != [packed.get("opened_at"), packed.get("closed_at")]:
        raise IntegrityError(
            f"The store says of the case '{packed['name']}' something else than its sealed record: it was altered.",
            "Restore the store from a backup; `safelight audit show` says when the case was opened and closed.",
        )
    closed = datetime.fromisoformat(row.closed_at) if row.closed_at else None
    opened = datetime.fromisoformat(row.opened_at)
    return Case(row.id, packed["name"], packed["opened_by"], opened, authority, packed["scheme"], closed)
