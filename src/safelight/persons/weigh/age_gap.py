"""Years between two photographs of a growing face: how far they lower what its score says, and widen the list.

The curve passes through published figures for children (`ratios.toml`, `curve`). They were measured with other models
and in other ways than here, so it is a prior; `persons evaluate` on an agency's own pairs is what can replace it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from safelight.persons.person import Days, Facts, Span, Status
from safelight.persons.weigh.ratios import Ratios, delivered
from safelight.persons.weigh.spans import YEAR

_GAPS = ((0.0, "curve.gap_0"), (0.5, "curve.gap_0_5"), (3.0, "curve.gap_3"), (10.0, "curve.gap_10"))
_AGES = ((0.25, "curve.age_0_25"), (2.75, "curve.age_2_75"), (6.0, "curve.age_6"))
_ADULT = 18.0


@dataclass(frozen=True, slots=True)
class Discount:
    """What an age gap does to a face score."""

    weight_factor: float
    """0..1: what the face's own weight is multiplied with, where it speaks for one person"""
    widen: float
    """1 or more: how many times as long the list of candidates should be"""
    text: str
    """For people."""
    source: str


def gap_years(
    probe: Facts,
    other: Facts,
    *,
    taken_probe: Days | None,
    taken_other: Days | None,
    probe_is: Status | None = None,
    other_is: Status | None = None,
    ratios: Ratios | None = None,
) -> Span | None:
    """Years between the two photographs, from least to most; None where one cannot be dated at all.

    An undated photograph of somebody found was taken when they were found; one of somebody missing in the two years
    before they were last seen (`photo.undated_years`).
    """
    undated = (ratios or delivered())["photo.undated_years"]
    first = _when(probe, taken_probe, probe_is, undated)
    second = _when(other, taken_other, other_is, undated)
    if first is None or second is None:
        return None
    least = max(0.0, first[0] - second[1], second[0] - first[1])
    return Span(least, max(first[1] - second[0], second[1] - first[0]))


def age_at_first(
    probe: Facts,
    other: Facts,
    *,
    taken_probe: Days | None,
    taken_other: Days | None,
    probe_is: Status | None = None,
    other_is: Status | None = None,
    ratios: Ratios | None = None,
) -> Span | None:
    """How old the person was in the earlier photograph, in years; None where no birth or no day is known.

    The birth is that of whose photograph it is, else the other's: if they are one person, it is the same.
    """
    undated = (ratios or delivered())["photo.undated_years"]
    dated = []
    for facts, rest, taken, status in (
        (probe, other, taken_probe, probe_is),
        (other, probe, taken_other, other_is),
    ):
        when = _when(facts, taken, status, undated)
        born = facts.born or rest.born
        if when is not None and born is not None:
            dated.append((when, born))
    if not dated:
        return None
    when, born = min(dated, key=lambda one: sum(one[0]))
    least = max(0.0, when[0] - born.last.toordinal() / YEAR)
    return Span(least, max(least, when[1] - born.first.toordinal() / YEAR))


def _when(
    facts: Facts, taken: Days | None, status: Status | None, undated: float
) -> tuple[float, float] | None:
    """First and last possible year of a photograph."""
    if taken is not None:
        return taken.first.toordinal() / YEAR, taken.last.toordinal() / YEAR
    days = facts.seen.days if facts.seen else None
    if days is None:
        return None
    before = undated if status is Status.MISSING else 0.0
    return days.first.toordinal() / YEAR - before, days.last.toordinal() / YEAR


def discount(gap: Span | None, age_at_first: Span | None, ratios: Ratios | None = None) -> Discount:
    """How far a face score counts across a gap, and how much longer the list should be.

    Where `gap` is None, photographs are taken to be `photo.unknown_years` apart. The widest gap and the youngest age
    that are possible count: better a longer list than a lost child.
    """
    numbers = ratios or delivered()
    years = numbers["photo.unknown_years"] if gap is None else gap.most
    youngest = None if age_at_first is None else age_at_first.least
    slow = years
    if youngest is not None and youngest + years > _ADULT:
        grown = years - max(0.0, _ADULT - youngest)
        slow = (years - grown) + grown * numbers["curve.grown"]
    factor = _drawn(slow, _GAPS, numbers)
    if youngest is not None:
        factor *= _drawn(youngest, _AGES, numbers)
    factor = max(factor, numbers["curve.least"])
    widen = min(1 / factor, numbers["curve.widest"])
    names = ["photo.unknown_years"] if gap is None else []
    names += [_nearest(slow, _GAPS)]
    if youngest is not None and youngest < _AGES[-1][0]:
        names.append(_nearest(youngest, _AGES))
    return Discount(
        round(factor, 3),
        round(widen, 2),
        _said(gap, years, youngest, factor, widen),
        "prior, drawn through: " + numbers.source(*names),
    )


def _drawn(at: float, points: tuple[tuple[float, str], ...], ratios: Ratios) -> float:
    """The curve at a place: straight between its points, level beyond them."""
    if at <= points[0][0]:
        return ratios[points[0][1]]
    for (left, low), (right, high) in pairwise(points):
        if at <= right:
            return ratios[low] + (at - left) / (right - left) * (ratios[high] - ratios[low])
    return ratios[points[-1][1]]


def _nearest(at: float, points: tuple[tuple[float, str], ...]) -> str:
    return min(points, key=lambda point: abs(point[0] - at))[1]


def _said(gap: Span | None, years: float, youngest: float | None, factor: float, widen: float) -> str:
    if gap is None:
        text = f"When the photographs were taken is not known; {years:.0f} years between them are assumed."
    elif gap.most < 0.5:
        text = "The photographs are of about one time."
    elif gap.most - gap.least < 0.75:
        text = f"About {gap.most:.1f} years lie between the photographs." if gap.most < 3 else (
            f"About {gap.most:.0f} years lie between the photographs."
        )  # fmt: skip
    else:
        text = f"{gap.least:.0f} to {gap.most:.0f} years lie between the photographs."
    if youngest is not None and youngest < _AGES[-1][0]:
        text += f" In the first the child was {'under a year' if youngest < 1 else f'about {youngest:.0f}'}."
    if factor > 0.97:
        return f"{text} That takes nearly nothing off what the faces say."
    text += f" Faces change with the years: what they say counts {100 * factor:.0f} %"
    return f"{text}, and the list is {widen:.1f} times as long." if widen >= 1.05 else f"{text}."
