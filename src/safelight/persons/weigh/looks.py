"""Eyes, hair and clothes: weak facts, stated by people who look differently, and soon changed."""

from __future__ import annotations

import tomllib
from functools import cache, lru_cache
from importlib.resources import files

from safelight import spelling
from safelight.persons.person import Weighed
from safelight.persons.weigh.colours import colour
from safelight.persons.weigh.pair import Pair, both, leaning, shown, silent, unknown, weighed
from safelight.persons.weigh.place import most_days
from safelight.persons.weigh.spans import YEAR

_EYES = ("black", "brown", "hazel", "green", "grey", "blue")
"""From dark to light; what lies beside one another is taken for one another."""
_LONGEST = 200
_DARK = {"black", "brown"}


def weigh_looks(pair: Pair) -> tuple[Weighed, ...]:
    """A line for each of the three that at least one of them states."""
    made = (_eyes(pair), _hair(pair), _clothes(pair))
    return tuple(one for one in made if one is not None)


def _eyes(pair: Pair) -> Weighed | None:
    first, second = pair.a.facts.eyes, pair.b.facts.eyes
    if not first or not second:
        return (
            unknown(pair, "eyes", "the colour of the eyes", bool(first), bool(second))
            if first or second
            else None
        )
    text = both(pair, f"{shown(first)} eyes", f"{shown(second)} eyes")
    ratios = pair.ratios
    one, other = colour(first), colour(second)
    if one not in _EYES or other not in _EYES:
        return silent("eyes", f"{text} Not weighed.")
    if any(_is_infant(pair, at, ratios["eyes.youngest"]) for at in (0, 1)):
        return silent("eyes", f"{text} Not weighed: in the first year the colour changes.")
    apart = abs(_EYES.index(one) - _EYES.index(other))
    share = max(_share(pair, one), _share(pair, other))
    same, near = ratios["eyes.same"], ratios["eyes.next"]
    if apart == 0 or {one, other} == _DARK:
        ratio = max(same / share, 1.0)
        text += " Most of the gallery have these: speaks little." if share > 0.5 else ""
    elif apart == 1:
        ratio = near / share
        text += " People often take one for the other."
    else:
        ratio = (1 - same - near) / max(1 - share, 1 - same - near)
    source = ratios.source("eyes.same", "eyes.next")
    return weighed("eyes", text, ratio, ratios["eyes.most_for"], ratios["eyes.most_against"], source)


def _share(pair: Pair, code: str) -> float:
    """Of the gallery; black and brown are one, as people call them."""
    return min(1.0, sum(pair.crowd.eyes_share(one) for one in (_DARK if code in _DARK else {code})))


def _is_infant(pair: Pair, at: int, youngest: float) -> bool:
    facts = (pair.a, pair.b)[at].facts
    if facts.born is None or facts.seen is None or facts.seen.days is None:
        return False
    return (facts.seen.days.first - facts.born.first).days < youngest * YEAR


def _hair(pair: Pair) -> Weighed | None:
    first, second = pair.a.facts.hair, pair.b.facts.hair
    if not first or not second:
        return unknown(pair, "hair", "the hair", bool(first), bool(second)) if first or second else None
    text = both(pair, f"{shown(first)} hair", f"{shown(second)} hair")
    text += " Hair is cut and changes: says nearly nothing."
    one, other = colour(first), colour(second)
    if one is None or other is None:
        return silent("hair", text)
    ratios = pair.ratios
    name = "hair.same" if one == other else "hair.other"
    weight = ratios[name] if one == other else -ratios[name]
    return leaning("hair", text, weight, ratios["hair.same"], ratios["hair.other"], ratios.source(name))


def _clothes(pair: Pair) -> Weighed | None:
    first, second = pair.a.facts.clothes, pair.b.facts.clothes
    if not first or not second:
        return None  # why: nobody need be asked for clothes that are no longer worn
    text = both(pair, shown(first), shown(second))
    ratios = pair.ratios
    seen, other = pair.a.facts.seen, pair.b.facts.seen
    days = most_days(seen, other) if seen and other else None
    if days is None or days > ratios["clothes.days"]:
        return silent("clothes", f"{text} Not weighed: not the same days.")
    shared = sorted(_garments(first[:_LONGEST]) & _garments(second[:_LONGEST]))
    if not shared:
        return silent("clothes", f"{text} Clothes are changed: says nothing against it.")
    weight = ratios["clothes.word"] * len(shared)
    source = ratios.source("clothes.word", "clothes.days")
    return leaning(
        "clothes", f"{text} Both: {', '.join(shared)}.", weight, ratios["clothes.most_for"], 0.0, source
    )


@cache
def _garment_words() -> dict[str, str]:
    tables = tomllib.loads(files(__package__).joinpath("colours.toml").read_text(encoding="utf-8"))
    return {spelling.folded(word): code for code, words in tables["garment"].items() for word in words}


@lru_cache(maxsize=4096)
def _garments(stated: str) -> frozenset[str]:
    """Garments with the colour that stands before or after them: `red shirt`."""
    found = set()
    for piece in (
        spelling.folded(stated).replace(";", ",").replace(" and ", ",").replace("、", ",").split(",")
    ):
        shade = colour(piece)
        garment = next((code for word, code in _garment_words().items() if _begins(word, piece)), None)
        if shade and garment:
            found.add(f"{shade} {garment}")
    return frozenset(found)


def _begins(word: str, piece: str) -> bool:
    """Does any word of a piece begin with it (anywhere, in a script without spaces)?"""
    if not word.isascii():
        return word in piece
    return any(one.startswith(word) for one in piece.replace("/", " ").split())
