"""All templates of a gallery, decrypted once into memory; nothing of it is ever written back in clear."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from safelight.errors import IntegrityError
from safelight.persons.keep.people import face_key, template_context
from safelight.persons.person import Status
from safelight.persons.protocol import Floats
from safelight.store.keys import KeyRing
from safelight.store.tables import person, person_template


@dataclass(frozen=True, slots=True)
class Templates:
    """The templates of some people by one embedder, one row a photograph."""

    ids: tuple[str, ...]
    """Of the people, each once."""
    person: NDArray[np.int64]
    """`(p,)`: whose photograph each row is, as a place in `ids`."""
    vectors: Floats
    """`(p, d) float32`, of length one."""
    sha256: tuple[bytes, ...]
    """Of the photographs."""
    version: str


def load(
    connection: sa.Connection,
    keys: KeyRing,
    cases: Sequence[str],
    statuses: Sequence[Status],
    version: str,
    dimensions: int,
) -> Templates:
    """Read the templates of everybody of some cases in one of `statuses`, by one embedder; by person and photograph."""
    query = (
        sa.select(person_template.c.person_id, person_template.c.sha256, person_template.c.sealed)
        .join(
            person,
            (person.c.case_id == person_template.c.case_id) & (person.c.id == person_template.c.person_id),
        )
        .where(
            person_template.c.case_id.in_(cases),
            person_template.c.version == version,
            person.c.status.in_([str(one) for one in statuses]),
        )
        .order_by(person_template.c.person_id, person_template.c.sha256)
    )
    rows = connection.execute(query).all()
    ids = tuple(dict.fromkeys(row.person_id for row in rows))
    vectors = np.empty((len(rows), dimensions), np.float32)
    whose = np.empty(len(rows), np.int64)
    at = 0
    for number, (key_id, sealer) in enumerate(keys.sealers(connection, [face_key(one) for one in ids])):
        if key_id != face_key(ids[number]):
            raise IntegrityError(
                f"The template of {ids[number]} is there, and its key is not.",
                "Withdraw that person and enrol them again.",
            )
        while at < len(rows) and rows[at].person_id == ids[number]:
            row = rows[at]
            plain = sealer.unseal(row.sealed, template_context(row.person_id, row.sha256, version))
            vectors[at] = np.frombuffer(plain, "<f4")
            whose[at] = number
            at += 1
    if at != len(rows):
        raise IntegrityError(
            "Templates are there whose keys are not.", "Withdraw those people and enrol them again."
        )
    return Templates(ids, whose, vectors, tuple(row.sha256 for row in rows), version)


def versions(connection: sa.Connection, case_id: str) -> dict[str, int]:
    """How many photographs each embedder has described in the case."""
    query = (
        sa.select(person_template.c.version, sa.func.count())
        .where(person_template.c.case_id == case_id)
        .group_by(person_template.c.version)
    )
    return {row[0]: row[1] for row in connection.execute(query)}


__all__ = ["Templates", "load", "versions"]
