"""What is stated of a person, in words: labels and values as a decider, a family or a court reads them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

from babel import Locale, UnknownLocaleError
from markupsafe import Markup

from safelight.export.plots import shorten
from safelight.export.text import clean, visible
from safelight.persons.keep.facts import days as days_of
from safelight.persons.weigh.pair import shown_days

LONGEST = 600
"""Characters of one value that are written out; the middle of a longer one is left out, and the cut shows."""
_MOST = 40
"""Values of one fact, or columns of a register, that are written out."""
_JOINERS = re.compile("([\u200c\u200d])")
"""Arabic, Persian and Hindi are written with them; alone they can neither hide nor reorder anything."""
_MARK = r"[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
_STACKED = re.compile(f"({_MARK}{{4}}){_MARK}+")
"""Marks piled on one letter, which would cover the lines above; four of them stay."""

Stated = tuple[str, tuple[str, ...]]
"""A label and its values."""


def told(value: object, most: int = LONGEST) -> str:
    """One stated value on one line; what could hide or reorder its characters is shown as `⟨U+202E⟩`."""
    text = shorten(clean(" ".join(str(value)[: 8 * most].split())), most)
    parts = _JOINERS.split(_STACKED.sub(r"\1…", text))
    return "".join(part if _JOINERS.fullmatch(part) else visible(part) for part in parts)


def bdi(value: object, most: int = LONGEST) -> Markup:
    """The same for a page, isolated: its direction cannot reorder what stands around it."""
    return Markup('<bdi dir="auto">{}</bdi>').format(told(value, most))


def stated(facts: Mapping[str, Any], register: str) -> list[Stated]:
    """What `keep.facts.to_json` holds, in the order for people. `register`: came as `missing`, `found` or `probe`."""
    return [(label, some) for label, values in _stated(facts, register) if (some := _some(values))]


def _stated(facts: Mapping[str, Any], register: str) -> Iterator[tuple[str, list[str]]]:
    yield "names", list(facts.get("names", ()))
    yield "sex", [str(facts.get("sex") or "")]
    yield "born", [_with(_days(facts.get("born")), facts.get("born_from"), "({})")]
    yield "height", [_with(_span(facts.get("height")), _days(facts.get("height_on")), "({})")]
    yield "lasting marks", list(facts.get("marks", ()))
    yield "languages", [language(one) for one in facts.get("languages", ())]
    yield "eyes", [facts.get("eyes") or ""]
    yield "hair", [facts.get("hair") or ""]
    yield "clothes", [facts.get("clothes") or ""]
    seen = facts.get("seen") or {}
    where = [
        str(seen[key])
        for key in ("place", "country")
        if seen.get(key) and not (key == "country" and str(seen[key]) in str(seen.get("place") or ""))
    ]
    if seen.get("latitude") is not None and seen.get("longitude") is not None:
        where.append(f"{seen['latitude']:.5f}, {seen['longitude']:.5f}")
    label = {"missing": "last seen", "found": "found"}.get(register, "seen")
    yield label, [", ".join(filter(None, (_days(seen.get("days")), *where)))]
    yield "stated by", [facts.get("source") or ""]
    yield "also stated", [f"{key}: {value}" for key, value in (facts.get("more") or {}).items()]


def _some(values: list[str]) -> tuple[str, ...]:
    found = [told(one) for one in values[:_MOST] if one]
    if len(values) > _MOST:
        found.append(f"and {len(values) - _MOST:,} more")
    return tuple(found)


def _with(first: str, second: str | None, form: str) -> str:
    return f"{first} {form.format(second)}" if first and second else first


def _days(said: Mapping[str, str] | None) -> str:
    found = days_of(dict(said)) if said else None
    return shown_days(found) if found is not None else ""


def _span(said: Mapping[str, float] | None) -> str:
    if not said:
        return ""
    least, most = said["least"], said["most"]
    return f"{least:g} cm" if least == most else f"{least:g} to {most:g} cm"


def language(code: str) -> str:
    """`hi` as `Hindi`; what is no code as it is stated."""
    return _languages().get(code, code)


@cache
def _languages() -> dict[str, str]:
    try:
        return dict(Locale("en").languages)
    except UnknownLocaleError:  # pragma: no cover  (English is always there)
        return {}


def side_by_side(
    left: list[Stated], right: list[Stated]
) -> list[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    """Two people's facts as rows: a label, what one states, what the other states. `last seen` faces `found`."""
    place = {"last seen": "last seen / found", "found": "last seen / found", "seen": "last seen / found"}
    first = {place.get(label, label): values for label, values in left}
    second = {place.get(label, label): values for label, values in right}
    order = list(dict.fromkeys([*(place.get(label, label) for label in _ORDER), *first, *second]))
    return [
        (label, first.get(label, ()), second.get(label, ()))
        for label in order
        if label in first or label in second
    ]


_ORDER = (
    "names",
    "sex",
    "born",
    "height",
    "lasting marks",
    "languages",
    "eyes",
    "hair",
    "clothes",
    "found",
    "stated by",
    "also stated",
)


def factor(weight: float) -> str:
    """What a weight (a decimal logarithm) means, by its factor: `about 200 times as likely if they are one person`.

    One digit, because no more is known; a factor below 1.5 says nothing.
    """
    times = 10 ** min(abs(weight), 12.0)
    if times < 1.5:
        return "about as likely if they are one person as if they are two"
    rounded = float(f"{times:.1g}")
    shown = f"about {rounded:,.0f}" if rounded < 1e6 else "a million or more"
    return f"{shown} times as likely if they are {'one person' if weight > 0 else 'two people'}"


def source_said(source: str) -> str:
    """Where a weight comes from, as people read it: a `prior` is something that is assumed."""
    return re.sub(r"^prior\b", "assumed", source)


def signed(weight: float) -> str:
    """`+1.3`, `−0.4`, `0`, with the sign that print uses."""
    shown = f"{weight:+.1f}".replace("-", "−")
    return "0" if shown in ("+0.0", "−0.0") else shown


def minute(at: datetime) -> str:
    """`2026-11-26 06:10 UTC`."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


FILTERS: dict[str, Callable[..., Any]] = {"bdi": bdi, "signed": signed, "minute": minute}
