"""The verbs of the missing-children desk, which the workspace has as its own: `persons enrol`, `match`, `review` …"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

from safelight.errors import UsageError
from safelight.governance.authority import check_allows
from safelight.governance.gate import Permit, Resolve, verb
from safelight.model import Capability
from safelight.person_review_verbs import PersonReviewVerbs, reviewing_of
from safelight.persons.person import IN_GALLERY, Status
from safelight.progress import Progress, silent
from safelight.verb_house import VerbHouse

if TYPE_CHECKING:
    from safelight.persons.desk.reviewing import Reviewing


PERSON = "person"
"""The kind of leads that are candidates."""


def person_id(house: VerbHouse, permit: Permit, connection: Any, wanted: str) -> str:
    """The id of somebody who is named by number, id or its beginning; what was asked stays under the case's key."""
    from safelight.persons.desk.links import people_of

    check_allows(permit.the_case, Capability.FACE_SEARCH)
    return people_of(connection, house.keys, permit).find(wanted).id


def _own_key(house: VerbHouse, permit: Permit, connection: Any, wanted: str) -> str:
    """The same, and what was asked goes under the person's own key: there are words of people in it."""
    from safelight.persons.keep.people import person_key

    found = person_id(house, permit, connection, wanted)
    permit.personal_key = person_key(found)
    return found


def _to_erase(house: VerbHouse, permit: Permit, connection: Any, wanted: str) -> str:
    """The id of somebody who is to be erased, or whose erasure was cut off; the order stays under the case's key."""
    from safelight.persons.desk import pending
    from safelight.persons.keep.people import People

    case_id = permit.the_case.id
    people = People(connection, house.keys, case_id)
    try:
        found = people.find(wanted).id
    except UsageError:
        left = pending.left(connection, house.keys, case_id)
        ids = {one.person for one in pending.of_name(left, wanted, people.case_sealer)}
        if len(ids) != 1:
            raise
        found = ids.pop()
    permit.subjects.append(found)
    return found


_PERSON: Mapping[str, Resolve] = {"person": _own_key}


