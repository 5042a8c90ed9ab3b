"""Lasting marks of two people: the same place and kind says much, silence says nearly nothing."""

from __future__ import annotations

import math

from safelight import spelling
from safelight.persons.person import Weighed
from safelight.persons.weigh import mark_words
from safelight.persons.weigh.mark_words import Mark
from safelight.persons.weigh.pair import Pair, both, leaning, shown, silent, unknown

CODE = "mark"
_MOST = 12
"""Marks of one person that are compared, and of which two lists are shown."""
_SHOWN = 80
_ENOUGH = 100
"""People with marks from which texts speak of the gallery."""
_NEAR = {
    frozenset({"scar", "burn"}),
    frozenset({"mole", "birthmark"}),
    frozenset({"scar", "cleft"}),
    frozenset({"missing", "bent"}),
    frozenset({"patch", "burn"}),
    frozenset({"patch", "birthmark"}),
}
"""Kinds that one person calls so and another so."""


def weigh_marks(pair: Pair) -> Weighed:
    """Every mark of the one takes the nearest of the other that is left; none alike hardly counts."""
    first, second = (
        tuple(mark for mark in one.facts.marks if not mark_words.states_none(mark))
        for one in (pair.a, pair.b)
    )
    if not first or not second:
        return unknown(pair, CODE, "a lasting mark (scar, mole, burn …)", bool(first), bool(second))
    text = both(pair, _quoted(first), _quoted(second))
    ratios = pair.ratios
    one, other = _read(first), _read(second)
    words = {spelling.folded(mark) for mark in first} & {spelling.folded(mark) for mark in second}
    if not one or not other:
        if words:
            # Not a word of the table, but the same words: as a mark of a rare kind in a rare place.
            weight = math.log10(ratios["mark.also_stated"] / pair.crowd.mark_share("?/?"))
            return _leaning(pair, f"{text} The same words.", weight, "mark.also_stated")
        return silent(CODE, f"{text} Not understood: compare them by eye.")
    # Any of the other's marks could be alike by chance; with the fewer as the first, the order does not matter.
    if (len(one), one) > (len(other), other):
        one, other = other, one
    left = list(other)
    weight, agreed = 0.0, []
    for mark in one:
        chances = [
            (_ratio(pair, mark, candidate) / len(other), number) for number, candidate in enumerate(left)
        ]
        ratio, at = max(chances, default=(0.0, -1), key=lambda chance: chance[0])
        if ratio > 1:
            weight += math.log10(ratio)
            agreed.append((mark, left.pop(at)))
    if not agreed:
        return _leaning(
            pair,
            f"{text} None is the other's; each describes what they noticed, so ask both to look again.",
            math.log10(ratios["mark.none_alike"]),
            "mark.none_alike",
        )
    mark, match = agreed[0]
    if mark.side and match.side and mark.side != match.side:
        text += f" Alike but for the side ({mark_words.shown(mark)}; {mark_words.shown(match)})."
    elif mark.kind == match.kind and mark.part == match.part:
        share = pair.crowd.mark_share(mark.key)
        text += f" The same: {mark_words.shown(mark)}."
        if pair.crowd.marked >= _ENOUGH:
            text += f" About one in {max(1, round(1 / share)):,} with marks here has one."
    else:
        text += f" In the same place ({mark.part or match.part}); look whether it is one mark."
    return _leaning(pair, text, weight, "mark.also_stated")


def _leaning(pair: Pair, text: str, weight: float, name: str) -> Weighed:
    ratios = pair.ratios
    return leaning(
        CODE,
        text,
        weight,
        ratios["mark.most_for"],
        ratios["mark.most_against"],
        ratios.source(name, "mark.share"),
    )


def _ratio(pair: Pair, mark: Mark, other: Mark) -> float:
    """How much likelier it is that the second describes this mark if it is one person. 0 where it is another mark."""
    ratios, crowd = pair.ratios, pair.crowd
    if not mark.part or mark.part != other.part:
        return 0.0
    same = bool(mark.kind) and (mark.kind == other.kind or frozenset({mark.kind, other.kind}) in _NEAR)
    share = (
        max(crowd.mark_share(mark.key), crowd.mark_share(other.key))
        if same
        else crowd.mark_share(f"{mark.part}/")
    )
    if mark.side and other.side and mark.side != other.side:
        return (ratios["mark.other_side"] if same else 0.0) / share
    return (
        ratios["mark.also_stated"] if mark.kind == other.kind and same else ratios["mark.place_only"]
    ) / share


def _read(stated: tuple[str, ...]) -> tuple[Mark, ...]:
    found = dict.fromkeys(mark for one in stated[:_MOST] for mark in mark_words.read(one))
    return tuple(found)[:_MOST]


def _quoted(stated: tuple[str, ...]) -> str:
    return shown(", ".join(one[:_SHOWN] for one in stated[:_MOST]))
