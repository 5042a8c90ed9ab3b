"""Exhibits in the store: registered before they are read, digested as a whole, finished with their counts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight.model import State
from safelight.store import inventory
from safelight.store.keys import Sealer
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
    """`path`, `stored` digests, `only`, `exclude`, `counts`, `begun`, `finished`, `medium` (fingerprint) …"""

    @property
    def path(self) -> str:
        """Where the exhibit lay when it was read, as shown text."""
        return str(self.facts["path"])

    @property
    def changed(self) -> bool:
        """Is the medium another than before, and not yet read to its end since?"""
        return bool(self.facts.get("changed"))


def register(
    connection: sa.Connection, sealer: Sealer, case_id: str, path: Path, kind: str, facts: Mapping[str, Any]
) -> Record:
    """Record that reading begins; an exhibit read before keeps its id and what is known of it."""
    exhibit_id = f"E-{sealer.digest(b'exhibit:' + str(path).encode(errors='surrogateescape')).hex()[:10]}"
    before = find(connection, sealer, exhibit_id)
    begun = datetime.now(UTC).isoformat()
    if before is None:
        made = Record(exhibit_id, case_id, kind, BEGUN, facts={**facts, "begun": begun, "finished": None})
        connection.execute(
            exhibit.insert().values(
                id=made.id, case_id=case_id, kind=kind, state=BEGUN, sealed=_seal(sealer, made)
            )
        )
        return made
    changed = before.facts.get("medium") != facts.get("medium") or (before.changed and before.state != READ)
    rules_changed = [before.facts.get("only"), before.facts.get("exclude")] != [
        facts.get("only"),
        facts.get("exclude"),
    ]
    made = replace(
        before,
        kind=kind,
        state=BEGUN if changed or rules_changed or before.state != READ else READ,
        sha256=None if changed else before.sha256,
        verified=None if changed else before.verified,
        facts={**before.facts, **facts, "finished": None, "changed": changed},
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


def manifest_sha256(connection: sa.Connection, sealer: Sealer, exhibit_id: str) -> str:
    """Digest of a folder: of the sorted lines `sha256 size path` of its own files, in raw bytes.

    A file that could not be read has its reason in place of the digest, so that it changes the digest too.
    """
    lines = []
    for _, _, entry in inventory.newest(connection, sealer, exhibit_id):
        if entry.kind == "file" and len(entry.place.trail) == 1 and entry.place.state is State.ALLOCATED:
            digest = entry.digests.sha256.hex() if entry.digests else f"unread ({entry.error})"
            lines.append(f"{digest} {entry.place.size} ".encode() + entry.place.trail[0] + b"\0")
    whole = hashlib.sha256()
    for line in sorted(lines):
        whole.update(line)
    return whole.hexdigest()


def _seal(sealer: Sealer, record: Record) -> bytes:
    return seal(sealer, dict(record.facts), f"exhibit:{record.id}")
