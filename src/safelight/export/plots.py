"""Three plots as inline SVG: no library, no script, legible on paper, with a text alternative each.

Sizes are in SVG units; a plot is 400 wide and scales to the column it stands in. Colours are classes of the
report's style sheet (`s0` … `s3` go from dark to light, so that they differ in grey print as well).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from markupsafe import Markup

WIDTH = 400
_ROW = 34
_LABEL = 46
"""Characters of a label that fit above a bar."""
_TICK = 52
"""Width that a label of the time axis (`2026-11`) takes, and the room beside it."""

Row = tuple[str, int]
StackedRow = tuple[str, Mapping[str, int]]


def bars(title: str, rows: Sequence[Row], key: str) -> Markup:
    """Return horizontal bars, label and number above each. `key` makes ids unique in the page."""
    return stacked(title, [(label, {"": count}) for label, count in rows], [""], key)


def stacked(title: str, rows: Sequence[StackedRow], series: Sequence[str], key: str) -> Markup:
    """Return horizontal bars whose parts are `series` (at most four), with a legend."""
    largest = max((sum(parts.values()) for _, parts in rows), default=0) or 1
    named = [name for name in series if name]
    top = 24 if named else 4
    shapes = [_legend(named)] if named else []
    for number, (label, parts) in enumerate(rows):
        total = sum(parts.values())
        base = top + number * _ROW
        shapes.append(
            Markup(
                '<text class="label" x="0" y="{}">{}</text><text class="number" x="{}" y="{}">{}</text>'
            ).format(base + 12, shorten(label, _LABEL), WIDTH, base + 12, f"{total:,}")
        )
        left = 0.0
        for index, name in enumerate(series):
            width = WIDTH * parts.get(name, 0) / largest
            if width:
                shapes.append(
                    Markup('<rect class="s{}" x="{:.1f}" y="{}" width="{:.1f}" height="12"/>').format(
                        index, left, base + 17, max(width, 1.0)
                    )
                )
            left += width
    spoken = "; ".join(f"{label}: {_spoken(parts)}" for label, parts in rows)
    return drawing(title, spoken, top + len(rows) * _ROW, shapes, key)


def columns(title: str, rows: Sequence[Row], key: str) -> Markup:
    """Return upright columns in the order of `rows` (time), labelled from the last back as far as there is room."""
    height, floor = 170, 146
    largest = max((count for _, count in rows), default=0) or 1
    step = WIDTH / max(1, len(rows))
    every = max(1, -(-len(rows) * _TICK // WIDTH))
    shapes = [
        Markup('<line class="axis" x1="0" y1="{0}" x2="{1}" y2="{0}"/>').format(floor, WIDTH),
        Markup('<text class="number start" x="0" y="10">{}</text>').format(f"most: {largest:,}"),
    ]
    for number, (label, count) in enumerate(rows):
        tall = (floor - 18) * count / largest
        if count:
            shapes.append(
                Markup('<rect class="s0" x="{:.1f}" y="{:.1f}" width="{:.1f}" height="{:.1f}"/>').format(
                    number * step + step * 0.1, floor - max(tall, 1.0), step * 0.8, max(tall, 1.0)
                )
            )
        right = number * step + step * 0.9
        if every == 1:
            shapes.append(_tick("middle", number * step + step / 2, floor, label))
        elif (len(rows) - 1 - number) % every == 0 and right >= _TICK:
            shapes.append(_tick("end", right, floor, label))
    spoken = "; ".join(f"{label}: {count:,}" for label, count in rows if count)
    return drawing(title, spoken, height, shapes, key)


def _tick(anchor: str, x: float, floor: int, label: str) -> Markup:
    return Markup('<text class="label tick" text-anchor="{}" x="{:.1f}" y="{}">{}</text>').format(
        anchor, x, floor + 15, label
    )


def shorten(text: str, limit: int) -> str:
    """Return `text` with its middle left out where it is longer than `limit` characters."""
    if len(text) <= limit:
        return text
    head = limit // 3
    return f"{text[:head]}…{text[head + 1 - limit :]}"


def _legend(series: Sequence[str]) -> Markup:
    step = WIDTH / len(series)
    part = Markup(
        '<rect class="s{}" x="{:.1f}" y="2" width="10" height="10"/>'
        '<text class="label" x="{:.1f}" y="12">{}</text>'
    )
    return Markup("").join(
        part.format(index, index * step, index * step + 15, name) for index, name in enumerate(series)
    )


def _spoken(parts: Mapping[str, int]) -> str:
    said = [f"{count:,} {name}".strip() for name, count in parts.items() if count]
    return ", ".join(said) or "none"


def drawing(
    title: str, spoken: str, height: int, shapes: Sequence[Markup], key: str, kind: str = "plot"
) -> Markup:
    """Return shapes as one picture of a page; `spoken` says to a reader who does not see it what it shows."""
    return Markup(
        '<svg class="{kind}" viewBox="0 0 {} {}" role="img" aria-labelledby="{key}-t {key}-d">'
        '<title id="{key}-t">{}</title><desc id="{key}-d">{}</desc>{}</svg>'
    ).format(WIDTH, height, title, spoken or "nothing to show", Markup("").join(shapes), key=key, kind=kind)


def curves(title: str, spoken: str, height: int, shapes: Sequence[Markup], key: str) -> Markup:
    """Return shapes as one picture, drawn as curves are."""
    return drawing(title, spoken, height, shapes, key, "plot curves")


def upright(x: float, ends: Sequence[float]) -> Markup:
    """Return an interval as an upright bar with two caps."""
    return Markup(
        '<path class="error" d="M{0:.1f} {1:.1f}V{2:.1f}M{3:.1f} {1:.1f}H{4:.1f}M{3:.1f} {2:.1f}H{4:.1f}"/>'
    ).format(x, ends[0], ends[1], x - 3, x + 3)


def dot(x: float, y: float) -> Markup:
    """Return a value as a dot."""
    return Markup('<circle class="dot" cx="{:.1f}" cy="{:.1f}" r="3.6"/>').format(x, y)
