"""Two people whose facts are held against each other, and what all facts share: words for them, caps, spans of days."""

from __future__ import annotations

import math
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from safelight.persons.person import Days, Facts, Side, Status, Weighed
from safelight.persons.weigh.crowd import Crowd
from safelight.persons.weigh.ratios import Ratios
from safelight.persons.weigh.spans import YEAR

_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})
_JOINERS = "\u200c\u200d"
"""Persian and Devanagari are spelt with them."""
_SOURCE = 240
_SPEAKS = 0.05
"""Weights below it say nothing either way."""
_NAMED = {Status.MISSING: "missing", Status.FOUND: "found", Status.PROBE: "searched"}
_ASK = {Status.MISSING: "the family", Status.FOUND: "the shelter", Status.PROBE: "who sent the photograph"}
_MONTHS = ("January", "February", "March", "April", "May", "June",
           "July", "August", "September", "October", "November", "December")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Party:
    """One of the two: what is stated, when the photograph was taken, and where the person stands."""

    facts: Facts
    taken: Days | None
    status: Status | None
    called: str
    """`missing`, `found`, `searched`, `one`, `the other`: as texts call this person."""

    @property
    def person(self) -> str:
        """`the missing person`, `one of the two`."""
        return (
            f"the {self.called} person"
            if self.status in _NAMED and self.called in _NAMED.values()
            else "one of the two"
        )

    @property
    def ask(self) -> str:
        """Whom to ask for what is not stated."""
        return _ask(self.status, self.facts.source[:_SOURCE] if self.facts.source else "")


@lru_cache(maxsize=1 << 12)
def _ask(status: Status | None, source: str) -> str:
    whom = _ASK.get(status, "who entered it") if status else "who entered it"
    return f"{whom} ({shown(source, 60)})" if source else whom


@dataclass(frozen=True, slots=True)
class Pair:
    """The two, the one who is missed first, and the gallery they are in."""

    a: Party
    b: Party
    crowd: Crowd

    @property
    def ratios(self) -> Ratios:
        """The numbers to weigh by."""
        return self.crowd.ratios

    def by_status(self, status: Status) -> Party | None:
        """The one of the two with this status, if it is exactly one."""
        found = [one for one in (self.a, self.b) if one.status is status]
        return found[0] if len(found) == 1 else None


def pair_of(
    probe: Facts,
    other: Facts,
    *,
    taken_probe: Days | None,
    taken_other: Days | None,
    crowd: Crowd,
    probe_is: Status | None = None,
    other_is: Status | None = None,
) -> Pair:
    """The pair in the order in which texts name the two: who is missed, then who is found or searched with.

    So weights and texts are the same whichever of the two was searched with.
    """
    first, second = (_named(one) for one in (probe_is, other_is))
    if first == second:
        first, second = "one", "the other"
    parties = [
        Party(probe, taken_probe, probe_is, first),
        Party(other, taken_other, other_is, second),
    ]
    if other_is is Status.MISSING and probe_is is not Status.MISSING:
        parties.reverse()
    return Pair(parties[0], parties[1], crowd)


def _named(status: Status | None) -> str:
    return _NAMED.get(status, "listed") if status else "listed"


def both(pair: Pair, a: str, b: str) -> str:
    """`Missing: girl; found: boy.`"""
    text = f"{pair.a.called}: {a}; {pair.b.called}: {b}."
    return text[0].upper() + text[1:]


def shown(text: str, most: int = 80) -> str:
    """A stated value in a text: on one line, without characters that turn or hide others, cut where it is long."""
    said = " ".join(text[: 4 * most].split())
    if not said.isprintable():
        said = "".join(c for c in said if c in _JOINERS or unicodedata.category(c) not in _HIDDEN)
    return said if len(said) <= most else f"{said[: most - 1]}…"


def unknown(pair: Pair, code: str, what: str, a: bool, b: bool) -> Weighed:
    """A fact that one or both do not state: no weight, and whom to ask for it. `a`, `b`: is it stated of them."""
    silent = [one for one, stated in ((pair.a, a), (pair.b, b)) if not stated]
    if len(silent) == 2:
        asked = pair.a.ask if pair.a.ask == pair.b.ask else f"{pair.a.ask}, and {pair.b.ask}"
        text = f"Neither states {what}. Ask {asked}."
    else:
        text = f"Of {silent[0].person}, {what} is not stated. Ask {silent[0].ask}."
    return Weighed(code, Side.UNKNOWN, text, 0.0)


def silent(code: str, text: str, source: str = "") -> Weighed:
    """A fact that is stated and says nothing either way."""
    return Weighed(code, Side.UNKNOWN, text, 0.0, source)


def weighed(code: str, text: str, ratio: float, most_for: float, most_against: float, source: str) -> Weighed:
    """A likelihood ratio as a capped weight: for, against, or, close to one, nothing."""
    weight = math.log10(ratio) if ratio > 0 else -most_against
    return leaning(code, text, weight, most_for, most_against, source)


def leaning(
    code: str, text: str, weight: float, most_for: float, most_against: float, source: str
) -> Weighed:
    """The same from a weight."""
    weight = min(max(weight, -most_against), most_for)
    if abs(weight) < _SPEAKS:
        return silent(code, text, source)
    return Weighed(code, Side.FOR if weight > 0 else Side.AGAINST, text, round(weight, 3), source)


def shown_day(day: date) -> str:
    """`3 May 2019`."""
    return f"{day.day} {_MONTHS[day.month - 1]} {day.year}"


def shown_days(days: Days) -> str:
    """`3 May 2019`, `2019`, `May 2019`, `2016 to 2018`, `between 1 May 2019 and 9 June 2019`."""
    first, last = days.first, days.last
    if first == last:
        return shown_day(first)
    whole_years = (first.month, first.day) == (1, 1) and (last.month, last.day) == (12, 31)
    if whole_years:
        return str(first.year) if first.year == last.year else f"{first.year} to {last.year}"
    if first.day == 1 and (first.year, first.month) == (last.year, last.month) and last.day >= 28:
        return f"{_MONTHS[first.month - 1]} {first.year}"
    return f"between {shown_day(first)} and {shown_day(last)}"


def shown_length(days: float) -> str:
    """`the same day`, `3 days`, `5 months`, `2 years`, of a number of days."""
    if days < 1:
        return "the same day"
    for unit, length, least in (("year", YEAR, 1.97 * YEAR), ("month", YEAR / 12, 61), ("day", 1.0, 0)):
        if days >= least:
            count = round(days / length)
            return f"{count} {unit}" + ("" if count == 1 else "s")
    return ""
