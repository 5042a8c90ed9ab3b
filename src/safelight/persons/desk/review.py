"""Two people, each blind to the other, and a third where they disagree (red line, rules 5 and 18).

A list for review holds the candidates of one probe and a few that cannot be true, without scores; what a decider is
told of a candidate after their own verdict is its score and what speaks for and against it, never what another said
before both have spoken.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from safelight.errors import RefusedError
from safelight.persons.keep.pairs import Act, KeptCandidate, Said
from safelight.persons.person import Standing, Verdict

NEEDED = 2
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


def standing(said: Sequence[Said]) -> Standing:
    """What the verdicts of one round come to: two that agree, or the majority of three."""
    if not said:
        return Standing.OPEN
    if len(said) < NEEDED:
        return Standing.ONE_OF_TWO
    (most, count), *_ = Counter(one.verdict for one in said).most_common()
    if count >= NEEDED:
        return _CLOSED[most]
    return Standing.TO_A_THIRD if len(said) == NEEDED else Standing.CANNOT_SAY


def work(
    candidates: Iterable[KeptCandidate],
    said: dict[str, list[Said]],
    reopened: dict[str, list[Act]],
    held: dict[str, list[Act]],
) -> list[Work]:
    """Every candidate with its standing in the present round, and who has it before them."""
    found = []
    now = datetime.now(UTC)
    for one in candidates:
        round_ = len(reopened.get(one.id, ()))
        mine = tuple(each for each in said.get(one.id, ()) if each.round == round_)
        holds = held.get(one.id, ())
        holder = holds[-1] if holds else None
        is_held = (
            holder is not None
            and holder.at > now - timedelta(minutes=HELD_MINUTES)
            and all(each.by != holder.by for each in mine)
        )
        found.append(Work(one, standing(mine), mine, round_, holder.by if is_held and holder else None))
    return found


def waiting_for(works: Iterable[Work], actor: str) -> list[Work]:
    """What this person may decide: not theirs already, not before somebody else; the strongest first.

    What one person has decided already comes first: a second view ends the waiting of a family.
    """
    mine = [
        one
        for one in works
        if one.standing in _WAITING
        and all(each.by != actor for each in one.said)
        and one.held_by in (None, actor)
    ]
    return sorted(
        mine,
        key=lambda one: (
            one.kept.foil,
            one.standing is Standing.OPEN,
            -one.kept.weight,
            one.kept.id,
        ),
    )


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
    foils = [one for one in of_probe if one.kept.foil]
    chosen = real + foils
    random.Random(f"{actor}:{first.kept.probe}:{len(chosen)}").shuffle(chosen)  # nosec B311: an order, no secret
    return chosen


def check_may_say(one: Work, actor: str) -> None:
    """Refuse a second verdict of the same person, and one that nobody waits for."""
    if any(each.by == actor for each in one.said):
        raise RefusedError(
            f"{actor} has decided about {one.kept.id} already: the second view must be another person's.",
            "second person",
            "Ask a colleague; each acts under a name of their own (--as).",
        )
    if one.standing not in _WAITING:
        raise RefusedError(
            f"{one.kept.id} is decided: {one.standing}.",
            "decided",
            "With something new, open it again: `safelight persons review reopen`.",
        )
