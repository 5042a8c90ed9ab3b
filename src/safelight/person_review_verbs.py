"""The verbs of review at the missing-children desk: the next list, answers, sheets, and what follows a decision."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from safelight.governance.authority import check_allows
from safelight.governance.gate import Permit, verb
from safelight.model import Capability
from safelight.persons.person import Verdict
from safelight.verb_house import VerbHouse

if TYPE_CHECKING:
    from safelight.persons.desk.reviewing import Reviewing


class PersonReviewVerbs(VerbHouse):
    """Verbs over candidates, which two people decide."""

    @verb("persons review next", needs=Capability.FACE_SEARCH)
    def next_review(
        self, permit: Permit, *, most: int = 5, with_page: bool = False, case: str | None = None
    ) -> dict[str, Any] | None:
        """The next list for the acting person, without scores; `with_page`, where `review_page` will show it.

        Raises RefusedError, and holds nothing, where a page is wanted and the case does not allow `export`.
        """
        from safelight.persons.desk.reviewing import Reviewing

        if with_page:
            check_allows(permit.the_case, Capability.EXPORT)
        with permit.transaction() as connection:
            found = Reviewing(self, permit, connection).next(most, with_page=with_page)
        if found is not None:
            permit.subjects += [found["probe"]["person"], *(one["id"] for one in found["candidates"])]
        return found

    @verb("persons review page", needs=Capability.FACE_SEARCH, reads=True)
    def review_page(
        self, permit: Permit, candidates: list[str], page: Path, *, case: str | None = None
    ) -> dict[str, Any]:
        """Write the list that is held for the acting person as a page with photographs: an export."""
        check_allows(permit.the_case, Capability.EXPORT)
        from safelight.export import person_pages
        from safelight.persons.desk.reviewing import Reviewing

        with permit.snapshot() as connection:
            return person_pages.write_list(
                self, permit, Reviewing(self, permit, connection), candidates, page
            )

    @verb("persons sheet", needs=Capability.FACE_SEARCH, reads=True)
    def sheet_person(
        self, permit: Permit, candidate: str, out: Path, *, case: str | None = None
    ) -> dict[str, Any]:
        """Write a candidate's sheet as `.html` or `.pdf`, with photographs: an export; where, and its digest."""
        check_allows(permit.the_case, Capability.EXPORT)
        from safelight.export import person_pages
        from safelight.export.person_sheet import sheet
        from safelight.persons.desk.reviewing import Reviewing

        person_pages.check_suffix(out, (".html", ".htm", ".pdf"))
        with permit.snapshot() as connection:
            made = sheet(self, permit, Reviewing(self, permit, connection), candidate)
        return person_pages.write_sheet(self, permit, made, out)

    @verb("persons review answer", needs=Capability.FACE_SEARCH)
    def answer_review(
        self,
        permit: Permit,
        candidate: str,
        verdict: Verdict,
        *,
        note: str | None = None,
        case: str | None = None,
    ) -> dict[str, Any]:
        """Record what the acting person says of a candidate; the same person twice is refused.

        The event names the candidate, and where a foil was proposed, the candidate that was made of its two people.
        """
        _without(permit, "note")  # it is sealed with the verdict, under both people's keys
        reviewing = _about(self, permit, candidate)
        found = reviewing.answer(candidate, verdict, note)
        permit.subjects += [found[name] for name in ("id", "proposed") if name in found]
        permit.detail = {"photographs_shown": found["photographs_shown"], "proposed": "proposed" in found}
        return found

    @verb("persons review reopen", needs=Capability.FACE_SEARCH)
    def reopen_review(
        self, permit: Permit, candidate: str, *, reason: str, case: str | None = None
    ) -> dict[str, Any]:
        """Let a decided candidate be decided anew, with something new."""
        _without(permit, "reason")
        found = _about(self, permit, candidate).reopen(candidate, reason)
        permit.subjects.append(found["id"])
        return found

    @verb("persons step", needs=Capability.FACE_SEARCH)
    def person_step(
        self,
        permit: Permit,
        candidate: str,
        what: str,
        *,
        due: date | None = None,
        done: bool = False,
        case: str | None = None,
    ) -> dict[str, Any]:
        """Put a next step on a confirmed candidate's checklist, or mark it done."""
        _without(permit, "what")
        found = _about(self, permit, candidate).step(candidate, what, due, done)
        permit.subjects.append(found["id"])
        return found

    @verb("persons outcome", needs=Capability.FACE_SEARCH)
    def person_outcome(
        self,
        permit: Permit,
        candidate: str,
        result: str,
        *,
        on: date | None = None,
        note: str | None = None,
        case: str | None = None,
    ) -> dict[str, Any]:
        """Record how a candidate came out; who is reunited leaves the gallery, and is back in it if that was wrong."""
        from safelight.persons.desk import outcomes
        from safelight.persons.desk.ledger import Result

        with permit.transaction() as connection:
            reviewing = reviewing_of(self, permit)
            found = reviewing.outcome(candidate, Result(result), on, note)
            permit.subjects += [found["id"], *found["people"]]
            return outcomes.follow(connection, reviewing, permit, found, self.config.face_template_days)

    @verb("persons outcomes", needs=Capability.FACE_SEARCH)
    def person_outcomes(self, permit: Permit, *, case: str | None = None) -> dict[str, Any]:
        """The ledger in numbers: what candidates came to, with intervals."""
        return reviewing_of(self, permit).account()


def reviewing_of(house: VerbHouse, permit: Permit) -> Reviewing:
    from safelight.persons.desk.reviewing import Reviewing

    with permit.transaction() as connection:
        return Reviewing(house, permit, connection)


def _about(house: VerbHouse, permit: Permit, candidate: str) -> Reviewing:
    """The desk for a candidate; what was asked goes under the key of one of the two."""
    from safelight.persons.keep.people import person_key

    desk = reviewing_of(house, permit)
    permit.personal_key = person_key(desk.pairs.get(candidate).person)
    return desk


def _without(permit: Permit, *names: str) -> None:
    """Leave what people write in words out of the event: the store holds it, sealed so that erasing reaches it."""
    permit.asked = {name: value for name, value in permit.asked.items() if name not in names}


__all__ = ["PersonReviewVerbs", "reviewing_of"]
