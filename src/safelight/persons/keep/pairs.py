"""Candidates, verdicts and what follows from them, sealed so that both people's keys are needed to read them.

Erasing either person therefore erases what was ever said about the two.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

import orjson
import sqlalchemy as sa

from safelight.errors import IntegrityError, UsageError
from safelight.persons.keep.people import person_key
from safelight.persons.person import Side, Status, Verdict, Weighed
from safelight.store.keys import KeyRing, Sealer
from safelight.store.sealed import dumps
from safelight.store.tables import candidate, person, person_act, verdict

HOLD = "hold"
"""The kind of act that only says before whom a candidate lies."""
PROPOSE = "propose"
"""The act of somebody by whom a candidate came to be, and who therefore does not decide about it."""
_MANY = 400
"""Candidates read at a time."""


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
    """It was put in because it is unlike, so that lists are read. It stays one for ever, and never enters a ledger."""
    same_file: bool = False
    """Both entries hold the very same photograph file: the face says nothing."""
    photos_changed: bool = False
    """Photographs of one of the two changed since their faces were compared: the score is of those before."""
    proposed: bool = False
    """No comparison listed it: somebody said *same* of two people who were put in a list because they are unlike."""

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
    from_list: bool | None = None
    """Whether the decider had it from a list without scores; None: given before this was kept."""
    as_foil: bool = False
    """Given while it stood in the list as somebody unlike."""
    basis: str | None = None
    """Digest of the facts and photographs that it was given on; None: given before this was kept."""
    pictures: bool | None = None
    """Was their decider shown the photographs? None: given before this was kept."""


@dataclass(frozen=True, slots=True)
class Act:
    """Something done about a candidate."""

    number: int
    kind: str
    subject: str
    by: str
    at: datetime
    said: dict[str, Any] = field(default_factory=dict)


_FIELDS = tuple(KeptCandidate.__dataclass_fields__)
_LINE = tuple(Weighed.__dataclass_fields__)


def candidate_id(sealer: Any, probe: str, person: str, kind: str = "candidate") -> str:
    """The same whenever these two are compared; a foil (`kind`) has a number of its own, which looks like any other."""
    return f"C-{sealer.digest(f'{kind}:{probe}:{person}'.encode()).hex()[:16]}"


class Pairs:
    """The candidates of one case, within the caller's transaction."""

    def __init__(self, connection: sa.Connection, keys: KeyRing, case_id: str) -> None:
        self._connection, self._keys, self._case = connection, keys, case_id
        self._sealers: dict[str, Sealer] = {}
        self._acted: dict[bool, set[str]] = {}

    def put(self, made: Sequence[KeptCandidate]) -> None:
        """Store candidates, each in place of an earlier comparison of the same two; the first day stays.

        Who is a candidate is never made a foil.
        """
        if not made:
            return
        here = (candidate.c.case_id == self._case) & candidate.c.id.in_([one.id for one in made])
        old = self._connection.execute(sa.select(candidate).where(here)).all()
        self._prepare({person for one in made for person in (one.probe, one.person)})
        earlier = {row.id: self._said(row) for row in old}
        made = [one for one in made if not one.foil or one.id not in earlier or earlier[one.id]["foil"]]
        if earlier:
            again = here & candidate.c.id.in_([one.id for one in made])
            self._connection.execute(candidate.delete().where(again))
        rows = []
        for one in made:
            said = _plain(one)
            if one.id in earlier:
                said["made_at"] = earlier[one.id]["made_at"]
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
        if rows:
            self._connection.execute(candidate.insert(), rows)

    def propose(self, foil: KeptCandidate, case_sealer: Sealer) -> KeptCandidate:
        """The candidate of a foil's two people; made, after all others of its probe, where there is none.

        The foil stays as it is.
        """
        of_probe = [one for one in self.all(of=foil.probe) if one.probe == foil.probe]
        for one in of_probe:
            if one.person == foil.person:
                return one
        own = candidate_id(case_sealer, foil.probe, foil.person)
        if own == foil.id:  # a foil of a store that numbered foils as candidates
            own = candidate_id(case_sealer, foil.probe, foil.person, PROPOSE)
        rank = max((one.rank for one in of_probe), default=0) + 1
        made = replace(foil, id=own, foil=False, proposed=True, rank=rank, made_at=datetime.now(UTC))
        self.put([made])
        return made

    def let_go(self, probes: Collection[str], but: Collection[str]) -> int:
        """Remove what new lists of probes do not show, but for what somebody has said or done something about."""
        here = (candidate.c.case_id == self._case) & candidate.c.probe.in_(probes)
        old = set(self._connection.scalars(sa.select(candidate.c.id).where(here))) - set(but)
        if old:
            spoken = sa.select(verdict.c.candidate_id).where(
                verdict.c.case_id == self._case, verdict.c.candidate_id.in_(old)
            )
            old -= {*self._connection.scalars(spoken), *self._subjects(done=True)}
        if old:
            self._connection.execute(candidate.delete().where(here, candidate.c.id.in_(old)))
        if held := old & self._subjects(done=False):
            acts = (person_act.c.case_id == self._case) & (person_act.c.kind == HOLD)
            self._connection.execute(person_act.delete().where(acts, person_act.c.subject.in_(held)))
        return len(old)

    def _subjects(self, *, done: bool) -> set[str]:
        """Of what something was done beside handing it out, or of what is held; read once a transaction."""
        if done not in self._acted:
            kind = person_act.c.kind != HOLD if done else person_act.c.kind == HOLD
            query = sa.select(person_act.c.subject).where(person_act.c.case_id == self._case, kind)
            self._acted[done] = set(self._connection.scalars(query))
        return self._acted[done]

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

    def many(self, ids: Sequence[str]) -> dict[str, KeptCandidate]:
        """Candidates by their ids, with all that is weighed. Who is not there is left out."""
        found = {}
        for start in range(0, len(ids), _MANY):
            here = (candidate.c.case_id == self._case) & candidate.c.id.in_(ids[start : start + _MANY])
            rows = self._connection.execute(sa.select(candidate).where(here)).all()
            self._prepare({one for row in rows for one in (row.probe, row.person)})
            found.update({row.id: self._read(row) for row in rows})
        return found

    def brief(self, statuses: Collection[Status], cases: Sequence[str]) -> list[KeptCandidate]:
        """Every candidate and foil of two people of these statuses, in one pass, for an order of work.

        What is weighed stands in one line, its sum. Statuses are taken as they lie in clear: whoever shows a person
        reads the seal.
        """
        here = person.c.case_id.in_(cases) & person.c.status.in_([str(one) for one in statuses])
        there = set(self._connection.scalars(sa.select(person.c.id).where(here)))
        query = sa.select(candidate).where(candidate.c.case_id == self._case)
        rows = [row for row in self._connection.execute(query) if row.probe in there and row.person in there]
        self._prepare({one for row in rows for one in (row.probe, row.person)})
        found = []
        for row in rows:
            said = self._said(row)
            weight = sum(one["weight"] for one in said["weighed"])
            line = Weighed("all", Side.UNKNOWN, "", weight)
            made_at = datetime.fromisoformat(said["made_at"])
            found.append(KeptCandidate(**{**said, "weighed": (line,), "made_at": made_at}))
        return found

    def beyond(self, cases: Sequence[str]) -> int:
        """How many candidates, foils left out, are about somebody who is enrolled in none of these cases."""
        known = sa.select(person.c.id).where(person.c.case_id.in_(cases))
        outside = candidate.c.probe.not_in(known) | candidate.c.person.not_in(known)
        rows = self._connection.execute(
            sa.select(candidate).where(candidate.c.case_id == self._case, outside)
        ).all()
        self._prepare({one for row in rows for one in (row.probe, row.person)})
        return sum(not self._said(row)["foil"] for row in rows)

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

    def say(
        self,
        about: KeptCandidate,
        by: str,
        what: Verdict,
        round_: int,
        note: str | None,
        *,
        from_list: bool | None = None,
        as_foil: bool = False,
        basis: str | None = None,
        pictures: bool | None = None,
    ) -> Said:
        """Record a verdict; whether it may be given is the caller's to know."""
        at = datetime.now(UTC)
        made = Said(about.id, by, at, what, round_, note, from_list, as_foil, basis, pictures)
        verdict_id = f"V-{secrets.token_hex(6)}"
        said = {
            "verdict": str(what),
            "round": round_,
            "note": note,
            "from_list": from_list,
            "as_foil": as_foil,
            "basis": basis,
            "pictures": pictures,
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
        if len(known) <= _MANY:
            query = query.where(verdict.c.candidate_id.in_(known))
        found: dict[str, list[Said]] = {}
        for row in self._connection.execute(query.order_by(verdict.c.made_at, verdict.c.id)).all():
            one = known.get(row.candidate_id)
            if one is None:
                continue
            told = self._unseal(one.probe, one.person, row.sealed, f"verdict:{row.id}")
            if told["said"] != [row.id, row.candidate_id, row.made_by, row.made_at]:
                raise _altered(one.id)
            at = datetime.fromisoformat(row.made_at)
            made = Said(
                one.id,
                row.made_by,
                at,
                Verdict(told["verdict"]),
                told["round"],
                told["note"],
                told.get("from_list"),
                told.get("as_foil", one.foil),
                told.get("basis"),
                told.get("pictures"),
            )
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

    def hold(
        self, about: KeptCandidate, by: str, basis: str | None = None, page: datetime | None = None
    ) -> None:
        """Record that a candidate lies before somebody from now on, with the digest of what they are shown of it.

        `page`: since when a page with the photographs of that digest is asked for with it.
        """
        acts = (person_act.c.case_id == self._case) & (person_act.c.kind == HOLD)
        mine = (person_act.c.subject == about.id) & (person_act.c.made_by == by)
        self._connection.execute(person_act.delete().where(acts, mine))
        self.act(about, HOLD, by, {"basis": basis, "page": page.isoformat() if page else None})

    def acts(self, kind: str, about: Iterable[KeptCandidate]) -> dict[str, list[Act]]:
        """What was done of this kind, by candidate, oldest first."""
        known = {one.id: one for one in about}
        query = sa.select(person_act).where(person_act.c.case_id == self._case, person_act.c.kind == kind)
        if len(known) <= _MANY:
            query = query.where(person_act.c.subject.in_(known))
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

    def _said(self, row: Any) -> dict[str, Any]:
        said: dict[str, Any] = self._unseal(row.probe, row.person, row.sealed, f"candidate:{row.id}")
        if [said["id"], said["probe"], said["person"]] != [row.id, row.probe, row.person]:
            raise _altered(row.id)
        return said

    def _read(self, row: Any) -> KeptCandidate:
        said = self._said(row)
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


def _plain(one: KeptCandidate) -> dict[str, Any]:
    """As `asdict`, without its deep copies: a match stores tens of thousands."""
    said = {name: getattr(one, name) for name in _FIELDS}
    said["weighed"] = [{name: getattr(line, name) for name in _LINE} for line in one.weighed]
    said["made_at"] = one.made_at.isoformat()
    return said


def _altered(candidate_id: str) -> IntegrityError:
    return IntegrityError(
        f"The store says of candidate {candidate_id} something else than was recorded: it was altered.",
        "Restore the store from a backup; `safelight audit show` says who did what.",
    )
