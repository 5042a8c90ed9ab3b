"""Candidates, verdicts and what follows from them, sealed so that both people's keys are needed to read them.

Erasing either person therefore erases what was ever said about the two.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from safelight.errors import IntegrityError, UsageError
from safelight.persons.keep.people import person_key
from safelight.persons.person import Candidate, Side, Standing, Verdict, Weighed
from safelight.store.keys import KeyRing, Sealer
from safelight.store.sealed import dumps
from safelight.store.tables import candidate, person_act, verdict


@dataclass(frozen=True, slots=True)
class KeptCandidate:
    """A candidate as it lies in the store, without what people said of it."""

    id: str
    probe: str
    person: str
    rank: int
    similarity: float
    fmr: float | None
    weighed: tuple[Weighed, ...]
    made_at: datetime
    version: str
    """Of the embedder whose templates were compared."""
    expected: float | None = None
    """Look-alikes that chance gives this probe in this gallery."""
    q: float | None = None
    """False-discovery rate of the list down to this candidate, where a whole match was made."""
    foil: bool = False
    """It cannot be true, and stands in a review list so that lists are read. Never in a ledger or on a sheet."""

    @property
    def weight(self) -> float:
        """The sum of what is weighed, as a decimal logarithm."""
        return sum(one.weight for one in self.weighed)


@dataclass(frozen=True, slots=True)
class Said:
    """One decider's verdict."""

    candidate: str
    by: str
    at: datetime
    verdict: Verdict
    round: int
    """From 0; each reopening begins another."""
    note: str | None = None


@dataclass(frozen=True, slots=True)
class Act:
    """Something done about a candidate."""

    number: int
    kind: str
    subject: str
    by: str
    at: datetime
    said: dict[str, Any] = field(default_factory=dict)


def candidate_id(sealer: Any, probe: str, person: str) -> str:
    """The same whenever these two are compared, and whether or not it is a foil."""
    return f"C-{sealer.digest(f'candidate:{probe}:{person}'.encode()).hex()[:16]}"


