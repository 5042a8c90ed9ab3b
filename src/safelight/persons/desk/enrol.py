"""Take people in: a register or a folder of photographs becomes people, faces and templates; the rest is said.

Each photograph is stored in a transaction of its own with what was found in it, so a run that was cut off goes on
where it stopped, and enrolling the same register again adds only what is new. Whoever stands beside a person in a
photograph is never enrolled: where it shows several faces, somebody must say which.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, TaskLimits
from safelight.errors import FormatError
from safelight.evidence.names import show
from safelight.governance.gate import Permit
from safelight.persons.desk import corrections, schedule, tombstones
from safelight.persons.desk.entries import CLOSED
from safelight.persons.desk.house import House
from safelight.persons.desk.reviewing import Reviewing
from safelight.persons.desk.reweigh import repicture, reweigh
from safelight.persons.desk.tombstones import Tombstone
from safelight.persons.keep.people import DESTROYED, ENROLLED, Kept, People, Photo, id_of
from safelight.persons.person import Days, Finding, PhotoRef, Record, Status
from safelight.persons.portraits.describe import Describe, Described, PhotoJob, Portrait
from safelight.persons.portraits.embedders import embedder as find_embedder
from safelight.persons.portraits.quality import POOR
from safelight.persons.protocol import Embedder
from safelight.persons.registers.open import open_register
from safelight.persons.registers.photos import open_photo
from safelight.progress import Progress, Progressed

_BATCH = 8
NO_FACE, AMBIGUOUS, UNREADABLE = "no-face", "ambiguous", "unreadable"
_TO_SEE = "To see them numbered: `safelight persons faces PHOTO -o faces.html`"


@dataclass(slots=True)
class Enrolled:
    """What became of a register: counts, and every photograph that needs a person."""

    persons: int = 0
    photos: int = 0
    enrolled: int = 0
    again: int = 0
    """Photographs that were in the gallery already."""
    corrected: int = 0
    """People whose facts changed."""
    erased_before: int = 0
    """New entries of a number that was erased before; each is noted."""
    no_face: list[str] = field(default_factory=list)
    poor: list[dict[str, Any]] = field(default_factory=list)
    ambiguous: list[dict[str, Any]] = field(default_factory=list)
    duplicates: list[dict[str, Any]] = field(default_factory=list)
    unreadable: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    """What a register states that was not understood, or was not followed."""

    @property
    def complete(self) -> bool:
        """Is every photograph in the gallery?"""
        return not (self.no_face or self.ambiguous or self.unreadable)

    def as_json(self) -> dict[str, Any]:
        """As `persons enrol --json` prints it, without the time it took."""
        return {**asdict(self), "complete": self.complete}


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A photograph on its way through the worker."""

    person: str
    ref: PhotoRef
    sha256: bytes
    path: str


