"""The one gate every public verb passes: is there an authority, does it allow this, and who did it when.

A verb is a method of the workspace marked `@verb(...)`. Short verbs run inside one transaction that also
holds their event. Long verbs write *begun* before they compute and *ended* or *failed* after; one that was cut
off or failed begins with *resumed* the next time.
One long verb works at a time in a workspace, but those that only read stand beside it, on a snapshot.
A refusal is an event too, even when the case is unknown, and nothing is computed then.
"""

from __future__ import annotations

import functools
import inspect
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, cast

import sqlalchemy as sa

from safelight import logs
from safelight.errors import RefusedError, SafelightError, UsageError
from safelight.governance import authority as rules
from safelight.governance import cases
from safelight.governance.event import Event, NewEvent, Phase
from safelight.governance.log import AuditLog
from safelight.governance.users import Identity, os_account
from safelight.model import Capability, Case
from safelight.store.database import Database
from safelight.store.keys import KeyRing, Sealer
from safelight.store.sealed import dumps
from safelight.store.tables import log_event

HOUSE_KEY = "house"
"""Seals what belongs to the workspace and to no case."""

P = ParamSpec("P")
R = TypeVar("R")


Resolve = Callable[[Any, "Permit", sa.Connection, str], str]
"""From the workspace and what was given to an id that says nothing without the case's key. May set `personal_key`."""


@dataclass(frozen=True, slots=True)
class Verb:
    """What a verb is called in the log, and what it needs: a case? which capability? is it long?"""

    name: str
    needs: Capability | None
    case: bool
    long: bool
    reads: bool
    """Long, but it changes nothing in the store: it may run beside others."""
    resolves: Mapping[str, Resolve] = field(default_factory=dict)
    """Arguments that name somebody, each with what makes an id of it: no event holds one as it was given."""


@dataclass(slots=True)
class Permit:
    """What an admitted verb holds: its case, its actor, and what its event will say.

    `detail` (counts, versions, ids) and `subjects` (ids, digests) are in clear; `personal` is sealed under
    the case's key (names, paths, reasons), and so is what the verb was asked to do (`asked`).
    """

    verb: Verb
    actor: str
    operation: str
    database: Database
    keys: KeyRing
    asked: Mapping[str, Any] = field(default_factory=dict)
    """The arguments as they were given, see `asked`."""
    case: Case | None = None
    resumed: bool = False
    detail: dict[str, Any] = field(default_factory=dict)
    subjects: list[str] = field(default_factory=list)
    personal: dict[str, Any] = field(default_factory=dict)
    personal_key: str | None = None
    """The key that seals `personal` and `asked`, where it is not the case's: a person's, so that erasing the person
    erases this too."""
    _connection: sa.Connection | None = None

    @property
    def the_case(self) -> Case:
        """The case of a verb bound to one."""
        if self.case is None:
            raise UsageError("This needs a case.")
        return self.case

    def allows(self, capability: Capability) -> bool:
        """Does the case's authority name the capability?"""
        return self.case is not None and capability in self.case.authority.allows

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """The verb's own transaction (short verbs), or a new one that records a step (long verbs)."""
        if self._connection is not None:
            yield self._connection
        else:
            with self.database.transaction() as connection:
                yield connection

    @contextmanager
    def snapshot(self) -> Iterator[sa.Connection]:
        """The store as it stands now, for reading at length: others may write meanwhile."""
        with self.database.snapshot() as connection:
            yield connection

    def sealer(self, connection: sa.Connection) -> Sealer:
        """The key of the permit's case, or the house key of the workspace."""
        return self.keys.sealer(connection, self.case.id if self.case else HOUSE_KEY)


class Gated(Protocol):
    """What the gate needs to know of the workspace."""

    database: Database
    keys: KeyRing
    log: AuditLog

    @property
    def identity(self) -> Identity:
        """Who acts, whether that is proven, and why they may not."""
        ...

    def publish(self, event: Event) -> None:
        """Write the checkpoint of a committed event beside the store."""
        ...

    def exclusive(self) -> Any:
        """A context in which no other long verb that writes runs in this workspace."""
        ...


W = TypeVar("W", bound=Gated)


