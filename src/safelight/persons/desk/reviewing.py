"""Review at the desk: the next list for a person, their answer, what follows, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from safelight.errors import RefusedError, UsageError
from safelight.governance import apart
from safelight.governance.gate import Permit
from safelight.governance.users import same_person
from safelight.persons.desk import ledger, outcomes, review, schedule, trials
from safelight.persons.desk.basis import basis, has_page, has_seen_score
from safelight.persons.desk.checklist import step_meant
from safelight.persons.desk.house import House
from safelight.persons.desk.ledger import STEPS, Result
from safelight.persons.desk.links import people_of
from safelight.persons.desk.review import WITHOUT_PHOTOGRAPHS, Work
from safelight.persons.desk.trials import State
from safelight.persons.keep import facts as facts_json
from safelight.persons.keep.pairs import HOLD, PROPOSE, KeptCandidate, Pairs, Said
from safelight.persons.keep.people import ENROLLED, Kept
from safelight.persons.person import IN_GALLERY, Standing, Status, Verdict
from safelight.persons.weigh.weigh import table, weighed_json

REOPEN, STEP, OUTCOME = "reopen", "step", "outcome"
PROPOSED = "Proposed by a person; the comparison spoke against it."
_SHOWN_NONE = (
    "You were shown no photographs of these two: that is kept with your answer. `safelight persons review next --page "
    "FILE.html` shows them, where the case allows export."
)
_UNLIKE = "This one was put in the list because the two are unlike."
_UNSURE = f"{_UNLIKE} If a second person cannot say either, a candidate is made of the two."
_CANDIDATE = (
    f"{_UNLIKE} It stays that: nothing follows from it. Where somebody recognises a person in spite of that, or two "
    "cannot say, faces and registers may err: the two are candidate {}, which others decide about; you proposed it."
)
_THERE = f"{_UNLIKE} A later comparison lists the two as candidate {{}}: decide about that."
_HERE = (*IN_GALLERY, Status.PROBE)
_DECIDED = (Standing.CONFIRMED, Standing.EXCLUDED, Standing.CANNOT_SAY)


class Reviewing:
    """Review in one case, within the caller's transaction."""

    def __init__(self, house: House, permit: Permit, connection: sa.Connection) -> None:
        self._house, self._permit, self._connection = house, permit, connection
        self.people = people_of(connection, house.keys, permit)
        self.pairs = Pairs(connection, house.keys, permit.the_case.id)
        self._ids: set[str] | None = None

    def works(self, about: Sequence[KeptCandidate] | None = None, *, whole: bool = False) -> list[Work]:
        """Every candidate, foils too, with its standing; `whole`: with the digest of what is shown of each now."""
        candidates = list(self.pairs.all(foils=True)) if about is None else list(about)
        said, reopened = self.pairs.said(candidates), self.pairs.acts(REOPEN, candidates)
        wanted = [
            one
            for one in candidates
            if whole or review.in_doubt(said.get(one.id, ()), len(reopened.get(one.id, ())))
        ]
        known = self.people.many(sorted({each for one in wanted for each in (one.probe, one.person)}))
        bases = {
            one.id: basis(known[one.probe], known[one.person])
            for one in wanted
            if one.probe in known and one.person in known
        }
        held, proposed = (self.pairs.acts(kind, candidates) for kind in (HOLD, PROPOSE))
        return review.work(candidates, said, reopened, held, bases, proposed)

    def next(self, most: int, *, with_page: bool = False) -> dict[str, Any] | None:
        """The next list for the acting person, held for them; None where nothing waits.

        `with_page`: a page with its photographs is about to be written.
        """
        actor, now = self._permit.actor, datetime.now(UTC)
        works = self._apart(review.once(self.works(self.pairs.brief(_HERE, self.people.cases))))
        chosen = review.review_list(works, actor, most)
        if not chosen:
            return None
        probe = self.people.get(chosen[0].kept.probe)
        shown = []
        for one in chosen:
            other = self.people.get(one.kept.person)
            digest = basis(probe, other)
            self.pairs.hold(
                one.kept, actor, digest, one.page_since(actor, digest) or (now if with_page else None)
            )
            shown.append({"id": one.kept.id, **self.side(other), **_again(one, actor)})
        waiting = review.waiting_for(works, actor)
        return {
            "probe": self.side(probe),
            "candidates": shown,
            "waiting": sum(not one.kept.foil for one in waiting),
            "held_minutes": review.HELD_MINUTES,
        }

    def _apart(self, works: list[Work]) -> list[Work]:
        """What nobody decided whom the acting person registered as a user, or by whom they were registered."""
        if self._house.evaluation:
            return works
        above = apart.registrars(self._connection)
        actor = self._permit.actor
        return [
            one
            for one in works
            if one.kept.foil or all(apart.are_apart(above, actor, each.by) for each in one.said)
        ]

    def side(self, kept: Kept) -> dict[str, Any]:
        """One of the two as a decider sees them: what is stated, and which photographs there are."""
        return {
            "person": kept.id,
            "person_id": kept.number,
            "status": str(kept.status),
            "facts": facts_json.to_json(kept.facts),
            "photos": [
                {"photo": one.name, "sha256": one.sha256.hex(), "quality": one.quality, "blob": one.blob}
                for one in kept.photos
                if one.state == ENROLLED
            ],
        }

    def answer(self, wanted: str, what: Verdict, note: str | None) -> dict[str, Any]:
        """Record a verdict; only then is the decider told the score, and what others said once enough have spoken."""
        one = self.work_of(wanted)
        actor = self._permit.actor
        self._check_is_here(one.kept)
        review.check_may_say(one, actor)
        if not self._house.evaluation and not one.kept.foil:
            apart.check_apart(self._connection, actor, [each.by for each in one.said])
        seen = self._has_seen_score(one.kept, actor)
        from_list = one.listed.get(actor, "") in (None, one.basis) and not seen
        made = self.pairs.say(
            one.kept, actor, what, one.round, note, from_list=from_list, as_foil=one.kept.foil, basis=one.basis,
            pictures=self._was_shown(one, actor),
        )  # fmt: skip
        after = replace(one, said=(*one.said, made), standing=review.standing((*one.said, made)))
        self._let_go(one.kept)
        told = {
            "id": one.kept.id,
            "verdict": str(what),
            "standing": str(after.standing),
            "from_list": from_list,
            "photographs_shown": made.pictures,
            "warning": _warning(after, made),
            "score_seen_before": seen,
            "on_earlier_facts": sum(not same_person(each.by, actor) for each in one.earlier),
        }
        if one.kept.foil:
            return told | {"standing": "unlike", "foil": True, **self._after_foil(one, what)}
        told |= {
            "foil": False,
            "decided_without_photographs": after.without_photographs,
            **self.explained(one.kept),
        }
        if after.standing in _DECIDED:
            told["decided_by"] = [each.by for each in after.said]
        if after.standing is Standing.CONFIRMED:
            told["next_steps"] = list(STEPS)
        return told

    def _after_foil(self, one: Work, what: Verdict) -> dict[str, Any]:
        """What is told of a foil, and the candidate of its two people where this answer proposes them.

        The same whether or not somebody else proposed them before: nobody learns from it what another said.
        """
        if not review.speaks_up(one, what):
            return {"explained": _UNSURE if what is Verdict.CANNOT_SAY else _UNLIKE}
        kept, actor = self.pairs.propose(one.kept, self.people.case_sealer), self._permit.actor
        if not kept.proposed:  # a comparison has found the two since
            return {"explained": _THERE.format(kept.id), "candidate": kept.id}
        if not any(same_person(each.by, actor) for each in self.pairs.acts(PROPOSE, [kept]).get(kept.id, ())):
            self.pairs.act(kept, PROPOSE, actor, {"foil": one.kept.id, "verdict": str(what)})
        return {"explained": _CANDIDATE.format(kept.id), "proposed": kept.id}

    def _was_shown(self, one: Work, actor: str) -> bool:
        """Was a page written for this person, of the photographs as they are now?"""
        since = one.page_since(actor, one.basis) if one.basis is not None else None
        return since is not None and has_page(
            self._connection, self._permit.the_case.id, actor, one.kept.id, since
        )

    def _has_seen_score(self, kept: KeptCandidate, actor: str) -> bool:
        register = self.people.get(kept.probe, photos=False).register
        return has_seen_score(self._connection, self._permit.the_case.id, actor, kept, register)

    def _check_is_here(self, kept: KeptCandidate) -> None:
        """Refuse to decide about somebody who left the gallery."""
        if gone := self._gone(kept):
            who = " and ".join(f"{person.number} is {person.status}" for person in gone)
            raise RefusedError(
                f"{who}: about {kept.id} nobody decides any more.", "withdrawn", self._way_back(kept, gone)
            )

    def _gone(self, kept: KeptCandidate) -> list[Kept]:
        """Who of the two left the gallery."""
        both = (self.people.get(one, photos=False) for one in (kept.probe, kept.person))
        return [one for one in both if one.status not in _HERE]

    def _way_back(self, kept: KeptCandidate, gone: Sequence[Kept]) -> str:
        """What to do first where somebody left the gallery and that is wrong."""
        outcome = self.pairs.acts(OUTCOME, [kept]).get(kept.id, ())
        if (
            outcome
            and outcome[-1].said["result"] == Result.REUNITED
            and any(one.status is Status.HOME for one in gone)
        ):
            return (
                "They are home by the outcome of this candidate. If that is wrong, correct it first: `safelight "
                f"persons outcome {kept.id} --result not-the-same` (or unknown) brings both back; then decide."
            )
        return "If that is wrong: `safelight persons update … --status`, then decide."

    def _let_go(self, kept: KeptCandidate) -> None:
        """Let the period of a photograph that was searched with begin anew: somebody is at work on it."""
        if self.people.get(kept.probe, photos=False).register is not Status.PROBE:
            return
        days = self._house.config.face_template_days
        case = self._permit.the_case.id
        schedule.put(self._connection, self.people, case, kept.probe, self._permit.actor, days)

    def explained(self, kept: KeptCandidate) -> dict[str, Any]:
        """The score of a candidate, what chance gives, and what speaks for and against."""
        return {
            "similarity": round(kept.similarity, 4),
            "fmr": kept.fmr,
            "expected_by_chance": kept.expected,
            "q": kept.q,
            "same_file": kept.same_file,
            "photos_changed": kept.photos_changed,
            "weight": round(kept.weight, 2),
            "table": [weighed_json(one) for one in table(kept.weighed)],
        }

    def reopen(self, wanted: str, reason: str) -> dict[str, Any]:
        """Begin a new round about a candidate, with something new; the old verdicts stay in its history."""
        one = self.work_of(wanted, foils=False)
        if one.standing in (Standing.OPEN, Standing.ONE_OF_TWO, Standing.TO_A_THIRD):
            raise UsageError(f"{one.kept.id} is still open.")
        self.pairs.act(one.kept, REOPEN, self._permit.actor, {"reason": reason})
        self._let_go(one.kept)
        told = {"id": one.kept.id, "standing": str(Standing.OPEN), "round": one.round + 1}
        gone = self._gone(one.kept)
        return told | ({"first": self._way_back(one.kept, gone)} if gone else {})

    def step(self, wanted: str, what: str, due: date | None, done: bool) -> dict[str, Any]:
        """Add a next step, or mark one as done."""
        one = self.work_of(wanted, foils=False)
        if one.standing is not Standing.CONFIRMED:
            raise RefusedError(
                f"{one.kept.id} is not confirmed by two people: nobody is told yet.",
                "second person",
                "See `safelight persons review next`.",
            )
        if done:
            what = step_meant(what, [each["what"] for each in self.steps(one.kept)], STEPS)
        said = {"what": what, "due": due.isoformat() if due else None, "done": done}
        self.pairs.act(one.kept, STEP, self._permit.actor, said)
        self._let_go(one.kept)
        return {"id": one.kept.id, "steps": self.steps(one.kept)}

    def steps(self, kept: KeptCandidate) -> list[dict[str, Any]]:
        """The checklist of a candidate: each step with when it is due and since when it is done."""
        found: dict[str, dict[str, Any]] = {}
        for act in self.pairs.acts(STEP, [kept]).get(kept.id, ()):
            entry = found.setdefault(
                act.said["what"], {"what": act.said["what"], "due": None, "done": None, "by": act.by}
            )
            entry["due"] = act.said["due"] or entry["due"]
            if act.said["done"]:
                entry |= {"done": act.at.date().isoformat(), "by": act.by}
        return list(found.values())

    def outcome(self, wanted: str, result: Result, on: date | None, note: str | None) -> dict[str, Any]:
        """Record how a candidate came out in the world; a later record corrects an earlier one."""
        # Also where a link is gone: an outcome can be corrected.
        one = self.works([_no_foil(self.pairs.get(wanted))], whole=True)[0]
        earlier = self.pairs.acts(OUTCOME, [one.kept]).get(one.kept.id, ())
        before = Result(earlier[-1].said["result"]) if earlier else None
        outcomes.check(one, result, before)
        on = on or datetime.now(UTC).date()
        if on > datetime.now(UTC).date():
            raise UsageError("An outcome lies in the past.", "Give the day on which it happened with --on.")
        self.pairs.act(
            one.kept, OUTCOME, self._permit.actor, {"result": str(result), "on": on.isoformat(), "note": note}
        )
        return {
            "id": one.kept.id,
            "result": str(result),
            "on": on.isoformat(),
            "people": [one.kept.probe, one.kept.person],
            "before": before,
        }

    def is_reunited(self, person: str) -> bool:
        """Does a candidate with this person stand as reunited?"""
        acts = self.pairs.acts(OUTCOME, list(self.pairs.all(of=person)))
        return any(some[-1].said["result"] == Result.REUNITED for some in acts.values())

    def can_read(self, kept: KeptCandidate) -> bool:
        """Are both people of this case, or of one that is linked to it and valid now?"""
        if self._ids is None:
            self._ids = self.people.ids()
        return {kept.probe, kept.person} <= self._ids

    def account(self) -> dict[str, Any]:
        """The ledger in numbers."""
        works = self.works()
        probes = self.people.many(sorted({one.kept.probe for one in works}))
        told = {key: (str(kept.register), kept.facts.source or "not stated") for key, kept in probes.items()}
        found = ledger.entries(works, self.pairs.acts(OUTCOME, [one.kept for one in works]), told)
        said = [each for some in self.pairs.said([one.kept for one in works]).values() for each in some]
        foils = [each for each in said if each.as_foil]
        return {
            **ledger.account(found),
            "unreadable_candidates": sum(not one.kept.foil and not self.can_read(one.kept) for one in works),
            "answers": len(said) - len(foils),
            "answered_from_list": sum(each.from_list is True for each in said if not each.as_foil),
            "proposed": sum(one.kept.proposed for one in works),
            "foils": {
                "answered": len(foils),
                "taken_for_the_same": sum(each.verdict is Verdict.SAME for each in foils),
            },
        }

    def work_of(self, wanted: str, *, foils: bool = True) -> Work:
        """One candidate. UsageError where there is none, or where it is a foil and these are not wanted (`foils`)."""
        kept = self.pairs.get(wanted)
        if not foils:
            _no_foil(kept)
        if not all(self.people.has(one) for one in (kept.probe, kept.person)):
            raise UsageError(
                f"{kept.id} is about somebody of a case that is no longer linked to this one, or closed or expired.",
                "With a reason to, link it again: `safelight persons link`.",
            )
        return self.works([kept], whole=True)[0]

    def model_state(self, version: str) -> State:
        """What is known here of the model whose templates were compared."""
        return trials.state_of(self._connection, self._house.keys, version)

    def decided(self, person: str) -> list[dict[str, Any]]:
        """The candidates of somebody that people have decided: how, and whether all were shown the photographs."""
        works = self.works([one for one in self.pairs.all(of=person) if self.can_read(one)])
        return [
            {
                "id": one.kept.id,
                "standing": str(one.standing),
                "proposed": one.kept.proposed,
                "decided_without_photographs": one.without_photographs,
            }
            for one in works
            if one.standing in _DECIDED
        ]


def _no_foil(kept: KeptCandidate) -> KeptCandidate:
    """A candidate itself. UsageError for a foil, of which nothing follows."""
    if kept.foil:
        raise UsageError(
            f"{kept.id} is no candidate: it was put in lists because the two are unlike, so that lists are read. "
            "It has no sheet, no steps, no outcome and no decision.",
            "If you take the two for one person, say so in the review: a candidate is made of them, which two others "
            "decide about.",
        )
    return kept


def _warning(after: Work, made: Said) -> str | None:
    """What is said where an answer was given, or a candidate decided, without photographs; never a bar."""
    said = [] if made.pictures else [_SHOWN_NONE]
    said += [WITHOUT_PHOTOGRAPHS] if after.without_photographs and not after.kept.foil else []
    return " ".join(said) or None


def _again(one: Work, actor: str) -> dict[str, str]:
    """That the acting person decided about this one before, on facts or photographs that have changed since."""
    before = one.earlier_of(actor)
    return {"given_on_earlier_facts": before.at.date().isoformat()} if before is not None else {}


__all__ = ["Reviewing"]
