"""Where somebody is: country names in fourteen languages to codes, and what all statements together say.

Names, three-letter and numeric codes, and the countries of time zones come from Unicode CLDR through Babel; other
names, weights and languages stand in `places.toml`. Coordinates are not turned into countries.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache

from babel import Locale
from babel.core import get_global

from safelight.reports.identifiers.identifier import Identifier
from safelight.reports.identifiers.text import CACHED, folded, table
from safelight.reports.report import Kind, Spot

_LONGEST = 200
_WORD = re.compile(r"[^\W_]+")
_PARTS = re.compile(r"[,;()\[\]/|–—]| - ")
_SOURCES = {Kind.PHONE: "phone", Kind.IP: "ip", Kind.PAYMENT: "payment", Kind.VEHICLE: "vehicle"}


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What is known of where somebody is.

    `country` (alpha-2) is what most weight speaks for, `region` as stated in a place of that country. `sources` are
    all statements as `(source, alpha-2)`; `conflict`: two that should agree do not, and a person should look.
    """

    country: str | None = None
    region: str | None = None
    sources: tuple[tuple[str, str], ...] = ()
    conflict: bool = False


def where(
    spots: Iterable[Spot],
    identifiers: Iterable[Identifier],
    language: str | None = None,
    time_zone: str | None = None,
) -> Whereabouts:
    """What places, phone numbers, addresses, time zone and language say together."""
    spots = tuple(spots)
    said: dict[tuple[str, str], None] = {}  # in order, each once
    for spot in spots:
        if code := country_code(spot.country):
            said[spot.source, code] = None
    for one in identifiers:
        source = _SOURCES.get(one.kind)
        if source is not None and one.country is not None:
            said[source, one.country] = None
    if code := country_of_time_zone(time_zone):
        said["time-zone", code] = None
    if code := country_of_language(language):
        said["language", code] = None
    if not said:
        return Whereabouts(region=_region(spots, None))
    if len(said) == 1:
        ((_, country),) = said
        return Whereabouts(country, _region(spots, country), tuple(said))
    weights, conflicting = _weights()
    sums: dict[str, float] = {}
    told: set[str] = set()
    for source, code in said:
        weight = weights.get(source, weights["other"])
        sums[code] = sums.get(code, 0.0) + weight
        if weight >= conflicting:
            told.add(code)
    country = max(sums, key=lambda code: sums[code])  # of equals the first that was stated
    return Whereabouts(country, _region(spots, country), tuple(said), len(told) > 1)


def _region(spots: Iterable[Spot], country: str | None) -> str | None:
    for spot in spots:
        if spot.region and spot.region.strip() and country_code(spot.country) in (country, None):
            return spot.region.strip()
    return None


def country_code(stated: str | None) -> str | None:
    """Alpha-2 of a country's name (fourteen languages), alpha-2, alpha-3 or numeric code; None where it is none."""
    return _code(stated) if stated and len(stated) <= _LONGEST else None


@lru_cache(maxsize=CACHED)
def _code(stated: str) -> str | None:
    said = folded(stated)
    if found := _one(said):
        return found
    for part in reversed(_PARTS.split(said)):
        if found := _one(part):
            return found
    return None


def _one(said: str) -> str | None:
    plain = _plain(said)
    if len(plain) == 2 and plain.isascii():
        code = plain.upper()
        if code in _codes():
            return code
    return _names().get(plain)


def _plain(said: str) -> str:
    """Words only; CLDR writes `&` where others write `and`."""
    return " ".join(word for word in _WORD.findall(said) if word != "and")


def country_of_time_zone(stated: str | None) -> str | None:
    """The country of a time zone by its IANA or Windows name; offsets and abbreviations tell none."""
    if not stated or len(stated) > 100:
        return None
    zones, windows = _zones()
    said = stated.strip().casefold()
    return zones.get(windows.get(said, said))


def country_of_language(stated: str | None) -> str | None:
    """The country where most speakers of a language live, or the region of its tag (`pt-BR`); often none."""
    if not stated or len(stated) > 35:
        return None
    parts = stated.strip().replace("_", "-").split("-")
    for part in parts[1:]:
        if len(part) == 2 and part.upper() in _codes():
            return part.upper()
    found: dict[str, str] = table("places")["alone"]
    return found.get(parts[0].casefold())


@cache
def _weights() -> tuple[dict[str, float], float]:
    said = table("places")
    return said["weights"], said["conflicting"]


@cache
def _codes() -> frozenset[str]:
    regions = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
    names = (str(code) for code in Locale.parse("en").territories)
    return frozenset(code for code in names if len(code) == 2 and code.isalpha()) - regions


@cache
def _names() -> dict[str, str]:
    """Every name and code of a country, words only, to alpha-2. What two countries are called belongs to none."""
    codes = _codes()
    found: dict[str, str] = {}
    ambiguous: set[str] = set()
    for language in table("places")["languages"]:
        for code, name in Locale.parse(language).territories.items():
            if code in codes:
                plain = _plain(folded(name))
                if found.setdefault(plain, code) != code:
                    ambiguous.add(plain)
    for plain in ambiguous:
        del found[plain]
    for alias, of in get_global("territory_aliases").items():
        if len(of) == 1 and of[0] in codes and len(alias) in (2, 3):
            found.setdefault(alias.lower(), of[0])
    for code, names in table("places")["names"].items():
        for name in names:
            found[_plain(folded(name))] = code
    return found


@cache
def _zones() -> tuple[dict[str, str], dict[str, str]]:
    zones = {
        zone.casefold(): code for zone, code in get_global("zone_territories").items() if code in _codes()
    }
    windows = {name.casefold(): zone.casefold() for name, zone in get_global("windows_zone_mapping").items()}
    return zones, windows
