"""Plots of an evaluation, as inline SVG: recall, calibration and recall by group, each with its intervals.

Both axes of the first two are square roots: what matters lies below ten per cent, and zero still has a place.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import sqrt
from typing import Any

from markupsafe import Markup

from safelight.export.plots import WIDTH, curves, dot, shorten, upright
from safelight.export.text import visible

_LEFT, _RIGHT, _TOP, _FLOOR = 38, 384, 24, 236
_HEIGHT = 272
_SHARES = (0.0, 0.01, 0.05, 0.1, 0.25, 0.5, 1.0)
_PARTS = (0.0, 0.25, 0.5, 0.75, 1.0)
_ROW, _LABEL = 36, 40


def recall(found: Mapping[str, Any], key: str = "recall") -> Markup:
    """Of the reports in which a child is in danger, the share that stands in the first part of the order."""
    curve = [(one["share"], one["recall"]) for one in found["curve"]]
    shapes = _frame(
        _SHARES, _PARTS, "read so far, of all labelled reports", "found, of those with a child in danger"
    )
    chance = [(at / 40, at / 40) for at in range(41)]
    shapes.append(_line("chance", [(_x(x), _y(y)) for x, y in chance]))
    steps = [(x, y) for (_, before), (at, now) in pairwise(curve) for x, y in ((at, before), (at, now))]
    shapes.append(_line("curve", [(_x(x), _y(y)) for x, y in [*curve[:1], *steps]]))
    said = []
    for one in found["top"]:
        if one["recall"] is None:
            continue
        shapes.append(upright(_x(one["share"]), [_y(end) for end in one["interval"]]))
        shapes.append(dot(_x(one["share"]), _y(one["recall"])))
        low, high = one["interval"]
        said.append(f"in the first {one['share']:.0%}: {one['recall']:.0%} ({low:.0%} to {high:.0%})")
    return curves("Recall by share of reports read", "; ".join(said), _HEIGHT, shapes, key)


def calibration(bins: Sequence[Mapping[str, Any]], key: str = "calibration") -> Markup:
    """What the priorities said against what was true, for each range of priorities."""
    shapes = _frame(
        _SHARES, _SHARES, "priority, mean of the range", "share with a child in danger", root=True
    )
    shapes.append(_line("chance", [(_x(0), _root(0)), (_x(1), _root(1))]))
    said = []
    for one in bins:
        if one["interval"]:
            shapes.append(upright(_x(one["said"]), [_root(end) for end in one["interval"]]))
        shapes.append(dot(_x(one["said"]), _root(one["true"])))
        said.append(f"said {one['said']:.1%}, true {one['true']:.1%} of {one['reports']:,}")
    return curves("Priority and truth", "; ".join(said), _HEIGHT, shapes, key)


def by_group(title: str, values: Sequence[Mapping[str, Any]], key: str) -> Markup:
    """A line for each value: recall as a dot, its interval as a bar, numbers above."""
    shapes = []
    said = []
    for number, one in enumerate(values):
        base = number * _ROW
        numbers = f"{one['recall']:.0%} ({one['found']:,} of {one['in_danger']:,})"
        label = visible(shorten(one["value"], _LABEL))
        shapes.append(
            Markup(
                '<text class="label" x="0" y="{0}">{1}</text><text class="number" x="{2}" y="{0}">{3}</text>'
                '<line class="lane" x1="5" y1="{4}" x2="{5}" y2="{4}"/>'
            ).format(base + 12, label, WIDTH, numbers, base + 23, WIDTH - 5)
        )
        low, high = (_along(end) for end in one["interval"])
        shapes.append(
            Markup('<path class="error" d="M{0:.1f} {2}H{1:.1f}M{0:.1f} {3}V{4}M{1:.1f} {3}V{4}"/>').format(
                low, high, base + 23, base + 19, base + 27
            )
        )
        shapes.append(dot(_along(one["recall"]), base + 23))
        said.append(f"{label}: {numbers}")
    floor = len(values) * _ROW
    for part in _PARTS:
        anchor = "start" if part == 0 else "end" if part == 1 else "middle"
        shapes.append(
            Markup('<text class="tick" text-anchor="{}" x="{:.1f}" y="{}">{}</text>').format(
                anchor, _along(part), floor + 12, f"{part:.0%}"
            )
        )
    return curves(title, "; ".join(said), floor + 18, shapes, key)


def _along(share: float) -> float:
    return 5 + (WIDTH - 10) * share


def _x(share: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * sqrt(min(1.0, max(0.0, share)))


def _y(share: float) -> float:
    return _FLOOR - (_FLOOR - _TOP) * share


def _root(share: float) -> float:
    return _y(sqrt(min(1.0, max(0.0, share))))


def _frame(
    across: Sequence[float], up: Sequence[float], below: str, beside: str, *, root: bool = False
) -> list[Markup]:
    place = _root if root else _y
    shapes = []
    for share in across:
        shapes.append(
            Markup(
                '<line class="grid" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}"/>'
                '<text class="tick" text-anchor="middle" x="{0:.1f}" y="{3}">{4}</text>'
            ).format(_x(share), _TOP, _FLOOR, _FLOOR + 14, f"{share:.0%}")
        )
    for share in up:
        shapes.append(
            Markup(
                '<line class="grid" x1="{1}" y1="{0:.1f}" x2="{2}" y2="{0:.1f}"/>'
                '<text class="tick" text-anchor="end" x="{3}" y="{4:.1f}">{5}</text>'
            ).format(place(share), _LEFT, _RIGHT, _LEFT - 5, place(share) + 4, f"{share:.0%}")
        )
    shapes.append(
        Markup(
            '<text class="tick" text-anchor="end" x="{}" y="{}">{}</text><text class="tick" x="0" y="9">{}</text>'
        ).format(_RIGHT, _FLOOR + 30, below, beside)
    )
    return shapes


def _line(name: str, points: Sequence[tuple[float, float]]) -> Markup:
    return Markup('<polyline class="{}" points="{}"/>').format(
        name, " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    )
