"""What people do at the desk: links they cut or join, reports they hold, weights they accept. Kept, never erased."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from safelight.errors import IntegrityError
from safelight.reports.linking.clusters import Edits
from safelight.reports.scoring.table import Table
from safelight.store.keys import Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import report_act

CUT, JOIN, HOLD, RELEASE, SAMPLE = "cut", "join", "hold", "release", "sample"
PROPOSAL, WEIGHTS = "proposal", "weights"


@dataclass(frozen=True, slots=True)
class Act:
    """One thing somebody did. `report` is the id of the report it is about, or empty."""

    kind: str
    report: str
    by: str
    at: datetime
    said: Mapping[str, Any]


def record(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    kind: str,
    report: str,
    by: str,
    said: Mapping[str, Any],
) -> Act:
    """Write an act down."""
    now = datetime.now(UTC)
    act = Act(kind, report, by, now, said)
    connection.execute(
        report_act.insert().values(
            case_id=case_id,
            kind=kind,
            report=report,
            made_by=by,
            made_at=now.isoformat(),
            sealed=seal(
                sealer, {"said": said, "of": [kind, report, by, now.isoformat()]}, f"report_act:{case_id}"
            ),
        )
    )
    return act


def acts(connection: sa.Connection, sealer: Sealer, case_id: str, *kinds: str) -> list[Act]:
    """All acts of some kinds, oldest first. IntegrityError where one was altered."""
    rows = connection.execute(
        sa.select(report_act)
        .where(report_act.c.case_id == case_id, report_act.c.kind.in_(kinds))
        .order_by(report_act.c.id)
    )
    found = []
    for row in rows:
        kept = unseal(sealer, row.sealed, f"report_act:{case_id}")
        if kept["of"] != [row.kind, row.report, row.made_by, row.made_at]:
            raise IntegrityError(
                "What was done at the desk was altered.", "Restore the store from its backup."
            )
        found.append(
            Act(row.kind, row.report, row.made_by, datetime.fromisoformat(row.made_at), kept["said"])
        )
    return found


@dataclass(frozen=True, slots=True)
class LinkEdits:
    """Links cut and joined by people, by the reports' keys; a later act on the same pair holds."""

    cut: tuple[tuple[int, int], ...]
    join: tuple[tuple[int, int], ...]

    def by_number(self, newest: Mapping[int, int]) -> Edits:
        """The same by report numbers; `newest` gives the newest number of a key."""

        def known(pairs: tuple[tuple[int, int], ...]) -> list[tuple[int, int]]:
            return [(newest[a], newest[b]) for a, b in pairs if a in newest and b in newest]

        return Edits(known(self.cut), known(self.join))


def edits(connection: sa.Connection, sealer: Sealer, case_id: str) -> LinkEdits:
    """The cuts and joins that hold."""
    last: dict[frozenset[int], str] = {}
    for act in acts(connection, sealer, case_id, CUT, JOIN):
        last[frozenset(int(one, 16) for one in act.said["pair"])] = act.kind

    def of(kind: str) -> tuple[tuple[int, int], ...]:
        return tuple((min(pair), max(pair)) for pair, said in last.items() if said == kind and len(pair) == 2)

    return LinkEdits(of(CUT), of(JOIN))


def learned(connection: sa.Connection, sealer: Sealer, case_id: str, table: Table) -> Table:
    """The table with the weights that a named person accepted last."""
    accepted = acts(connection, sealer, case_id, WEIGHTS)
    if not accepted:
        return table
    said = accepted[-1].said
    return table.with_weights(said["weights"], said["base"])