def verb(
    name: str,
    *,
    needs: Capability | None = None,
    case: bool = True,
    long: bool = False,
    reads: bool = False,
    resolves: Mapping[str, Resolve] | None = None,
) -> Callable[[Callable[Concatenate[W, Permit, P], R]], Callable[Concatenate[W, P], R]]:
    """Mark a workspace method as a public verb. Its first argument after `self` is the `Permit`.

    A method bound to a case takes `case=` (name or id, optional when exactly one is open); the gate reads it,
    the method has the case from its permit. A long verb that only `reads` runs beside others. Of an argument that
    `resolves` makes an id of, every event has that id, from the first on; none has what was given.
    Raises RefusedError (exit 3) before anything is computed.
    """
    mark = Verb(name, needs, case, long or reads, reads, resolves or {})

    def decorate(method: Callable[Concatenate[W, Permit, P], R]) -> Callable[Concatenate[W, P], R]:
        signature = inspect.signature(method)

        @functools.wraps(method)
        def public(self: W, *args: P.args, **kwargs: P.kwargs) -> R:
            wanted = kwargs.get("case") if mark.case else None
            run = _long if mark.long else _short
            bound = signature.bind(self, None, *args, **kwargs).arguments
            return run(
                self,
                mark,
                str(wanted) if wanted is not None else None,
                asked(bound),
                lambda permit: method(self, permit, *args, **kwargs),
            )

        public.__verb__ = mark  # type: ignore[attr-defined]
        return cast(Callable[Concatenate[W, P], R], public)

    return decorate


def _short(
    self: Gated, mark: Verb, wanted: str | None, what: dict[str, Any], body: Callable[[Permit], R]
) -> R:
    permit = _new_permit(self, mark, what)
    started = monotonic()
    try:
        with self.database.transaction() as connection:
            permit._connection = connection
            _admit(self, permit, connection, wanted)
            _resolve(self, permit, connection, what)
            result = body(permit)
            event = _record(self, connection, permit, Phase.DONE)
        self.publish(event)
        _tell(permit, event.phase, started)
    except BaseException as error:  # why: whatever ended it, the log must say that it was tried
        _record_end(self, permit, error, started)
        raise
    finally:
        permit._connection = None
    return result


def _long(
    self: Gated, mark: Verb, wanted: str | None, what: dict[str, Any], body: Callable[[Permit], R]
) -> R:
    permit = _new_permit(self, mark, what)
    started = monotonic()
    try:
        with nullcontext() if mark.reads else self.exclusive():
            with self.database.transaction() as connection:
                _admit(self, permit, connection, wanted)
                _resolve(self, permit, connection, what)
                if not mark.reads:  # what only reads begins anew each time
                    same = dumps([mark.name, {key: permit.asked[key] for key in sorted(permit.asked)}])
                    permit.operation = permit.sealer(connection).digest(same).hex()[:24]
                    permit.resumed = _unfinished(connection, permit.operation)
                event = _record(self, connection, permit, Phase.RESUMED if permit.resumed else Phase.BEGUN)
            self.publish(event)
            _tell(permit, event.phase, started)
            result = body(permit)
            with self.database.transaction() as connection:
                event = _record(self, connection, permit, Phase.ENDED)
            self.publish(event)
            _tell(permit, event.phase, started)
    except BaseException as error:  # why: whatever ended it, the log must say so; only a kill leaves it begun
        _record_end(self, permit, error, started)
        raise
    return result


def _tell(permit: Permit, phase: Phase, started: float, **more: str) -> None:
    """Put the verb into the operational log."""
    case = permit.case.id if permit.case else None
    logs.info(
        "verb",
        verb=permit.verb.name,
        phase=str(phase),
        case=case,
        operation=permit.operation,
        seconds=round(monotonic() - started, 3),
        **more,
    )


def _new_permit(self: Gated, mark: Verb, what: dict[str, Any]) -> Permit:
    operation = os.urandom(12).hex()
    said = {key: value for key, value in what.items() if key not in mark.resolves}
    return Permit(mark, self.identity.name, operation, self.database, self.keys, said)


