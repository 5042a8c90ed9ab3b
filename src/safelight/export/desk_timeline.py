"""The timeline of a cluster, as inline SVG: when reports came in, when things happened, when connections were made."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from math import sqrt
from typing import Any

from markupsafe import Markup

LANES = (("received", "report received"), ("occurred", "incident"), ("connection", "connection"))
_WIDTH, _LEFT, _RIGHT, _LANE, _TOP = 720, 128, 704, 38, 8
_BINS = 144
_TICKS, _FEW = 7, 5
"""Labels of the axis at most, and where they say the hour as well."""
_PAST, _FUTURE = timedelta(days=30 * 365), timedelta(days=2 * 365)
"""Times beyond these are not drawn: a clock that was never set would squeeze all others into one point."""
_STEPS = (
    *((timedelta(hours=hours), "%Y-%m-%d %H:%M") for hours in (1, 3, 6, 12)),
    *((timedelta(days=days), "%Y-%m-%d") for days in (1, 2, 4, 7, 14, 28, 56, 91, 182)),
    *((timedelta(days=366 * years), "%Y-%m") for years in (1, 2, 5, 10)),
)


@dataclass(frozen=True, slots=True)
class Drawn:
    """The picture, and how many times lie beyond its ends."""

    picture: Markup
    beyond: int


def timeline(times: Sequence[Mapping[str, Any]], now: datetime, key: str = "timeline") -> Drawn | None:
    """Draw times (`{"what", "at"}`, ISO 8601 with zone). A mark grows with what lies in one place; None: no times."""
    stated = [(one["what"], datetime.fromisoformat(one["at"]).astimezone(UTC)) for one in times]
    drawn = [(what, at) for what, at in stated if now - _PAST <= at <= now + _FUTURE]
    if not drawn:
        return None
    first, last = min(at for _, at in drawn), max(at for _, at in drawn)
    room = max((last - first) * 0.02, timedelta(minutes=30))
    scale = _Scale(first - room, last + room)
    floor = _TOP + len(LANES) * _LANE
    shapes = list(_ticks(scale, floor))
    if scale.first < now < scale.last:
        shapes.append(
            Markup(
                '<line class="now" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}"/>'
                '<text class="tick" text-anchor="middle" x="{0:.1f}" y="{3}">made</text>'
            ).format(scale(now), _TOP, floor, floor + 28)
        )
    said = []
    for number, (what, label) in enumerate(LANES):
        mine = sorted(at for one, at in drawn if one == what)
        middle = _TOP + number * _LANE + _LANE / 2
        shapes.append(
            Markup(
                '<text class="label" x="0" y="{:.1f}">{}</text>'
                '<line class="lane" x1="{}" y1="{:.1f}" x2="{}" y2="{:.1f}"/>'
            ).format(middle + 4, label, _LEFT, middle, _RIGHT, middle)
        )
        places = Counter(round((scale(at) - _LEFT) / (_RIGHT - _LEFT) * _BINS) for at in mine)
        shapes += [_mark(number, place, count, middle) for place, count in sorted(places.items())]
        ends = f", from {mine[0]:%Y-%m-%d %H:%M} to {mine[-1]:%Y-%m-%d %H:%M} UTC" if mine else ""
        said.append(f"{label}: {len(mine):,}{ends}")
    picture = Markup(
        '<svg class="plot timeline" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">Times of the reports</title><desc id="{key}-d">{}</desc>{}</svg>'
    ).format(_WIDTH, floor + 34, "; ".join(said), Markup("").join(shapes), key=key)
    return Drawn(picture, len(stated) - len(drawn))


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime

    def __call__(self, at: datetime) -> float:
        return _LEFT + (_RIGHT - _LEFT) * ((at - self.first) / (self.last - self.first))


def _mark(lane: int, place: int, count: int, middle: float) -> Markup:
    """A circle, a diamond or a bar: the lanes differ in shape as well as in colour."""
    x, size = _LEFT + (_RIGHT - _LEFT) * place / _BINS, min(13.0, 3.0 + 1.3 * sqrt(count - 1))
    up, down = middle - size - 1, middle + size + 1
    if lane == 0:
        return Markup('<circle class="s0" cx="{:.1f}" cy="{:.1f}" r="{:.1f}"/>').format(x, middle, size)
    if lane == 1:
        return Markup(
            '<path class="s1" d="M{0:.1f} {3:.1f}L{1:.1f} {4:.1f}L{0:.1f} {5:.1f}L{2:.1f} {4:.1f}Z"/>'
        ).format(x, x + size, x - size, up, middle, down)
    return Markup('<rect class="s2" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
        x - size / 4, up, size / 2, down - up
    )


def _ticks(scale: _Scale, floor: float) -> Iterator[Markup]:
    span = scale.last - scale.first
    most = {step: _FEW if step < timedelta(days=1) else _TICKS for step, _ in _STEPS}
    step, form = next((pair for pair in _STEPS if span / pair[0] <= most[pair[0]]), _STEPS[-1])
    margin = 44 if step < timedelta(days=1) else 28
    yield Markup('<line class="axis" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(_LEFT, floor, _RIGHT, floor)
    at = datetime(scale.first.year, scale.first.month, scale.first.day, tzinfo=UTC)
    if step >= timedelta(days=366):
        at = datetime(scale.first.year, 1, 1, tzinfo=UTC)
    while at <= scale.last:
        x = scale(at)
        if x >= _LEFT:
            yield Markup('<line class="grid" x1="{0:.1f}" y1="{1}" x2="{0:.1f}" y2="{2}"/>').format(
                x, _TOP, floor
            )
            if _LEFT + margin <= x <= _RIGHT - margin + 16:
                yield Markup('<text class="tick" text-anchor="middle" x="{:.1f}" y="{}">{}</text>').format(
                    x, floor + 14, f"{at:{form}}"
                )
        at = at.replace(year=at.year + round(step.days / 366)) if step >= timedelta(days=366) else at + step