class Enrolment:
    """One run of `persons enrol`."""

    def __init__(
        self, house: House, permit: Permit, status: Status, embedder: str, faces: Mapping[str, int]
    ) -> None:
        self._house, self._permit, self._status = house, permit, status
        self._embedder: Embedder = find_embedder(embedder)
        self._task = Describe(embedder, TaskLimits(house.config.worker_memory, house.config.seconds_per_item))
        self._faces = faces
        self._waiting: dict[int, _Waiting] = {}
        self._corrected: list[str] = []
        self._pictured: set[str] = set()
        """Who was there before and has other photographs now: the years between them may be others too."""
        self._new: set[str] = set()
        self._in_both = 0
        self._erased: Mapping[str, Sequence[Tombstone]] = {}
        self.said = Enrolled()

    def run(self, path: Path, format: str, mapping: Mapping[str, Any], progress: Progress) -> Enrolled:
        """Take in every person of `path`."""
        base = path if path.is_dir() else path.parent
        with self._permit.transaction() as connection:
            case_id = self._permit.the_case.id
            sealer = self._house.keys.sealer(connection, case_id)
            self._erased = tombstones.everyone(connection, sealer, case_id)
        with closing(PoolEngine(self._house.config.worker_count())) as engine:
            batches = self._batches(
                open_register(path, None if format == "auto" else format, mapping, self._status), base
            )
            for outcome in engine.map(self._task, batches):
                if isinstance(outcome, Done):
                    for portrait in outcome.results:
                        self._store(self._waiting.pop(portrait.number), portrait)
                else:
                    waiting = self._waiting.pop(outcome.item.number)
                    self._store(waiting, Portrait(outcome.item.number, error=outcome.reason))
                progress(Progressed("photographs", self.said.photos, unreadable=len(self.said.unreadable)))
        self._weigh_anew()
        if self._in_both:
            other = Status.FOUND if self._status is Status.MISSING else Status.MISSING
            note = (
                f"{self._in_both:,} new with a number that is in the register of {other} people too: if the status is "
                "wrong, withdraw or erase them here, and enrol again with the right one"
            )
            self.said.notes.append({"person_id": "", "where": show(os.fsencode(path)), "note": note})
        return self.said

    def _weigh_anew(self) -> None:
        """Let the undecided candidates of whom facts or photographs changed follow."""
        if self._corrected or self._pictured:
            with self._permit.transaction() as connection:
                desk = Reviewing(self._house, self._permit, connection)
                reweigh(desk, {*self._corrected, *self._pictured})

    def _batches(self, records: Iterator[Record | Finding], base: Path) -> Iterator[Sequence[PhotoJob]]:
        jobs: list[PhotoJob] = []
        number = 0
        for record in records:
            if isinstance(record, Finding):
                self.said.unreadable.append({"path": record.where, "reason": record.reason})
                continue
            person = self._take(record)
            if person is None:
                continue
            for ref in record.photos:
                self.said.photos += 1
                shown = f"{show(os.fsencode(base))}/{ref.file}"
                try:
                    data = _read(base, ref, self._house.config.media_bytes)
                except (OSError, FormatError) as error:
                    self.said.unreadable.append({"path": shown, "reason": _said(error)})
                    continue
                ref = replace(
                    ref, face=self._faces.get(ref.file, self._faces.get(Path(ref.file).name, ref.face))
                )
                waiting = _Waiting(person, ref, hashlib.sha256(data).digest(), shown)
                if self._is_known(waiting):
                    self.said.again += 1
                    continue
                self._waiting[number] = waiting
                jobs.append(PhotoJob(number, data))
                number += 1
                if len(jobs) >= _BATCH:
                    yield jobs
                    jobs = []
        if jobs:
            yield jobs

    def _take(self, record: Record) -> str | None:
        """Store what a register states of a person; returns the id, None of somebody who is in no gallery any more."""
        notes = [*record.notes]
        with self._permit.transaction() as connection:
            people = People(connection, self._house.keys, self._permit.the_case.id)
            status = record.status or self._status
            person_id = id_of(people.case_sealer, self._status, record.person_id)
            made = Kept(person_id, status, record.person_id, self._status, record.facts, record.notes)
            if not people.has(person_id):
                other = Status.FOUND if self._status is Status.MISSING else Status.MISSING
                self._in_both += people.has(id_of(people.case_sealer, other, record.person_id))
                people.add(made)
                self._new.add(person_id)
                said = {"status": str(status), "where": record.where}
                if erased := tombstones.of(self._erased, people.case_sealer, record.person_id):
                    self.said.erased_before += 1
                    said["taken in again"] = f"an entry of this number was {erased[-1].said}"
                    notes.append(
                        f"an entry of this number was {erased[-1].said}: ask whoever gave the order whether this one "
                        "may be taken in; if not, erase it too"
                    )
                people.note(person_id, "enrolled", self._permit.actor, said)
            elif (before := people.get(person_id, photos=False)).status in CLOSED:
                # a register does not bring anybody back, and nothing of them is taken in
                made = before
                notes = [f"is {before.status}: bring them back with `persons update --status {self._status}`"]
            else:
                made, kept = self._changed(before, made, given=record.status is not None)
                notes += kept
                if made != before:
                    self._change(connection, people, before, made, record.where)
        self.said.persons += 1
        self.said.notes += [
            {"person_id": record.person_id, "where": record.where, "note": note} for note in notes
        ]
        return person_id if made.status not in CLOSED else None

    def _changed(self, before: Kept, stated: Kept, *, given: bool) -> tuple[Kept, list[str]]:
        """What becomes of an entry, with what was corrected by hand kept; and what the register says otherwise."""
        facts, otherwise = corrections.keeping(stated.facts, before)
        notes = []
        if otherwise:
            names = ", ".join(one.rpartition(".")[2].replace("_", " ") for one in otherwise)
            notes.append(f"stated otherwise than it was corrected by hand, and the correction stays: {names}")
        status = stated.status if given else before.status
        return replace(stated, facts=facts, status=status, corrected=before.corrected), notes

    def _change(
        self, connection: sa.Connection, people: People, before: Kept, made: Kept, where: str
    ) -> None:
        people.change(made)
        said = {"before": _facts(before), "after": _facts(made), "where": where}
        people.note(made.id, "corrected", self._permit.actor, said)
        self.said.corrected += 1
        if made.facts != before.facts:
            self._corrected.append(made.id)
        if made.status in CLOSED:
            case, days = self._permit.the_case.id, self._house.config.face_template_days
            schedule.put(connection, people, case, made.id, self._permit.actor, days)

    def _is_known(self, waiting: _Waiting) -> bool:
        """Is this file in the gallery already, with the same face, as this embedder describes it?"""
        with self._permit.transaction() as connection:
            people = People(connection, self._house.keys, self._permit.the_case.id)
            known = people.photo(waiting.person, waiting.sha256)
            return (
                known is not None
                and known.state == ENROLLED
                and (waiting.ref.face is None or waiting.ref.face == known.face)
                and people.has_template(waiting.person, waiting.sha256, self._embedder.version)
            )

    def _store(self, waiting: _Waiting, seen: Portrait) -> None:
        photo, chosen = judged(waiting, seen)
        person = waiting.person
        with self._permit.transaction() as connection:
            people = People(connection, self._house.keys, self._permit.the_case.id)
            if not people.has(person) or people.get(person, photos=False).status in CLOSED:
                return  # withdrawn or erased since
            twins = people.with_photo(waiting.sha256) - {person}
            former = people.photo(person, waiting.sha256)
            if chosen is not None:
                blob = self._house.blobs.put(people.sealer(person), chosen.crop)
                photo = replace(photo, blob=blob)
                people.put_template(person, waiting.sha256, self._embedder.version, chosen.template)
                people.put_photo(person, photo)
            elif former is None or former.state != ENROLLED or _is_another(waiting, former):
                people.drop_photo(person, waiting.sha256)  # with the template of the wrong face
                people.put_photo(person, photo)
            after = people.photo(person, waiting.sha256)
            if person not in self._new and _face_of(former) != _face_of(after):
                self._pictured.add(person)
                repicture(Reviewing(self._house, self._permit, connection), person)
            still = {one.blob for one in people.photos(person)}
        if former is not None and former.blob and former.blob not in still:
            self._house.blobs.delete(former.blob)
        self._say(waiting, photo, sorted(twins))

    def _say(self, waiting: _Waiting, photo: Photo, twins: Sequence[str]) -> None:
        said = self.said
        if twins:
            why = "the same file is a photograph of another person in this case: one of the two is wrong"
            said.duplicates.append({"photo": waiting.path, "why": why, "people": twins})
        if photo.state == ENROLLED:
            said.enrolled += 1
            if photo.why:
                said.poor.append(
                    {"photo": waiting.path, "why": photo.why, "quality": round(photo.quality or 0, 2)}
                )
        elif photo.state == NO_FACE:
            said.no_face.append(waiting.path)
        elif photo.state == AMBIGUOUS:
            said.ambiguous.append({"photo": waiting.path, "faces": photo.faces, "why": photo.why})
        else:
            said.unreadable.append({"path": waiting.path, "reason": photo.why})


