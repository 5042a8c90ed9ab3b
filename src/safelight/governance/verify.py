"""Verify the audit log with the public key alone: recompute every leaf and hold it against every checkpoint."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from sqlalchemy import Connection, func, select, true
from sqlalchemy.exc import DBAPIError

from safelight.errors import FormatError
from safelight.governance.checkpoints import CheckpointFile
from safelight.governance.leaves import Leaves, leaves, worker_count
from safelight.governance.merkle import Frontier
from safelight.governance.note import Checkpoint, NoteVerifier
from safelight.store.tables import log_event, log_head

_ROOTS = 1 << 18
_SIGNATURES = 1 << 12


@dataclass(frozen=True, slots=True)
class Verification:
    """What verifying found. `events` is the number of rows; `root` (hex) is over those that could be read.

    `first_bad` is the first event that was altered, lost or added: exactly where its bytes, number or
    columns show it, or where checkpoints lie close enough; else the first that no good checkpoint covers.
    None with `ok` false means that all events are good, but what surrounds them (head, file) is not.
    """

    ok: bool
    events: int
    root: str
    checkpoint: str | None
    """The newest signed note that the events agree with."""
    first_bad: int | None
    reason: str | None


def verify(
    connection: Connection,
    vkey: str,
    beside: CheckpointFile | Iterable[Checkpoint | bytes],
    *,
    workers: int | None = None,
) -> Verification:
    """Recompute the whole log and compare it with its head and all checkpoints kept beside it.

    `beside` may also be checkpoints that a second party kept. Memory is flat; FormatError for a bad vkey.
    Roots are compared at up to some 262,144 checkpoints (where there are more, at an even choice of them; the
    others must be well-formed and rise), and some 4,096 signatures are verified, the newest always: an older
    one that agrees adds nothing to it. Where something is wrong, every checkpoint in question is looked at,
    so that the first bad event is named. Others may append meanwhile, if `connection` is in no transaction yet.
    """
    verifier = NoteVerifier(vkey)
    # First the file, then the store: what others append meanwhile is then in the store alone, as after a crash.
    kept = beside.as_it_is() if isinstance(beside, CheckpointFile) else _listed(beside)
    workers = worker_count() if workers is None else workers
    try:
        count, head = _read_head(connection)
        return _Walk(connection, verifier, kept, head, count, workers).verdict()
    except DBAPIError as error:
        return Verification(
            False, 0, Frontier().root().hex(), None, 0, f"the store cannot be read ({error.orig})"
        )


@dataclass(frozen=True, slots=True)
class _Head:
    """The row that the next event would be built on, and what is wrong with it."""

    checkpoint: Checkpoint | None = None
    frontier: bytes = b""
    problem: str | None = None


def _read_head(connection: Connection) -> tuple[int, _Head]:
    """How many rows there are, and the head: in one statement, so that both are of the same instant."""
    counted = select(func.count().label("events")).select_from(log_event).subquery()
    both = counted.outerjoin(log_head, true())
    rows = connection.execute(select(counted.c.events, log_head).select_from(both)).all()
    if len(rows) != 1 or rows[0].id is None:
        return rows[0].events, _Head(problem="the log has no head, or several")
    count, _, size, frontier, note = rows[0]
    try:
        checkpoint = Checkpoint.parse(note)
    except (FormatError, TypeError):
        return count, _Head(problem="the checkpoint in the store is damaged")
    if not isinstance(frontier, bytes) or checkpoint.size != size:
        return count, _Head(checkpoint, b"", "the head of the log is not what its checkpoint says")
    return count, _Head(checkpoint, frontier)


def _listed(beside: Iterable[Checkpoint | bytes]) -> list[Checkpoint | None]:
    """Checkpoints by size; None for what is not one."""
    found: list[Checkpoint] = []
    damaged: list[Checkpoint | None] = []
    for one in beside:
        try:
            found.append(one if isinstance(one, Checkpoint) else Checkpoint.parse(one))
        except FormatError:
            damaged.append(None)
    return damaged + sorted(found, key=lambda one: one.size)


@dataclass(slots=True)
class _Outcome:
    """What one pass over the events found."""

    tree: Frontier
    """As far as events could be read."""
    good: Frontier
    """At the largest size that a verified checkpoint agrees with."""
    note: Checkpoint | None = None
    """That checkpoint."""
    before: int = 0
    """The largest agreed size below it."""
    seen: int = 0
    """Checkpoints beside the store, whatever they say."""
    damaged: bool = False
    """Whether a checkpoint was not signed, or no checkpoint at all."""
    damaged_after: bool = False
    """Whether that was after `good`."""
    problem: str | None = None
    """What is wrong with the event after `tree`."""
    contradiction: Checkpoint | None = None
    """A signed checkpoint that the events don't agree with."""