class Pairs:
    """The candidates of one case, within the caller's transaction."""

    def __init__(self, connection: sa.Connection, keys: KeyRing, case_id: str) -> None:
        self._connection, self._keys, self._case = connection, keys, case_id
        self._sealers: dict[str, Sealer] = {}

    def put(self, made: Sequence[KeptCandidate]) -> None:
        """Store candidates, each in place of an earlier comparison of the same two; the first day stays."""
        if not made:
            return
        here = (candidate.c.case_id == self._case) & candidate.c.id.in_([one.id for one in made])
        earlier = {
            row.id: self._read(row).made_at
            for row in self._connection.execute(sa.select(candidate).where(here))
        }
        if earlier:
            self._connection.execute(candidate.delete().where(here))
        rows = []
        for one in made:
            said = asdict(one) | {"made_at": earlier.get(one.id, one.made_at).isoformat()}
            sealed = self._seal(one.probe, one.person, said, f"candidate:{one.id}")
            rows.append(
                {
                    "case_id": self._case,
                    "id": one.id,
                    "probe": one.probe,
                    "person": one.person,
                    "sealed": sealed,
                }
            )
        self._connection.execute(candidate.insert(), rows)

    def get(self, wanted: str) -> KeptCandidate:
        """The candidate of an id or its beginning. UsageError where there is not exactly one."""
        query = sa.select(candidate).where(
            candidate.c.case_id == self._case, candidate.c.id.startswith(wanted, autoescape=True)
        )
        rows = self._connection.execute(query.limit(2)).all() if wanted.startswith("C-") else []
        if len(rows) != 1:
            raise UsageError(
                f"There is {'no' if not rows else 'more than one'} candidate '{wanted}' in this case.",
                "See `safelight persons match`, or give more of its id.",
            )
        return self._read(rows[0])

    def all(self, *, foils: bool = False, of: str | None = None) -> Iterator[KeptCandidate]:
        """Every candidate (of one person), by probe and rank."""
        query = sa.select(candidate).where(candidate.c.case_id == self._case)
        if of is not None:
            query = query.where((candidate.c.probe == of) | (candidate.c.person == of))
        rows = self._connection.execute(query).all()
        self._prepare({one for row in rows for one in (row.probe, row.person)})
        found = [self._read(row) for row in rows]
        yield from sorted(
            (one for one in found if foils or not one.foil), key=lambda one: (one.probe, one.rank)
        )

    def say(self, about: KeptCandidate, by: str, what: Verdict, round_: int, note: str | None) -> Said:
        """Record a verdict; whether it may be given is the caller's to know."""
        at = datetime.now(UTC)
        made = Said(about.id, by, at, what, round_, note)
        verdict_id = f"V-{secrets.token_hex(6)}"
        said = {
            "verdict": str(what),
            "round": round_,
            "note": note,
            "said": [verdict_id, about.id, by, at.isoformat()],
        }
        self._connection.execute(
            verdict.insert().values(
                id=verdict_id,
                case_id=self._case,
                candidate_id=about.id,
                made_by=by,
                made_at=at.isoformat(),
                sealed=self._seal(about.probe, about.person, said, f"verdict:{verdict_id}"),
            )
        )
        return made

    def said(self, about: Iterable[KeptCandidate] | None = None) -> dict[str, list[Said]]:
        """Every verdict by candidate, oldest first."""
        known = {one.id: one for one in (about if about is not None else self.all(foils=True))}
        query = sa.select(verdict).where(verdict.c.case_id == self._case)
        if len(known) == 1:
            query = query.where(verdict.c.candidate_id == next(iter(known)))
        found: dict[str, list[Said]] = {}
        for row in self._connection.execute(query.order_by(verdict.c.made_at, verdict.c.id)).all():
            one = known.get(row.candidate_id)
            if one is None:
                continue
            told = self._unseal(one.probe, one.person, row.sealed, f"verdict:{row.id}")
            if told["said"] != [row.id, row.candidate_id, row.made_by, row.made_at]:
                raise _altered(one.id)
            at = datetime.fromisoformat(row.made_at)
            made = Said(one.id, row.made_by, at, Verdict(told["verdict"]), told["round"], told["note"])
            found.setdefault(one.id, []).append(made)
        return found

    def act(self, about: KeptCandidate, kind: str, by: str, said: dict[str, Any]) -> None:
        """Record something that is done about a candidate."""
        at = datetime.now(UTC).isoformat()
        sealed = self._seal(
            about.probe, about.person, {**said, "said": [kind, about.id, by, at]}, f"person_act:{about.id}"
        )
        self._connection.execute(
            person_act.insert().values(
                case_id=self._case, kind=kind, subject=about.id, made_by=by, made_at=at, sealed=sealed
            )
        )

    def acts(self, kind: str, about: Iterable[KeptCandidate]) -> dict[str, list[Act]]:
        """What was done of this kind, by candidate, oldest first."""
        known = {one.id: one for one in about}
        query = sa.select(person_act).where(person_act.c.case_id == self._case, person_act.c.kind == kind)
        found: dict[str, list[Act]] = {}
        for row in self._connection.execute(query.order_by(person_act.c.id)).all():
            one = known.get(row.subject)
            if one is None:
                continue
            told = self._unseal(one.probe, one.person, row.sealed, f"person_act:{row.subject}")
            if told.pop("said") != [row.kind, row.subject, row.made_by, row.made_at]:
                raise _altered(one.id)
            made = Act(row.id, row.kind, row.subject, row.made_by, datetime.fromisoformat(row.made_at), told)
            found.setdefault(one.id, []).append(made)
        return found

    def _read(self, row: Any) -> KeptCandidate:
        said = self._unseal(row.probe, row.person, row.sealed, f"candidate:{row.id}")
        if [said["id"], said["probe"], said["person"]] != [row.id, row.probe, row.person]:
            raise _altered(row.id)
        weighed = tuple(Weighed(**{**one, "side": Side(one["side"])}) for one in said["weighed"])
        return KeptCandidate(
            **{**said, "weighed": weighed, "made_at": datetime.fromisoformat(said["made_at"])}
        )

    def _seal(self, probe: str, person: str, value: Any, context: str) -> bytes:
        inner = self._sealer(probe).seal(dumps(value), context.encode())
        return self._sealer(person).seal(inner, context.encode())

    def _unseal(self, probe: str, person: str, sealed: bytes, context: str) -> Any:
        inner = self._sealer(person).unseal(sealed, context.encode())
        return orjson.loads(self._sealer(probe).unseal(inner, context.encode()))

    def _prepare(self, people: set[str]) -> None:
        """Have the keys of many people at hand, in a few queries."""
        missing = sorted(person_key(one) for one in people if one not in self._sealers)
        for key_id, sealer in self._keys.sealers(self._connection, missing):
            self._sealers[key_id.removeprefix(person_key(""))] = sealer

    def _sealer(self, person_id: str) -> Sealer:
        found = self._sealers.get(person_id)
        if found is None:
            found = self._sealers[person_id] = self._keys.sealer(self._connection, person_key(person_id))
        return found


def shown(kept: KeptCandidate, standing: Standing) -> Candidate:
    """A stored candidate with what people concluded."""
    return Candidate(
        kept.id, kept.probe, kept.person, kept.rank, kept.similarity, kept.fmr, kept.weighed, standing
    )


def _altered(candidate_id: str) -> IntegrityError:
    return IntegrityError(
        f"The store says of candidate {candidate_id} something else than was recorded: it was altered.",
        "Restore the store from a backup; `safelight audit show` says who did what.",
    )
