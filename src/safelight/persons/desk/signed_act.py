"""Acts about no pair of people (an erasure, an evaluation), sealed with who did them and when: altered ones are seen.

The row says the subject, the actor and the time in clear; inside the seal they stand again, and the seal is bound to
the kind and the subject: a row that was altered, or put in another's place, does not read.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from safelight.errors import IntegrityError
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import person_act


def put(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    kind: str,
    subject: str,
    actor: str,
    said: Mapping[str, Any],
) -> None:
    """Record an act, now; `said` has no key `said` of its own."""
    at = datetime.now(UTC).isoformat()
    sealed = seal(sealer, {**said, "said": [kind, subject, actor, at]}, f"{kind}:{subject}")
    connection.execute(
        person_act.insert().values(
            case_id=case_id, kind=kind, subject=subject, made_by=actor, made_at=at, sealed=sealed
        )
    )


def read(sealer: Sealer, row: Any, what: str) -> dict[str, Any]:
    """What an act says. IntegrityError where its row was altered; `what` names it in the sentence."""
    told: dict[str, Any] = unseal(sealer, row.sealed, f"{row.kind}:{row.subject}")
    # The kind is bound by the context of the seal; erasures of older stores do not repeat it.
    if told.pop("said")[-3:] != [row.subject, row.made_by, row.made_at]:
        raise IntegrityError(
            f"The store says of {what} something else than was recorded: it was altered.",
            "Restore the store from a backup; `safelight audit show` says who did what.",
        )
    return told


__all__ = ["put", "read"]
