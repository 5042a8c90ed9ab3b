"""The drawn graph of a cluster, as inline SVG: reports on the left, what they share on the right, lines between.

Two columns instead of a cloud of points: every label has a line of its own, nothing overlaps on paper, and the same
cluster is always drawn the same. Both columns are ordered so that few lines cross (the barycentre method of Sugiyama,
Tagawa and Toda, 1981).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from safelight.export.desk_phrases import kind_words
from safelight.export.plots import shorten
from safelight.export.text import visible

NODES = 60
"""At most so many reports and identifiers are drawn; the rest is counted."""
_IDENTIFIERS = 24
"""Of these, at most so many identifiers where there are more reports than fit."""
_SWEEPS = 6
_WIDTH, _LEFT, _RIGHT, _ROW, _TOP = 720, 258, 424, 24, 30
_REPORT, _VALUE = 26, 37
"""Characters that fit beside each column: of a report's number, and of an identifier's whole label."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture, and how much of the cluster is not in it."""

    picture: Markup
    reports_left_out: int
    identifiers_left_out: int


@dataclass(frozen=True, slots=True)
class _Node:
    key: str
    label: str
    more: str
    of: str
    """Class of its mark: a report's band, or an identifier's scale."""
    reports: int = 0
    """Of the cluster, that have the identifier."""


def graph(cluster: Mapping[str, Any], key: str = "graph") -> Drawn:
    """Draw a cluster (`reports.desk.cluster`): the reports of highest priority, and what holds them together."""
    reports = cluster["reports"]
    shared = [*cluster["identifiers"], *_joins(cluster["edits"])]
    room = NODES - min(len(shared), max(_IDENTIFIERS, NODES - len(reports)))
    shown = [one["id"] for one in reports[:room]]
    chosen = _chosen(shared, shown, NODES - len(shown))
    edges = {
        (report, f"i{number}"): one
        for number, one in chosen
        for report in one["members"]
        if report in set(shown)
    }
    left = [_report(one) for one in reports[:room]]
    right = [_identifier(number, one) for number, one in chosen]
    rows, columns = _ordered([one.key for one in left], [one.key for one in right], list(edges))
    by_key = {one.key: one for one in (*left, *right)}
    lines = max(len(rows), len(columns), 1)
    y = {key: _spread(at, len(rows), lines) for at, key in enumerate(rows)}
    y |= {key: _spread(at, len(columns), lines) for at, key in enumerate(columns)}
    shapes = [_heads()]
    shapes += [_edge(y[report], y[one], said) for (report, one), said in sorted(edges.items())]
    shapes += [_left(by_key[one], y[one]) for one in rows]
    shapes += [_right(by_key[one], y[one]) for one in columns]
    picture = Markup(
        '<svg class="plot graph" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">Reports and what they share</title><desc id="{key}-d">{}</desc>{}</svg>'
    ).format(_WIDTH, _TOP + lines * _ROW, _spoken(chosen, by_key), Markup("").join(shapes), key=key)
    return Drawn(picture, len(reports) - len(left), len(shared) - len(right))