@dataclass(slots=True)
class _Walk:
    """Passes over the events, a second and closer one where something is wrong."""

    connection: Connection
    verifier: NoteVerifier
    kept: CheckpointFile | list[Checkpoint | None]
    head: _Head
    count: int
    workers: int
    newest: Checkpoint | None = field(init=False)
    """The one beside the store that speaks of most events."""

    def __post_init__(self) -> None:
        kept = self.kept
        self.newest = kept.newest() if isinstance(kept, CheckpointFile) else (kept or [None])[-1]

    def verdict(self) -> Verification:
        newest = self.newest.size if self.newest is not None else 0
        # Sizes rise, so there are at most as many checkpoints as the newest is large.
        roots, signatures = max(1, newest // _ROOTS), max(1, newest // _SIGNATURES)
        found = self._pass(Frontier(), None, roots, signatures)
        if signatures > 1 and not self._whole(found):
            closer = self._pass(found.good, found.note, 1, 1)
            closer.seen, closer.damaged = max(found.seen, closer.seen), found.damaged or closer.damaged
            if closer.good.size == found.good.size:
                closer.before = found.before
            found = closer
        first_bad, reason = self._judge(found)
        note = found.note.note().decode(errors="replace") if found.note is not None else None
        return Verification(reason is None, self.count, found.tree.root().hex(), note, first_bad, reason)

    def _whole(self, found: _Outcome) -> bool:
        return found.problem is None and found.contradiction is None and found.good.size == self.count

    def _judge(self, found: _Outcome) -> tuple[int | None, str | None]:
        """The first bad event, and the reason that a person reads."""
        if (wrong := found.contradiction) is not None:
            first = found.good.size if found.good.size < wrong.size else found.before
            if wrong.size > self.count:
                last = (
                    self.newest if self.newest is not None and self.newest.signed_by(self.verifier) else wrong
                )
                return first, f"a checkpoint of {last.size} events exists, but only {self.count} are there"
            return first, f"the events up to {wrong.size} are not those of the checkpoint signed over them"
        if found.problem is not None:
            if found.damaged_after:
                return min(found.good.size, found.tree.size), "checkpoints beside the store are damaged"
            return found.tree.size, found.problem
        if not self.count:
            return 0, "the log is empty: a workspace begins with an event"
        if found.good.size < self.count:
            return found.good.size, f"no signed checkpoint covers the events from {found.good.size} on"
        if self.head.problem is not None:
            return None, self.head.problem
        at = self.head.checkpoint
        if at is None or at.size != self.count or not at.signed_by(self.verifier):
            return None, "the head of the log is not that of its last event"
        if at.root != found.tree.root() or self.head.frontier != found.tree.to_bytes():
            return None, "the head of the log does not follow from its events"
        if found.damaged:
            return None, "checkpoints beside the store are damaged or not signed by this log"
        if not found.seen:
            return None, "the checkpoints beside the store are missing"
        return None, None

    def _pass(self, start: Frontier, note: Checkpoint | None, roots: int, signatures: int) -> _Outcome:
        """Read the events after `start` and compare every `roots`-th checkpoint on the way.

        Of every `signatures`-th, of the newest, and of each that disagrees the signature is verified.
        """
        found = _Outcome(start.copy(), start, note)
        source = _Source(leaves(self.connection, start.size, self.count, self.workers))
        tree = found.tree
        for number, one in enumerate(self._checkpoints(start.size or -1, roots)):
            if one is not self.head.checkpoint:
                found.seen += 1
            full = not number % (signatures // roots) or one is self.head.checkpoint or one == self.newest
            if one is not None and one.size > tree.size and not source.advance(tree, one.size):
                if source.problem is not None:
                    break
                if one.signed_by(self.verifier):
                    found.contradiction = one
                    return found
                full = True
            if one is not None and one.size == tree.size and one.root == tree.root():
                if not full:
                    continue
                if one.signed_by(self.verifier):
                    if found.good.size < one.size:
                        found.before, found.damaged_after = found.good.size, False
                    found.good, found.note = tree.copy(), one
                    continue
            elif one is not None and one.signed_by(self.verifier):
                found.contradiction = one
                return found
            if one is not self.head.checkpoint:
                found.damaged = found.damaged_after = True
        source.advance(tree, self.count)
        found.problem = source.problem
        return found

    def _checkpoints(self, after: int, every: int) -> Iterator[Checkpoint | None]:
        """The checkpoints beyond `after` by rising size, the head's own among them; None where damaged."""
        own = self.head.checkpoint
        for one in self.kept.sample(every) if isinstance(self.kept, CheckpointFile) else self.kept:
            if one is not None and one.size <= after:
                continue
            if one is not None and own is not None and own.size <= one.size:
                yield own
                own = None
            yield one
        if own is not None:
            yield own


class _Source:
    """Moves leaves into a tree, as far as they are there and good."""

    def __init__(self, chunks: Iterator[Leaves]) -> None:
        self._chunks = chunks
        self._chunk = Leaves(0, ())
        self.problem: str | None = None

    def advance(self, tree: Frontier, size: int) -> bool:
        """Append leaves up to `size`; False if they end before, `problem` then says why (None: no more)."""
        while tree.size < size:
            have = self._chunk
            at = tree.size - have.start
            part = have.hashes[at : at + size - tree.size]
            for leaf in part:
                tree.append(leaf)
            if tree.size == size:
                return True
            if have.problem is not None:
                self.problem = have.problem
                return False
            following = next(self._chunks, None)
            if following is None:
                return False
            self._chunk = following
        return True
