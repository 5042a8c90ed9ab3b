"""People in the store: two keys a person below the case's, one for all that is said, one for the templates alone.

Destroying the second takes a person out of every comparison for ever, destroying both erases them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa

from safelight.errors import IntegrityError, UsageError
from safelight.persons.keep import facts as facts_json
from safelight.persons.person import IN_GALLERY, Days, Facts, Status
from safelight.store.keys import KeyRing, Sealer
from safelight.store.sealed import seal, unseal
from safelight.store.tables import person, person_history, person_photo, person_template

_MANY = 400
"""People read at a time."""
ENROLLED = "enrolled"
"""The state of a photograph whose face is in the gallery; any other says why it is not."""
DESTROYED = "destroyed"
"""The state of a photograph whose template and crop were destroyed on schedule; it can be enrolled again."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photograph of a person, by the digest of its file."""

    sha256: bytes
    state: str
    name: str
    """As the register or the folder calls it."""
    why: str = ""
    """Why it is not in the gallery, or is poor; with what to do."""
    quality: float | None = None
    parts: tuple[float, ...] = ()
    box: tuple[float, ...] = ()
    face: int | None = None
    faces: int = 0
    turn: int = 0
    """Degrees counter-clockwise by which the crop was turned upright; `box` is of the photograph before."""
    taken: Days | None = None
    blob: str | None = None
    """Of the crop, under the person's key."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A person as they lie in the store."""

    id: str
    status: Status
    number: str
    """The register's own."""
    register: Status
    """Under which status they came: `missing` or `found`; `probe` for a photograph that was searched with."""
    facts: Facts
    notes: tuple[str, ...] = ()
    photos: tuple[Photo, ...] = field(default=())
    corrected: tuple[str, ...] = ()
    """Facts that somebody corrected by hand (`desk.corrections`): a register that comes again does not undo that."""


def person_key(person_id: str) -> str:
    """The id of the key that seals all that is stored of a person."""
    return f"person:{person_id}"


def face_key(person_id: str) -> str:
    """The id of the key that seals a person's templates."""
    return f"face:{person_id}"


def id_of(sealer: Sealer, register: Status, number: str) -> str:
    """The id of a person: the same whenever a register's number comes again into the same case."""
    return f"P-{sealer.digest(f'person:{register}:{number}'.encode()).hex()[:16]}"


