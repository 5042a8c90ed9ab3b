"""Where one was last seen and the other found: how far apart, and could the child have got there in that time."""

from __future__ import annotations

import math
from functools import lru_cache

from babel import Locale

from safelight import spelling
from safelight.persons.person import Seen, Weighed
from safelight.persons.weigh.distance import STEP_NAMES, kilometres, step
from safelight.persons.weigh.pair import Pair, both, leaning, shown, shown_length, silent, unknown, weighed

CODE = "place"
_ENOUGH = 50
"""Pairs of people from which texts speak of the gallery."""


def weigh_place(pair: Pair) -> Weighed:
    """By coordinates where both have them; else by country and by the words of the places."""
    first, second = pair.a.facts.seen, pair.b.facts.seen
    if not _stated(first) or not _stated(second):
        return unknown(pair, CODE, "a place", _stated(first), _stated(second))
    assert first is not None and second is not None
    text = both(pair, _shown(first), _shown(second))
    if None not in (first.latitude, first.longitude, second.latitude, second.longitude):
        return _by_distance(pair, text, first, second)
    return _by_words(pair, text, first, second)


def _by_distance(pair: Pair, text: str, first: Seen, second: Seen) -> Weighed:
    assert first.latitude is not None and first.longitude is not None
    assert second.latitude is not None and second.longitude is not None
    ratios = pair.ratios
    distance = kilometres(first.latitude, first.longitude, second.latitude, second.longitude)
    text += f" {_rounded(distance)} km apart"
    number = step(distance)
    name = f"place.{STEP_NAMES[number]}"
    days = most_days(first, second)
    if days is not None and distance > ratios["place.km_at_once"] + ratios["place.km_a_day"] * days:
        text += f", in {shown_length(days)} at most: only by aeroplane, or a place or day is wrong."
        source = ratios.source("place.km_a_day", "place.km_at_once")
        return leaning(CODE, text, -ratios["place.most_against"], 0, ratios["place.most_against"], source)
    share = pair.crowd.distance_share(number)
    text += (
        "."
        if sum(pair.crowd.distances) < _ENOUGH
        else f"; so are {100 * share:.0f} % of any two people here."
    )
    half = ratios["place.of_gallery"]
    ratio = ((1 - half) * ratios[name] + half * share) / share
    if number == 0:
        ratio = max(ratio, 1.0)  # why: that a child was found near by cannot speak against it
    source = ratios.source(name, "place.of_gallery")
    return weighed(CODE, text, ratio, ratios["place.most_for"], ratios["place.most_against"], source)


def most_days(first: Seen, second: Seen) -> float | None:
    """The longest time that can lie between the two, in days; None where a day is not known."""
    if first.days is None or second.days is None:
        return None
    a, b = first.days, second.days
    return max(abs((b.last - a.first).days), abs((a.last - b.first).days))


def _by_words(pair: Pair, text: str, first: Seen, second: Seen) -> Weighed:
    """Countries and words of place names; coordinates that one of them lacks are not guessed."""
    ratios, crowd = pair.ratios, pair.crowd
    weight, sources, said = 0.0, [], False
    if first.country and second.country:
        said = True
        same = ratios["place.same_country"]
        shares = [crowd.country_share(country) for country in (first.country, second.country)]
        sources.append("place.same_country")
        if first.country == second.country:
            weight += math.log10(same / max(shares[0], 1e-6))
            text += " The same country."
        else:
            weight += math.log10((1 - same) / max(1 - max(shares), 1 - same))
            text += " Another country."
    if first.place and second.place:
        words, others = spelling.words(first.place), spelling.words(second.place)
        shared = words & others
        said = said or bool(words and others)
        if shared:
            weight += math.log10(ratios["place.same_words"] / crowd.place_share(shared))
            text += " The same words in both."
            sources.append("place.same_words")
        elif words and others:
            weight += math.log10(ratios["place.other_words"])
            sources.append("place.other_words")
    if not said:
        return silent(CODE, f"{text} How far apart they are is not stated: look at a map.")
    if not (first.country and first.country != second.country and second.country):
        text += " How far apart they are is not stated: look at a map."
    return leaning(
        CODE, text, weight, ratios["place.most_for"], ratios["place.most_against"], ratios.source(*sources)
    )


def _stated(seen: Seen | None) -> bool:
    return seen is not None and bool(
        seen.place or seen.country or (seen.latitude is not None and seen.longitude is not None)
    )


def _shown(seen: Seen) -> str:
    parts = [shown(seen.place, 60)] if seen.place else []
    if seen.country:
        name = country_name(seen.country)
        if not parts or name.casefold() not in parts[0].casefold():
            parts.append(name)
    if not parts:
        parts.append(f"{seen.latitude:.2f}, {seen.longitude:.2f}")
    return ", ".join(parts)


@lru_cache(maxsize=512)
def country_name(code: str) -> str:
    """The English name of a country code; what was stated, where it is none."""
    return str(Locale("en").territories.get(code.upper(), code))


def _rounded(distance: float) -> str:
    if distance < 10:
        return f"{distance:.0f}"
    exponent = 1 if distance < 100 else 10 if distance < 1000 else 100
    return f"{round(distance / exponent) * exponent:,}"
