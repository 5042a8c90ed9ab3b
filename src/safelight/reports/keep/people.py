"""The people of a report that can be told apart by more than a name: what the column file `people` holds of them.

Names lie in the encrypted bodies, which are too many to open for every ranking. What comparing needs of them is kept
beside the identifiers, in a file of its own under the same key: the name in Latin letters, birth date, place, sex.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from zlib import crc32

import numpy as np
import pyarrow as pa

from safelight.reports import dates
from safelight.reports.identifiers.identifier import Reach
from safelight.reports.identifiers.person import name
from safelight.reports.identifiers.place import country_code
from safelight.reports.identifiers.sounds import MOST_SOUNDS, person_tokens, place_words, sound, sounds
from safelight.reports.identifiers.text import CACHED, folded
from safelight.reports.keep.letters import letters_number
from safelight.reports.report import Kind, Party, Report, Role, Stated

COMPARED = (Role.REPORTED, Role.VICTIM)
"""Roles whose people are compared, each with its own: a reported person with reported ones, a child with children."""
_NAMES = 3
"""Names of one person that are taken, and people of one report."""
_PEOPLE = 50
_GUESSED = frozenset({"estimated", "geo-lookup", "gps", "ip"})
"""Places that nobody stated of the person: where an address is said to be."""
_SEX = {
    1: "m male man boy masculine mannlich mann junge homme garcon masculin masculino hombre nino menino maschio uomo "
    "maschile mezczyzna chlopiec erkek jongen mannelijk muzhskoy muzhchina cholovik",
    2: "f w female woman girl feminine weiblich frau madchen femme fille feminin femenino feminino mujer nina menina "
    "femmina donna femminile kobieta dziewczynka kadin kiz vrouw meisje vrouwelijk zhenskiy zhenshchina zhinka",
}
_SEX_OF = {word: sex for sex, words in _SEX.items() for word in words.split()}


@dataclass(frozen=True, slots=True)
class Someone:
    """A person of a report, as far as comparing goes. `tokens` are the parts of the name in Latin letters, sorted.

    `report` is the report's number; `year` of birth is known with `born`, and sometimes without; `country` alpha-2,
    `city` in Latin letters, `sex` `m` or `f`.
    """

    report: int
    role: Role
    tokens: tuple[str, ...]
    born: date | None = None
    year: int | None = None
    country: str | None = None
    city: str | None = None
    sex: str | None = None


PEOPLE_COLUMNS: dict[str, Any] = {
    "row": np.uint32,
    "role": np.uint8,  # its place in `COMPARED`
    "born": np.uint32,  # yyyymmdd; 0: not known
    "year": np.uint16,
    "country": np.uint16,
    "sex": np.uint8,  # 1 male, 2 female
    "place": np.uint32,  # of the town's sound; 0: not known
    "letters": np.uint32,  # consonants of the name, a bit each
    **{f"sound{number}": np.uint32 for number in range(MOST_SOUNDS)},  # of the name's parts; 0: no more
}
"""Numbers of a person; `names` and `city` are texts beside them."""


def people_of(report: Report) -> Iterator[Someone]:
    """The people of a report (its number is left 0) with a name of two parts and a birth date, year or town."""
    left = _PEOPLE
    for party in report.parties:
        if party.role not in COMPARED:
            continue
        country, city = _place(party)
        born, year = dates.day(party.birth_date), dates.year(party.birth_date)
        if year is None and city is None:
            continue
        for tokens in _names(party):
            if left == 0:
                return
            left -= 1
            yield Someone(0, party.role, tokens, born, year, country, city, _sex(party.facts.get("gender")))


def _names(party: Party) -> list[tuple[str, ...]]:
    found: dict[tuple[str, ...], None] = {}
    for stated in party.identifiers:
        if stated.kind is not Kind.NAME or len(found) == _NAMES:
            continue
        tokens = _tokens(stated.value.partition("|")[0])
        if len(tokens) > 1:
            found[tokens] = None
    return list(found)


@lru_cache(maxsize=CACHED)
def _tokens(value: str) -> tuple[str, ...]:
    """Parts of a name; none where it is nobody's."""
    known = name(Stated(Kind.NAME, value))
    if known is None or known.reach is Reach.SHARED:
        return ()
    return person_tokens(value)


def _place(party: Party) -> tuple[str | None, str | None]:
    country = city = None
    for spot in party.spots:
        if spot.source not in _GUESSED:
            country = country or country_code(spot.country)
            city = city or (spot.city and place_words(spot.city)) or None
    return country, city


def _sex(stated: str | None) -> str | None:
    if not stated or len(stated) > 40:
        return None
    tokens = place_words(folded(stated)).split()
    found = {_SEX_OF[token] for token in tokens if token in _SEX_OF}
    return ("", "m", "f")[found.pop()] if len(found) == 1 else None


def day_number(born: date | None) -> int:
    """A date as `yyyymmdd`, 0 for none."""
    return born.year * 10_000 + born.month * 100 + born.day if born else 0


@lru_cache(maxsize=CACHED)
def heard(tokens: tuple[str, ...]) -> tuple[int, ...]:
    """Numbers of how the parts of a name sound, `MOST_SOUNDS` of them, and last its consonants, a bit each."""
    said = sounds(tokens)
    letters = 0
    for letter in "".join(said).lower():
        if letter.isascii() and letter.isalpha():
            letters |= 1 << ord(letter) - 97
    numbers = [crc32(one.encode()) or 1 for one in said]
    return (*numbers, *[0] * (MOST_SOUNDS - len(numbers)), letters)


@lru_cache(maxsize=CACHED)
def place_number(city: str) -> int:
    """A number of how a town's name sounds; 0 for none."""
    return crc32("".join(map(sound, city.split())).encode()) or 1 if city else 0


def people_table(rows: list[int], people: list[Someone]) -> pa.Table:
    """Columns of people; `rows` are their reports' rows within the segment."""
    said = [heard(one.tokens) for one in people]
    values: dict[str, list[int]] = {
        "row": rows,
        "role": [COMPARED.index(one.role) for one in people],
        "born": [day_number(one.born) for one in people],
        "year": [one.year or 0 for one in people],
        "country": [letters_number(one.country) for one in people],
        "sex": [{"m": 1, "f": 2}.get(one.sex or "", 0) for one in people],
        "place": [place_number(one.city or "") for one in people],
        "letters": [numbers[-1] for numbers in said],
        **{f"sound{at}": [numbers[at] for numbers in said] for at in range(MOST_SOUNDS)},
    }
    columns: dict[str, Any] = {
        column: np.array(values[column], dtype=dtype) for column, dtype in PEOPLE_COLUMNS.items()
    }
    columns["names"] = pa.array([" ".join(one.tokens) for one in people], type=pa.string())
    columns["city"] = pa.array([one.city or "" for one in people], type=pa.string())
    return pa.table(columns)