def _joins(edits: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What people joined, as something that two reports share."""
    return [
        {
            "kind": "joined",
            "value": f"by {one['by']}",
            "members": [one["a"], one["b"]],
            "scale": "certain",
            "weight": 1.0,
        }
        for one in edits
        if one["kind"] == "join"
    ]


def _chosen(
    shared: Sequence[Mapping[str, Any]], shown: Sequence[str], room: int
) -> list[tuple[int, Mapping[str, Any]]]:
    """Identifiers to draw, by number: first those without which a report would stand alone, then the strongest."""
    drawn = set(shown)
    members = [drawn.intersection(one["members"]) for one in shared]
    order = sorted(
        (at for at, mine in enumerate(members) if mine),
        key=lambda at: (-len(members[at]) * shared[at]["weight"], shared[at]["kind"], shared[at]["value"]),
    )
    chosen: list[int] = []
    alone = set(drawn)
    while alone and len(chosen) < room:
        best = max(
            order, key=lambda at: len(members[at] & alone), default=None
        )  # the first of equals is the strongest
        if best is None or not members[best] & alone:
            break
        chosen.append(best)
        alone -= members[best]
    several = [at for at in order if len(members[at]) > 1 and at not in set(chosen)]
    chosen += several[: room - len(chosen)]
    return [(at, shared[at]) for at in chosen]


def _ordered(
    rows: list[str], columns: list[str], edges: Sequence[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """Both columns in an order with few crossings: each node at the mean place of its neighbours, again and again."""
    of_row: dict[str, list[str]] = {one: [] for one in rows}
    of_column: dict[str, list[str]] = {one: [] for one in columns}
    for row, column in edges:
        of_row[row].append(column)
        of_column[column].append(row)

    def settle(free: list[str], near: Mapping[str, list[str]], fixed: list[str]) -> list[str]:
        place = {one: at / max(1, len(fixed) - 1) for at, one in enumerate(fixed)}
        own = {one: at / max(1, len(free) - 1) for at, one in enumerate(free)}

        def middle(one: str) -> float:
            return sum(place[other] for other in near[one]) / len(near[one]) if near[one] else own[one]

        return sorted(free, key=lambda one: (round(middle(one), 9), own[one]))

    for _ in range(_SWEEPS):
        columns = settle(columns, of_column, rows)
        rows = settle(rows, of_row, columns)
    return rows, columns


def _spread(at: int, count: int, lines: int) -> float:
    """Where a node stands: the shorter column is spread over the height of the longer one."""
    return _TOP + (at + 0.5) * lines * _ROW / count


def _report(one: Mapping[str, Any]) -> _Node:
    return _Node(one["id"], visible(shorten(one["report_id"], _REPORT)), one["band"], one["band"])


def _identifier(number: int, one: Mapping[str, Any]) -> _Node:
    kind, reports = kind_words(one["kind"]), len(one["members"])
    value = visible(shorten(one["value"], max(12, _VALUE - len(kind) - len(f" in {reports:,}"))))
    return _Node(f"i{number}", value, kind, one["scale"], reports)


def _heads() -> Markup:
    return Markup(
        '<text class="tick" text-anchor="end" x="{}" y="14">report, band</text>'
        '<text class="tick" x="{}" y="14">what is shared, in how many reports</text>'
    ).format(_LEFT - 14, _RIGHT + 14)


def _edge(y1: float, y2: float, said: Mapping[str, Any]) -> Markup:
    third = (_RIGHT - _LEFT) / 3
    return Markup(
        '<path class="edge {}" stroke-width="{:.1f}" d="M{} {:.1f}C{:.1f} {:.1f} {:.1f} {:.1f} {} {:.1f}"/>'
    ).format(
        said["scale"],
        0.6 + 1.6 * said["weight"],
        _LEFT,
        y1,
        _LEFT + third,
        y1,
        _RIGHT - third,
        y2,
        _RIGHT,
        y2,
    )


def _left(one: _Node, y: float) -> Markup:
    return Markup(
        '<circle class="node {}" cx="{}" cy="{:.1f}" r="5"/>'
        '<text class="label" text-anchor="end" x="{}" y="{:.1f}">{} <tspan class="soft">{}</tspan></text>'
    ).format(one.of, _LEFT, y, _LEFT - 14, y + 4, one.label, one.more)


def _right(one: _Node, y: float) -> Markup:
    return Markup(
        '<rect class="node shared" x="{}" y="{:.1f}" width="9" height="9"/>'
        '<text class="label" x="{}" y="{:.1f}"><tspan class="soft">{}</tspan> {} '
        '<tspan class="soft">in {}</tspan></text>'
    ).format(_RIGHT - 4.5, y - 4.5, _RIGHT + 14, y + 4, one.more, one.label, f"{one.reports:,}")


def _spoken(chosen: Sequence[tuple[int, Mapping[str, Any]]], by_key: Mapping[str, _Node]) -> str:
    """The graph in words: each identifier, and the reports that have it."""
    said = []
    for number, one in chosen:
        names = [by_key[member].label for member in one["members"] if member in by_key]
        more = len(one["members"]) - len(names)
        rest = f" and {more:,} more" if more else ""
        said.append(f"{kind_words(one['kind'])} {by_key[f'i{number}'].label}: {', '.join(names)}{rest}")
    return "; ".join(said) or "nothing is shared"