class PersonVerbs(PersonReviewVerbs):
    """Verbs over missing and found people, and those over candidates (`PersonReviewVerbs`)."""

    @verb("persons enrol", needs=Capability.FACE_SEARCH, long=True)
    def enrol_persons(
        self,
        permit: Permit,
        path: Path,
        *,
        status: Status,
        case: str | None = None,
        format: str = "auto",
        columns: Mapping[str, object] | None = None,
        faces: Mapping[str, int] | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Take people in from a register or a folder of photographs; enrolled again, only what is new is added."""
        from safelight.persons.desk.enrol import Enrolment

        if status not in (Status.MISSING, Status.FOUND):
            raise UsageError("People are enrolled as missing or as found.")
        started = monotonic()
        embedder = self.config.face_embedder
        said = Enrolment(self, permit, status, embedder, faces or {}).run(
            path, format, columns or {}, progress
        )
        permit.detail = {
            "status": str(status), "embedder": embedder, "persons": said.persons, "photos": said.photos,
            "enrolled": said.enrolled, "again": said.again, "corrected": said.corrected,
            "erased_before": said.erased_before,
        }  # fmt: skip
        return {**said.as_json(), "seconds": round(monotonic() - started, 3)}

    @verb("persons list", needs=Capability.FACE_SEARCH)
    def list_persons(
        self, permit: Permit, *, status: Status | None = None, case: str | None = None
    ) -> list[dict[str, Any]]:
        """Everybody who is enrolled, in short."""
        from safelight.persons.desk import entries
        from safelight.persons.keep.people import People

        with permit.transaction() as connection:
            people = People(connection, self.keys, permit.the_case.id)
            found = list(entries.listed(people, (status,) if status else None))
            apart = set(people.without_template(_version(self)))
            for one in found:
                one["in_gallery"] = one["status"] in IN_GALLERY and one["id"] not in apart
        permit.detail = {"persons": len(found)}
        return found

    @verb("persons show", needs=Capability.FACE_SEARCH, resolves=_PERSON)
    def show_person(self, permit: Permit, person: str, *, case: str | None = None) -> dict[str, Any]:
        """Everything about one person, with the history; no picture."""
        from safelight.persons.desk import entries

        desk, kept = _person(self, permit, person)
        return {**entries.in_full(desk.people, kept, _version(self)), "decided": desk.decided(kept.id)}

    @verb("persons update", needs=Capability.FACE_SEARCH, resolves=_PERSON)
    def update_person(
        self,
        permit: Permit,
        person: str,
        *,
        changes: Mapping[str, str] | None = None,
        status: Status | None = None,
        reason: str | None = None,
        case: str | None = None,
    ) -> dict[str, Any]:
        """Correct what is stated of a person, or change where they stand. The history keeps both.

        An empty value clears a fact; the candidates that nobody has decided yet are weighed anew.
        """
        from safelight.persons.desk import entries
        from safelight.persons.desk.reweigh import reweigh

        desk, kept = _person(self, permit, person)
        if changes:
            before, kept = kept, entries.correct(desk.people, permit, kept, changes, reason)
            if kept.facts != before.facts:
                reweigh(desk, [kept.id])
        if status is not None and status is not kept.status:
            with permit.transaction() as connection:
                days = self.config.face_template_days
                kept = entries.change_status(connection, desk.people, permit, kept, status, reason, days)
        permit.detail = {"changed": len(changes or {}), "status": str(status) if status else None}
        return entries.in_full(desk.people, desk.people.get(kept.id), _version(self))

    @verb("persons withdraw", needs=Capability.FACE_SEARCH, resolves=_PERSON)
    def withdraw_person(
        self, permit: Permit, person: str, *, reason: str, case: str | None = None
    ) -> dict[str, Any]:
        """Take a person out of every comparison at once; the template is destroyed on schedule."""
        from safelight.persons.desk import entries

        desk, kept = _person(self, permit, person)
        with permit.transaction() as connection:
            days = self.config.face_template_days
            entries.change_status(connection, desk.people, permit, kept, Status.WITHDRAWN, reason, days)
        return entries.in_full(desk.people, desk.people.get(kept.id), _version(self))

    @verb("persons search", needs=Capability.FACE_SEARCH, long=True)
    def search_persons(
        self,
        permit: Permit,
        photo: Path,
        *,
        top: int = 10,
        status: Status | None = None,
        chance: float | None = None,
        case: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Search the gallery of the case with one photograph; what has no candidate leaves nothing behind."""
        from safelight.persons.desk.meaning import SEARCH_LIMIT
        from safelight.persons.desk.searching import search

        permit.detail = _lists(top, chance, SEARCH_LIMIT)
        found = search(self, permit, photo, top, status, chance)
        permit.detail |= {
            "probes": found["probes"], "gallery": found["gallery"], "candidates": len(found["candidates"])
        }  # fmt: skip
        permit.subjects += [one["id"] for one in found["candidates"]]
        return found

    @verb("persons match", needs=Capability.FACE_SEARCH, long=True)
    def match_persons(
        self,
        permit: Permit,
        *,
        top: int = 10,
        chance: float | None = None,
        case: str | None = None,
        progress: Progress = silent,
    ) -> dict[str, Any]:
        """Compare all found people with all missing ones: only in a case of missing persons."""
        from safelight.persons.desk.meaning import MATCH_LIMIT
        from safelight.persons.desk.searching import match

        permit.detail = _lists(top, chance, MATCH_LIMIT)
        found = match(self, permit, top, chance, progress)
        permit.detail |= {
            "probes": found["probes"], "gallery": found["gallery"], "candidates": len(found["candidates"])
        }  # fmt: skip
        return found

    @verb("persons faces", needs=Capability.FACE_SEARCH, reads=True)
    def show_faces(
        self, permit: Permit, photo: Path, out: Path, *, case: str | None = None
    ) -> dict[str, Any]:
        """Write a page of a photograph, its faces numbered as enrolling counts them: an export. Nothing is kept."""
        check_allows(permit.the_case, Capability.EXPORT)
        from safelight.export import person_frames, person_pages

        person_pages.check_suffix(out, (".html", ".htm"))
        made, frames = person_frames.page_of_faces(self, permit, photo)
        written = person_pages.write_page(self, permit, made, out)
        return {**written, "faces": [asdict(one) for one in frames]}

    @verb("persons link", needs=Capability.FACE_SEARCH)
    def link_cases(
        self, permit: Permit, other: str, *, reason: str, case: str | None = None
    ) -> dict[str, Any]:
        """Let this case search the gallery of another; a named person does, with a reason, and the log keeps both."""
        from safelight.persons.desk import links

        with permit.transaction() as connection:
            made = links.link(connection, self.keys, permit, other, reason)
        permit.subjects.append(made.case)
        permit.personal = {"reason": reason}
        return {
            "case": permit.the_case.id,
            "linked": made.case,
            "by": made.by,
            "at": made.at,
            "reason": reason,
        }

    @verb("persons unlink", needs=Capability.FACE_SEARCH)
    def unlink_cases(self, permit: Permit, other: str, *, case: str | None = None) -> dict[str, Any]:
        """Take a link to another case back."""
        from safelight.governance import cases
        from safelight.persons.desk import links

        with permit.transaction() as connection:
            found = cases.find(connection, self.keys, other)
            count = links.unlink(connection, permit, found.id)
        permit.subjects.append(found.id)
        return {"case": permit.the_case.id, "unlinked": found.id, "links": count}

    @verb("persons erase", needs=Capability.FACE_SEARCH, long=True, resolves={"person": _to_erase})
    def erase_person(
        self, permit: Permit, person: str, *, order: str, case: str | None = None
    ) -> dict[str, Any]:
        """Destroy everything that is stored of a person, on an order, and look for it in the raw store afterwards.

        What was searched with one of the person's photographs in this case goes with them.
        """
        from safelight.persons.desk import erase, pending, tombstones
        from safelight.persons.keep.people import People

        case_id, person_id = permit.the_case.id, permit.asked["person"]
        with permit.transaction() as connection:
            people = People(connection, self.keys, case_id)
            some = [one for one in pending.left(connection, self.keys, case_id) if one.person == person_id]
            if people.has(person_id):
                kept = people.get(person_id)
                probes = erase.searches_with(people, self.blobs, kept)
                gone = [erase.of_kept(connection, self.keys, case_id, one) for one in (kept, *probes)]
                erased = erase.together(gone, len(probes))
                some = [pending.put(connection, self.keys, case_id, kept.id, permit.actor, erased, some)]
                if kept.register is not Status.PROBE:
                    tombstones.put(connection, people.case_sealer, case_id, kept.number, order, permit.actor)
        read = pending.finish(self, permit, some)
        done = some[-1]
        erased = done.erased
        permit.personal = {"order": order}
        counts = {
            "rows": erased.rows, "keys": erased.keys, "candidates": erased.candidates,
            "photographs": len(erased.blobs), "searches": erased.searches, "looked_for": len(erased.traces),
            "store_bytes_read": read,
        }  # fmt: skip
        permit.detail = counts
        return {"id": done.person, "erased": True, **counts}


def with_candidates(
    house: PersonVerbs,
    permit: Permit,
    connection: Any,
    others: list[dict[str, Any]],
    kind: str | None,
    top: int | None,
    undecided: bool,
) -> list[dict[str, Any]]:
    """Leads of other kinds with the candidates among them; RefusedError where those alone are not allowed."""
    if kind == PERSON:
        check_allows(permit.the_case, Capability.FACE_SEARCH)
    if not permit.allows(Capability.FACE_SEARCH):
        return others
    from safelight.export import queue
    from safelight.persons.desk.leads import person_leads
    from safelight.persons.desk.reviewing import Reviewing

    return queue.together(others, person_leads(Reviewing(house, permit, connection), top, undecided), top)


def page_of_person(house: PersonVerbs, permit: Permit, connection: Any, person: str) -> Any:
    """The page of one entry, for `export html --person`; its event names the person and the candidates on it."""
    from safelight.export import person_pages

    return person_pages.of_person(house, permit, connection, person)


def _lists(top: int, chance: float | None, usual: float) -> dict[str, Any]:
    """How long the lists of a comparison may get, for its event, which holds no fractions but in words."""
    return {"top": top, "chance": f"{chance or usual:g}"}


def _version(house: PersonVerbs) -> str:
    """Of the embedder in use."""
    from safelight.persons.portraits.embedders import embedder

    return embedder(house.config.face_embedder).version


def _person(house: PersonVerbs, permit: Permit, wanted: str) -> tuple[Reviewing, Any]:
    """The desk and the person of an id; the event names the id alone, and what is said goes under the person's key."""
    from safelight.persons.keep.people import person_key

    desk = reviewing_of(house, permit)
    kept = desk.people.find(wanted)
    permit.subjects.append(kept.id)
    permit.personal_key = person_key(kept.id)
    return desk, kept


__all__ = ["PersonVerbs"]
