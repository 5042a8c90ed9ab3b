"""A case with invented people whose templates are numbers: what tests of the desk stand on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import sqlalchemy as sa

from safelight.persons.keep.pairs import KeptCandidate, Pairs, candidate_id
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo, id_of
from safelight.persons.person import Facts, Side, Status, Weighed
from safelight.persons.protocol import Floats
from safelight.store.database import Database
from safelight.store.keys import KeyRing, WorkspaceKey

CASE = "C-1"
VERSION = "test-1+0123456789ab"


class House:
    """A store with one case, and its keys."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Database(sa.URL.create("sqlite", database=str(folder / "safelight.db")))
        self.database.migrate()
        self.keys = KeyRing(WorkspaceKey.create(folder / "keys", "W-1"))
        with self.database.transaction() as connection:
            self.keys.create(connection, CASE)

    @contextmanager
    def people(self) -> Iterator[People]:
        """The people of the case, in a transaction."""
        with self.database.transaction() as connection:
            yield People(connection, self.keys, CASE)

    @contextmanager
    def pairs(self) -> Iterator[Pairs]:
        """The candidates of the case, in a transaction."""
        with self.database.transaction() as connection:
            yield Pairs(connection, self.keys, CASE)

    def enrol(
        self,
        number: str,
        register: Status = Status.MISSING,
        *,
        facts: Facts | None = None,
        vector: Floats | None = None,
    ) -> str:
        """A person, with a photograph and its template where a vector is given."""
        with self.people() as people:
            person = id_of(people.case_sealer, register, number)
            people.add(Kept(person, register, number, register, facts or Facts()))
            people.note(person, "enrolled", "anna", {"status": str(register)})
            if vector is not None:
                file = number.encode().rjust(32, b"-")
                people.put_photo(person, Photo(file, ENROLLED, f"{number}.jpg", quality=0.9, face=1, faces=1))
                people.put_template(person, file, VERSION, vector.astype("<f4").tobytes())
        return person

    def candidate(
        self, probe: str, person: str, *, rank: int = 1, weight: float = 3.0, foil: bool = False
    ) -> str:
        """A candidate of two enrolled people."""
        from datetime import UTC, datetime

        with self.database.transaction() as connection:
            sealer = self.keys.sealer(connection, CASE)
            made = KeptCandidate(
                candidate_id(sealer, probe, person, "foil" if foil else "candidate"),
                probe,
                person,
                rank,
                0.95,
                1e-4,
                (Weighed("face", Side.FOR, "The faces are alike.", weight),),
                datetime(2026, 11, 1, tzinfo=UTC),
                VERSION,
                foil=foil,
            )
            Pairs(connection, self.keys, CASE).put([made])
        return made.id


def vector(seed: int, dimensions: int = 128) -> Floats:
    """A template: `(dimensions,) float32` of length one."""
    made = np.random.default_rng(seed).normal(size=dimensions)
    unit: Floats = (made / np.linalg.norm(made)).astype(np.float32)
    return unit
