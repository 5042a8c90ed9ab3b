"""Two people, each blind to the other, and a third where they disagree (red line, rules 5 and 18).

A list for review holds the candidates of one probe and a few people who were put in because they are unlike, without
scores; what a decider is told of a candidate after their own verdict is its score and what speaks for and against it,
never what another said before both have spoken. Who says of one that was put in that it is the same person may be
right where faces and registers err: a candidate of its own is made of the two, which two others decide. The foil stays
one.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from safelight.errors import RefusedError
from safelight.governance.users import same_person
from safelight.persons.keep.pairs import Act, KeptCandidate, Said
from safelight.persons.person import Standing, Verdict

NEEDED = 2
FOILS = 2
"""People who were put in because they are unlike, in each list."""
HELD_MINUTES = 60
WITHOUT_PHOTOGRAPHS = (
    "Decided without photographs: at least one of those who decided was shown none of the two people."
)
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
    """Verdicts of the present round that count."""
    round: int
    held_by: str | None = None
    """Who has it before them now; a foil may lie before several."""
    holders: frozenset[str] = frozenset()
    """Before whom it lies now, and who have not answered."""
    listed: Mapping[str, str | None] = field(default_factory=dict)
    """Who were handed it in a list without scores, in the present round, and the digest of what they were shown."""
    earlier: tuple[Said, ...] = ()
    """Verdicts of the present round that were given on earlier facts or photographs: they do not count."""
    basis: str | None = None
    """Digest of the facts and photographs as they are now; None where nothing depends on it, or it cannot be read."""
    paged: Mapping[str, datetime] = field(default_factory=dict)
    """Who asked for a page with the photographs of the list that they were handed, and since when."""
    proposers: tuple[str, ...] = ()
    """Who said *same* of the two while they were a foil: they do not decide about the candidate that came of it."""

    @property
    def without_photographs(self) -> bool:
        """Did two people confirm or exclude it, of whom at least one was shown no photograph?"""
        decided = self.standing in (Standing.CONFIRMED, Standing.EXCLUDED)
        return decided and any(one.pictures is False for one in self.said)

    def page_since(self, actor: str, basis: str) -> datetime | None:
        """Since when somebody has a page of what is shown now; None: they asked for none."""
        return self.paged.get(actor) if self.listed.get(actor) == basis else None

    def is_proposer(self, actor: str) -> bool:
        """Did this person propose the candidate?"""
        return any(same_person(one, actor) for one in self.proposers)

    def is_earlier(self, said: Said) -> bool:
        """Was a verdict given on other facts or photographs than those of now?"""
        return self.basis is not None and said.basis not in (None, self.basis)

    def earlier_of(self, actor: str) -> Said | None:
        """What this person said last on earlier facts, where they have not said it again."""
        mine = [one for one in self.earlier if same_person(one.by, actor)]
        return mine[-1] if mine and not _has_said(self, actor) else None


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
    bases: Mapping[str, str] | None = None,
    proposed: Mapping[str, list[Act]] | None = None,
) -> list[Work]:
    """Every candidate with its standing in the present round, and who has it before them.

    `bases` are the digests of what would be shown now, of those candidates where it matters (`in_doubt`); `proposed`,
    who proposed which.
    """
    found = []
    fresh = datetime.now(UTC) - timedelta(minutes=HELD_MINUTES)
    for one in candidates:
        rounds = reopened.get(one.id, ())
        round_ = len(rounds)
        given = tuple(each for each in said.get(one.id, ()) if each.round == round_)
        basis = (bases or {}).get(one.id)
        mine = counting(given, basis)
        holds = [each for each in held.get(one.id, ()) if not rounds or each.at > rounds[-1].at]
        now = [each.by for each in holds if each.at > fresh and not _answered(given, each)]
        found.append(
            Work(
                one,
                standing(mine),
                mine,
                round_,
                now[-1] if now else None,
                frozenset(now),
                {each.by: each.said.get("basis") for each in holds},
                tuple(each for each in given if each not in mine),
                basis,
                {each.by: datetime.fromisoformat(page) for each in holds if (page := each.said.get("page"))},
                tuple(each.by for each in (proposed or {}).get(one.id, ())),
            )
        )
    return found


def once(works: Iterable[Work]) -> list[Work]:
    """The works without foils of two who are a candidate already, or another foil: nobody stands twice in a list."""
    works = list(works)
    found = [one for one in works if not one.kept.foil]
    there = {(one.kept.probe, one.kept.person) for one in found}
    for one in works:
        both = (one.kept.probe, one.kept.person)
        if one.kept.foil and both not in there:
            there.add(both)
            found.append(one)
    return found


def _answered(given: Sequence[Said], hold: Act) -> bool:
    return any(one.by == hold.by and one.at >= hold.at for one in given)


def counting(given: Sequence[Said], basis: str | None) -> tuple[Said, ...]:
    """Which verdicts of one round count, where `basis` is the digest of facts and photographs now.

    What was decided stays decided, on what was shown then. Until then only those count that were given on what is there
    now, or before digests were kept; all that belong together where `basis` is None.
    """
    if not given:
        return ()
    together = _of_one_basis(given, given[-1].basis)
    if basis is None or standing(together) not in _WAITING:
        return together
    return _of_one_basis(given, basis)


def _of_one_basis(given: Sequence[Said], basis: str | None) -> tuple[Said, ...]:
    return tuple(one for one in given if one.basis in (None, basis))


def in_doubt(given: Sequence[Said], round_: int) -> bool:
    """Do the verdicts of a candidate count only if facts and photographs are still the same?"""
    mine = [one for one in given if one.round == round_]
    return any(one.basis for one in mine) and standing(_of_one_basis(mine, mine[-1].basis)) in _WAITING


def waiting_for(works: Iterable[Work], actor: str) -> list[Work]:
    """What this person may decide: not theirs already, not before somebody else; the strongest first.

    A foil may be decided by everybody who has not: else a list of one would say that it is none.
    What one person has decided already comes first: a second view ends the waiting of a family.
    """
    mine = [
        one
        for one in works
        if not _has_said(one, actor) and not one.is_proposer(actor) and _may_lie_before(one, actor)
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
    """Refuse a second verdict of the same person, one that nobody waits for, and one on a list that is out of date."""
    if _has_said(one, actor):
        raise RefusedError(
            f"{actor} has decided about {one.kept.id} already: the second view must be another person's.",
            "second person",
            "Ask a colleague; each acts under a name of their own (--as).",
        )
    if one.is_proposer(actor):
        raise RefusedError(
            f"{actor} proposed {one.kept.id}: two others decide about it.",
            "second person",
            "Ask colleagues; each acts under a name of their own (--as).",
        )
    if not one.kept.foil and one.standing not in _WAITING:
        raise RefusedError(
            f"{one.kept.id} is decided: {one.standing}.",
            "decided",
            "With something new, open it again: `safelight persons review reopen`.",
        )
    if actor in one.holders and one.basis is not None and one.listed.get(actor) not in (None, one.basis):
        raise RefusedError(
            f"What is stated about {one.kept.id}, or a photograph, changed since your list was made.",
            "changed",
            "Look at it as it is now: `safelight persons review next` gives the list again.",
        )


def speaks_up(one: Work, what: Verdict) -> bool:
    """Does this verdict on a foil propose its two people? One *same* does, and so does a second *cannot say*."""
    unsure = sum(each.verdict is Verdict.CANNOT_SAY for each in one.said)
    return one.kept.foil and (what is Verdict.SAME or (what is Verdict.CANNOT_SAY and unsure + 1 >= NEEDED))
