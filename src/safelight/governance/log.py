"""The audit log: append events to a signed Merkle tree in the caller's transaction, and read them again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select, update
from sqlalchemy.exc import IntegrityError as ConstraintError

from safelight.errors import FormatError, IntegrityError
from safelight.governance.checkpoints import FILE_NAME, CheckpointFile
from safelight.governance.event import Event, NewEvent, Phase, canonical, parse
from safelight.governance.merkle import Frontier, leaf_hash
from safelight.governance.note import Checkpoint, NoteSigner, NoteVerifier, sign_checkpoint
from safelight.store.tables import log_event, log_head

__all__ = ["AuditLog", "Event", "NewEvent", "Phase", "events", "newest_checkpoint"]

_PAGE = 1000


class AuditLog:
    """Appends to the log of one workspace. `origin` names the log in its checkpoints and is its key's name.

    An event costs the same at ten million as at ten: one row read, two written, one signature.
    """

    def __init__(self, signer: Ed25519PrivateKey, origin: str) -> None:
        self._signer = NoteSigner(origin, signer)
        self._verifier = NoteVerifier(self._signer.vkey)
        self._last = b""  # the last checkpoint known to be good

    @property
    def vkey(self) -> str:
        """The public key as a C2SP verifier key string: all that `verify` needs."""
        return self._signer.vkey

    def append(self, connection: Connection, new: NewEvent) -> Event:
        """Write one event and the new head in the caller's transaction (which should be IMMEDIATE).

        After the commit, hand the returned event to `publish`. IntegrityError if the head was altered: a
        forged head is never signed.
        """
        tree = self._head(connection)
        body = canonical(tree.size, new)
        seq = tree.size
        tree.append(leaf_hash(body))
        note = sign_checkpoint(self._signer, tree.size, tree.root())
        event = parse(body, note)
        head = {"size": tree.size, "frontier": tree.to_bytes(), "checkpoint": note}
        if seq:
            connection.execute(update(log_head).where(log_head.c.id == 1).values(**head))
        try:
            if not seq:
                connection.execute(insert(log_head).values(id=1, **head))
            connection.execute(
                insert(log_event).values(
                    seq=seq,
                    body=body,
                    time=event.time,
                    actor=event.actor,
                    verb=event.verb,
                    phase=str(event.phase),
                    case_id=event.case,
                    operation=event.operation,
                )
            )
        except ConstraintError:
            raise _altered(f"event {seq} is there before it was written") from None
        self._last = note
        return event

    def publish(self, folder: Path, event: Event, durable: bool = False) -> None:
        """Write the checkpoint of an appended *and committed* event beside the store."""
        if event.checkpoint is not None:
            CheckpointFile(folder / FILE_NAME).append(event.checkpoint, durable)

    def catch_up(self, connection: Connection, folder: Path) -> None:
        """Write the store's own checkpoint beside it, where a crash came between commit and `publish`."""
        note = newest_checkpoint(connection)
        if note is not None:
            self._head(connection)
            CheckpointFile(folder / FILE_NAME).append(note, durable=True)

    def _head(self, connection: Connection) -> Frontier:
        """The tree as the head says, checked against its own signature; locks the head for writing."""
        query = update(log_head).where(log_head.c.id == 1).values(size=log_head.c.size)
        returned = query.returning(log_head.c.size, log_head.c.frontier, log_head.c.checkpoint)
        row = connection.execute(returned).one_or_none()
        if row is None:
            return Frontier()
        size, frontier, note = row
        try:
            tree, checkpoint = Frontier.from_bytes(size, frontier), Checkpoint.parse(note)
        except (ValueError, FormatError, TypeError):
            raise _altered("its head is not well-formed") from None
        if (checkpoint.size, checkpoint.root) != (tree.size, tree.root()):
            raise _altered("its head is not what its checkpoint says")
        if note != self._last and not checkpoint.signed_by(self._verifier):
            raise _altered("its checkpoint is not signed by this workspace")
        return tree


def newest_checkpoint(connection: Connection) -> bytes | None:
    """The signed note of the whole log as the store has it, or None before the first event."""
    note: bytes | None = connection.scalar(select(log_head.c.checkpoint).where(log_head.c.id == 1))
    return note


def events(
    connection: Connection,
    *,
    case: str | None = None,
    actor: str | None = None,
    verb: str | None = None,
    phase: str | None = None,
    operation: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    start: int = 0,
    limit: int | None = None,
    newest_first: bool = False,
) -> Iterator[Event]:
    """Yield the events that pass all filters, in pages, flat in memory; `until` is exclusive.

    What is yielded comes from the body alone. IntegrityError at one that cannot be read.
    """
    wanted = {
        log_event.c.case_id: case,
        log_event.c.actor: actor,
        log_event.c.verb: verb,
        log_event.c.phase: phase,
        log_event.c.operation: operation,
    }
    query = select(log_event.c.seq, log_event.c.body)
    for column, value in wanted.items():
        if value is not None:
            query = query.where(column == value)
    if since is not None:
        query = query.where(log_event.c.time >= _stamp(since))
    if until is not None:
        query = query.where(log_event.c.time < _stamp(until))
    order = log_event.c.seq.desc() if newest_first else log_event.c.seq
    at: int | None = None
    left = limit
    while left is None or left > 0:
        page = query.order_by(order).limit(_PAGE if left is None else min(left, _PAGE))
        page = page.where(log_event.c.seq >= start)
        if at is not None:
            page = page.where(log_event.c.seq < at if newest_first else log_event.c.seq > at)
        rows = connection.execute(page).all()
        for _, body in rows:
            yield parse(body)
        if not rows:
            return
        at = rows[-1][0]
        left = None if left is None else left - len(rows)


def _stamp(time: datetime) -> str:
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _altered(what: str) -> IntegrityError:
    return IntegrityError(
        f"The audit log was altered: {what}.",
        "Nothing more is written to it. Run `safelight audit verify` and keep a copy of the workspace.",
    )
