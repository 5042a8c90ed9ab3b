"""Names across scripts and spellings, in any order, with nicknames: how rare what agrees is in the gallery."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from safelight import spelling
from safelight.persons.person import Weighed
from safelight.persons.weigh import name_words
from safelight.persons.weigh.crowd import Crowd
from safelight.persons.weigh.pair import Pair, both, leaning, shown, unknown
from safelight.spelling import Part

CODE = "name"
_MOST_NAMES = 6
"""Names of one person that are compared."""
_SHOWN = 60
_ENOUGH = 100
"""People with names from which texts speak of the gallery."""
_WHOLE, _PART, _NONE = "whole", "part", "none"


@dataclass(frozen=True, slots=True)
class _Compared:
    """Two names held against each other."""

    weight: float
    level: str
    first: str
    second: str
    exact: bool
    """every part is spelt alike, not only by a letter or a nickname"""
    rarest: Part | None
    share: float
    """of people of the gallery who have the rarest part that agrees"""
    single: bool
    """one of the two names has only one part"""


def weigh_names(pair: Pair) -> Weighed:
    """The pair of stated names that agrees most."""
    first = [(name, parts) for name in pair.a.facts.names[:_MOST_NAMES] if (parts := name_words.parts(name))]
    second = [(name, parts) for name in pair.b.facts.names[:_MOST_NAMES] if (parts := name_words.parts(name))]
    if not first or not second:
        return unknown(pair, CODE, "a name", bool(first), bool(second))
    best: _Compared | None = None
    for name, parts in first:
        for other, rest in second:
            made = _compare(name, parts, other, rest, pair.crowd)
            if best is None or made.weight > best.weight:
                best = made
            if made.level == _WHOLE:
                continue
            for ours, theirs in _as_one(name, parts, other, rest):
                made = _compare(name, ours, other, theirs, pair.crowd)
                if made.level == _WHOLE and made.weight > best.weight:
                    best = made
    assert best is not None
    ratios = pair.ratios
    cap = ratios["name.most_for_single" if best.single else "name.most_for"]
    text = (
        f"{both(pair, shown(best.first, _SHOWN), shown(best.second, _SHOWN))} {_said(best, pair.crowd.named)}"
    )
    source = ratios.source("name.single" if best.single else f"name.{best.level}")
    return leaning(CODE, text, best.weight, cap, ratios["name.most_against"], source)


def _as_one(
    name: str, parts: tuple[Part, ...], other: str, rest: tuple[Part, ...]
) -> Iterator[tuple[tuple[Part, ...], tuple[Part, ...]]]:
    """The two with two neighbours of one written as one, where the other has such a part."""
    for key, variant in _variants(name):
        if any(part.key == key for part in rest):
            yield variant, rest
    for key, variant in _variants(other):
        if any(part.key == key for part in parts):
            yield parts, variant


def _variants(name: str) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    """`Wang Xiao Li` as `Wang Xiaoli` and `Wangxiao Li`, each with the sound of what is written as one."""
    return _made_variants(name[: spelling.LONGEST])


@lru_cache(maxsize=1 << 16)
def _made_variants(name: str) -> tuple[tuple[str, tuple[Part, ...]], ...]:
    parts = name_words.parts(name)
    made = []
    if len(parts) < 5:
        for at in range(len(parts) - 1):
            one = spelling.joined(parts[at : at + 2])
            made.append((one.key, (*parts[:at], one, *parts[at + 2 :])))
    return tuple(made)


def _compare(
    name: str, parts: tuple[Part, ...], other: str, rest: tuple[Part, ...], crowd: Crowd
) -> _Compared:
    """Every part of the shorter name takes the nearest part of the longer one that is left."""
    if len(parts) > len(rest):
        turned = _compare(other, rest, name, parts, crowd)
        return replace(turned, first=turned.second, second=turned.first)
    ratios = crowd.ratios
    half = ratios["name.similar"]
    left = list(rest)
    weight, matched, exact, rarest, least = 0.0, 0, True, None, 1.0
    for part in parts:
        near, at = 0.0, -1
        for number, one in enumerate(left):
            level = spelling.alike(part, one)
            if level == 0.0 and name_words.lines(part) & name_words.lines(one):
                level = 0.5
            if level > near:
                near, at = level, number
        if at < 0:
            continue
        other_part = left.pop(at)
        share = max(crowd.name_share(part.key), crowd.name_share(other_part.key))
        # Any of the longer name's parts could have agreed by chance.
        weight += (1.0 if near == 1.0 else half) * -math.log10(min(1.0, share * len(rest)))
        matched += 1
        exact = exact and part.text == other_part.text
        if share < least:
            least, rarest = share, max(part, other_part, key=lambda one: one.vowels)
    single = len(parts) == 1
    level_name = _WHOLE if matched == len(parts) else _PART if matched else _NONE
    if single:
        weight += math.log10(ratios["name.single"] if matched else 1 - ratios["name.single"])
    else:
        weight += math.log10(ratios[f"name.{level_name}"])
        if level_name == _PART:  # why: what agrees cannot speak against more than if nothing did
            weight = max(weight, math.log10(ratios["name.none"]))
    return _Compared(weight, level_name, name, other, exact, rarest, least, single)


def _said(best: _Compared, named: int) -> str:
    if best.rarest is None:
        return "No part agrees; children and shelters often give another name."
    if best.level == _PART:
        text = f"One part agrees ({best.rarest.text}), another does not: also so with brothers and sisters."
    elif best.single:
        text = f"Only one part can be compared, and it agrees ({best.rarest.text})."
    elif best.exact:
        text = "The same name."
    else:
        text = "One name in two spellings or scripts, or one short for the other."
    if named < _ENOUGH:
        return text
    return f"{text} About one in {max(1, round(1 / best.share)):,} here has {best.rarest.text} in the name."
