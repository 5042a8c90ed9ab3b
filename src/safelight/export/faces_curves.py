"""Plots of an evaluation of face comparison, as inline SVG: errors against errors, ranks, and errors by group.

Error rates are drawn by their logarithm: what matters lies at one in a thousand and far below. A rate of nought has
no logarithm and stands at the edge.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10
from typing import Any

from markupsafe import Markup

from safelight.export.plots import WIDTH, curves, dot, shorten, upright
from safelight.export.text import visible

_LEFT, _RIGHT, _TOP, _FLOOR = 44, 384, 24, 236
_HEIGHT = 272
_ROW, _LABEL = 36, 40
_LEAST_MISSES = -3
"""Decades of miss rates that are drawn: fewer pairs of one person than a thousand tell no more."""


def trade_off(found: Mapping[str, Any], key: str = "trade-off") -> Markup:
    """Miss rate against false-match rate, both by logarithm, with the thresholds that were found as dots."""
    least = -max(3, min(9, len(str(found["pairs"]["different"])) - 1))
    shapes = _grid(
        least, "false-match rate: different people taken for one", "missed: one person taken for two"
    )
    points = [
        (_across(one["fmr"], least), _up(one["misses"]))
        for one in found["curve"]
        if one["fmr"] or one["misses"]
    ]
    shapes.append(_line([end for at, point in enumerate(points) for end in _step(points, at, point)]))
    said = []
    for one in found["thresholds"]:
        if one["score"] is None:
            continue
        x, rate = _across(one["rate"], least), one["misses"]
        shapes.append(upright(x, [_up(end) for end in rate["interval"]]))
        shapes.append(dot(x, _up(rate["share"])))
        low, high = rate["interval"]
        said.append(f"at {one['rate']:g}: {rate['share']:.1%} missed ({low:.1%} to {high:.1%})")
    return curves("Misses against false matches", "; ".join(said), _HEIGHT, shapes, key)


def ranks(found: Mapping[str, Any], key: str = "ranks") -> Markup:
    """Of searches whose person is there, the share that has the person at a rank or above, with its interval."""
    rows = found["ranks"]
    width = (_RIGHT - _LEFT) / max(1, len(rows))
    shapes = []
    for part in (0.0, 0.25, 0.5, 0.75, 1.0):
        shapes.append(_lane(_FLOOR - (_FLOOR - _TOP) * part, f"{part:.0%}"))
    said = []
    for number, one in enumerate(rows):
        x = _LEFT + width * (number + 0.5)
        ends = [_FLOOR - (_FLOOR - _TOP) * end for end in one["interval"]]
        shapes += [upright(x, ends), dot(x, _FLOOR - (_FLOOR - _TOP) * one["share"])]
        if one["rank"] in (1, 5, 10, 15, 20):
            shapes.append(_tick(x, _FLOOR + 14, str(one["rank"])))
            said.append(f"rank {one['rank']}: {one['share']:.1%}")
    shapes.append(_tick(_RIGHT, _FLOOR + 30, "rank among the candidates", "end"))
    shapes.append(_tick(0, 9, "searches that have the person at this rank or above", "start"))
    return curves("Rank of the right person", "; ".join(said), _HEIGHT, shapes, key)


def by_group(
    title: str, rows: Sequence[Mapping[str, Any]], kind: str, limit: float | None, key: str
) -> Markup:
    """For each value a dot and its interval, by logarithm; `limit` is the rate that rule 17 allows, if any."""
    known = [one[kind] for one in rows if one[kind]["share"] is not None]
    smallest = min((rate["share"] for rate in known if rate["share"]), default=1e-3)
    least = max(-9, floor(log10(smallest)) - 1)
    height = len(rows) * _ROW
    shapes = []
    if limit:
        shapes.append(
            Markup('<line class="chance" x1="{0:.1f}" y1="4" x2="{0:.1f}" y2="{1}"/>').format(
                _along(limit, least), height
            )
        )
    said = []
    for number, one in enumerate(rows):
        base, rate = number * _ROW, one[kind]
        label = visible(shorten(one["value"], _LABEL))
        numbers = "no pairs" if rate["share"] is None else f"{_short(rate['share'])} of {rate['of']:,}"
        shapes.append(
            Markup(
                '<text class="label" x="0" y="{0}">{1}</text><text class="number" x="{2}" y="{0}">{3}</text>'
                '<line class="lane" x1="5" y1="{4}" x2="{5}" y2="{4}"/>'
            ).format(base + 12, label, WIDTH, numbers, base + 23, WIDTH - 5)
        )
        said.append(f"{label}: {numbers}")
        if rate["share"] is None:
            continue
        low, high = (_along(end, least) for end in rate["interval"])
        shapes.append(
            Markup('<path class="error" d="M{0:.1f} {2}H{1:.1f}M{0:.1f} {3}V{4}M{1:.1f} {3}V{4}"/>').format(
                low, high, base + 23, base + 19, base + 27
            )
        )
        shapes.append(dot(_along(rate["share"], least), base + 23))
    for decade in range(least, 1):
        anchor = "start" if decade == least else "end" if decade == 0 else "middle"
        shapes.append(_tick(_along(10.0**decade, least), height + 12, _short(10.0**decade), anchor))
    return curves(title, "; ".join(said), height + 18, shapes, key)


def _short(share: float) -> str:
    return f"{share:.2g}"


def _part(share: float, least: int) -> float:
    """Where a rate stands between ten to the `least` (0) and one (1)."""
    return 1 - max(least, log10(share) if share > 0 else least) / least


def _along(share: float, least: int) -> float:
    return 5 + (WIDTH - 10) * _part(share, least)


def _across(share: float, least: int) -> float:
    return _LEFT + (_RIGHT - _LEFT) * _part(share, least)


def _up(share: float) -> float:
    return _FLOOR - (_FLOOR - _TOP) * _part(share, _LEAST_MISSES)


def _grid(least: int, below: str, beside: str) -> list[Markup]:
    shapes = []
    for decade in range(least, 1):
        x = _across(10.0**decade, least)
        shapes.append(
            Markup('<line class="grid" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}"/>').format(x, _TOP, _FLOOR)
        )
        shapes.append(_tick(x, _FLOOR + 14, _short(10.0**decade)))
    for decade in range(_LEAST_MISSES, 1):
        shapes.append(_lane(_up(10.0**decade), _short(10.0**decade)))
    return [*shapes, _tick(_RIGHT, _FLOOR + 30, below, "end"), _tick(0, 9, beside, "start")]


def _step(
    points: Sequence[tuple[float, float]], at: int, point: tuple[float, float]
) -> list[tuple[float, float]]:
    return [point] if at == 0 else [(point[0], points[at - 1][1]), point]


def _line(points: Sequence[tuple[float, float]]) -> Markup:
    return Markup('<polyline class="curve" points="{}"/>').format(
        " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    )


def _lane(y: float, label: str) -> Markup:
    return Markup(
        '<line class="grid" x1="{1}" y1="{0:.1f}" x2="{2}" y2="{0:.1f}"/>'
        '<text class="tick" text-anchor="end" x="{3}" y="{4:.1f}">{5}</text>'
    ).format(y, _LEFT, _RIGHT, _LEFT - 5, y + 4, label)


def _tick(x: float, y: float, label: str, anchor: str = "middle") -> Markup:
    return Markup('<text class="tick" text-anchor="{}" x="{:.1f}" y="{:.1f}">{}</text>').format(
        anchor, x, y, label
    )
