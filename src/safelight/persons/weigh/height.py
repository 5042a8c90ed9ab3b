"""Heights with growth between them: what the one who was measured first would measure later."""

from __future__ import annotations

import math

from safelight.persons.person import Days, Sex, Span, Weighed
from safelight.persons.weigh.age import spread
from safelight.persons.weigh.growth import GROWN, SOURCE, height_at
from safelight.persons.weigh.pair import Pair, Party, both, shown_length, unknown, weighed
from safelight.persons.weigh.ratios import Ratios
from safelight.persons.weigh.spans import YEAR, middle

CODE = "height"


def weigh_height(pair: Pair) -> Weighed:
    """The later height against what is expected of the earlier one, and against what anybody of the gallery has."""
    a, b = pair.a, pair.b
    if a.facts.height is None or b.facts.height is None:
        return unknown(pair, CODE, "a height", a.facts.height is not None, b.facts.height is not None)
    when_a, when_b = measured_on(a), measured_on(b)
    if when_a is None or when_b is None:
        return unknown(pair, CODE, "the day of the height", when_a is not None, when_b is not None)
    # Of two measured at one time the smaller is the first, so that it does not matter who was searched with.
    (first, early), (second, late) = sorted(
        ((a, middle(when_a)), (b, middle(when_b))),
        key=lambda one: (one[1], _centre(one[0]), one[0].facts.born is None),
    )
    gap = (late - early) / YEAR
    expected, error, ratio = _compare(pair, first, early, second, late)
    ratios = pair.ratios
    text = both(pair, shown_height(a.facts.height), shown_height(b.facts.height))
    if gap * YEAR < 31:
        text += " Measured at about the same time."
    else:
        span = f"{expected - error:.0f} to {expected + error:.0f} cm"
        text += f" After {shown_length(gap * YEAR)}, {span} would be expected."
    if _centre(second) < _centre(first) - 2 * ratios["height.stated_cm"] and gap > 0.25:
        text += " Nobody shrinks so."
    return weighed(
        CODE,
        text,
        ratio,
        ratios["height.most_for"],
        ratios["height.most_against"],
        f"growth: {SOURCE}; {ratios.source('height.drift')}",
    )


def measured_on(party: Party) -> Days | None:
    """When the height was true: as stated, else when the person was last seen or found."""
    return party.facts.height_on or (party.facts.seen.days if party.facts.seen else None)


def _compare(
    pair: Pair, first: Party, early: float, second: Party, late: float
) -> tuple[float, float, float]:
    """Expected later height and its standard deviation if it is one person, cm; the likelihood ratio."""
    ratios = pair.ratios
    gap = (late - early) / YEAR
    sexes = {party.facts.sex for party in (first, second)} & {Sex.FEMALE, Sex.MALE}
    sex = sexes.pop() if len(sexes) == 1 else None
    measured = _error(first, ratios) ** 2
    later = _error(second, ratios) ** 2
    known = first if first.facts.born else second if second.facts.born else None
    if known is None:
        expected = _centre(first) + ratios["height.growth_cm_a_year"] * min(gap, GROWN / 2)
        error = math.sqrt(measured + later + (ratios["height.growth_error"] * gap) ** 2)
    else:
        assert known.facts.born is not None
        birth, unsure = middle(known.facts.born), spread(known, ratios)
        ages = [(early - birth) / YEAR + unsure * step for step in (-1.0, 0.0, 1.0)]
        guesses = [_grown(_centre(first), age, gap, sex) for age in ages]
        expected = guesses[1]
        drift = min(ratios["height.drift"] * math.sqrt(gap), ratios["height.drift_most"])
        own = height_at(ages[1] + gap, sex)[1] * drift
        error = math.sqrt(measured + later + own**2 + ((guesses[2] - guesses[0]) / 2) ** 2)
    mean, deviation = _anybody(second, late, pair, later)
    gross = ratios["height.gross_error"]
    height = _centre(second)
    ratio = (1 - gross) * _normal(height - expected, error) / _normal(height - mean, deviation) + gross
    return expected, error, ratio


def _grown(height: float, age: float, gap: float, sex: Sex | None) -> float:
    """A height some years later, on its own curve: as many standard deviations from the median as before."""
    median, deviation = height_at(age, sex)
    later, wider = height_at(age + gap, sex)
    if age >= GROWN:
        return height
    return later + (height - median) * wider / deviation


def _anybody(party: Party, when: float, pair: Pair, measured: float) -> tuple[float, float]:
    """Mean and deviation of heights of other people: of that age where it is known, else of the gallery."""
    ratios = pair.ratios
    if party.facts.born is None:
        return pair.crowd.height_spread(_centre(party))
    age, unsure = (when - middle(party.facts.born)) / YEAR, spread(party, ratios)
    median, deviation = height_at(age, party.facts.sex)
    slope = (height_at(age + unsure, party.facts.sex)[0] - height_at(age - unsure, party.facts.sex)[0]) / 2
    wide = (deviation * ratios["height.spread"]) ** 2
    return median + ratios["height.shift"] * deviation, math.sqrt(wide + measured + slope**2)


def _normal(distance: float, deviation: float) -> float:
    return max(math.exp(-0.5 * (distance / deviation) ** 2) / deviation, 1e-12)


def _error(party: Party, ratios: Ratios) -> float:
    height = party.facts.height
    assert height is not None
    return math.sqrt(ratios["height.stated_cm"] ** 2 + (height.most - height.least) ** 2 / 12)


def _centre(party: Party) -> float:
    height = party.facts.height
    assert height is not None
    return (height.least + height.most) / 2


def shown_height(height: Span) -> str:
    """`104 cm`, `100 to 105 cm`."""
    if round(height.least) == round(height.most):
        return f"{height.least:.0f} cm"
    return f"{height.least:.0f} to {height.most:.0f} cm"
