"""Review at the desk: the next list for a person, their answer, what follows, and the ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from safelight.errors import RefusedError, UsageError
from safelight.governance.gate import Permit
from safelight.persons.desk import ledger, review, schedule
from safelight.persons.desk.house import House
from safelight.persons.desk.ledger import STEPS, Result
from safelight.persons.desk.links import people_of
from safelight.persons.desk.review import Work
from safelight.persons.keep import facts as facts_json
from safelight.persons.keep.pairs import KeptCandidate, Pairs
from safelight.persons.keep.people import ENROLLED, Kept
from safelight.persons.person import Standing, Status, Verdict
from safelight.persons.weigh.weigh import table

HOLD, REOPEN, STEP, OUTCOME = "hold", "reopen", "step", "outcome"


class Reviewing:
    """Review in one case, within the caller's transaction."""

    def __init__(self, house: House, permit: Permit, connection: sa.Connection) -> None:
        self._house, self._permit, self._connection = house, permit, connection
        self.people = people_of(connection, house.keys, permit)
        self.pairs = Pairs(connection, house.keys, permit.the_case.id)

    def works(self, about: Sequence[KeptCandidate] | None = None) -> list[Work]:
        """Every candidate, foils too, with its standing; without those of people who left the gallery undecided."""
        candidates = list(self.pairs.all(foils=True)) if about is None else list(about)
        return review.work(
            candidates,
            self.pairs.said(candidates),
            self.pairs.acts(REOPEN, candidates),
            self.pairs.acts(HOLD, candidates),
        )

    def next(self, most: int) -> dict[str, Any] | None:
        """The next list for the acting person, held for them; None where nothing waits."""
        open_ids = {kept.id for kept in self.people.everyone((Status.MISSING, Status.FOUND, Status.PROBE))}
        works = [one for one in self.works() if {one.kept.probe, one.kept.person} <= open_ids]
        chosen = review.review_list(works, self._permit.actor, most)
        if not chosen:
            return None
        for one in chosen:
            self.pairs.act(one.kept, HOLD, self._permit.actor, {})
        probe = self.people.get(chosen[0].kept.probe)
        waiting = review.waiting_for(works, self._permit.actor)
        return {
            "probe": self.side(probe),
            "candidates": [
                {"id": one.kept.id, **self.side(self.people.get(one.kept.person))} for one in chosen
            ],
            "waiting": sum(not one.kept.foil for one in waiting),
            "held_minutes": review.HELD_MINUTES,
        }

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
        review.check_may_say(one, self._permit.actor)
        made = self.pairs.say(one.kept, self._permit.actor, what, one.round, note)
        after = review.standing((*one.said, made))
        self._let_go(one.kept)
        if one.kept.foil:
            return {
                "id": one.kept.id,
                "verdict": str(what),
                "standing": "cannot be true",
                "foil": True,
                "explained": "This one stood in the list though it cannot be true; it goes no further.",
            }
        told = {
            "id": one.kept.id,
            "verdict": str(what),
            "standing": str(after),
            "foil": False,
            **self.explained(one.kept),
        }
        if after in (Standing.CONFIRMED, Standing.EXCLUDED, Standing.CANNOT_SAY):
            told["decided_by"] = [each.by for each in (*one.said, made)]
        if after is Standing.CONFIRMED:
            told["next_steps"] = list(STEPS)
        return told

    def _let_go(self, kept: KeptCandidate) -> None:
        """Schedule a photograph that was searched with for erasure once none of its candidates can be the person."""
        if self.people.get(kept.probe, photos=False).register is not Status.PROBE:
            return
        of_probe = list(self.pairs.all(of=kept.probe))
        standings = {one.standing for one in self.works(of_probe)}
        if standings <= {Standing.EXCLUDED, Standing.CANNOT_SAY}:
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
            "weight": round(kept.weight, 2),
            "table": [
                {
                    "code": one.code,
                    "side": str(one.side),
                    "text": one.text,
                    "weight": round(one.weight, 2),
                    "source": one.source,
                    "contradiction": one.contradiction,
                }
                for one in table(kept.weighed)
            ],
        }

    def reopen(self, wanted: str, reason: str) -> dict[str, Any]:
        """Begin a new round about a candidate, with something new; the old verdicts stay in its history."""
        one = self.work_of(wanted, foils=False)
        if one.standing in (Standing.OPEN, Standing.ONE_OF_TWO, Standing.TO_A_THIRD):
            raise UsageError(f"{one.kept.id} is still open.")
        self.pairs.act(one.kept, REOPEN, self._permit.actor, {"reason": reason})
        if self.people.get(one.kept.probe, photos=False).register is Status.PROBE:
            schedule.clear(self._connection, self._permit.the_case.id, one.kept.probe)
        return {"id": one.kept.id, "standing": str(Standing.OPEN), "round": one.round + 1}

    def step(self, wanted: str, what: str, due: date | None, done: bool) -> dict[str, Any]:
        """Add a next step, or mark one as done."""
        one = self.work_of(wanted, foils=False)
        if one.standing is not Standing.CONFIRMED:
            raise RefusedError(
                f"{one.kept.id} is not confirmed by two people: nobody is told yet.",
                "second person",
                "See `safelight persons review next`.",
            )
        said = {"what": what, "due": due.isoformat() if due else None, "done": done}
        self.pairs.act(one.kept, STEP, self._permit.actor, said)
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
        one = self.work_of(wanted, foils=False)
        if result is Result.REUNITED and one.standing is not Standing.CONFIRMED:
            raise RefusedError(
                f"{one.kept.id} is not confirmed by two people: nobody can be reunited on it.",
                "second person",
                "See `safelight persons review next`.",
            )
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
        }

    def account(self) -> dict[str, Any]:
        """The ledger in numbers."""
        works = self.works()
        probes = self.people.many(sorted({one.kept.probe for one in works}))
        told = {key: (str(kept.register), kept.facts.source or "not stated") for key, kept in probes.items()}
        found = ledger.entries(works, self.pairs.acts(OUTCOME, [one.kept for one in works]), told)
        foils = [each for one in works if one.kept.foil for each in one.said]
        return {
            **ledger.account(found),
            "foils": {
                "answered": len(foils),
                "taken_for_the_same": sum(each.verdict is Verdict.SAME for each in foils),
            },
        }

    def work_of(self, wanted: str, *, foils: bool = True) -> Work:
        """One candidate. UsageError where there is none (a foil is none for whoever is not reviewing)."""
        kept = self.pairs.get(wanted)
        if kept.foil and not foils:
            raise UsageError(
                f"There is no candidate '{wanted}' in this case.", "See `safelight persons match`."
            )
        return self.works([kept])[0]


__all__ = ["Reviewing"]
