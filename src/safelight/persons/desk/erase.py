"""Erase a person on order, and prove it: the keys are destroyed, the rows gone, and the raw store holds none of it."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from safelight.errors import BusyError, IntegrityError
from safelight.governance.inspection import STORE
from safelight.persons.keep.people import Kept, People, face_key, person_key
from safelight.persons.person import Status
from safelight.store.blobs import BlobStore
from safelight.store.database import Database
from safelight.store.keys import KeyRing
from safelight.store.sealing import NONCE_BYTES
from safelight.store.tables import (
    candidate,
    key,
    person,
    person_act,
    person_history,
    person_photo,
    person_template,
    verdict,
)

_TRIES, _PATIENCE = 4, 2.0
"""How often the write-ahead log is tried to be emptied, and how many seconds a reader is waited for each time."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was destroyed; `traces` are the beginnings of what was sealed, to look for in the raw store afterwards."""

    rows: int
    keys: int
    blobs: tuple[str, ...]
    candidates: int
    traces: tuple[bytes, ...]
    searches: int = 0
    """Photographs that were searched with and went with the person, counted in all of the above too."""


def together(some: Sequence[Erased], searches: int = 0) -> Erased:
    """Several as one; no picture twice."""
    return Erased(
        sum(one.rows for one in some),
        sum(one.keys for one in some),
        tuple(dict.fromkeys(blob for one in some for blob in one.blobs)),
        sum(one.candidates for one in some),
        tuple(trace for one in some for trace in one.traces),
        searches + sum(one.searches for one in some),
    )


def searches_with(people: People, blobs: BlobStore, kept: Kept) -> list[Kept]:
    """The photographs searched with that are of one of this person's files, or show the very same crop.

    In the case of `people` itself; for somebody who is enrolled. Crops are compared as they were stored, byte for byte:
    a copy of a file with other metadata shows the same.
    """
    if kept.register is Status.PROBE:
        return []
    files = {photo.sha256 for photo in kept.photos}
    some = people.everyone((Status.PROBE, Status.HOME, Status.WITHDRAWN))
    ids = [one.id for one in some if one.register is Status.PROBE and people.owns(one.id)]
    probes = people.many(ids).values()
    crops = _crops(people, blobs, kept) if probes else set()
    return [
        one
        for one in probes
        if any(photo.sha256 in files for photo in one.photos)
        or not crops.isdisjoint(_crops(people, blobs, one))
    ]


def _crops(people: People, blobs: BlobStore, kept: Kept) -> set[bytes]:
    """SHA-256 of the crops that are kept of a person's photographs; one whose picture is gone has none."""
    sealer = people.sealer(kept.id)
    found = set()
    for photo in kept.photos:
        if photo.blob is None:
            continue
        try:
            found.add(hashlib.sha256(blobs.get(sealer, photo.blob)).digest())
        except (
            IntegrityError
        ):  # it is not there, or not as it was stored: the digest of its file is still compared
            continue
    return found


def erase(
    connection: sa.Connection, keyring: KeyRing, case_id: str, person_id: str, blobs: Sequence[str]
) -> Erased:
    """Destroy a person's keys and everything stored of them, candidates with other people included.

    The transaction must be committed and the write-ahead log emptied before `prove` can hold.
    """
    # In every case: one that is linked to this may hold candidates with this person.
    with_them = (candidate.c.probe == person_id) | (candidate.c.person == person_id)
    candidates = set(connection.scalars(sa.select(candidate.c.id).where(with_them)))
    kept: list[tuple[sa.Table, sa.ColumnElement[bool]]] = [
        (table, (table.c.case_id == case_id) & (column == person_id))
        for table, column in (
            (person, person.c.id),
            (person_photo, person_photo.c.person_id),
            (person_template, person_template.c.person_id),
            (person_history, person_history.c.person_id),
            (person_act, person_act.c.subject),
        )
    ]
    kept.append((candidate, with_them))
    for some in _some(sorted(candidates)):
        kept.append((verdict, verdict.c.candidate_id.in_(some)))
        kept.append((person_act, person_act.c.subject.in_(some)))
    traces: list[bytes] = []
    for table, where in kept:
        traces += [
            sealed[:NONCE_BYTES] for sealed in connection.scalars(sa.select(table.c.sealed).where(where))
        ]
    ids = (person_key(person_id), face_key(person_id))
    wrapped = connection.scalars(sa.select(key.c.wrapped).where(key.c.id.in_(ids)))
    traces += [one[:NONCE_BYTES] for one in wrapped]
    rows = sum(connection.execute(table.delete().where(where)).rowcount for table, where in kept)
    keys = sum(keyring.destroy(connection, one) for one in ids if keyring.has(connection, one))
    return Erased(rows, keys, tuple(blobs), len(candidates), tuple(traces))


def of_kept(connection: sa.Connection, keyring: KeyRing, case_id: str, kept: Kept) -> Erased:
    """`erase` of somebody who was read, with the pictures that are kept of them."""
    blobs = tuple(dict.fromkeys(one.blob for one in kept.photos if one.blob))
    return erase(connection, keyring, case_id, kept.id, blobs)


def empty_log(database: Database) -> None:
    """Empty the write-ahead log, in which what was deleted still lies. BusyError while somebody reads the store."""
    if not any(database.shrink_wal(patience=_PATIENCE) for _ in range(_TRIES)):
        raise BusyError(
            "What is to be destroyed is taken out, but another program is reading the store: until it ends, the raw "
            "files still hold a part.",
            "Close whatever else has the workspace open, and run the same command again: it goes on where it stopped.",
        )


def prove(folder: Path, erased: Erased) -> int:
    """Look for every trace in the raw files of the store; returns the bytes that were read.

    Raises IntegrityError where one is left.
    """
    read = 0
    if not erased.traces:
        return read
    for path in sorted(folder.glob("*")):
        if not path.is_file() or not path.name.startswith(STORE) or path.stat().st_size == 0:
            continue
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            read += len(data)
            for trace in erased.traces:
                if data.find(trace) >= 0:
                    raise IntegrityError(
                        f"After erasing, {path.name} still holds a part of what was erased.",
                        "Close every other program that has the workspace open, and run the command again.",
                    )
    return read


def _some(ids: Sequence[str], size: int = 500) -> Iterable[Sequence[str]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