def _admit(self: Gated, permit: Permit, connection: sa.Connection, wanted: str | None) -> None:
    """Raise RefusedError or UsageError unless the verb may run now."""
    self.identity.check()
    if not permit.verb.case:
        return
    permit.case = cases.find(connection, self.keys, wanted, permit.verb.needs)
    is_closed = permit.case.closed_at is not None
    if permit.verb.name == "case close" and not is_closed:
        return  # an expired case can still be closed
    if permit.verb.name == "case show" and is_closed:
        return  # who audits must be able to read what a closed case was, and what was found; nothing runs in it
    rules.check_valid(permit.case, datetime.now(UTC).date())
    if permit.verb.needs is not None:
        rules.check_allows(permit.case, permit.verb.needs)


def _resolve(self: Gated, permit: Permit, connection: sa.Connection, what: Mapping[str, Any]) -> None:
    """Put ids in place of the arguments that name somebody, before the first event. UsageError where there is none."""
    for name, resolve in permit.verb.resolves.items():
        if name in what:
            permit.asked = {**permit.asked, name: resolve(self, permit, connection, str(what[name]))}


def _record(self: Gated, connection: sa.Connection, permit: Permit, phase: Phase) -> Event:
    event = NewEvent(
        actor=permit.actor,
        os_account=os_account(),
        host=socket.gethostname(),
        proven=self.identity.proven,
        verb=permit.verb.name,
        phase=phase,
        case=permit.case.id if permit.case else None,
        authority=cases.authority_digest(self.keys, connection, permit.case) if permit.case else None,
        operation=permit.operation,
        subject=tuple(permit.subjects),
        detail=permit.detail,
    )
    personal = {**({"asked": permit.asked} if permit.asked else {}), **permit.personal}
    if personal:
        sealer = (
            self.keys.sealer(connection, permit.personal_key)
            if permit.personal_key is not None
            else permit.sealer(connection)
        )
        event = event.with_personal(sealer, personal)
    return self.log.append(connection, event)


def _record_end(self: Gated, permit: Permit, error: BaseException, started: float) -> None:
    """Log a refusal or a failure in a transaction of its own: what it undid is gone, that it was tried is not."""
    permit._connection = None
    permit.subjects.clear()
    permit.personal.clear()
    if isinstance(error, RefusedError):
        phase, permit.detail = Phase.REFUSED, {"ground": error.ground}
    else:
        phase, permit.detail = Phase.FAILED, {**permit.detail, "error": type(error).__name__}
    if permit.verb.name == "case open":
        permit.case = None  # undone with its key
    more = {"ground": error.ground} if isinstance(error, RefusedError) else {"cause": type(error).__name__}
    _tell(permit, phase, started, **more)
    try:
        with self.database.transaction() as connection:
            event = _record(self, connection, permit, phase)
        self.publish(event)
    except (sa.exc.DBAPIError, OSError, SafelightError) as second:
        error.add_note(
            f"And the audit log could not record it: {second}"
        )  # a full disk: the first error counts


_MOST_ASKED = 10_000
"""Items of one argument that an event names; the rest is counted."""


def asked(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What a verb was asked to do, as plain data: paths absolute; without what is no text, number or path.

    It makes two runs of a long verb the same operation, and stands sealed in every event, so that the log says what
    was touched though nothing else came of it.
    """
    found = {}
    for name, value in arguments.items():
        if name in {"self", "permit", "progress", "workers"} or value is None:
            continue
        plain = _as_asked(value)
        if plain is not None:
            found[name] = plain
    return found


def _as_asked(value: Any) -> Any:
    if isinstance(value, Path):
        return str(value.absolute())
    if isinstance(value, str | bool | int | float):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, list | tuple):
        parts = [_as_asked(one) for one in value[:_MOST_ASKED]]
        more = len(value) - len(parts)
        return [*(one for one in parts if one is not None), *([f"and {more} more"] if more else [])]
    if isinstance(value, dict):
        return {str(key): _as_asked(one) for key, one in value.items()}
    return None


def _unfinished(connection: sa.Connection, operation: str) -> bool:
    """Did an earlier run of this operation begin and not come to its end: killed, interrupted, out of space?"""
    last = connection.execute(
        sa.select(log_event.c.phase)
        .where(log_event.c.operation == operation)
        .order_by(log_event.c.seq.desc())
        .limit(1)
    ).scalar()
    return last in {"begun", "resumed", "failed"}


__all__ = ["HOUSE_KEY", "Gated", "Permit", "Resolve", "Verb", "verb"]
