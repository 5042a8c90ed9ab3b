"""Compare: photographs or found people against a gallery; candidates with what speaks for and against, and chance.

Nothing here decides. A candidate is stored so that two people can; a photograph that has none leaves nothing behind.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from safelight.persons.compare.gallery import Gallery
from safelight.persons.desk.meaning import Meaning, Scored
from safelight.persons.keep.pairs import KeptCandidate, Pairs, candidate_id
from safelight.persons.keep.people import Kept, People
from safelight.persons.person import Days, Facts, Status, Weighed
from safelight.persons.protocol import Floats
from safelight.persons.weigh.age_gap import Discount, age_at_first, discount, gap_years
from safelight.persons.weigh.crowd import Crowd
from safelight.persons.weigh.weigh import weigh
from safelight.store.keys import Sealer

FOILS = 2
"""People who cannot be the one, in each list for review."""
_FOILS_TRIED = 40


@dataclass(frozen=True, slots=True)
class Probe:
    """One face that is searched with, and what is known about whose it is."""

    id: str
    """Of the person, or the id that the probe gets if it has candidates."""
    shown: str
    """What people call it: a register's number, or `photo.jpg#2`."""
    facts: Facts
    taken: Days | None = None
    register: Status | None = None
    """Whether they are missed or found; None for a photograph that is searched with."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The candidates of one probe, best first; none: nobody of the gallery is near enough to be shown."""

    probe: Probe
    candidates: tuple[KeptCandidate, ...]


class Comparison:
    """One search or match over a gallery. `within` gives it the people of the transaction that it works in."""

    def __init__(self, sealer: Sealer, gallery: Gallery, crowd: Crowd, meaning: Meaning) -> None:
        self._sealer, self._gallery = sealer, gallery
        self._crowd, self.meaning = crowd, meaning
        self._people: People | None = None
        self._known: dict[str, Kept] = {}

    def within(
        self, people: People, probes: Iterable[str] = (), scored: Scored | None = None, rows: range = range(0)
    ) -> None:
        """Go on in another transaction, with everybody at hand who may be a candidate or a foil of these rows."""
        self._people, self._known = people, {}
        wanted = set(probes)
        for row in rows:
            if scored is not None and len(near := self.meaning.could_be_shown(scored, row)):
                wanted.update(self._gallery.ids[place] for place in scored.places[row, near].tolist())
        self._known = people.many(sorted(wanted))

    def probe(self, person_id: str) -> Probe:
        """Somebody who is enrolled, to be searched with."""
        kept = self._person(person_id)
        return Probe(person_id, kept.number, kept.facts, _taken(kept), kept.register)

    def candidates(self, probe: Probe, scored: Scored, row: int, most: int) -> Compared:
        """The candidates of one probe, at most `most`: the likeliest first, by face and facts together."""
        found = []
        for at in self.meaning.could_be_shown(scored, row).tolist():
            person = self._gallery.ids[int(scored.places[row, at])]
            if person == probe.id:
                continue
            kept = self._person(person)
            gap = self._gap(probe, kept)
            if not self.meaning.is_shown(scored, row, at, gap):
                continue
            found.append(
                KeptCandidate(
                    candidate_id(self._sealer, probe.id, person),
                    probe.id,
                    person,
                    0,
                    round(float(scored.similarity[row, at]), 6),
                    self.meaning.fmr(scored, row, at),
                    (self.meaning.face(scored, row, at, gap), *self._facts(probe, kept)),
                    datetime.now(UTC),
                    self._gallery.version,
                    self.meaning.expected(scored, row, at),
                    self.meaning.q(scored, row, at),
                )
            )
        found.sort(key=lambda one: (-round(one.weight, 6), -one.similarity, one.person))
        return Compared(
            probe, tuple(replace(one, rank=rank) for rank, one in enumerate(found[:most], start=1))
        )

    def foils(self, one: Compared, vector: Floats) -> Iterator[KeptCandidate]:
        """People of the gallery who cannot be the probe: far from alike, or contradicted by what is stated."""
        shown = {each.person for each in one.candidates} | {one.probe.id}
        draw = random.Random(one.probe.id)  # nosec B311: which strangers stand in a list, no secret
        count, found = len(self._gallery), 0
        places = draw.sample(range(count), min(_FOILS_TRIED, count))
        unlike = self.meaning.are_unlike(vector, places)
        for place in sorted(places, key=lambda one: not unlike[one]):
            person = self._gallery.ids[place]
            if person in shown:
                continue
            kept = self._person(person)
            similarity, face = self.meaning.of_pair(vector, place, self._gap(one.probe, kept))
            facts = self._facts(one.probe, kept)
            if not (unlike[place] or any(each.contradiction for each in facts)):
                continue
            yield KeptCandidate(
                candidate_id(self._sealer, one.probe.id, person),
                one.probe.id,
                person,
                0,
                round(similarity, 6),
                None,
                (face, *facts),
                datetime.now(UTC),
                self._gallery.version,
                foil=True,
            )
            found += 1
            if found == FOILS:
                return

    def _facts(self, probe: Probe, kept: Kept) -> tuple[Weighed, ...]:
        return weigh(
            probe.facts,
            kept.facts,
            taken_probe=probe.taken,
            taken_other=_taken(kept),
            crowd=self._crowd,
            probe_is=probe.register,
            other_is=kept.register,
        )

    def _gap(self, probe: Probe, kept: Kept) -> Discount:
        """What the years between the photographs do to a face score."""
        taken = _taken(kept)
        years = gap_years(
            probe.facts, kept.facts,
            taken_probe=probe.taken, taken_other=taken, probe_is=probe.register, other_is=kept.register,
        )  # fmt: skip
        age = age_at_first(
            probe.facts, kept.facts,
            taken_probe=probe.taken, taken_other=taken, probe_is=probe.register, other_is=kept.register,
        )  # fmt: skip
        return discount(years, age)

    def _person(self, person_id: str) -> Kept:
        if self._people is None:
            raise RuntimeError("a comparison needs a transaction")
        if person_id not in self._known:
            self._known[person_id] = self._people.get(person_id)
        return self._known[person_id]


def _taken(kept: Kept) -> Days | None:
    return next((photo.taken for photo in kept.photos if photo.taken), None)


def store(pairs: Pairs, found: Compared, foils: Sequence[KeptCandidate]) -> None:
    """Keep the candidates of a probe, and the foils that will stand beside them in review."""
    pairs.put((*found.candidates, *foils))


def as_json(
    found: Sequence[Compared], people: Mapping[str, Kept], standing: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Candidates as `persons search --json` and `persons match --json` print them."""
    return [
        {
            "id": one.id,
            "probe": each.probe.shown,
            "person_id": people[one.person].number,
            "person": one.person,
            "status": str(people[one.person].status),
            "names": list(people[one.person].facts.names),
            "rank": one.rank,
            "similarity": round(one.similarity, 4),
            "fmr": one.fmr,
            "expected_by_chance": one.expected,
            "weight": round(one.weight, 2),
            "q": one.q,
            "standing": str(standing.get(one.id, "open")),
            "reasons": [
                {
                    "code": why.code,
                    "text": why.text,
                    "weight": round(why.weight, 2),
                    "side": str(why.side),
                    "source": why.source,
                    "contradiction": why.contradiction,
                }
                for why in one.weighed
            ],
        }
        for each in found
        for one in each.candidates
    ]


def statuses(people: People, ids: Sequence[str]) -> dict[str, Kept]:
    """The people of some ids."""
    return people.many(list(dict.fromkeys(ids)))


__all__ = ["Compared", "Comparison", "Probe", "Status", "as_json", "statuses", "store"]
