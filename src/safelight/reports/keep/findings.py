"""What could not be read of what came in: the findings that `take_in` notes, read back."""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa

from safelight.errors import IntegrityError
from safelight.store.keys import Sealer
from safelight.store.sealed import unseal
from safelight.store.tables import report_finding


def findings(connection: sa.Connection, sealer: Sealer, case_id: str) -> Iterator[tuple[str, str]]:
    """Yield where and why, in the order noted. IntegrityError where the store was altered."""
    rows = connection.execute(
        sa.select(report_finding).where(report_finding.c.case_id == case_id).order_by(report_finding.c.id)
    )
    for row in rows:
        noted = unseal(sealer, row.sealed, f"report_finding:{row.source_id}")
        if len(noted) != row._mapping["count"]:
            raise IntegrityError(
                "The list of reports that could not be read was altered.",
                "Restore the workspace from its backup.",
            )
        yield from ((where, reason) for where, reason in noted)
