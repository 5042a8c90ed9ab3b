"""What cannot be true of one person: seen at home after the other was found, born after, photographed after."""

from __future__ import annotations

from dataclasses import replace

from safelight.persons.person import Days, Side, Status, Weighed
from safelight.persons.weigh.pair import Pair, Party, shown_days, shown_length, silent, unknown
from safelight.persons.weigh.spans import middle

CODE = "seen"
AFTER = "seen-after"
BORN_AFTER = "born-after"
PHOTO_AFTER = "photo-after"
PHOTO_BEFORE_BIRTH = "photo-before-birth"


def weigh_seen(pair: Pair) -> tuple[Weighed, ...]:
    """Every contradiction between days; else one line that says how long lies between them.

    A contradiction is against, with the weight that errors in dates leave; it never ends a candidate by itself. Several
    weigh once, as one wrong day can make them all.
    """
    found = [*_order(pair), *_births(pair)]
    if not found:
        return (_possible(pair),)
    return (found[0], *(replace(one, weight=0.0) for one in found[1:]))


def _order(pair: Pair) -> list[Weighed]:
    missing, there = pair.by_status(Status.MISSING), pair.by_status(Status.FOUND)
    if missing is None or there is None:
        return []
    lost, found = (one.facts.seen.days if one.facts.seen else None for one in (missing, there))
    made = []
    if lost and found and lost.first > found.last:
        text = (
            f"The missing person was last seen {shown_days(lost)}, after the other was found, {shown_days(found)}: "
            f"not one person, unless a day is wrong. Ask {missing.ask}."
        )
        made.append(_contradiction(pair, AFTER, text))
    if missing.taken and found and missing.taken.first > found.last:
        text = (
            f"The photograph of the missing person was taken {shown_days(missing.taken)}, after the other was found, "
            f"{shown_days(found)}: not one person, unless that is the day of a copy. Ask {missing.ask}."
        )
        made.append(_contradiction(pair, PHOTO_AFTER, text))
    return made


def _births(pair: Pair) -> list[Weighed]:
    """Born after the other was there: last seen, found or photographed."""
    made = []
    for one, other in ((pair.a, pair.b), (pair.b, pair.a)):
        born = one.facts.born
        if born is None:
            continue
        there = other.facts.seen.days if other.facts.seen else None
        done = "found" if other.status is Status.FOUND else "last seen"
        if there and born.first > there.last:
            text = (
                f"{_subject(one)} was born {shown_days(born)}, after the other was {done}, "
                f"{shown_days(there)}: not one person, unless a day is wrong. Ask {one.ask}."
            )
            made.append(_contradiction(pair, BORN_AFTER, text))
        elif other.taken and born.first > other.taken.last:
            text = (
                f"{_subject(one)} was born {shown_days(born)}, after the other's photograph was taken, "
                f"{shown_days(other.taken)}: not one person, unless a day is wrong. Ask {one.ask}."
            )
            made.append(_contradiction(pair, PHOTO_BEFORE_BIRTH, text))
    return made


def _subject(party: Party) -> str:
    return party.person[0].upper() + party.person[1:]


def _contradiction(pair: Pair, code: str, text: str) -> Weighed:
    ratios = pair.ratios
    weight = -ratios["seen.most_against"]
    return Weighed(code, Side.AGAINST, text, weight, ratios.source("seen.date_error"), contradiction=True)


def _possible(pair: Pair) -> Weighed:
    first, second = (one.facts.seen.days if one.facts.seen else None for one in (pair.a, pair.b))
    if first is None or second is None:
        return unknown(pair, CODE, "the day when last seen or found", first is not None, second is not None)
    missing, there = pair.by_status(Status.MISSING), pair.by_status(Status.FOUND)
    a, b = shown_days(first), shown_days(second)
    if missing is None or there is None:
        return silent(CODE, f"{pair.a.called.capitalize()}: {a}; {pair.b.called}: {b}.")
    return silent(CODE, f"Last seen {a}; found {b}: {_between(first, second)}, which is possible.")


def _between(lost: Days, found: Days) -> str:
    days = middle(found) - middle(lost)
    return "at about the same time" if days < 1 else f"{shown_length(days)} later"
