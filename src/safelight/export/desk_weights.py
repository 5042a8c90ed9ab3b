"""Bars of what each reason adds or takes, as inline SVG: one bar a line, to one scale, with a common zero."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

GROUPS = {
    "previous": "1 · Previous convictions or allegations",
    "access": "2 · Access to children",
    "behaviour": "3 · Current behaviour",
    "other": "4 · Other factors",
    "text": "The words of the report",
    "lowered": "What lowers it",
    "time": "Time",
}
"""KIRAT's four steps, and what stands beside them, in the order of the page."""
_WIDTH = 120


Told = list[tuple[Mapping[str, Any], Markup]]
"""Reasons, each with its bar."""


def grouped(reasons: Iterable[Mapping[str, Any]]) -> list[tuple[str, float, Told]]:
    """Reasons by group: title, sum in log-odds, reasons (strongest first) with bars. An unknown group comes last.

    The sum is of the weights as they are printed, to two digits, so that a reader who adds them up gets the same.
    """
    told = list(reasons)
    low = min([0.0, *(one["weight"] for one in told)])
    high = max([0.0, *(one["weight"] for one in told)])
    found: dict[str, list[Mapping[str, Any]]] = {}
    for one in sorted(told, key=lambda one: -abs(one["weight"])):
        found.setdefault(one["group"], []).append(one)
    order = [
        *(group for group in GROUPS if group in found),
        *(group for group in found if group not in GROUPS),
    ]
    return [
        (
            GROUPS.get(group, group),
            _printed(found[group]),
            [(one, bar(one["weight"], low, high)) for one in found[group]],
        )
        for group in order
    ]


@dataclass(frozen=True, slots=True)
class Sum:
    """How a place adds up, in log-odds to two digits: the base and the reasons and the rest are the whole."""

    base: float
    rest: float
    """What is too small to be told as a reason, and what rounding takes."""
    whole: float


def sum_of(entry: Mapping[str, Any]) -> Sum:
    """The sum behind the priority of an entry of the queue."""
    base, whole = round(entry["base"], 2), round(entry["log_odds"], 2)
    return Sum(base, round(whole - base - _printed(entry["reasons"]), 2), whole)


def _printed(reasons: Iterable[Mapping[str, Any]]) -> float:
    return round(sum(round(float(one["weight"]), 2) for one in reasons), 2)


def bar(weight: float, low: float, high: float) -> Markup:
    """One bar from zero to `weight`, on a scale from `low` to `high`; the number stands beside it as text."""
    span = (high - low) or 1.0
    zero = _WIDTH * -low / span
    end = _WIDTH * (weight - low) / span
    return Markup(
        '<svg class="weight" viewBox="0 0 {} 10" preserveAspectRatio="none" aria-hidden="true">'
        '<rect class="{}" x="{:.1f}" y="1" width="{:.1f}" height="8"/>'
        '<line class="axis" x1="{:.1f}" y1="0" x2="{:.1f}" y2="10"/></svg>'
    ).format(_WIDTH, "more" if weight >= 0 else "less", min(zero, end), max(1.0, abs(end - zero)), zero, zero)


def signed(weight: float) -> str:
    """`+2.60`, `−1.20`."""
    return f"{'−' if weight < 0 else '+'}{abs(weight):.2f}"


def first_reasons(entry: Mapping[str, Any], count: int) -> Sequence[Mapping[str, Any]]:
    """The strongest reasons of a line, those that raise it before those that lower it."""
    told: list[Mapping[str, Any]] = sorted(entry["reasons"], key=lambda one: -one["weight"])
    raising = [one for one in told if one["weight"] > 0][:count]
    return raising or told[:count]
