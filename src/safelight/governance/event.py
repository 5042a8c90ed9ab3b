"""Events of the audit log: what goes in, the canonical bytes that are the only truth, and what comes out."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from operator import itemgetter
from typing import Any

import orjson

from safelight.errors import IntegrityError, UsageError
from safelight.store.sealed import dumps
from safelight.store.sealing import Sealer

VERSION = 1
BODY_BYTES = 16 << 20
"""The longest body, in bytes: a verifier's memory is bounded by it."""


class Phase(StrEnum):
    """Where a verb stands: short ones are `done`, long ones `begun` and then one of the others."""

    DONE = "done"
    BEGUN = "begun"
    ENDED = "ended"
    FAILED = "failed"
    RESUMED = "resumed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class NewEvent:
    """What a caller says of something that happens; number and place in the tree come from the log.

    Everything but `sealed` stays readable for ever, so it holds ids, digests, counts and versions only;
    what names or describes people goes through `with_personal` and ends with its key.
    """

    actor: str
    os_account: str
    host: str
    proven: bool
    """Whether the actor's identity was proven, not only claimed."""
    verb: str
    phase: Phase = Phase.DONE
    case: str | None = None
    authority: str | None = None
    """Digest of the authority's reference."""
    operation: str | None = None
    """Ties `begun` to `ended`."""
    subject: tuple[str, ...] = ()
    """Ids or digests of what it was done to."""
    detail: Mapping[str, Any] = field(default_factory=dict)
    """A small JSON object without floats."""
    sealed: bytes | None = None
    time: datetime | None = None
    """Aware; None: now."""

    def with_personal(self, sealer: Sealer, personal: Mapping[str, Any]) -> NewEvent:
        """Return this event with `personal` (why, names, free text: JSON) sealed under a case's or person's key."""
        sealed = sealer.seal(dumps(dict(personal)), _context(self.verb, self.phase, self.operation))
        return replace(self, sealed=sealed)


@dataclass(frozen=True, slots=True)
class Event:
    """One entry of the log, as its body says."""

    seq: int
    time: str
    """UTC, `2025-11-25T09:42:00.123456Z`."""
    actor: str
    os_account: str
    host: str
    proven: bool
    verb: str
    phase: Phase
    case: str | None
    authority: str | None
    operation: str | None
    subject: tuple[str, ...]
    detail: Mapping[str, Any]
    sealed: bytes | None
    body: bytes = field(repr=False)
    """The canonical bytes: all else here is read from them."""
    checkpoint: bytes | None = field(default=None, repr=False)
    """The signed note made by appending it; None when read back."""

    def personal(self, sealer: Sealer) -> dict[str, Any]:
        """What `with_personal` sealed; {} if nothing was. IntegrityError under another key."""
        if self.sealed is None:
            return {}
        found: dict[str, Any] = orjson.loads(
            sealer.unseal(self.sealed, _context(self.verb, self.phase, self.operation))
        )
        return found


def canonical(seq: int, new: NewEvent) -> bytes:
    """The body of event `seq`: JSON with sorted keys, no spaces, UTF-8, no floats. UsageError if it has none."""
    time = datetime.now(UTC) if new.time is None else new.time.astimezone(UTC)
    content = {
        "v": VERSION,
        "seq": seq,
        "time": time.strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "actor": new.actor,
        "os_account": new.os_account,
        "host": new.host,
        "proven": new.proven,
        "verb": new.verb,
        "phase": str(new.phase),
        "case": new.case,
        "authority": new.authority,
        "operation": new.operation,
        "subject": list(new.subject),
        "detail": dict(new.detail),
        "sealed": None if new.sealed is None else base64.b64encode(new.sealed).decode(),
    }
    try:
        body = orjson.dumps(content, option=_STRICT)
    except TypeError as error:
        raise UsageError(f"An event cannot be written down: {error}.") from error
    if (problem := check_body(body, seq)) is not None:
        raise UsageError(f"An event cannot be written down: {problem}.")
    return body


