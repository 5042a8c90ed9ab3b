"""What a named human concluded about a lead: recorded, corrected by a later one, never erased."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from datetime import UTC, datetime

import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.model import Decision
from safelight.store.keys import Sealer
from safelight.store.sealed import seal
from safelight.store.tables import decision, lead
from safelight.triage.leads import decision_context, sealed_decision

ALWAYS = ("not-pertinent", "unsure")
"""Labels that every category scheme has."""


def decide(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    lead_id: str,
    label: str,
    allowed: Collection[str],
    by: str,
    *,
    whole_stack: bool,
    note: str | None,
) -> list[Decision]:
    """Record a decision about a lead, or about every lead of its stack by name.

    Raises UsageError for an unknown lead or a label that is neither in the case's scheme nor one of `ALWAYS`.
    """
    if label not in {*allowed, *ALWAYS}:
        known = ", ".join([*allowed, *ALWAYS])
        raise UsageError(f"'{label}' is not a label of this case's scheme.", f"Use one of: {known}.")
    found = connection.execute(
        sa.select(lead.c.id, lead.c.stack).where(lead.c.case_id == case_id, lead.c.id == lead_id)
    ).one_or_none()
    if found is None:
        raise UsageError(f"There is no lead '{lead_id}' in this case.", "See `safelight leads`.")
    members = [lead_id]
    if whole_stack:
        members = list(
            connection.execute(
                sa.select(lead.c.id)
                .where(lead.c.case_id == case_id, lead.c.stack == found.stack)
                .order_by(lead.c.id)
            ).scalars()
        )
    now = datetime.now(UTC)
    made = [Decision(f"D-{secrets.token_hex(6)}", member, label, by, now, note) for member in members]
    for one in made:
        connection.execute(
            decision.insert().values(
                id=one.id,
                case_id=case_id,
                lead_id=one.lead,
                label=label,
                decided_by=by,
                decided_at=now.isoformat(),
                sealed=seal(
                    sealer,
                    {"note": note, "with": members, "said": [one.lead, label, by, now.isoformat()]},
                    decision_context(one.id),
                ),
            )
        )
    return made


def decisions_of(connection: sa.Connection, sealer: Sealer, case_id: str) -> dict[str, list[Decision]]:
    """All decisions of a case by lead, oldest first; the last one counts."""
    rows = connection.execute(
        sa.select(decision)
        .where(decision.c.case_id == case_id)
        .order_by(decision.c.decided_at, decision.c.id)
    )
    found: dict[str, list[Decision]] = {}
    for row in rows:
        note = sealed_decision(sealer, row)["note"]
        made = Decision(
            row.id, row.lead_id, row.label, row.decided_by, datetime.fromisoformat(row.decided_at), note
        )
        found.setdefault(row.lead_id, []).append(made)
    return found
