"""From what a line says, by field, to the facts of a person. What is not understood is kept and said."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from safelight.persons.person import Days, Facts, Seen, Sex, Span
from safelight.persons.registers import measures, places
from safelight.persons.registers.dates import days, of_short_year, possible
from safelight.persons.registers.row import Said, Value, shown
from safelight.persons.registers.text import folded
from safelight.persons.registers.words import is_unknown

_OLDEST = 110
"""Years of age above which a birth or an age is taken for a slip."""
_METRES = re.compile(r"[12][.,]\d{1,2}(?:\s?[-–]\s?[12][.,]\d{1,2})?")
"""What stands under centimetres and can only be metres."""
_MOST = 100
"""Values of one field, and names, that are kept."""
_LINES = re.compile(r"[;|\n•·、；؛]+|\s/\s")
_NAMES = re.compile(
    r"[;|\n、；؛]+|\s/\s|\s(?:a\.?k\.?a\.?|alias|urf|उर्फ|dit|dite|genannt|detto|detta)\s", re.IGNORECASE
)
_OTHER_NAMES = re.compile(r"[;|\n,、،；؛]+|\s/\s")
_IN_BRACKETS = re.compile(r"\(([^()]{1,80})\)|[“\"«„]([^“”\"«»„]{1,80})[”\"»“]")
_LANGUAGES = re.compile(r"[;|\n,、،；؛/&+]+|\s(?:and|und|et|y|e|i|и|و|और|和|en|ve)\s")
_SENTENCES = re.compile(r"\.\s|,\s")


def facts_of(said: Said) -> Facts:
    """Everything that the line states of the person."""
    seen = _seen(said)
    seen_on = seen.days if seen is not None else None
    born, born_from = _born(said, seen_on)
    height = _height(said)
    return Facts(
        names=_names(said),
        sex=_sex(said),
        born=born,
        born_from=born_from,
        height=height,
        height_on=(date_of(said, "height_on") or seen_on) if height is not None else None,
        marks=_marks(said),
        languages=_languages(said),
        eyes=said.text("eyes"),
        hair=said.text("hair"),
        clothes=said.text("clothes"),
        seen=seen,
        source=said.text("source"),
        more=said.more,
    )


def date_of(said: Said, name: str) -> Days | None:
    """The days of a stated date; kept and said where it is none, or may be two."""
    value = said.one(name)
    if value is None:
        return None
    order = said.told.order
    found = days(value.text, order)
    if found is None and order is not None and said.told.is_order_stated:
        found = of_short_year(value.text, order, said.told.today)
        if found is not None:
            day = found.first.isoformat()
            said.notes.append(
                f"{value.column} “{shown(value.text)}”: taken as {day}, as the mapping says the order"
            )
    if found is None:
        said.not_understood(value, "no date that is understood; write it as 2026-05-31")
    elif found.first > said.told.today + timedelta(days=1):  # somewhere it is tomorrow
        said.not_understood(value, "it lies in the future: not used")
        return None
    elif order is None and len(possible(value.text)) == 2:
        said.not_understood(
            value,
            "day and month may be either way round: taken as all days from the one to the other; say which with "
            "dates = “day-first” or “month-first” in the mapping",
        )
    return found


def _names(said: Said) -> tuple[str, ...]:
    stated = [part for one in said.each("name") for part in _split(one.text, _NAMES)]
    given, middle, family = (said.text(name) for name in ("given_name", "middle_name", "family_name"))
    found: list[str] = []
    if given or family:
        # `Name` beside `Vorname` is the family name, `Nome` beside `Cognome` the given one
        rest = (
            stated.pop(0)
            if stated and not (given and family) and not _holds(stated[0], given or family)
            else None
        )
        found.append(
            " ".join(one for one in (given or rest, middle, family or (rest if given else None)) if one)
        )
    found += stated
    found.sort(key=lambda name: -len(name.split()))
    for name in [*found]:
        found += [inner for match in _IN_BRACKETS.finditer(name) if (inner := (match[1] or match[2]).strip())]
        if (outer := " ".join(_IN_BRACKETS.sub(" ", name).split())) != name and outer:
            found[found.index(name)] = outer
    found += [part for one in said.each("other_names") for part in _split(one.text, _OTHER_NAMES)]
    return tuple(dict.fromkeys(name for name in found if not is_unknown(name, of_names=True)))[:_MOST]


def _holds(name: str, part: str | None) -> bool:
    return bool(part) and folded(part or "") in folded(name)


def _sex(said: Said) -> Sex | None:
    value = said.one("sex")
    if value is None:
        return None
    own = said.mapped.means.get("sex", {})
    if own.get(folded(value.text)) == "unknown":
        return None
    found = measures.sex(value.text, {**said.told.letters, **own})
    if found is None:
        said.not_understood(value, "not understood; say what it means under [means.sex] of the mapping")
    return found


def _born(said: Said, seen_on: Days | None) -> tuple[Days | None, str]:
    """From the birth date; without one from the age and the day it held for."""
    stated = date_of(said, "birth_date")
    by_age, of_age = _born_by_age(said, seen_on)
    if stated is None:
        return by_age, of_age
    value = said.one("birth_date")
    last = seen_on.last if seen_on is not None else said.told.today
    if value is not None and seen_on is not None and stated.first > seen_on.last:
        said.not_understood(
            value, "it lies after the day they were seen or found: not used; ask which is wrong"
        )
        return by_age, of_age
    if value is not None and (last - stated.last).days > (_OLDEST + 1) * 365.2425:
        said.not_understood(value, f"they would be older than {_OLDEST} years: not used")
        return by_age, of_age
    if by_age is not None and (by_age.last < stated.first or stated.last < by_age.first):
        off = min(abs((by_age.first - stated.last).days), abs((stated.first - by_age.last).days))
        if off > 31:
            said.notes.append("birth date and age do not agree: the birth date is taken, both are kept")
            for name in ("birth_date", "age"):
                if value := said.one(name):
                    said.more.setdefault(value.column, value.text)
    day = stated.first == stated.last
    return stated, "birth date" if day else "birth date, not to the day"


def _born_by_age(said: Said, seen_on: Days | None) -> tuple[Days | None, str]:
    value, upper = said.one("age"), said.one("age_to")
    if value is None and upper is None:
        return None, ""
    found = [_age(said, one) for one in (value, upper) if one is not None]
    age = measures.between(found[0], found[-1])
    if age is None:
        if None not in found and value is not None:
            said.not_understood(value, "the age range ends before it begins")
        return None, ""
    on, when = date_of(said, "age_on"), "age as stated"
    if on is None:
        on, when = seen_on, "age when last seen or found"
    if on is None:
        on, when = date_of(said, "photo_taken"), "age when photographed"
    if on is None:
        for one in (value, upper):
            if one is not None:
                said.not_understood(
                    one, "an age without the day it held for: state when they were seen or found"
                )
        return None, ""
    try:
        return age.born(on), f"estimated {when}" if age.estimated else when
    except (ValueError, OverflowError):
        return None, ""


def _age(said: Said, value: Value) -> measures.Age | None:
    found = measures.age(value.text, value.unit or "years")
    if found is None:
        said.not_understood(value, "no age that is understood; write 7, 5-6, or 18 months")
    elif found.least > _OLDEST * 12:
        said.not_understood(value, f"above {_OLDEST} years: not used")
        return None
    return found


def _height(said: Said) -> Span | None:
    found: list[Span] = []
    for name in ("height", "height_to"):
        if (value := said.one(name)) is None:
            continue
        height = measures.height(value.text, value.unit)
        if height is None and value.unit == "cm" and _METRES.fullmatch(value.text):
            height = measures.height(value.text, "m")
            if height is not None:
                said.notes.append(
                    f"{value.column} “{shown(value.text)}”: taken as metres, not as centimetres"
                )
        if height is None:
            said.not_understood(value, "no height that is understood; write centimetres, or 4'11\"")
        else:
            found.append(height)
    if not found:
        return None
    if found[0].least > found[-1].most:
        said.notes.append("the height ends below its beginning: taken as one range")
    ends = [end for one in found for end in (one.least, one.most)]
    return Span(min(ends), max(ends))


def _marks(said: Said) -> tuple[str, ...]:
    found: list[str] = []
    for value in said.each("marks"):
        for part in _split(value.text, _LINES):
            # commas set marks apart only where each side can stand alone: “scar, left cheek” is one
            several = [one.strip(" .") for one in _SENTENCES.split(part)]
            found += several if len(several) > 1 and all(len(one.split()) > 2 for one in several) else [part]
    return tuple(dict.fromkeys(one for one in found if not is_unknown(one)))[:_MOST]


def _languages(said: Said) -> tuple[str, ...]:
    found: list[str] = []
    for value in said.each("languages"):
        for part in _split(value.text, _LANGUAGES):
            if not is_unknown(part):
                found.append(places.language(part) or part[:60])
    return tuple(dict.fromkeys(found))[:_MOST]


def _seen(said: Said) -> Seen | None:
    on = date_of(said, "seen_on")
    parts = [one.text for name in ("place", "city", "region") for one in said.each(name)]
    text = ", ".join(dict.fromkeys(one for one in parts if one)) or None
    latitude, longitude = _coordinates(said)
    stated = said.one("country")
    country = places.country(stated.text) if stated is not None else None
    if stated is not None and country is None:
        said.not_understood(stated, "no country that is understood")
    if country is None and text is not None:
        country = places.country(text) if len(text) > 3 else None
        country = country or places.country_in(text)
    set_alone = stated is not None and stated.text == said.mapped.values.get("country")
    if text is None and latitude is None and on is None and (country is None or set_alone):
        return None
    return Seen(text, country, latitude, longitude, on)


def _coordinates(said: Said) -> tuple[float | None, float | None]:
    north, east, both = said.one("latitude"), said.one("longitude"), said.one("coordinates")
    if north is not None and east is not None:
        latitude, longitude = places.degrees(north.text, 90), places.degrees(east.text, 180)
        if latitude is not None and longitude is not None:
            return latitude, longitude
    elif both is not None and (found := places.coordinates(both.text)) is not None:
        return found
    for one in (north, east, both):
        if one is not None:
            said.not_understood(
                one, "no coordinates that are understood; write degrees, such as 25.61 and 85.14"
            )
    return None, None


def _split(text: str, by: re.Pattern[str]) -> Iterable[str]:
    return [part.strip(" ,") for part in by.split(text) if part and part.strip(" ,")]