def parse(body: bytes, checkpoint: bytes | None = None) -> Event:
    """Read a body; IntegrityError if it is not that of an event."""
    problem = check_body(body, None)
    if problem is not None:
        raise IntegrityError(
            f"An event of the audit log cannot be read: {problem}.", "Run `safelight audit verify`."
        )
    content = orjson.loads(body)
    sealed = content.pop("sealed")
    del content["v"]
    return Event(
        **{**content, "phase": Phase(content["phase"]), "subject": tuple(content["subject"])},
        sealed=None if sealed is None else base64.b64decode(sealed),
        body=body,
        checkpoint=checkpoint,
    )


_STRICT = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATETIME | orjson.OPT_PASSTHROUGH_DATACLASS

FIELDS = (
    "actor", "authority", "case", "detail", "host", "operation", "os_account", "phase",
    "proven", "sealed", "seq", "subject", "time", "v", "verb",
)  # fmt: skip
_TEXT, _MAYBE = (str,), (str, type(None))
_TYPES = (
    _TEXT, _MAYBE, _MAYBE, (dict,), _TEXT, _MAYBE, _TEXT, _TEXT,
    (bool,), _MAYBE, (int,), (list,), _TEXT, (int,), _TEXT,
)  # fmt: skip
_PHASES = frozenset(str(phase) for phase in Phase)
_known_shapes: set[tuple[type, ...]] = set()
_VERSION_AT, _PHASE_AT, _SEQ_AT, _DETAIL_AT, _SUBJECT_AT = map(
    FIELDS.index, ("v", "phase", "seq", "detail", "subject")
)
_columns_of = itemgetter(*map(FIELDS.index, ("time", "actor", "verb", "phase", "case", "operation")))
_SIMPLE, _STRINGS = frozenset({str, int, bool, type(None)}), frozenset({str})


def check_body(body: object, seq: int | None, columns: tuple[object, ...] | None = None) -> str | None:
    """Say what is wrong with the bytes of event `seq`, or None.

    `columns` are time, actor, verb, phase, case and operation as the table has them beside the body.
    In the hot path of verification (some 3 µs an event).
    """
    if type(body) is not bytes:
        return "its record is not bytes"
    if len(body) > BODY_BYTES:
        return "its record is too long"
    try:
        content = orjson.loads(body)
    except orjson.JSONDecodeError:
        return "its record is not JSON"
    if type(content) is not dict or tuple(content) != FIELDS:
        return "its record lacks fields or has others"
    if orjson.dumps(content, option=orjson.OPT_SORT_KEYS) != body:
        return "its record is not in the form in which it was signed"
    values = tuple(content.values())
    shape = tuple(map(type, values))
    if shape not in _known_shapes:
        if any(one not in allowed for one, allowed in zip(shape, _TYPES, strict=True)):
            return "its record has a field of the wrong type"
        _known_shapes.add(shape)
    if values[_VERSION_AT] != VERSION or values[_PHASE_AT] not in _PHASES:
        return "its version or phase is unknown"
    if seq is not None and values[_SEQ_AT] != seq:
        return f"its record says that it is event {values[_SEQ_AT]}"
    if columns is not None and columns != _columns_of(values):
        return "the time, person, verb or case that the store shows for it are not those of its signed record"
    detail, subject = values[_DETAIL_AT], values[_SUBJECT_AT]
    if not _SIMPLE.issuperset(map(type, detail.values())) and not _plain(detail):
        return "its record holds a float"
    if not _STRINGS.issuperset(map(type, subject)):
        return "its subject holds something else than ids"
    return None


def _plain(value: object) -> bool:
    """Whether a JSON value has no floats in it (they have no canonical form)."""
    if type(value) is dict:
        return all(type(one) in (str, int) or _plain(one) for one in value.values())
    if type(value) is list:
        return all(_plain(one) for one in value)
    return type(value) is not float


def _context(verb: str, phase: str, operation: str | None) -> bytes:
    return orjson.dumps(["log_event", verb, str(phase), operation])
