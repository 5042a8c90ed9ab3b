"""Countries, languages and coordinates as registers state them: codes, and names in many languages (CLDR)."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from babel import Locale, UnknownLocaleError
from babel.core import get_global

from safelight.persons.registers.text import folded
from safelight.persons.registers.words import words

_LOCALES = (
    *(
        "en",
        "de",
        "fr",
        "es",
        "pt",
        "it",
        "nl",
        "pl",
        "cs",
        "ro",
        "hu",
        "sv",
        "da",
        "nb",
        "fi",
        "el",
        "bg",
        "hr",
        "sr",
    ),
    *(
        "ru",
        "uk",
        "tr",
        "ar",
        "fa",
        "ur",
        "ps",
        "hi",
        "bn",
        "ne",
        "mr",
        "ta",
        "te",
        "gu",
        "pa",
        "am",
        "so",
        "sw",
        "th",
    ),
    *("zh", "ja", "ko", "id", "vi", "he"),
)
_REGIONS = frozenset(("EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"))
_ALSO_STATES = frozenset(("georgia", "mexico"))
"""Ends of places in other countries, too: Athens, Georgia; Naucalpan, México."""
_SAID_OF_TWO = ("congo", "korea", "guinea")
_PART = re.compile(r"[,;()/|]")
_NUMBER = r"([+-]?\d{1,3}(?:[.,]\d{1,12})?)"
_DECIMAL = re.compile(rf"{_NUMBER}\s?°?\s?([nsewo]?)")
_PAIR = re.compile(
    rf"([nsew]?)\s?{_NUMBER}\s?°?\s?([nsew]?)\s?(?:[,;/]\s?|\s)([nsew]?)\s?{_NUMBER}\s?°?\s?([nsew]?)"
)
_SIXTIETHS = re.compile(
    r"(\d{1,3})\s?[°d:]\s?(\d{1,2})\s?['′’m:]?\s?(?:(\d{1,2}(?:[.,]\d{1,6})?)\s?(?:\"|″|”|'')?)?\s?([nsew])"
)


@lru_cache(maxsize=8192)
def country(stated: str) -> str | None:
    """ISO 3166-1 alpha-2 of a country's name (in 44 languages), alpha-2 or alpha-3 code; None where it is none."""
    said = _bare(folded(stated[:200]))
    if len(said) == 2 and said.upper() in _codes():
        return said.upper()
    return _countries().get(said)


def country_in(place: str) -> str | None:
    """The country that the end of a place names: `Patna, Bihar, India`. A code of two letters is a state there."""
    parts = _PART.split(folded(place[:300]))
    if len(parts) < 2:
        return None
    last = _bare(parts[-1] or parts[-2])
    return _countries().get(last) if len(last) > 3 and last not in _ALSO_STATES else None


@lru_cache(maxsize=8192)
def language(stated: str) -> str | None:
    """ISO 639 code of a language by its name (in 44 languages and its own) or code; None where it is none."""
    said = folded(stated[:100]).strip(" .;()")
    found = words()["languages"].get(said)
    if found is not None:
        return found
    aliases = get_global("language_aliases")
    base = said.replace("_", "-").partition("-")[0]
    if base in aliases and 2 <= len(base) <= 3:
        return str(aliases[base]).replace("_", "-")
    if base in _language_codes() and (base == said or len(base) == 2):
        return base
    return _languages().get(said) or _own_names().get(said)


def coordinates(stated: str) -> tuple[float, float] | None:
    """Degrees of latitude and longitude from one text: `25.61, 85.14`, `25.61 N 85.14 E`, `25°36'N 85°8'E`."""
    said = folded(stated[:100]).strip("() ")
    if match := _PAIR.fullmatch(said):
        first = _signed(match[2], match[1] or match[3])
        second = _signed(match[5], match[4] or match[6])
        if (match[1] or match[3]) in ("e", "w") or (match[4] or match[6]) in ("n", "s"):
            first, second = second, first
        return (first, second) if abs(first) <= 90 and abs(second) <= 180 else None
    parts = list(_SIXTIETHS.finditer(said))
    if len(parts) == 2:
        sides = {one[4]: _of_sixtieths(one) for one in parts}
        latitude, longitude = sides.get("n", sides.get("s")), sides.get("e", sides.get("w"))
        if latitude is not None and longitude is not None and abs(latitude) <= 90 and abs(longitude) <= 180:
            return latitude, longitude
    return None


def degrees(stated: str, most: float) -> float | None:
    """One coordinate, at most `most` degrees to either side."""
    said = folded(stated[:60])
    value: float | None = None
    if match := _DECIMAL.fullmatch(said):
        value = _signed(match[1], match[2].replace("o", "w"))
    elif match := _SIXTIETHS.fullmatch(said):
        value = _of_sixtieths(match)
    return value if value is not None and abs(value) <= most else None


def _signed(number: str, side: str) -> float:
    value = float(number.replace(",", "."))
    return -abs(value) if side in ("s", "w") else value


def _of_sixtieths(match: re.Match[str]) -> float:
    value = int(match[1]) + int(match[2]) / 60 + float((match[3] or "0").replace(",", ".")) / 3600
    return -value if match[4] in ("s", "w") else value


def _bare(said: str) -> str:
    said = said.strip(" .;()")
    return said.removeprefix("the ").replace("&", "and")


@cache
def _codes() -> frozenset[str]:
    names = (str(code) for code in Locale.parse("en").territories)
    return frozenset(code for code in names if len(code) == 2 and code.isalpha()) - _REGIONS


@cache
def _countries() -> dict[str, str]:
    """Names and codes of three letters; what two countries are called belongs to none."""
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for locale in _LOCALES:
        for code, name in Locale.parse(locale).territories.items():
            if code in _codes() and found.setdefault(_bare(folded(name)), code) != code:
                ambiguous.add(_bare(folded(name)))
    for name in ambiguous.union(_SAID_OF_TWO):
        found.pop(name, None)
    for alias, of in get_global("territory_aliases").items():
        if len(of) == 1 and of[0] in _codes() and len(alias) == 3 and alias.isalpha():
            found.setdefault(alias.casefold(), of[0])
    found.update({_bare(name): code for name, code in words()["countries"].items()})
    return found


@cache
def _language_codes() -> frozenset[str]:
    return frozenset(str(code) for code in Locale.parse("en").languages if "_" not in str(code))


@cache
def _languages() -> dict[str, str]:
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for locale in _LOCALES:
        for code, name in Locale.parse(locale).languages.items():
            if "_" not in code and found.setdefault(folded(name), code) != code:
                ambiguous.add(folded(name))
    for name in ambiguous:
        del found[name]
    return found


@cache
def _own_names() -> dict[str, str]:
    """Each language by what its speakers call it; read only for a word that nobody else has."""
    found: dict[str, str] = {}
    for code in _language_codes():
        try:
            own = Locale.parse(code).languages.get(code)
        except (UnknownLocaleError, ValueError):
            continue
        if own:
            found.setdefault(folded(own), code)
    return found
