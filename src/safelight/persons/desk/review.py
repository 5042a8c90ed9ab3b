"""Two people, each blind to the other, and a third where they disagree (red line, rules 5 and 18).

A list for review holds the candidates of one probe and a few people who were put in because they are unlike, without
scores; what a decider is told of a candidate after their own verdict is its score and what speaks for and against it,
never what another said before both have spoken. Who says of one that was put in that it is the same person may be
right where faces and registers err: it becomes a candidate like any other.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from safelight.errors import RefusedError
from safelight.governance.users import same_person
from safelight.persons.keep.pairs import Act, KeptCandidate, Said
from safelight.persons.person import Standing, Verdict

NEEDED = 2
FOILS = 2
"""People who were put in because they are unlike, in each list."""
HELD_MINUTES = 60
_CLOSED = {
    Verdict.SAME: Standing.CONFIRMED,
    Verdict.DIFFERENT: Standing.EXCLUDED,
    Verdict.CANNOT_SAY: Standing.CANNOT_SAY,
}
_WAITING = (Standing.OPEN, Standing.ONE_OF_TWO, Standing.TO_A_THIRD)


@dataclass(frozen=True, slots=True)
class Work:
    """One candidate as review sees it."""

    kept: KeptCandidate
    standing: Standing
    said: tuple[Said, ...]
    """Verdicts of the present round."""
    round: int
    held_by: str | None = None
    """Who has it before them now; a foil may lie before several."""
    holders: frozenset[str] = frozenset()
    """Before whom it lies now, and who have not answered."""
    listed: frozenset[str] = frozenset()
    """Who were handed it in a list without scores, in the present round."""


def standing(said: Sequence[Said]) -> Standing:
    """What the verdicts of one round come to: two that agree, or the majority of three or more."""
    if not said:
        return Standing.OPEN
    if len(said) < NEEDED:
        return Standing.ONE_OF_TWO
    (most, count), *others = Counter(one.verdict for one in said).most_common()
    if others and others[0][1] == count:
        # Each of three says something else: more would not help. As many on either side: one more decides.
        return Standing.CANNOT_SAY if len(others) == NEEDED and count == 1 else Standing.TO_A_THIRD
    return _CLOSED[most]


def work(
    candidates: Iterable[KeptCandidate],
    said: dict[str, list[Said]],
    reopened: dict[str, list[Act]],
    held: dict[str, list[Act]],
) -> list[Work]:
    """Every candidate with its standing in the present round, and who has it before them."""
    found = []
    fresh = datetime.now(UTC) - timedelta(minutes=HELD_MINUTES)
    for one in candidates:
        rounds = reopened.get(one.id, ())
        round_ = len(rounds)
        mine = tuple(each for each in said.get(one.id, ()) if each.round == round_)
        done = {each.by for each in mine}
        holds = [each for each in held.get(one.id, ()) if not rounds or each.at > rounds[-1].at]
        now = [each.by for each in holds if each.at > fresh]
        found.append(
            Work(
                one,
                standing(mine),
                mine,
                round_,
                now[-1] if now and now[-1] not in done else None,
                frozenset(now) - done,
                frozenset(each.by for each in holds),
            )
        )
    return found


def waiting_for(works: Iterable[Work], actor: str) -> list[Work]:
    """What this person may decide: not theirs already, not before somebody else; the strongest first.

    A foil may be decided by everybody who has not: else a list of one would say that it is none.
    What one person has decided already comes first: a second view ends the waiting of a family.
    """
    mine = [one for one in works if not _has_said(one, actor) and _may_lie_before(one, actor)]
    return sorted(
        mine,
        key=lambda one: (
            one.kept.foil,
            one.standing is Standing.OPEN,
            -one.kept.weight,
            one.kept.id,
        ),
    )


def _may_lie_before(one: Work, actor: str) -> bool:
    free = one.held_by is None or same_person(one.held_by, actor)
    return one.kept.foil or (one.standing in _WAITING and free)


def _has_said(one: Work, actor: str) -> bool:
    return any(same_person(each.by, actor) for each in one.said)


def review_list(works: Sequence[Work], actor: str, most: int) -> list[Work]:
    """The next list: one probe's candidates that wait for this person, with foils among them, in no order.

    The order is drawn anew for each person, so that a place in the list says nothing.
    """
    queue = waiting_for(works, actor)
    first = next((one for one in queue if not one.kept.foil), None)
    if first is None:
        return []
    of_probe = [one for one in queue if one.kept.probe == first.kept.probe]
    real = [one for one in of_probe if not one.kept.foil][:most]
    foils = sorted((one for one in of_probe if one.kept.foil), key=lambda one: one.kept.id)
    random.Random(f"{actor}:{first.kept.probe}").shuffle(foils)  # nosec B311: which strangers, no secret
    chosen = real + foils[:FOILS]
    random.Random(f"{actor}:{first.kept.probe}:{len(chosen)}").shuffle(chosen)  # nosec B311: an order, no secret
    return chosen


def check_may_say(one: Work, actor: str) -> None:
    """Refuse a second verdict of the same person, and one that nobody waits for."""
    if _has_said(one, actor):
        raise RefusedError(
            f"{actor} has decided about {one.kept.id} already: the second view must be another person's.",
            "second person",
            "Ask a colleague; each acts under a name of their own (--as).",
        )
    if not one.kept.foil and one.standing not in _WAITING:
        raise RefusedError(
            f"{one.kept.id} is decided: {one.standing}.",
            "decided",
            "With something new, open it again: `safelight persons review reopen`.",
        )


def speaks_up(one: Work, what: Verdict) -> bool:
    """Does this verdict make a candidate of a foil? One *same* does, and so does a second *cannot say*."""
    unsure = sum(each.verdict is Verdict.CANNOT_SAY for each in one.said)
    return one.kept.foil and (what is Verdict.SAME or (what is Verdict.CANNOT_SAY and unsure + 1 >= NEEDED))
