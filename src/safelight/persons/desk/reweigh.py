"""After a correction: what is stated of two people is held against each other anew.

The faces are not: what a score means comes from a whole gallery, which only a match or a search goes through. Where
photographs changed, the line of the face weighs nothing until one is run again, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from safelight.persons.calibrate.face import same_file
from safelight.persons.desk.reviewing import Reviewing
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.keep.people import ENROLLED, Kept
from safelight.persons.person import Days, Side, Standing, Status, Weighed
from safelight.persons.weigh.crowd import Crowd, crowd_of
from safelight.persons.weigh.weigh import weigh

_UNDECIDED = (Standing.OPEN, Standing.ONE_OF_TWO, Standing.TO_A_THIRD)
_FEW = 50
"""For more people than these, every candidate is read in one pass."""
_STORED_AT_ONCE = 200
PHOTOS_CHANGED = (
    "Photographs of one of the two were added, removed or chosen otherwise since their faces were compared: run "
    "`safelight persons match` again (or the search). If this line stays then, the two are no longer near enough to be "
    "listed."
)


def reweigh(desk: Reviewing, changed: Collection[str]) -> int:
    """Weigh the facts of every undecided candidate of these people anew; returns how many weigh otherwise now.

    The line of the face stays as it was compared, and so does what people have said. Ranks are of the new order.
    """
    if len(changed) > _FEW:
        whose = set(changed)
        touched = [one for one in desk.pairs.all(foils=True) if {one.probe, one.person} & whose]
    else:
        touched = list({one.id: one for id in changed for one in desk.pairs.all(foils=True, of=id)}.values())
    undecided = _undecided(desk, touched)
    if not undecided:
        return 0
    crowd = crowd_of(kept.facts for kept in desk.people.everyone((Status.MISSING, Status.FOUND)))
    return _renew(desk, undecided, lambda one, probe, other: _weighed(one, probe, other, crowd))


def repicture(desk: Reviewing, person: str) -> int:
    """Say of every undecided candidate of somebody that photographs changed; returns how many weigh otherwise now.

    The face weighs nothing until it is compared again. In the transaction that stores the photograph.
    """
    return _renew(desk, _undecided(desk, list(desk.pairs.all(foils=True, of=person))), _pictured)


def _undecided(desk: Reviewing, touched: Sequence[KeptCandidate]) -> list[KeptCandidate]:
    return [one.kept for one in desk.works(touched) if one.standing in _UNDECIDED] if touched else []


def _renew(
    desk: Reviewing,
    undecided: Sequence[KeptCandidate],
    made_of: Callable[[KeptCandidate, Kept, Kept], KeptCandidate],
) -> int:
    """Store candidates as they are made of what is known of the two now, with new ranks; how many are different."""
    known = desk.people.many(sorted({person for one in undecided for person in (one.probe, one.person)}))
    anew = {
        one.id: made_of(one, known[one.probe], known[one.person])
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


def _pictured(one: KeptCandidate, probe: Kept, other: Kept) -> KeptCandidate:
    """A candidate whose faces would have to be compared anew; or who both have one and the same photograph now."""
    if not _files(probe).isdisjoint(_files(other)):
        lines = tuple(same_file(one.similarity) if line.code == "face" else line for line in one.weighed)
        return replace(one, weighed=lines, fmr=None, expected=None, q=None, same_file=True)
    text = f"The faces scored {one.similarity:.3f} before. {PHOTOS_CHANGED}"
    face = Weighed(
        "face", Side.UNKNOWN, text, 0.0, "the SHA-256 of the files, and which face of each was chosen"
    )
    lines = tuple(face if line.code == "face" else line for line in one.weighed)
    return replace(one, weighed=lines, photos_changed=True, same_file=False)


def _files(kept: Kept) -> set[bytes]:
    return {photo.sha256 for photo in kept.photos if photo.state == ENROLLED}


def _taken(kept: Kept) -> Days | None:
    return next((photo.taken for photo in kept.photos if photo.taken), None)


__all__ = ["PHOTOS_CHANGED", "repicture", "reweigh"]
