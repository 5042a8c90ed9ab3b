"""What people conclude about a report: recorded, corrected by later ones, never erased."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.store.keys import Sealer
from safelight.store.sealed import decision_context, seal, sealed_decision
from safelight.store.tables import decision

LABELS = {
    "child-in-danger": "a child is, or may soon be, in danger: act now",
    "investigate": "an offence to be investigated, no child in danger now that is known",
    "not-pertinent": "nothing to act on",
    "unsure": "seen, and not to be said",
}
"""The labels of reports. A decision is a person's; it changes no other report's place by itself."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A decision about a report."""

    id: str
    report: str
    label: str
    by: str
    at: datetime
    note: str | None
    seen: int
    """How many reports the desk had then: versions and copies with this number or a higher one came later."""


def decide(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    report: str,
    label: str,
    by: str,
    note: str | None,
    seen: int,
) -> Labelled:
    """Record a decision. UsageError for a label that there is not."""
    if label not in LABELS:
        raise UsageError(f"'{label}' is not a label of reports.", f"Use one of: {', '.join(LABELS)}.")
    made = Labelled(f"D-{secrets.token_hex(6)}", report, label, by, datetime.now(UTC), note, seen)
    said = [report, label, by, made.at.isoformat()]
    connection.execute(
        decision.insert().values(
            id=made.id,
            case_id=case_id,
            lead_id=report,
            label=label,
            decided_by=by,
            decided_at=made.at.isoformat(),
            sealed=seal(
                sealer,
                {"note": note, "with": [report], "said": said, "seen": seen},
                decision_context(made.id),
            ),
        )
    )
    return made


def of_report(connection: sa.Connection, sealer: Sealer, case_id: str, report: str) -> list[Labelled]:
    """The decisions about one report, oldest first."""
    return [one for one in everything(connection, sealer, case_id) if one.report == report]


def last(connection: sa.Connection, sealer: Sealer, case_id: str) -> dict[str, Labelled]:
    """The last decision about every report that has one, by its id."""
    return {one.report: one for one in everything(connection, sealer, case_id)}


def everything(connection: sa.Connection, sealer: Sealer, case_id: str) -> list[Labelled]:
    """All decisions about reports, oldest first. IntegrityError where one was altered."""
    rows = connection.execute(
        sa.select(decision)
        .where(decision.c.case_id == case_id, decision.c.lead_id.like("R-%"))
        .order_by(decision.c.decided_at, decision.c.id)
    )
    found = []
    for row in rows:
        kept = sealed_decision(sealer, row)
        at = datetime.fromisoformat(row.decided_at)
        found.append(Labelled(row.id, row.lead_id, row.label, row.decided_by, at, kept["note"], kept["seen"]))
    return found
