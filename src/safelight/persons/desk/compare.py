"""Compare: photographs or found people against a gallery; candidates with what speaks for and against, and chance.

Nothing here decides. A candidate is stored so that two people can; a photograph that has none leaves nothing behind.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from safelight.persons.calibrate.face import same_file
from safelight.persons.calibrate.neighbourhood import Near
from safelight.persons.compare.gallery import Gallery
from safelight.persons.desk.meaning import Meaning, Scored
from safelight.persons.desk.review import Work
from safelight.persons.keep.pairs import KeptCandidate, Pairs, candidate_id
from safelight.persons.keep.people import ENROLLED, Kept, People
from safelight.persons.person import Days, Facts, Standing, Status, Weighed
from safelight.persons.protocol import Floats
from safelight.persons.weigh.age_gap import Discount, age_at_first, discount, gap_years
from safelight.persons.weigh.crowd import Crowd
from safelight.persons.weigh.weigh import weigh, weighed_json
from safelight.store.keys import Sealer

FOIL = "foil"
FOILS = 4
"""People kept for a probe who were put in because they are unlike: for two lists, of as many candidates each."""
_FOILS_TRIED = 80
_AT_ONCE = 8
_AGAINST = -1.0
"""What is stated must weigh less than this, or nothing may be stated at all: ten times as likely if they are two."""
_HELD, _GAPS, _FEWEST = 256, 20_000, 4
"""People of the gallery, drawn once, whose years from the probes' photographs say how long lists are by chance; pairs
of a probe and one of them in all; and of each probe at least."""


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
    files: frozenset[bytes] = frozenset()
    """SHA-256 of the photographs."""


@dataclass(frozen=True, slots=True)
class Compared:
    """The candidates of one probe, best first; none: nobody of the gallery is near enough to be shown."""

    probe: Probe
    candidates: tuple[KeptCandidate, ...]
    mean_by_chance: float | None = None
    """Look-alikes that chance gives to this list on the mean, before it is cut; None: not calibrated."""


class Comparison:
    """One search or match over a gallery. `within` gives it the people of the transaction that it works in."""

    def __init__(self, sealer: Sealer, gallery: Gallery, crowd: Crowd, meaning: Meaning) -> None:
        self._sealer, self._gallery = sealer, gallery
        self._crowd, self.meaning = crowd, meaning
        self._people: People | None = None
        self._known: dict[str, Kept] = {}
        self._held: list[Kept] = []

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
        return Probe(person_id, kept.number, kept.facts, _taken(kept), kept.register, _files(kept))

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
            one_file = not probe.files.isdisjoint(_files(kept))
            similarity = round(float(scored.similarity[row, at]), 6)
            # What strangers score and what chance gives is said of two photographs, never of one and the same.
            face = same_file(similarity) if one_file else self.meaning.face(scored, row, at, gap)
            found.append(
                KeptCandidate(
                    candidate_id(self._sealer, probe.id, person),
                    probe.id,
                    person,
                    0,
                    similarity,
                    None if one_file else self.meaning.fmr(scored, row, at),
                    (face, *self._facts(probe, kept)),
                    datetime.now(UTC),
                    self._gallery.version,
                    None if one_file else self.meaning.expected(scored, row, at),
                    None if one_file else self.meaning.q(scored, row, at),
                    same_file=one_file,
                )
            )
        found.sort(key=lambda one: (-round(one.weight, 6), -one.similarity, one.person))
        return Compared(
            probe,
            tuple(replace(one, rank=rank) for rank, one in enumerate(found[:most], start=1)),
            self._mean_by_chance(probe, len(scored.places)),
        )

    def _mean_by_chance(self, probe: Probe, probes: int) -> float | None:
        """How long the list of a probe is on the mean, from the years between it and some of the gallery."""
        if not self.meaning.is_calibrated:
            return None
        if not self._held:
            ids = self._gallery.ids
            drawn = random.Random(len(ids)).sample(ids, min(_HELD, len(ids)))  # nosec B311: a sample, no secret
            self._held = list(self._here().many(sorted(drawn)).values())
        some = min(len(self._held), max(_FEWEST, _GAPS // max(probes, 1)))
        draw = random.Random(f"years:{probe.id}")  # nosec B311
        gaps = [self._gap(probe, kept) for kept in draw.sample(self._held, some)]
        return self.meaning.mean_by_chance(gaps)

    def ready_for_foils(self, some: Iterable[tuple[Compared, Floats]]) -> None:
        """Have at hand who may be put into the lists of these probes: in a few queries instead of some each."""
        wanted = {
            self._gallery.ids[place] for one, vector in some for place in self._unlike(one, vector)[:_AT_ONCE]
        }
        self._known |= self._here().many(sorted(wanted - self._known.keys()))

    def _unlike(self, one: Compared, vector: Floats) -> list[int]:
        """Who may be put into a list for an unlike face, by place, in the order in which they are tried."""
        shown = {each.person for each in one.candidates} | {one.probe.id}
        draw = random.Random(one.probe.id)  # nosec B311: which strangers stand in a list, no secret
        count = len(self._gallery)
        places = draw.sample(range(count), min(_FOILS_TRIED, count))
        unlike = self.meaning.are_unlike(vector, places)
        return [place for place in places if unlike[place] and self._gallery.ids[place] not in shown]

    def foils(self, one: Compared, vector: Floats, own: Near) -> Iterator[KeptCandidate]:
        """People of the gallery who are far from alike, and for whom nothing speaks that is stated.

        Children grow and registers err, so neither an unlike face alone nor a contradiction alone makes one. `own`
        `(1,)` is the neighbourhood of the probe, `vector` its template.
        """
        count, found = len(self._gallery), 0
        places = self._unlike(one, vector)
        for number, place in enumerate(places):
            person = self._gallery.ids[place]
            if number % _AT_ONCE == 0:
                ids = [self._gallery.ids[each] for each in places[number : number + _AT_ONCE]]
                self._known |= self._here().many([each for each in ids if each not in self._known])
            kept = self._person(person)
            facts = self._facts(one.probe, kept)
            if not _is_unlike(one.probe.facts, kept.facts, facts):
                continue
            similarity, fmr, face = self.meaning.of_pair(vector, own, place, self._gap(one.probe, kept))
            yield KeptCandidate(
                candidate_id(self._sealer, one.probe.id, person, FOIL),
                one.probe.id,
                person,
                0,
                round(similarity, 6),
                fmr,
                (face, *facts),
                datetime.now(UTC),
                self._gallery.version,
                None if fmr is None else fmr * count,
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
        if person_id not in self._known:
            self._known[person_id] = self._here().get(person_id)
        return self._known[person_id]

    def _here(self) -> People:
        if self._people is None:
            raise RuntimeError("a comparison needs a transaction")
        return self._people


def _taken(kept: Kept) -> Days | None:
    return next((photo.taken for photo in kept.photos if photo.taken), None)


def _files(kept: Kept) -> frozenset[bytes]:
    return frozenset(photo.sha256 for photo in kept.photos if photo.state == ENROLLED)


def _is_unlike(probe: Facts, other: Facts, facts: Sequence[Weighed]) -> bool:
    """Does nothing speak for these two being one person that is stated of them?"""
    if _says_nothing(probe) or _says_nothing(other):
        return True
    return sum(each.weight for each in facts) < _AGAINST


def _says_nothing(facts: Facts) -> bool:
    stated = (facts.names, facts.sex, facts.born, facts.height, facts.marks, facts.languages, facts.seen)
    return not any((*stated, facts.eyes, facts.hair, facts.clothes))


def store(
    pairs: Pairs, lists: Iterable[tuple[Compared, Iterable[KeptCandidate]]], *, whole: bool = False
) -> None:
    """Keep the candidates of some probes, each with the foils that will stand beside them in review.

    `whole`: each list takes the place of the earlier one; who is not in it any more, and of whom nobody has said
    anything, goes.
    """
    probes, made = [], []
    for found, foils in lists:
        probes.append(found.probe.id)
        made += [*found.candidates, *foils]
    if whole:
        pairs.let_go(probes, {one.id for one in made})
    pairs.put(made)


def as_json(
    found: Iterable[tuple[Probe, KeptCandidate]], people: Mapping[str, Kept], works: Mapping[str, Work]
) -> list[dict[str, Any]]:
    """Candidates, in the order given, as `persons search --json` and `persons match --json` print them.

    `works` are of those about which people have said something.
    """
    return [
        {
            "id": one.id,
            "probe": probe.shown,
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
            "same_file": one.same_file,
            "standing": str(works[one.id].standing if one.id in works else Standing.OPEN),
            "decided_without_photographs": one.id in works and works[one.id].without_photographs,
            "reasons": [weighed_json(why) for why in one.weighed],
        }
        for probe, one in found
    ]


__all__ = ["Compared", "Comparison", "Probe", "Status", "as_json", "store"]