def judged(waiting: _Waiting, seen: Portrait) -> tuple[Photo, Described | None]:
    """What a photograph is worth, and the face of it that is the person's; None where there is none to take."""
    taken = waiting.ref.taken or (Days.of(seen.taken) if seen.taken else None)
    photo = Photo(waiting.sha256, UNREADABLE, waiting.ref.file, faces=len(seen.faces), taken=taken)
    if seen.error is not None:
        return replace(photo, why=seen.error), None
    name = Path(waiting.ref.file).name
    if seen.doubtful is not None and waiting.ref.face == 1:  # somebody looked, and says that it is one
        seen = replace(seen, faces=(seen.doubtful,))
    elif seen.doubtful is not None:
        why = (
            "it is doubtful whether what was found is a face at all: look, and if it is, say so with --face "
            f"{name}=1. {_TO_SEE}"
        )
        return replace(photo, state=AMBIGUOUS, why=why), None
    if not seen.faces:
        why = "no face was found: is it turned, covered or very small? Cut the face out, or take another photograph"
        return replace(photo, state=NO_FACE, why=why), None
    wanted = waiting.ref.face
    if wanted is None and seen.subject is None:
        why = f"it shows {len(seen.faces)} faces: say which, counted from the left, with --face {name}=N. {_TO_SEE}"
        return replace(photo, state=AMBIGUOUS, why=why), None
    if wanted is not None and not 1 <= wanted <= len(seen.faces):
        why = f"there is no face {wanted}: it shows {len(seen.faces)}. {_TO_SEE}"
        return replace(photo, state=AMBIGUOUS, why=why), None
    taken_for = wanted or seen.subject or 1
    face = seen.faces[taken_for - 1]
    quality = face.quality
    why = "; ".join(quality.advice) if quality.figure < POOR else ""
    if quality.figure < POOR and not why:
        why = "several small faults add up: look for a better photograph"
    if wanted is None and len(seen.faces) > 1:
        chosen = f"it shows {len(seen.faces)} faces, and number {taken_for}, by far the largest, was taken"
        why = "; ".join(filter(None, (f"{chosen}: if that is wrong, say which with --face {name}=N", why)))
    if seen.damaged:
        why = "; ".join(filter(None, (f"the file is damaged ({seen.damaged})", why)))
    return (
        replace(
            photo,
            state=ENROLLED,
            why=why,
            quality=quality.figure,
            parts=quality.all(),
            box=face.box,
            turn=face.turn,
            face=taken_for,
        ),
        face,
    )


def _face_of(photo: Photo | None) -> int | None:
    """Which face of a photograph is in the gallery, or was until it was destroyed on schedule; None: none is."""
    return (photo.face or 1) if photo is not None and photo.state in (ENROLLED, DESTROYED) else None


def _is_another(waiting: _Waiting, former: Photo) -> bool:
    """Was another face of the photograph chosen than the one that is in the gallery?"""
    return waiting.ref.face is not None and waiting.ref.face != former.face


def _facts(kept: Kept) -> dict[str, Any]:
    from safelight.persons.keep import facts

    return {"status": str(kept.status), "facts": facts.to_json(kept.facts)}


def _read(base: Path, ref: PhotoRef, most: int) -> bytes:
    """The bytes of a photograph below `base`. FormatError where it leads out of it, is no file or too large."""
    with open_photo(base, ref) as file:
        if os.fstat(file.fileno()).st_size > most:
            raise FormatError(f"it is larger than {most >> 20} MiB")
        return file.read(most + 1)


def _said(error: OSError | FormatError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)