class People:
    """The people of one case, within the caller's transaction."""

    def __init__(
        self, connection: sa.Connection, keys: KeyRing, case_id: str, also: Sequence[str] = ()
    ) -> None:
        """Open the people of a case; those of `also`, the cases linked to it, can be read beside them."""
        self._connection, self._keys, self._case = connection, keys, case_id
        self.cases = (case_id, *also)
        self.case_sealer = keys.sealer(connection, case_id)
        self._sealers: dict[str, Sealer] = {}

    def sealer(self, person_id: str) -> Sealer:
        """What seals a person's data. KeyMissingError once erased. Held as long as the transaction."""
        found = self._sealers.get(person_id)
        if found is None:
            found = self._sealers[person_id] = self._keys.sealer(self._connection, person_key(person_id))
        return found

    def has(self, person_id: str) -> bool:
        """Is there such a person?"""
        return self._row(person_id) is not None

    def case_of(self, person_id: str) -> str | None:
        """The case in which a person is enrolled: this one, or one that is linked to it. None where there is none."""
        row = self._row(person_id)
        return None if row is None else str(row.case_id)

    def ids(self) -> set[str]:
        """Everybody who can be read here, by id; probes too."""
        return set(self._connection.scalars(sa.select(person.c.id).where(person.c.case_id.in_(self.cases))))

    def count(self, statuses: Sequence[Status]) -> int:
        """How many people are of these statuses, as they lie in clear: for an order of work."""
        here = person.c.case_id.in_(self.cases) & person.c.status.in_([str(one) for one in statuses])
        return int(self._connection.scalar(sa.select(sa.func.count()).select_from(person).where(here)) or 0)

    def owns(self, person_id: str) -> bool:
        """Is it a person of this case itself, and not of one that is linked to it?"""
        row = self._row(person_id)
        return row is not None and row.case_id == self._case

    def add(self, kept: Kept) -> None:
        """A new person with new keys."""
        self._keys.create(self._connection, person_key(kept.id), self._case)
        self._keys.create(self._connection, face_key(kept.id), self._case)
        sealed = self._sealed(kept)
        self._connection.execute(
            person.insert().values(case_id=self._case, id=kept.id, status=str(kept.status), sealed=sealed)
        )

    def change(self, kept: Kept) -> None:
        """Write a person of this case anew; the history is the caller's (`note`)."""
        done = self._connection.execute(
            person.update()
            .where(person.c.case_id == self._case, person.c.id == kept.id)
            .values(status=str(kept.status), sealed=self._sealed(kept))
        )
        if done.rowcount != 1:
            raise UsageError(
                f"{kept.id} is enrolled in another case.",
                "Change the entry there: this case may only search it.",
            )

    def note(self, person_id: str, kind: str, by: str, said: dict[str, Any]) -> None:
        """Add to a person's history: what changed, from what to what, and why."""
        at = datetime.now(UTC).isoformat()
        sealed = seal(self.sealer(person_id), {**said, "said": [person_id, kind, by, at]}, "person_history")
        self._connection.execute(
            person_history.insert().values(
                case_id=self._case, person_id=person_id, kind=kind, made_by=by, made_at=at, sealed=sealed
            )
        )

    def history(self, person_id: str) -> list[dict[str, Any]]:
        """What happened to a person's entry, oldest first."""
        rows = self._connection.execute(
            sa.select(person_history)
            .where(person_history.c.case_id == self._case, person_history.c.person_id == person_id)
            .order_by(person_history.c.id)
        )
        sealer = self.sealer(person_id)
        found = []
        for row in rows:
            said = unseal(sealer, row.sealed, "person_history")
            if said.pop("said") != [person_id, row.kind, row.made_by, row.made_at]:
                raise _altered(person_id)
            found.append({"kind": row.kind, "by": row.made_by, "at": row.made_at, **said})
        return found

    def get(self, person_id: str, *, photos: bool = True) -> Kept:
        """One person. UsageError where there is none, KeyMissingError once erased."""
        row = self._row(person_id)
        if row is None:
            raise UsageError(f"There is no person {person_id} in this case.", "See `safelight persons list`.")
        return self._read(row, self.photos(person_id) if photos else ())

    def everyone(self, statuses: Sequence[Status] | None = None) -> Iterator[Kept]:
        """All people (of these statuses), without photographs, by id; probes only where they are asked for."""
        wanted = statuses if statuses is not None else [one for one in Status if one is not Status.PROBE]
        query = sa.select(person).where(
            person.c.case_id.in_(self.cases), person.c.status.in_([str(one) for one in wanted])
        )
        rows = self._connection.execute(query.order_by(person.c.id)).all()
        sealers = self._keys.sealers(self._connection, [person_key(row.id) for row in rows])
        for row, (_, sealer) in zip(rows, sealers, strict=True):
            yield self._read(row, (), sealer)

    def many(self, ids: Sequence[str]) -> dict[str, Kept]:
        """People by their ids, with photographs: some hundred in three queries. Who is not there is left out."""
        found: dict[str, Kept] = {}
        for start in range(0, len(ids), _MANY):
            some = ids[start : start + _MANY]
            here = person.c.case_id.in_(self.cases) & person.c.id.in_(some)
            rows = {row.id: row for row in self._connection.execute(sa.select(person).where(here))}
            theirs = person_photo.c.case_id.in_(self.cases) & person_photo.c.person_id.in_(some)
            photos: dict[str, list[Any]] = {}
            for row in self._connection.execute(sa.select(person_photo).where(theirs)):
                photos.setdefault(row.person_id, []).append(row)
            for key_id, sealer in self._keys.sealers(self._connection, [person_key(one) for one in rows]):
                person_id = key_id.removeprefix(person_key(""))
                read = [self._photo(sealer, row) for row in photos.get(person_id, ())]
                found[person_id] = self._read(rows[person_id], _best_first(read), sealer)
        return found

    def find(self, wanted: str) -> Kept:
        """The person of an id (or its beginning), a register's number, or `missing:NUMBER`. UsageError otherwise."""
        register, colon, number = wanted.partition(":")
        if colon and register in (Status.MISSING, Status.FOUND):
            return self.get(id_of(self.case_sealer, Status(register), number))
        ids = set(
            self._connection.scalars(
                sa.select(person.c.id).where(
                    person.c.case_id == self._case,
                    person.c.id.startswith(wanted, autoescape=True)
                    if wanted.startswith("P-")
                    else sa.false(),
                )
            )
        )
        ids |= {
            one
            for one in (
                id_of(self.case_sealer, register, wanted) for register in (Status.MISSING, Status.FOUND)
            )
            if self.has(one)
        }
        if len(ids) != 1:
            problem = "There is no person" if not ids else "There are several people"
            raise UsageError(
                f"{problem} '{wanted}' in this case.",
                "See `safelight persons list`."
                if not ids
                else f"Say which: missing:{wanted} or found:{wanted}.",
            )
        return self.get(ids.pop())

    def put_photo(self, person_id: str, photo: Photo) -> None:
        """Record a photograph, in place of what was recorded of the same file."""
        where = (
            person_photo.c.case_id == self._case,
            person_photo.c.person_id == person_id,
            person_photo.c.sha256 == photo.sha256,
        )
        said = {
            "name": photo.name,
            "why": photo.why,
            "quality": photo.quality,
            "parts": photo.parts,
            "box": photo.box,
            "face": photo.face,
            "faces": photo.faces,
            "turn": photo.turn,
            "taken": [photo.taken.first.isoformat(), photo.taken.last.isoformat()] if photo.taken else None,
            "blob": photo.blob,
            "said": [person_id, photo.sha256.hex(), photo.state],
        }
        self._connection.execute(person_photo.delete().where(*where))
        self._connection.execute(
            person_photo.insert().values(
                case_id=self._case,
                person_id=person_id,
                sha256=photo.sha256,
                state=photo.state,
                sealed=seal(self.sealer(person_id), said, "person_photo"),
            )
        )

    def photos(self, person_id: str) -> tuple[Photo, ...]:
        """The photographs of a person, the best first."""
        rows = self._connection.execute(
            sa.select(person_photo).where(
                person_photo.c.case_id.in_(self.cases), person_photo.c.person_id == person_id
            )
        ).all()
        sealer = self.sealer(person_id) if rows else None
        return _best_first([self._photo(sealer, row) for row in rows if sealer is not None])

    def photo(self, person_id: str, sha256: bytes) -> Photo | None:
        """One photograph, by the digest of its file."""
        row = self._connection.execute(
            sa.select(person_photo).where(
                person_photo.c.case_id == self._case,
                person_photo.c.person_id == person_id,
                person_photo.c.sha256 == sha256,
            )
        ).one_or_none()
        return self._photo(self.sealer(person_id), row) if row is not None else None

    def with_photo(self, sha256: bytes) -> set[str]:
        """Ids of the people of whom this very file is a photograph."""
        query = sa.select(person_photo.c.person_id).where(
            person_photo.c.case_id == self._case,
            person_photo.c.sha256 == sha256,
            person_photo.c.state == ENROLLED,
        )
        return set(self._connection.scalars(query))

    def has_template(self, person_id: str, sha256: bytes, version: str) -> bool:
        """Is there a template of this photograph by this version of an embedder?"""
        query = sa.select(sa.literal(1)).where(
            person_template.c.case_id == self._case,
            person_template.c.person_id == person_id,
            person_template.c.sha256 == sha256,
            person_template.c.version == version,
        )
        return self._connection.execute(query).first() is not None

    def is_described(self, person_id: str, version: str) -> bool:
        """Is there any template of this person by this version of an embedder?"""
        query = sa.select(sa.literal(1)).where(
            person_template.c.case_id.in_(self.cases),
            person_template.c.person_id == person_id,
            person_template.c.version == version,
        )
        return self._connection.execute(query).first() is not None

    def without_template(self, version: str, statuses: Sequence[Status] = IN_GALLERY) -> list[str]:
        """Ids of the people of these statuses, linked cases included, whom no face comparison can reach."""
        described = sa.select(person_template.c.person_id).where(
            person_template.c.case_id == person.c.case_id,
            person_template.c.person_id == person.c.id,
            person_template.c.version == version,
        )
        query = sa.select(person.c.id).where(
            person.c.case_id.in_(self.cases),
            person.c.status.in_([str(one) for one in statuses]),
            ~described.exists(),
        )
        return list(self._connection.scalars(query.order_by(person.c.id)))

    def put_template(self, person_id: str, sha256: bytes, version: str, template: bytes) -> None:
        """Seal a template, in place of one of the same photograph and version."""
        if not self._keys.has(self._connection, face_key(person_id)):
            self._keys.create(self._connection, face_key(person_id), self._case)
        row = {"case_id": self._case, "person_id": person_id, "sha256": sha256, "version": version}
        same = sa.and_(*(person_template.c[column] == of for column, of in row.items()))
        self._connection.execute(person_template.delete().where(same))
        sealer = self._keys.sealer(self._connection, face_key(person_id))
        sealed = sealer.seal(template, template_context(person_id, sha256, version))
        self._connection.execute(person_template.insert().values(**row, sealed=sealed))

    def drop_photo(self, person_id: str, sha256: bytes) -> None:
        """Forget a photograph and its templates."""
        for table in (person_photo, person_template):
            self._connection.execute(
                table.delete().where(
                    table.c.case_id == self._case, table.c.person_id == person_id, table.c.sha256 == sha256
                )
            )

    def _row(self, person_id: str) -> Any:
        query = sa.select(person).where(person.c.case_id.in_(self.cases), person.c.id == person_id)
        return self._connection.execute(query).one_or_none()

    def _sealed(self, kept: Kept) -> bytes:
        said = {
            "number": kept.number,
            "register": str(kept.register),
            "facts": facts_json.to_json(kept.facts),
            "notes": kept.notes,
            "corrected": kept.corrected,
            "said": [kept.id, str(kept.status)],
        }
        return seal(self.sealer(kept.id), said, "person")

    def _read(self, row: Any, photos: tuple[Photo, ...], sealer: Sealer | None = None) -> Kept:
        said = unseal(sealer or self.sealer(row.id), row.sealed, "person")
        if said["said"] != [row.id, row.status]:
            raise _altered(row.id)
        return Kept(
            row.id,
            Status(row.status),
            said["number"],
            Status(said["register"]),
            facts_json.from_json(said["facts"]),
            tuple(said["notes"]),
            photos,
            tuple(said.get("corrected", ())),
        )

    @staticmethod
    def _photo(sealer: Sealer, row: Any) -> Photo:
        said = unseal(sealer, row.sealed, "person_photo")
        if said.pop("said") != [row.person_id, row.sha256.hex(), row.state]:
            raise _altered(row.person_id)
        taken = said.pop("taken")
        return Photo(
            sha256=row.sha256,
            state=row.state,
            taken=facts_json.days({"first": taken[0], "last": taken[1]}) if taken else None,
            **{**said, "parts": tuple(said["parts"]), "box": tuple(said["box"])},
        )


def _best_first(photos: Sequence[Photo]) -> tuple[Photo, ...]:
    return tuple(sorted(photos, key=lambda one: (-(one.quality or 0), one.name)))


def template_context(person_id: str, sha256: bytes, version: str) -> bytes:
    """What a sealed template is bound to."""
    return f"person_template:{person_id}:{sha256.hex()}:{version}".encode()


def _altered(person_id: str) -> IntegrityError:
    return IntegrityError(
        f"The store says of {person_id} something else than was recorded: it was altered.",
        "Restore the store from a backup; `safelight audit show` says who did what.",
    )


__all__ = [
    "DESTROYED",
    "ENROLLED",
    "Kept",
    "People",
    "Photo",
    "face_key",
    "id_of",
    "person_key",
    "template_context",
]
