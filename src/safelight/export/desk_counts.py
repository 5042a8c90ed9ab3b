"""How many reports a case has at the report desk, for what counts or writes a whole case. No report is opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import sqlalchemy as sa

from safelight.store.keys import Sealer
from safelight.store.tables import report_finding, report_segment


class House(Protocol):
    """What the counts need of the workspace."""

    folder: Path


def has_reports(connection: sa.Connection, case_id: str) -> bool:
    """Was any report taken in?"""
    return _any(connection, case_id, report_segment)


def reports(house: House, connection: sa.Connection, sealer: Sealer, case_id: str) -> int:
    """How many reports the case has, each once whatever its versions. IntegrityError where segments were altered."""
    if not has_reports(connection, case_id):
        return 0
    # Arrow is brought in only where there is something to count.
    from safelight.reports.desk.desk import FOLDER
    from safelight.reports.keep.store import ReportStore, newest

    store = ReportStore(house.folder / FOLDER, case_id, sealer)
    return int(newest(store.rows(store.segments(connection), ["replaces"])["replaces"]).sum())


def unread(connection: sa.Connection, sealer: Sealer, case_id: str) -> int:
    """How many things came in that could not be read as reports. IntegrityError where the list was altered."""
    if not _any(connection, case_id, report_finding):
        return 0
    from safelight.reports.keep.findings import findings

    return sum(1 for _ in findings(connection, sealer, case_id))


def _any(connection: sa.Connection, case_id: str, table: sa.Table) -> bool:
    first: Any = sa.select(table.c.case_id).where(table.c.case_id == case_id).limit(1)
    return connection.scalar(first) is not None
