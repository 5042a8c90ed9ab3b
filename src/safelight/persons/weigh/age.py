"""Birth dates and ages: spans of days, each as sure as what it was taken from, against the ages of the gallery."""

from __future__ import annotations

import math
from functools import lru_cache

from safelight.persons.person import Days, Status, Weighed
from safelight.persons.weigh.crowd import Crowd
from safelight.persons.weigh.pair import Pair, Party, both, shown_days, unknown, weighed
from safelight.persons.weigh.ratios import Ratios
from safelight.persons.weigh.spans import YEAR, middle, width

CODE = "age"
_EXACT, _STATED, _ESTIMATED = "birth date", "stated age", "estimated age"


def weigh_age(pair: Pair) -> Weighed:
    """How near two spans of birth dates are, by how sure each is and how many of the gallery are of that age."""
    first, second = pair.a.facts.born, pair.b.facts.born
    if first is None or second is None:
        return unknown(pair, CODE, "a birth date or an age", first is not None, second is not None)
    ratios = pair.ratios
    one, other = _kind(pair.a), _kind(pair.b)
    year, other_year = (middle(_filled(born, kind)) / YEAR for born, kind in ((first, one), (second, other)))
    errors = spread(pair.a, ratios, second), spread(pair.b, ratios, first)
    ratio = birth_ratio(year, errors[0], other_year, errors[1], pair.crowd)
    exact = one == other == _EXACT
    apart = abs(year - other_year)
    text = both(pair, _shown(pair.a, one), _shown(pair.b, other))
    if apart > 0.5:
        text += f" About {apart:.0f} years apart." if apart > 1.5 else " About a year apart."
    elif exact and first == second and first.first == first.last:
        text += " The same day."
    if exact and _exchanged(first, second):
        ratio = max(ratio, ratios["age.exchanged"])
        text += " Day and month may be exchanged."
    text += _in_pictures(pair)
    sources = {
        _EXACT: "age.gross_error",
        _STATED: "age.stated_years",
        _ESTIMATED: "age.estimated_years",
    }
    return weighed(
        CODE,
        text,
        ratio,
        ratios["age.most_for_exact" if exact else "age.most_for"],
        ratios["age.most_against"],
        ratios.source(*dict.fromkeys((sources[one], sources[other]))),
    )


def birth_ratio(year: float, error: float, other: float, other_error: float, crowd: Crowd) -> float:
    """Likelihood ratio of two years of birth with normal errors, against two people of the gallery's spread.

    ∫ f(t) g(t) p(t) dt / (∫ f p · ∫ g p) with all three normal, and a share of gross errors in which one of the two
    says nothing. Symmetric. The spread stands around the two, not around the gallery's mean: far from the mean the
    normal curve falls so steeply that any two adults among children would be alike, the older the more.
    """
    deviation = crowd.birth_spread((year + other) / 2)[1]
    gross = crowd.ratios["age.gross_error"]
    a, b, p = error * error, other_error * other_error, deviation * deviation
    x, y = (year - other) / 2, (other - year) / 2
    # Both as a sum of the person's own year (variance p) and an error; covariance p if it is one person.
    apart = (a + p) * (b + p)
    one = apart - p * p
    quadratic = ((b + p) * x * x - 2 * p * x * y + (a + p) * y * y) / one
    alone = x * x / (a + p) + y * y / (b + p)
    exponent = min(0.5 * math.log(apart / one) - 0.5 * (quadratic - alone), 50.0)
    return (1 - gross) * math.exp(exponent) + gross


def spread(party: Party, ratios: Ratios, other: Days | None = None) -> float:
    """How far a stated birth date or age errs: standard deviation in years, its span included.

    `other`: the birth that the other states. An estimate errs by the older of the two ages: else one that is a year too
    low would count as the surer, and weigh more than one that is right.
    """
    born = party.facts.born
    assert born is not None
    kind = _kind(party)
    if kind == _EXACT:
        error = ratios["age.exact_years"]
    elif kind == _STATED:
        error = ratios["age.stated_years"]
    else:
        age = _age_when_stated(party, other)
        error = ratios["age.estimated_years"] + ratios["age.estimated_share"] * (age or 8.0)
    length = width(_filled(born, kind))
    return math.sqrt(error * error + length * length / 12)


def _filled(born: Days, kind: str) -> Days:
    """The first of January is what offices fill in where only the year is known."""
    if kind == _EXACT and born.first == born.last and (born.first.month, born.first.day) == (1, 1):
        return Days(born.first, born.first.replace(month=12, day=31))
    return born


def _exchanged(first: Days, second: Days) -> bool:
    a, b = first.first, second.first
    single = a == first.last and b == second.last
    return single and a != b and (a.year, a.month, a.day) == (b.year, b.day, b.month)


def _kind(party: Party) -> str:
    kind = _said_kind(party.facts.born_from)
    if not kind:
        return _EXACT if party.facts.born is None or width(party.facts.born) <= 1.01 else _STATED
    if kind == _STATED and party.status is Status.FOUND:
        return _ESTIMATED  # why: a shelter knows no age but by looking
    return kind


@lru_cache(maxsize=256)
def _said_kind(born_from: str) -> str:
    said = born_from.casefold()
    if any(word in said for word in ("estimat", "apparent", "about", "approx", "guess")):
        return _ESTIMATED
    return _STATED if "age" in said else _EXACT if "birth" in said else ""


def _age_when_stated(party: Party, other: Days | None) -> float | None:
    seen = party.facts.seen.days if party.facts.seen else None
    if seen is None or party.facts.born is None:
        return None
    born = min(middle(party.facts.born), middle(other) if other is not None else math.inf)
    return max(0.0, (middle(seen) - born) / YEAR)


def _shown(party: Party, kind: str) -> str:
    born = party.facts.born
    assert born is not None
    if kind == _EXACT:
        return f"born {shown_days(born)}"
    return f"born {_years(born)} by {'an' if kind == _ESTIMATED else 'a'} {kind}"


def _years(born: Days) -> str:
    first, last = born.first.year, born.last.year
    return f"about {first}" if first == last else f"{first} to {last}"


def _in_pictures(pair: Pair) -> str:
    """How old each would be in their photograph, where both days are known."""
    ages = []
    for party in (pair.a, pair.b):
        if party.taken is None or party.facts.born is None:
            return ""
        ages.append((middle(party.taken) - middle(party.facts.born)) / YEAR)
    if min(ages) < 0:
        return ""
    return f" In the photographs about {ages[0]:.0f} and {ages[1]:.0f} years old."
