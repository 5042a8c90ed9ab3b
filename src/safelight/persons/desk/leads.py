"""Candidates as leads among the others: an order of work. A decision about one is two people's (`persons review`)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from safelight.model import Band
from safelight.persons.desk.review import WITHOUT_PHOTOGRAPHS, Work
from safelight.persons.desk.reviewing import PROPOSED, Reviewing
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.person import IN_GALLERY, Side, Standing, Status

_BANDS = {Band.URGENT: 0.9, Band.HIGH: 0.5, Band.NORMAL: 0.05}
_NOT_KNOWN = 0.5
"""No higher, where what the face says is not known: then facts alone carry it, and everybody is thought to be there."""
_CLOSED = (Standing.CONFIRMED, Standing.EXCLUDED, Standing.CANNOT_SAY)


def person_leads(reviewing: Reviewing, top: int | None, undecided: bool) -> list[dict[str, Any]]:
    """The best `top` candidates as `leads --json` prints them; `of` is how many there are. Foils are none.

    Each says in `unreadable` how many more there are about people of a case that is no longer linked, or closed.
    """
    brief = reviewing.pairs.brief(tuple(Status), reviewing.people.cases)
    works = [one for one in reviewing.works(brief) if not one.kept.foil]
    works = [one for one in works if not (undecided and one.standing in _CLOSED)]
    count = reviewing.people.count(IN_GALLERY)
    works.sort(key=lambda one: best_first(one.kept, count))
    # A match leaves thousands of candidates, of whom a few are shown: only those are read with all that is weighed.
    whole = reviewing.pairs.many([one.kept.id for one in works[:top]])
    shown = [replace(one, kept=whole[one.kept.id]) for one in works[:top]]
    more = {"of": len(works), "unreadable": reviewing.pairs.beyond(reviewing.people.cases)}
    return [{**_lead(reviewing, one, count), **more} for one in shown]


def priority(kept: KeptCandidate, people: int) -> float:
    """0..1: the odds that what is weighed leaves, where before it each of the gallery was as likely as the next.

    An order of work and no probability: it takes what is weighed as independent, and that the one is in the gallery.
    At most a half where the face is not calibrated or says nothing, or is of photographs that have changed since.
    """
    odds = 10 ** min(kept.weight, 12.0) / max(people, 1)
    is_known = kept.fmr is not None and not kept.photos_changed
    return min(odds / (1 + odds), 1.0 if is_known else _NOT_KNOWN)


def best_first(kept: KeptCandidate, people: int) -> tuple[float, float, str]:
    """Sorts candidates as leads and the list of a match have them: by priority and weight, and by id where equal."""
    return -priority(kept, people), -kept.weight, kept.id


def _lead(reviewing: Reviewing, one: Work, people: int) -> dict[str, Any]:
    probe, person = (reviewing.people.get(each) for each in (one.kept.probe, one.kept.person))
    photo = next(iter(probe.photos), None)
    share = round(priority(one.kept, people), 4)
    return {
        "id": one.kept.id,
        "kind": "person",
        "priority": share,
        "band": str(Band.of(share, _BANDS)),
        "sha256": photo.sha256.hex() if photo else None,
        "paths": [],
        "reasons": [
            *({"code": code, "text": text, "weight": 0.0} for code, text in _marks(one)),
            *(
                {"code": why.code, "text": why.text, "weight": round(why.weight, 2)}
                for why in one.kept.weighed
                if why.side is not Side.UNKNOWN
                or (why.code == "face" and (one.kept.same_file or one.kept.photos_changed))
            ),
        ],
        "matches": [],
        "stack": one.kept.id,
        "stack_size": 1,
        "decided": str(one.standing) if one.standing in _CLOSED else None,
        "standing": str(one.standing),
        "proposed": one.kept.proposed,
        "decided_without_photographs": one.without_photographs,
        "probe": probe.number,
        "person_id": person.number,
    }


def _marks(one: Work) -> Iterator[tuple[str, str]]:
    """What is to be known of how a candidate came to be and was decided."""
    if one.kept.proposed:
        yield "proposed", PROPOSED
    if one.without_photographs:
        yield "without-photographs", WITHOUT_PHOTOGRAPHS
