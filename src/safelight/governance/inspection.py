"""What may be asked of the audit log: show it, verify it, prove one event, see at a glance that it was not cut."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import sqlalchemy as sa

from safelight.errors import BusyError, FormatError, IntegrityError, UsageError
from safelight.governance import log
from safelight.governance.checkpoints import FILE_NAME, CheckpointFile
from safelight.governance.event import BODY_BYTES
from safelight.governance.note import NOTE_BYTES, Checkpoint, NoteVerifier
from safelight.governance.proofs import prove_inclusion
from safelight.governance.verify import Verification, verify
from safelight.store.database import Database
from safelight.store.keys import key_path
from safelight.store.tables import log_head

PUBLIC_KEY = "audit.pub"
"""The verifier key (C2SP form) in the workspace: all that an auditor needs."""
PLACE = "place"
"""Says where the workspace lies, hashed: what a copy has is not true of it."""
STORE = "safelight.db"
_TRIES = 5


def write_public_key(folder: Path, vkey: str) -> None:
    """Keep the log's public key beside it."""
    _keep(folder / PUBLIC_KEY, f"{vkey}\n")


def is_workspace(folder: Path) -> bool:
    """Is there a workspace in this folder?"""
    return (folder / STORE).is_file()


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


def settle(folder: Path) -> None:
    """Note where the workspace lies, so that a copy of it is known for one."""
    file, here = folder / PLACE, _place(folder)
    if not file.is_file() or file.read_text(encoding="ascii", errors="replace") != here:
        _keep(file, here)


def may_log(folder: Path, keys: Path) -> bool:
    """May looking at the log be written into it: is this the workspace itself, with its key at hand?

    A copy of a workspace is evidence: its log would go on apart from that of the original.
    """
    try:
        here = (folder / PLACE).read_text(encoding="ascii", errors="replace") == _place(folder)
        origin = (folder / PUBLIC_KEY).read_text(encoding="ascii", errors="replace").partition("+")[0]
        return here and key_path(keys, origin.rpartition("/")[2]).is_file()
    except (OSError, UsageError):
        return False


def read_checkpoint(file: Path) -> Checkpoint:
    """A checkpoint that somebody kept, as `safelight audit checkpoint` printed it (or with --json).

    Raises UsageError where the file cannot be read or is none.
    """
    try:
        with file.open("rb") as opened:
            note = opened.read(NOTE_BYTES).replace(b"\r\n", b"\n").strip()
        if note.startswith(b"{"):
            note = str(json.loads(note)["checkpoint"]).encode()
        return Checkpoint.parse(note.strip() + b"\n")
    except OSError as error:
        raise UsageError(f"The checkpoint {file} cannot be read: {error.strerror}.") from error
    except (FormatError, ValueError, KeyError, TypeError):
        raise UsageError(
            f"{file} is not a signed checkpoint.", "It is what `safelight audit checkpoint` prints."
        ) from None


