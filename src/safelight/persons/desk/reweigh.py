"""After a correction: what is stated of two people is held against each other anew, the faces are not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from safelight.persons.desk.reviewing import Reviewing
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.keep.people import Kept
from safelight.persons.person import Days, Standing, Status
from safelight.persons.weigh.crowd import Crowd, crowd_of
from safelight.persons.weigh.weigh import weigh

_UNDECIDED = (Standing.OPEN, Standing.ONE_OF_TWO, Standing.TO_A_THIRD)
_FEW = 50
"""For more people than these, every candidate is read in one pass."""
_STORED_AT_ONCE = 200


def reweigh(desk: Reviewing, changed: Collection[str]) -> int:
    """Weigh the facts of every undecided candidate of these people anew; returns how many weigh otherwise now.

    The line of the face stays as it was compared, and so does what people have said. Ranks are of the new order.
    """
    if len(changed) > _FEW:
        whose = set(changed)
        touched = [one for one in desk.pairs.all(foils=True) if {one.probe, one.person} & whose]
    else:
        touched = list({one.id: one for id in changed for one in desk.pairs.all(foils=True, of=id)}.values())
    undecided = [one.kept for one in desk.works(touched) if one.standing in _UNDECIDED] if touched else []
    if not undecided:
        return 0
    crowd = crowd_of(kept.facts for kept in desk.people.everyone((Status.MISSING, Status.FOUND)))
    known = desk.people.many(sorted({person for one in undecided for person in (one.probe, one.person)}))
    anew = {
        one.id: _weighed(one, known[one.probe], known[one.person], crowd)
        for one in undecided
        if one.probe in known and one.person in known  # a case that is no longer linked
    }
    renewed = [anew[one.id] for one in undecided if one.id in anew and anew[one.id] != one]
    found = {one.id: one for one in renewed}
    for probe in {one.probe for one in renewed if not one.foil}:
        ranked = [anew.get(one.id, one) for one in desk.pairs.all(of=probe) if one.probe == probe]
        ranked.sort(key=lambda one: (-round(one.weight, 6), -one.similarity, one.person))
        for rank, one in enumerate(ranked, start=1):
            if one.rank != rank or one.id in found:
                found[one.id] = replace(one, rank=rank)
    made = list(found.values())
    for start in range(0, len(made), _STORED_AT_ONCE):
        desk.pairs.put(made[start : start + _STORED_AT_ONCE])
    return len(renewed)


def _weighed(one: KeptCandidate, probe: Kept, other: Kept, crowd: Crowd) -> KeptCandidate:
    facts = weigh(
        probe.facts,
        other.facts,
        taken_probe=_taken(probe),
        taken_other=_taken(other),
        crowd=crowd,
        probe_is=probe.register if probe.register is not Status.PROBE else None,
        other_is=other.register,
    )
    return replace(one, weighed=(*(each for each in one.weighed if each.code == "face"), *facts))


def _taken(kept: Kept) -> Days | None:
    return next((photo.taken for photo in kept.photos if photo.taken), None)


__all__ = ["reweigh"]
