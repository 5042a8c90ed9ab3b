"""Exhibits in the store: registered before they are read, digested as a whole, finished with their counts."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from safelight.model import State
from safelight.store import inventory
from safelight.store.keys import Sealer
from safelight.store.page import IS_GONE
from safelight.store.sealed import seal, unseal
from safelight.store.tables import exhibit

BEGUN, READ = "begun", "read"


@dataclass(frozen=True, slots=True)
class Record:
    """An exhibit with everything the case keeps about it; `facts` is what the store seals."""

    id: str
    case_id: str
    kind: str
    state: str
    sha256: str | None = None
    verified: bool | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    """`path`, `stored` digests, `only`, `exclude`, `counts`, `begun`, `finished`, `medium` (fingerprint), `orders`
    (every scope it was read under, oldest first) …"""

    @property
    def path(self) -> str:
        """Where the exhibit lay when it was read, as shown text."""
        return str(self.facts["path"])


def identify(sealer: Sealer, path: Path, medium: Any) -> str:
    """The id of what lies at a path; `medium` is its fingerprint (`evidence/describe.py`)."""
    identity = os.fsencode(path) + b"\0" + orjson.dumps(medium)
    return f"E-{sealer.digest(b'exhibit:' + identity).hex()[:10]}"


def with_facts(record: Record, **facts: Any) -> Record:
    """The record with other facts."""
    return replace(record, facts={**record.facts, **facts})


def register(
    connection: sa.Connection, sealer: Sealer, case_id: str, path: Path, kind: str, facts: Mapping[str, Any]
) -> Record:
    """Record that reading begins; an exhibit read before keeps its id and what is known of it.

    An exhibit is a path and what lay there (`facts["medium"]`): another disk at the same path is another exhibit.
    """
    exhibit_id = identify(sealer, path, facts.get("medium"))
    before = find(connection, sealer, exhibit_id)
    begun = datetime.now(UTC).isoformat()
    order = {"only": facts.get("only"), "exclude": facts.get("exclude"), "begun": begun}
    if before is None:
        told = {**facts, "begun": begun, "finished": None, "orders": [order]}
        made = Record(exhibit_id, case_id, kind, BEGUN, facts=told)
        connection.execute(
            exhibit.insert().values(
                id=made.id, case_id=case_id, kind=kind, state=BEGUN, sealed=_seal(sealer, made)
            )
        )
        return made
    rules_changed = [before.facts.get("only"), before.facts.get("exclude")] != [
        facts.get("only"),
        facts.get("exclude"),
    ]
    orders = [*before.facts.get("orders", ()), *([order] if rules_changed else ())]
    reading = {**(before.facts.get("reading") or {}), "stopped": False}  # it goes on from what there was
    made = replace(
        before,
        kind=kind,
        state=BEGUN if rules_changed or before.state != READ else READ,
        facts={**before.facts, **facts, "finished": None, "orders": orders, "reading": reading},
    )
    save(connection, sealer, made)
    return made


def save(connection: sa.Connection, sealer: Sealer, record: Record) -> None:
    """Write the record back."""
    connection.execute(
        exhibit.update()
        .where(exhibit.c.id == record.id)
        .values(
            kind=record.kind,
            state=record.state,
            sha256=record.sha256,
            verified=None if record.verified is None else int(record.verified),
            sealed=_seal(sealer, record),
        )
    )


def find(connection: sa.Connection, sealer: Sealer, exhibit_id: str) -> Record | None:
    """The record of an exhibit, or None."""
    row = connection.execute(sa.select(exhibit).where(exhibit.c.id == exhibit_id)).one_or_none()
    if row is None:
        return None
    facts = unseal(sealer, row.sealed, f"exhibit:{row.id}")
    verified = None if row.verified is None else bool(row.verified)
    return Record(row.id, row.case_id, row.kind, row.state, row.sha256, verified, facts)


def records(connection: sa.Connection, sealer: Sealer, case_id: str) -> list[Record]:
    """All exhibits of a case, in the order they were first read."""
    found = (
        find(connection, sealer, exhibit_id) for exhibit_id in inventory.exhibits_of(connection, case_id)
    )
    return [record for record in found if record is not None]


def unfinished(connection: sa.Connection, sealer: Sealer, case_id: str) -> list[dict[str, Any]]:
    """What is not yet read of a case: exhibits whose scan is under way, was cut off, or ran out of its time.

    `files` were read, `not_read` listed only, `to_look` digested and not looked at; all three by `at`. `listed`: was
    everything listed (folders, archives, free space) before the time was over?
    """
    found = []
    for record in records(connection, sealer, case_id):
        if record.facts.get("finished") is None:
            state = record.facts.get("reading") or {}
            told = {name: int(state.get(name) or 0) for name in ("files", "not_read", "to_look")}
            stopped, at = bool(state.get("stopped")), state.get("at")
            listed = bool(state.get("listed"))
            found.append(
                {
                    "exhibit": record.id,
                    "path": record.path,
                    **told,
                    "stopped": stopped,
                    "listed": listed,
                    "at": at,
                }
            )
    return found


def others_at(connection: sa.Connection, sealer: Sealer, record: Record) -> list[Record]:
    """Other exhibits of the case that lay at the same path, oldest first: disks that were there before."""
    found = records(connection, sealer, record.case_id)
    return [one for one in found if one.path == record.path and one.id != record.id]


def own_files(
    connection: sa.Connection, sealer: Sealer, exhibit_id: str
) -> Iterator[tuple[inventory.Page, list[int]]]:
    """Pages with the numbers of those entries that are a folder's own files and still there, each in its newest form.

    No entry is made: there may be millions.
    """
    for page, numbers in inventory.newest_of_pages(connection, sealer, exhibit_id):
        columns, containers, flags = page.columns, page.containers, page.flags
        names, kinds, states, within = (columns[one] for one in ("name", "kind", "state", "within"))
        own = [
            number
            for number in numbers
            if kinds[number] == "file"
            and states[number] == State.ALLOCATED
            and names[number] is not None
            and not containers[within[number]]
            and not flags[number] & IS_GONE
        ]
        yield page, own


def manifest_sha256(connection: sa.Connection, sealer: Sealer, exhibit_id: str) -> str:
    """Digest of a folder: of the sorted lines `sha256 size path` of its own files, in raw bytes.

    A file that could not be read has its reason in place of the digest, so that it changes the digest too.
    """
    lines = []
    for page, numbers in own_files(connection, sealer, exhibit_id):
        digests, sizes, errors = page.sha256s, page.columns["size"], page.columns["error"]
        for number in numbers:
            digest = digests[number]
            said = digest.hex() if digest is not None else f"unread ({errors[number]})"
            lines.append(f"{said} {sizes[number]} ".encode() + (page.name(number) or b"") + b"\0")
    whole = hashlib.sha256()
    for line in sorted(lines):
        whole.update(line)
    return whole.hexdigest()


def _seal(sealer: Sealer, record: Record) -> bytes:
    return seal(sealer, dict(record.facts), f"exhibit:{record.id}")
