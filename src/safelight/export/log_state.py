"""Does the audit log verify at the time of an export? Recomputed as a whole, unless that would take long."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from safelight.errors import SafelightError
from safelight.export.protocol import LogState
from safelight.governance import inspection
from safelight.store.database import Database
from safelight.store.tables import log_head

RECOMPUTED = 1_000_000
"""Events that are recomputed at an export (some seconds); of a longer log only its newest checkpoints are compared."""


def log_state(database: Database, folder: Path) -> LogState:
    """The log's public key, and whether the log verifies now. Raises nothing: what is wrong is what it says."""
    try:
        key = (folder / inspection.PUBLIC_KEY).read_text("ascii").strip()
    except (OSError, ValueError):
        key = ""
    with database.engine.connect() as connection:
        events = connection.scalar(sa.select(log_head.c.size).where(log_head.c.id == 1)) or 0
    try:
        if events > RECOMPUTED:
            inspection.check_not_cut(database, folder)
            return LogState(key, None, events)
        found = inspection.verify_folder(folder, live=True)
    except SafelightError as error:
        return LogState(key, False, events, str(error))
    return LogState(key, True, found["events"])
