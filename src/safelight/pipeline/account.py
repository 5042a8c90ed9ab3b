"""How far the reading of an exhibit is: what is kept for those who look at its leads meanwhile, or afterwards."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight.errors import SafelightError
from safelight.evidence.describe import describe
from safelight.evidence.names import show
from safelight.pipeline.reading import Context
from safelight.store import exhibits
from safelight.store.database import Database
from safelight.store.keys import Sealer


def now() -> str:
    """The time, in UTC."""
    return datetime.now(UTC).isoformat()


def grace(budget: float | None) -> float:
    """Seconds for which what is left is listed after the time of a scan is over."""
    return min(60.0, max(5.0, 0.1 * (budget or 0.0)))


def state_of(context: Context) -> dict[str, Any]:
    """How far the reading of an exhibit is by now."""
    counts = context.counts
    return {
        "files": counts["files"],
        "not_read": counts["not_read"],
        "to_look": len(context.waiting or ()),
        "at": now(),
    }


def so_far(context: Context, before: Mapping[str, Any]) -> dict[str, Any]:
    """The same while it goes on; `before` is what an earlier scan left: it holds for what this one has not come to."""
    state = state_of(context)
    files, not_read, to_look = (int(before.get(name) or 0) for name in ("files", "not_read", "to_look"))
    if state["files"] <= files:
        return {**state, "files": files, "not_read": not_read, "to_look": max(to_look, state["to_look"])}
    return {**state, "not_read": max(state["not_read"], not_read - (state["files"] - files))}


@contextmanager
def in_work(database: Database, sealer: Sealer, case_id: str, paths: Sequence[Path]) -> Iterator[None]:
    """Take back, of all exhibits of a scan, that the time of an earlier one was over: they are in work again.

    Whatever ends this scan before it comes to the last of them (Ctrl-C, however early), it was not the time of the
    earlier one. Raises EvidenceError.
    """
    try:
        _go_on(database, sealer, case_id, paths)
        yield
    except BaseException:  # why: Ctrl-C and an end from outside too; it is raised again
        with suppress(SafelightError, sa.exc.SQLAlchemyError):  # what cut it off is what is to be told
            _go_on(database, sealer, case_id, paths)
        raise


def _go_on(database: Database, sealer: Sealer, case_id: str, paths: Sequence[Path]) -> None:
    with database.transaction() as connection:
        known = exhibits.records(connection, sealer, case_id)
    stopped = [one for one in known if (one.facts.get("reading") or {}).get("stopped")]
    ids = {
        exhibits.identify(sealer, path, describe(path).fingerprint)
        for path in paths
        if any(one.path == show(os.fsencode(path)) for one in stopped)
    }
    with database.transaction() as connection:
        for record in stopped:
            if record.id in ids:
                reading = {**record.facts["reading"], "stopped": False}
                exhibits.save(connection, sealer, exhibits.with_facts(record, reading=reading))
