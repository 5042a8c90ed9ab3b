"""Draw where the time of `triage.py` goes: a stage a row, ours beside the plain side and the model arithmetic."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

_WIDTH, _LEFT, _RIGHT, _TOP = 900, 120, 230, 96
_ROW, _BAR = 46, 15
_PLAIN, _OURS, _MODELS = "#b9bec6", "#7fa8d9", "#1f5fa8"


class Row(NamedTuple):
    """A stage, and milliseconds of CPU a picture: plain, ours, and of ours the model arithmetic."""

    name: str
    plain: float
    ours: float
    models: float


def chart(rows: Sequence[Row], about: str) -> str:
    """An SVG: per stage and in all, ours (its model arithmetic dark), and under it the plain side.

    Bars of the plain side that are far longer than ours are cut off, and say so by an arrow and their number.
    """
    total = Row("all", *(sum(row[column] for row in rows) for column in (1, 2, 3)))
    rows = [total, *sorted(rows, key=lambda row: -row.ours)]
    unit = (_WIDTH - _LEFT - _RIGHT) / max(total.ours * 1.25, 1e-9)
    height = _TOP + _ROW * len(rows) + 16
    body = [line for number, row in enumerate(rows) for line in _row(row, _TOP + number * _ROW, unit)]
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
            f'viewBox="0 0 {_WIDTH} {height}" font-family="sans-serif" font-size="13" role="img">',
            f"<title>{escape('Where the time of triage goes: ' + about)}</title>",
            f'<rect width="{_WIDTH}" height="{height}" fill="white"/>',
            _text(16, 26, "Where the time goes: milliseconds of CPU a picture", "font-size='16'"),
            _text(16, 46, about, "fill='#555'"),
            *_legend(),
            *body,
            "</svg>",
            "",
        ]
    )


def _row(row: Row, top: int, unit: float) -> Iterator[str]:
    yield _text(_LEFT - 10, top + 20, row.name, "text-anchor='end'")
    yield _bar(top, row.ours * unit, _OURS)
    if row.models:
        yield _bar(top, row.models * unit, _MODELS)
    inside = f" (models {row.models:.1f})" if row.models else ""
    yield _text(_LEFT + row.ours * unit + 6, top + 12, f"{row.ours:.1f} ms{inside}")
    most = _WIDTH - _LEFT - _RIGHT
    cut = row.plain * unit > most
    yield _bar(top + _BAR + 1, min(row.plain * unit, most), _PLAIN)
    times = f", {row.plain / row.ours:.1f} × ours" if row.ours and row.plain else ""
    yield _text(
        _LEFT + min(row.plain * unit, most) + 6,
        top + _BAR + 13,
        f"{'→ ' if cut else ''}{row.plain:.1f} ms{times}",
        "fill='#555'",
    )


def _legend() -> Iterator[str]:
    x = _LEFT
    for colour, words in ((_MODELS, "ours: model arithmetic"), (_OURS, "ours: the rest"), (_PLAIN, "plain")):
        yield f'<rect x="{x}" y="62" width="12" height="12" fill="{colour}"/>'
        yield _text(x + 18, 73, words)
        x += 36 + 7 * len(words)


def _bar(top: int, width: float, colour: str) -> str:
    return f'<rect x="{_LEFT}" y="{top}" width="{width:.1f}" height="{_BAR}" fill="{colour}"/>'


def _text(x: float, y: float, words: str, more: str = "") -> str:
    return f"<text x='{x:.1f}' y='{y:.1f}' {more}>{escape(words)}</text>"
