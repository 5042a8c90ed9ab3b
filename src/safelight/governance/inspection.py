"""What may be asked of the audit log: show it, verify it, prove one event, see at a glance that it was not cut."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight.errors import IntegrityError, UsageError
from safelight.governance import log
from safelight.governance.checkpoints import FILE_NAME, CheckpointFile
from safelight.governance.note import Checkpoint
from safelight.governance.proofs import prove_inclusion
from safelight.governance.verify import verify
from safelight.store.database import Database
from safelight.store.tables import log_head

PUBLIC_KEY = "audit.pub"
"""The verifier key (C2SP form) in the workspace: all that an auditor needs."""


def write_public_key(folder: Path, vkey: str) -> None:
    """Keep the log's public key beside it."""
    temporary = folder / f".{PUBLIC_KEY}.{os.getpid()}"
    temporary.write_text(f"{vkey}\n", encoding="ascii")
    temporary.replace(folder / PUBLIC_KEY)


def begun(database: Database) -> bool:
    """Has the log of this workspace its first event?"""
    with database.engine.connect() as connection:
        return connection.scalar(sa.select(log_head.c.size).where(log_head.c.id == 1)) is not None


def check_kind(database: Database, workspace_id: str, evaluation: bool) -> None:
    """Compare what the store says this workspace is with the first event of its log. Raises IntegrityError."""
    with database.snapshot() as connection:
        first = next(iter(log.events(connection, limit=1)), None)
    if first is None or first.verb != "init" or str(first.phase) != "done":
        return  # `verify` judges
    if first.detail.get("evaluation") != evaluation or list(first.subject) != [workspace_id]:
        raise IntegrityError(
            "The store says that this is another kind of workspace than the one that was made: it was altered.",
            "Restore the store from a backup.",
        )


def check_not_cut(database: Database, folder: Path) -> None:
    """Compare the newest checkpoint beside the store with the store's own, in constant time.

    Raises IntegrityError when the store lacks what was once published.
    """
    beside = CheckpointFile(
        folder / FILE_NAME
    ).newest()  # before the store: another process may append between
    with database.engine.connect() as connection:
        note = log.newest_checkpoint(connection)
    if note is None or beside is None:
        return  # `verify` judges a missing file; a crash may have come before it was first written
    inside = Checkpoint.parse(note)
    if beside.size > inside.size or (beside.size == inside.size and beside.root != inside.root):
        raise IntegrityError(
            f"The audit log was cut or replaced: {beside.size} events were published, the store holds {inside.size}.",
            "Nothing more is done in this workspace. Run `safelight audit verify` and keep a copy of it.",
        )


def checkpoint(connection: sa.Connection) -> str:
    """The signed note over the whole log, for a second party to keep."""
    note = log.newest_checkpoint(connection)
    return note.decode() if note else ""


def show(connection: sa.Connection, case_id: str | None, top: int | None) -> list[dict[str, Any]]:
    """The events as plain data, oldest first; the last `top` ones. Sealed content stays sealed."""
    found = [
        {
            "seq": event.seq,
            "time": event.time,
            "actor": event.actor,
            "os_account": event.os_account,
            "host": event.host,
            "proven": event.proven,
            "verb": event.verb,
            "phase": str(event.phase),
            "case": event.case,
            "authority": event.authority,
            "operation": event.operation,
            "subject": list(event.subject),
            "detail": dict(event.detail),
            "personal": event.sealed is not None,
        }
        for event in log.events(connection, case=case_id, limit=top, newest_first=True)
    ]
    return found[::-1]


def verify_folder(folder: Path) -> dict[str, Any]:
    """Recompute the log of a workspace, or of a copy of one, with its public key alone.

    Raises IntegrityError, which carries the findings as `findings`, when anything does not verify.
    """
    database, public = folder / "safelight.db", folder / PUBLIC_KEY
    if not database.is_file():
        raise UsageError(f"{folder} is not a workspace.", "Give its folder with --workspace.")
    if not public.is_file():
        raise IntegrityError(
            f"The public key of the log is missing ({public}).", "Put back the copy you kept."
        )
    engine = sa.create_engine(
        sa.URL.create("sqlite", database=database.resolve().as_uri(), query={"mode": "ro", "uri": "true"})
    )
    with engine.connect() as connection:
        found = verify(
            connection, public.read_text(encoding="ascii").strip(), CheckpointFile(folder / FILE_NAME)
        )
    engine.dispose()
    result = {
        "ok": found.ok,
        "events": found.events,
        "root": found.root,
        "checkpoint": found.checkpoint,
        "first_bad": found.first_bad,
        "reason": found.reason,
    }
    if not found.ok:
        where = f" The first bad event is {found.first_bad}." if found.first_bad is not None else ""
        error = IntegrityError(
            f"The audit log does not verify: {found.reason}.{where}", "Keep a copy of the workspace as it is."
        )
        error.findings = result
        raise error
    return result


def prove(connection: sa.Connection, event: int) -> dict[str, Any]:
    """Inclusion proof of one event. Raises UsageError for an event that is not there."""
    return prove_inclusion(connection, event)
