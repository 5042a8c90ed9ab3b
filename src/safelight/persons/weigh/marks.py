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
_LEAST = 1.15
"""The least ratio of words that both have: what is alike is never against."""
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
    if not one or not other:
        if words := _same_words(first, second, frozenset()):
            weight = _weight_of_words(pair, words, 1)
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
    words = _same_words(first, second, frozenset(mark for two in agreed for mark in two))
    if words:
        weight += _weight_of_words(pair, words, len(other))
    if not agreed and words:
        return _leaning(pair, f"{text} The same words.", weight, "mark.also_stated")
    if not agreed and any(_may_be_one(mark, match) for mark in one for match in other):
        return silent(CODE, f"{text} Two of them may be one mark: ask for the place, or compare them by eye.")
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


def _same_words(first: tuple[str, ...], second: tuple[str, ...], agreed: frozenset[Mark]) -> tuple[str, ...]:
    """Entries that both have word for word, and of which no mark has counted yet."""
    both_have = {spelling.folded(one) for one in first[:_MOST]} & {
        spelling.folded(one) for one in second[:_MOST]
    }
    return tuple(sorted(one for one in both_have if agreed.isdisjoint(mark_words.read(one))))


def _weight_of_words(pair: Pair, words: tuple[str, ...], of: int) -> float:
    """Words that both state agree, and little where many have such a mark; never against."""
    also = pair.ratios["mark.also_stated"]
    ratios = []
    for one in words:
        share = _share_of_words(pair, one)
        # Whoever does not name the mark itself may name another of the kind, as anybody does.
        ratios.append(max((also + (1 - also) * share) / share / of, _LEAST))
    return sum(math.log10(one) for one in ratios)


def _share_of_words(pair: Pair, stated: str) -> float:
    """How frequent the rarest mark of an entry is; of what is not understood, as a rare kind in a rare place."""
    ratios, crowd = pair.ratios, pair.crowd
    shares = [crowd.mark_share("?/?")] if not mark_words.read(stated) else []
    for mark in mark_words.read(stated):
        if mark.part:
            shares.append(crowd.mark_share(mark.key))
        else:
            described = ratios["mark.share_words"] if mark_words.is_described(stated) else 1.0
            shares.append(crowd.kind_share(mark.kind) * described)
    return min(shares)


def _may_be_one(mark: Mark, other: Mark) -> bool:
    """Of one kind, and of at least one the place is not said."""
    return bool(mark.kind) and mark.kind == other.kind and not (mark.part and other.part)


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
