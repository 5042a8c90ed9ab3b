"""What a verdict rests on: the facts and photographs of both people as they stood in the list, and nothing seen before.

A verdict is about what was shown. Its digest is kept with it; where facts or photographs change before two people have
decided, it was given on earlier facts and counts no more until the same person has looked again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from safelight.governance.event import Phase
from safelight.governance.users import same_person
from safelight.persons.keep import facts as facts_json
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.keep.people import ENROLLED, Kept
from safelight.persons.person import Status
from safelight.store.tables import log_event

_NAMING = ("leads", "persons search", "persons sheet", "persons review answer", "export")
"""Verbs that show scores, and whose events name each candidate that they showed."""
_MATCH = "persons match"
"""Shows the scores of all that it finds, in lists too long to be named in an event."""
_PAGE = "persons review page"
"""Shows the photographs of a list, and its event names each candidate on it."""
_AT_ONCE = 200


def basis(probe: Kept, other: Kept) -> str:
    """SHA-256, in hexadecimal, of what a list shows of two people: facts, photographs and which face of each."""
    return hashlib.sha256(orjson.dumps([_side(probe), _side(other)], option=orjson.OPT_SORT_KEYS)).hexdigest()


def _side(kept: Kept) -> list[Any]:
    photos = sorted((one.sha256.hex(), one.face or 0) for one in kept.photos if one.state == ENROLLED)
    return [kept.id, facts_json.to_json(kept.facts), photos]


def has_seen_score(
    connection: sa.Connection, case_id: str, actor: str, about: KeptCandidate, register: Status
) -> bool:
    """Was this person shown the score of a candidate before, by the audit log? `register` is the probe's.

    Whoever ran a match since the candidate is there counts as having seen it: its event names no candidates.
    """
    verbs = _NAMING if register is Status.PROBE else (*_NAMING, _MATCH)
    query = sa.select(log_event.c.seq, log_event.c.actor, log_event.c.verb).where(
        log_event.c.case_id == case_id,
        log_event.c.verb.in_(verbs),
        log_event.c.phase.in_([str(Phase.DONE), str(Phase.ENDED)]),
        log_event.c.time >= _stamp(about.made_at),
    )
    mine = [row for row in connection.execute(query) if same_person(row.actor, actor)]
    if any(row.verb == _MATCH for row in mine):
        return True
    return _is_named(connection, about.id, mine)


def has_page(connection: sa.Connection, case_id: str, actor: str, candidate: str, since: datetime) -> bool:
    """Was a page with the photographs of a candidate written for this person since then, by the audit log?"""
    query = sa.select(log_event.c.seq, log_event.c.actor).where(
        log_event.c.case_id == case_id,
        log_event.c.verb == _PAGE,
        log_event.c.phase.in_([str(Phase.DONE), str(Phase.ENDED)]),
        log_event.c.time >= _stamp(since),
    )
    mine = [row for row in connection.execute(query) if same_person(row.actor, actor)]
    return _is_named(connection, candidate, mine)


def _stamp(at: datetime) -> str:
    """A time as the log writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _is_named(connection: sa.Connection, candidate: str, mine: Sequence[Any]) -> bool:
    """Does one of these events name a candidate?"""
    named = f'"{candidate}"'.encode()
    for start in range(0, len(mine), _AT_ONCE):
        some = [row.seq for row in mine[start : start + _AT_ONCE]]
        bodies = connection.scalars(sa.select(log_event.c.body).where(log_event.c.seq.in_(some)))
        if any(named in bytes(body) for body in bodies):
            return True
    return False


__all__ = ["basis", "has_page", "has_seen_score"]
