"""Describe everybody anew after another embedder was chosen: from the kept crops, as the photographs are not kept.

Each photograph is stored in a transaction of its own, so a run that was cut off goes on where it stopped. Until all are
done, what the old embedder made stays, and comparisons with it go on: templates are loaded by version and never mixed.
A crop holds the face with hair, ears and chin at up to 400 pixels, which is more than any network here is shown; only
what lies further out is missing, and a face that was only found with its surroundings may not be found again (it is
listed, and stays with its old template).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field
from typing import Any

import sqlalchemy as sa

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.errors import IntegrityError, KeyMissingError
from safelight.governance.gate import Permit
from safelight.persons.desk.house import House
from safelight.persons.keep.people import ENROLLED, People
from safelight.persons.person import IN_GALLERY
from safelight.persons.portraits.describe import Describe, Described, PhotoJob, Portrait
from safelight.persons.portraits.embedders import embedder
from safelight.progress import Progress, Progressed, silent
from safelight.store.tables import person, person_template

_BATCH = 8


@dataclass(slots=True)
class Redescribed:
    """What became of the gallery."""

    embedder: str
    version: str
    photos: int = 0
    """That are in the gallery."""
    described: int = 0
    """In this run."""
    again: int = 0
    """That had a template of this version already."""
    failed: list[dict[str, str]] = field(default_factory=list)
    """Photographs that the new embedder does not know: enrol them again from the file."""
    dropped: int = 0
    """Templates of other versions that were destroyed; only once nothing failed."""

    def as_json(self) -> dict[str, Any]:
        """For the verb."""
        return {**asdict(self), "complete": not self.failed}


@dataclass(frozen=True, slots=True)
class _Waiting:
    person: str
    sha256: bytes
    name: str


def redescribe(
    house: House, permit: Permit, name: str, *, keep_old: bool = False, progress: Progress = silent
) -> Redescribed:
    """Give every enrolled photograph of the case a template by the embedder `name`.

    Templates of other versions are dropped at the end where every photograph has one of this version, unless
    `keep_old`. Raises UsageError for an embedder that there is not.
    """
    wanted = embedder(name)
    said = Redescribed(name, wanted.version)
    task = Describe(name, TaskLimits(house.config.worker_memory, house.config.seconds_per_item))
    waiting: dict[int, _Waiting] = {}
    with closing(PoolEngine(house.config.worker_count())) as engine:
        for outcome in engine.map(task, _batches(house, permit, said, waiting)):
            if isinstance(outcome, Done):
                for portrait in outcome.results:
                    _store(house, permit, said, waiting.pop(portrait.number), portrait)
            else:
                lost = Portrait(outcome.item.number, error=outcome.reason)
                _store(house, permit, said, waiting.pop(outcome.item.number), lost)
            progress(Progressed("photographs", said.described + said.again, unreadable=len(said.failed)))
    if not said.failed and not keep_old:
        said.dropped = _drop_others(permit, said.version)
    return said


def _batches(
    house: House, permit: Permit, said: Redescribed, waiting: dict[int, _Waiting]
) -> Iterator[Sequence[PhotoJob]]:
    """The crops that lack a template of this version, person by person."""
    jobs: list[PhotoJob] = []
    number = 0
    with permit.transaction() as connection:
        ids = [one.id for one in _people(house, permit, connection).everyone(tuple(IN_GALLERY))]
    for person_id in ids:
        with permit.transaction() as connection:
            people = _people(house, permit, connection)
            for photo in people.photos(person_id):
                if photo.state != ENROLLED:
                    continue
                said.photos += 1
                if people.has_template(person_id, photo.sha256, said.version):
                    said.again += 1
                    continue
                one = _Waiting(person_id, photo.sha256, photo.name)
                try:
                    crop = house.blobs.get(people.sealer(person_id), str(photo.blob))
                except (IntegrityError, KeyMissingError) as error:
                    said.failed.append({"person": person_id, "photo": photo.name, "why": str(error)})
                    continue
                waiting[number] = one
                jobs.append(PhotoJob(number, crop))
                number += 1
        if len(jobs) >= _BATCH:
            yield jobs
            jobs = []
    if jobs:
        yield jobs


def _store(house: House, permit: Permit, said: Redescribed, one: _Waiting, seen: Portrait) -> None:
    face = central(seen)
    if face is None:
        why = seen.error or "the face was not found again in the kept crop: enrol the photograph again"
        said.failed.append({"person": one.person, "photo": one.name, "why": why})
        return
    with permit.transaction() as connection:
        people = _people(house, permit, connection)
        known = people.photo(one.person, one.sha256) if people.has(one.person) else None
        if known is None or known.state != ENROLLED:
            return  # withdrawn or erased since
        people.put_template(one.person, one.sha256, said.version, face.template)
    said.described += 1


def central(seen: Portrait) -> Described | None:
    """The face a crop was cut around: the one nearest its middle, which must lie in it."""
    faces = [*seen.faces, *([seen.doubtful] if seen.doubtful else [])]

    def off(face: Described) -> float:
        left, top, width, height = face.box
        across, down = left + width / 2 - 0.5, top + height / 2 - 0.5
        return float(across**2 + down**2)

    nearest = min(faces, key=off, default=None)
    if nearest is None:
        return None
    left, top, width, height = nearest.box
    return nearest if left <= 0.5 <= left + width and top <= 0.5 <= top + height else None


def _drop_others(permit: Permit, version: str) -> int:
    """Destroy what other embedders made of who is in the gallery; who left it has a schedule of their own."""
    case_id = permit.the_case.id
    in_gallery = sa.select(person.c.id).where(
        person.c.case_id == case_id, person.c.status.in_([str(one) for one in IN_GALLERY])
    )
    others = (
        person_template.c.case_id == case_id,
        person_template.c.version != version,
        person_template.c.person_id.in_(in_gallery),
    )
    with permit.transaction() as connection:
        return connection.execute(person_template.delete().where(*others)).rowcount


def _people(house: House, permit: Permit, connection: sa.Connection) -> People:
    return People(connection, house.keys, permit.the_case.id)


__all__ = ["Redescribed", "central", "redescribe"]
