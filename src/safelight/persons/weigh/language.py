"""Languages that a child speaks, by how common they are in the gallery."""

from __future__ import annotations

import math
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from safelight.persons.person import Facts, Weighed
from safelight.persons.weigh.pair import Pair, both, leaning, shown, silent, unknown
from safelight.persons.weigh.spans import YEAR

CODE = "language"
_MOST = 8
_ENOUGH = 50
"""People with languages from which texts speak of the gallery."""
_NEAR = (
    {"hi", "ur", "bho", "mai", "awa", "raj", "mag"},
    {"sr", "hr", "bs", "cnr", "sh"},
    {"fa", "prs", "tg", "haz"},
    {"nb", "nn", "no", "da", "sv"},
    {"id", "ms"},
    {"cs", "sk"},
    {"ru", "uk", "be"},
    {"tr", "az"},
    {"zh", "cmn", "yue", "wuu"},
    {"pa", "pnb", "lah"},
    {"ro", "mo"},
)
"""Languages that one person calls so and another so, or that their speakers share."""


def weigh_languages(pair: Pair) -> Weighed:
    """A shared or near language by its share; halved, because place and name say part of it too."""
    first, second = pair.a.facts.languages[:_MOST], pair.b.facts.languages[:_MOST]
    if not first or not second:
        return unknown(pair, CODE, "a language", bool(first), bool(second))
    text = both(pair, _names(first), _names(second))
    ratios = pair.ratios
    if any(_is_infant(facts, ratios["language.youngest"]) for facts in (pair.a.facts, pair.b.facts)):
        return silent(CODE, f"{text} Not weighed: too young to speak.")
    wide_first, wide_second = _widened(first), _widened(second)
    shared = ratios["language.shared"]
    # How often somebody else of the gallery would share one; the rarer side says it, so that the order does not matter.
    chance = min(pair.crowd.language_share(wide_first), pair.crowd.language_share(wide_second))
    common = wide_first & wide_second
    if common:
        ratio = shared / max(chance, 1e-6)
        if chance >= 0.5:
            text += " Most of the gallery speak it: says little."
        elif pair.crowd.speaking >= _ENOUGH:
            text += f" One in {round(1 / chance):,} of the gallery speaks it or one near it."
    else:
        ratio = (1 - shared) / max(1 - chance, 1 - shared)
        text += " A child may answer in the language it is asked in: ask what is spoken at home."
    weight = math.log10(max(ratio, 1e-6)) * ratios["language.told_by_place"]
    source = ratios.source("language.shared", "language.told_by_place")
    return leaning(CODE, text, weight, ratios["language.most_for"], ratios["language.most_against"], source)


def _widened(codes: tuple[str, ...]) -> frozenset[str]:
    """The languages and those near them."""
    said = {code.casefold().split("-")[0].split("_")[0] for code in codes}
    return frozenset(said.union(*(group for group in _NEAR if group & said)))


def _is_infant(facts: Facts, youngest: float) -> bool:
    """Too young to speak on the day when last seen or found."""
    if facts.born is None or facts.seen is None or facts.seen.days is None:
        return False
    return (facts.seen.days.last - facts.born.first).days < youngest * YEAR


def _names(codes: tuple[str, ...]) -> str:
    return shown(", ".join(name_of(code[:40]) for code in codes))


@lru_cache(maxsize=1024)
def name_of(code: str) -> str:
    """The English name of a language code; what was stated, where it is none."""
    try:
        return str(Locale("en").languages.get(code.replace("-", "_"), code))
    except (UnknownLocaleError, ValueError):  # pragma: no cover - English is always there
        return code