def read_proof(file: Path) -> dict[str, Any]:
    """An inclusion proof as `safelight audit prove` printed it. UsageError where the file holds none."""
    try:
        with file.open("rb") as opened:
            found = json.loads(opened.read(2 * BODY_BYTES))
    except OSError as error:
        raise UsageError(f"The proof {file} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise UsageError(f"{file} is not an inclusion proof.", "It is what `safelight audit prove` prints.")
    return found


def verify_folder(
    folder: Path, *, kept: Sequence[Checkpoint] = (), key: str | None = None, live: bool = False
) -> dict[str, Any]:
    """Recompute the log of a workspace, or of a copy of one, with its public key alone.

    `kept` are checkpoints that others hold: the log must go on from each of them. `key` is the public key as it
    was noted elsewhere. Nothing is written into the folder, unless it is `live`: then the store's own locks are
    taken, because others may append meanwhile.
    Raises IntegrityError, which carries the findings as `findings`, when anything does not verify.
    """
    if not is_workspace(folder):
        raise UsageError(f"There is no workspace at {folder}.", "Give its folder with --workspace.")
    vkey = _public_key(folder)
    with _reading(folder, live) as connection:
        found = verify(connection, vkey, CheckpointFile(folder / FILE_NAME))
        if found.ok and key is not None and key != vkey:
            found = replace(found, ok=False, reason=f"its public key is {vkey}, not the one given")
        if found.ok and kept:
            found = _against(connection, vkey, kept, found)
    result = {
        "ok": found.ok,
        "events": found.events,
        "root": found.root,
        "checkpoint": found.checkpoint,
        "first_bad": found.first_bad,
        "reason": found.reason,
        "kept": [one.size for one in kept],
    }
    if not found.ok:
        where = f" The first bad event is number {found.first_bad}." if found.first_bad is not None else ""
        error = IntegrityError(
            f"The audit log does not verify: {found.reason}.{where}", "Keep a copy of the workspace as it is."
        )
        error.findings = result
        raise error
    return result


def _against(
    connection: sa.Connection, vkey: str, kept: Sequence[Checkpoint], found: Verification
) -> Verification:
    """Hold a log that agrees with itself against checkpoints that others kept."""
    verifier = NoteVerifier(vkey)
    for one in kept:
        if not one.signed_by(verifier):
            why = f"the kept checkpoint of {one.size} events ({one.origin}) is not signed by the key of this log"
            return replace(found, ok=False, reason=why)
    against = verify(connection, vkey, kept)
    if against.ok:
        return found
    reason = f"it does not go on from a checkpoint that was kept: {against.reason}"
    return replace(found, ok=False, first_bad=against.first_bad, reason=reason)


def _public_key(folder: Path) -> str:
    file = folder / PUBLIC_KEY
    try:
        vkey = file.read_text(encoding="ascii").strip()
        NoteVerifier(vkey)
    except (FileNotFoundError, FormatError, UnicodeDecodeError) as error:
        what = "missing" if isinstance(error, FileNotFoundError) else "damaged"
        raise IntegrityError(
            f"The public key of the log is {what} ({file}).", "Put back the copy you kept."
        ) from None
    return vkey


@contextmanager
def _reading(folder: Path, live: bool) -> Iterator[sa.Connection]:
    """A connection that only reads; to a still picture of the store, unless it is live.

    SQLite writes beside a store that has a write-ahead log even when it only reads, and cannot where the medium
    is read-only. So a store without one is opened as one that cannot change, and of one with it a copy is read.
    """
    with ExitStack() as stack:
        file, query = folder / STORE, {"mode": "ro", "uri": "true"}
        if not live and _has_wal(file):
            file = _still(file, Path(stack.enter_context(TemporaryDirectory(prefix="safelight-audit-"))))
        elif not live:
            query["immutable"] = "1"
        url = sa.URL.create("sqlite", database=file.resolve().as_uri(), query=query)
        engine = sa.create_engine(url)
        stack.callback(engine.dispose)
        yield stack.enter_context(engine.connect())


def _wal(store: Path) -> Path:
    return store.with_name(f"{store.name}-wal")


def _has_wal(store: Path) -> bool:
    return _wal(store).is_file() and _wal(store).stat().st_size > 0


def _still(store: Path, into: Path) -> Path:
    """Copy store and write-ahead log as they were at one moment. BusyError where they keep changing."""

    def state() -> list[tuple[int, int]]:
        return [(one.stat().st_size, one.stat().st_mtime_ns) for one in (store, _wal(store)) if one.is_file()]

    for _ in range(_TRIES):
        before = state()
        copied = [shutil.copyfile(one, into / one.name) for one in (store, _wal(store)) if one.is_file()]
        if state() == before:
            return Path(copied[0])
    raise BusyError("The workspace is at work, and its store changes all the time.", "Try again later.")


def _place(folder: Path) -> str:
    """What only the workspace at its place has: a copy is another file, or lies elsewhere."""
    here = os.fsencode(folder.resolve()) + b"\0%d" % (folder / STORE).stat().st_ino
    return hashlib.sha256(here).hexdigest()


def _keep(file: Path, text: str) -> None:
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    temporary.write_text(text, encoding="ascii")
    temporary.replace(file)


def prove(connection: sa.Connection, event: int) -> dict[str, Any]:
    """Inclusion proof of one event. Raises UsageError for an event that is not there."""
    return prove_inclusion(connection, event)
