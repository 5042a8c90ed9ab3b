"""Ages, heights, sexes and states as registers write them, to values. What is not understood is None, never a guess."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from typing import TypeVar

from safelight.persons.person import Days, Sex, Span, Status
from safelight.persons.registers.text import folded
from safelight.persons.registers.words import words

_Word = TypeVar("_Word", Sex, Status)
_LONGEST = 100
_TOKEN = re.compile(r"\d+(?:[.,]\d+)?|''|[-–—~/<>+±≈]|[^\d\s\-–—~/<>+±≈()]+")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)?")
_MONTHS_IN = {"years": 12.0, "months": 1.0, "weeks": 12 / 52.18, "days": 12 / 365.25}
_OLDEST = 120
_LEAST_MARGIN = 12
"""Months by which an age that is called about right may be off, at least."""
_MARGIN = 0.15
"""The same as a share of the age: nobody has measured it for all who estimate; a wide span costs little, a narrow
one loses a child."""
_HEIGHT_MARGIN = 5.0
"""Centimetres for a height that is called about right."""
_IN_CM = {"cm": 1.0, "m": 100.0, "ft": 30.48, "in": 2.54}
_SHORTEST, _TALLEST = 30.0, 250.0


@dataclass(frozen=True, slots=True)
class Age:
    """Between `least` months of age, inclusive, and `below` months, exclusive."""

    least: float
    below: float
    estimated: bool = False

    def born(self, on: Days) -> Days:
        """The days of birth that this age on a day, or in a span of days, leaves."""
        first = _months_before(on.first, self.below)
        if self.below == int(self.below):
            first += timedelta(days=1)
        return Days(min(first, on.last), _months_before(on.last, self.least))


def sex(stated: str, means: Mapping[str, str]) -> Sex | None:
    """By words of some forty languages, or by `means`, a mapping's own words folded."""
    return _by_word("sex", Sex, stated, means)


def status(stated: str, means: Mapping[str, str]) -> Status | None:
    """Where a person stands, as the register states it."""
    found = _by_word("status", Status, stated, means)
    return None if found is Status.PROBE else found


def _by_word(table: str, kind: type[_Word], stated: str, means: Mapping[str, str]) -> _Word | None:
    said = folded(stated[:_LONGEST]).strip(" .")
    found = means.get(said) or words()[table].get(said)
    return kind(found) if found else None


@lru_cache(maxsize=8192)
def age(stated: str, unit: str = "years") -> Age | None:
    """An age or a range of ages: `7`, `about 7`, `5-6 years`, `18 months`, `2 yrs 3 months`, `7 वर्ष`, `under 5`.

    A number alone is of `unit`, which the column may say, and of a whole number that were completed. `about` widens
    by 15 %, at least a year.
    """
    if len(stated) > _LONGEST:
        return None
    said = folded(stated).strip(" .")
    table = words()["age"]
    if table.get(said) == "newborn":
        return Age(0, 1)
    said, estimated = _without(said, "about", words()["about"])
    said, is_under = _without(said, "under", table)
    for phrase in _phrases():
        said = said.replace(phrase, " ")
    parts = [one for one in _tokens(said, table) if table.get(one) != "said"]
    ends = _ends(parts, table, unit)
    if ends is None:
        return None
    if is_under:
        return Age(0, ends[0].least, estimated) if len(ends) == 1 and ends[0].least else None
    least, below = ends[0].least, ends[-1].below
    if estimated:
        margin = max(_LEAST_MARGIN, below * _MARGIN)
        least, below = max(0.0, least - margin), below + margin
    return Age(least, below, estimated) if least < below <= (_OLDEST + 30) * 12 else None


def between(first: Age | None, last: Age | None) -> Age | None:
    """From the one to the other; None where they are turned around."""
    if first is None or last is None:
        return first or last
    if first.least >= last.below:
        return None
    return Age(first.least, last.below, first.estimated or last.estimated)


def _without(said: str, means: str, table: Mapping[str, str]) -> tuple[str, bool]:
    """The text without a word of this meaning at its beginning or end, and whether one was there."""
    for word in sorted((one for one, what in table.items() if what == means), key=len, reverse=True):
        letter = word[-1].isalpha()
        if said.startswith(word) and not (letter and said[len(word) : len(word) + 1].isalpha()):
            return said[len(word) :].strip(" .:"), True
        if said.rstrip(" )").endswith((f" {word}", f"({word}")):
            return said.rstrip(" )").removesuffix(word).strip(" .(,"), True
    return said, False


@cache
def _phrases() -> tuple[str, ...]:
    return tuple(one for one, what in words()["age"].items() if what == "said" and " " in one)


def _tokens(said: str, table: Mapping[str, str]) -> list[str]:
    found = []
    for one in _TOKEN.findall(said):
        plain = one if one in table else one.strip(".,:;")
        if plain:
            found.append(plain)
    return found


def _ends(parts: list[str], table: Mapping[str, str], unit: str) -> list[Age] | None:
    """One age, or two with a word between them; the first takes the second's unit where it has none."""
    cut = [
        place for place, one in enumerate(parts) if one in words()["to"] and table.get(one) not in _MONTHS_IN
    ]
    if not cut:
        one = _one_age(parts, table, unit)
        return [one] if one is not None else None
    if len(cut) > 1:
        return None
    later = next((table[one] for one in parts[cut[0] :] if table.get(one) in _MONTHS_IN), unit)
    first = _one_age(parts[: cut[0]], table, later)
    last = _one_age(parts[cut[0] + 1 :], table, later)
    if first is None or last is None or first.least > last.least:
        return None
    return [first, last]


def _one_age(parts: list[str], table: Mapping[str, str], unit: str) -> Age | None:
    """`7`, `7 years`, `7 years 3 months`."""
    least, smallest, place = 0.0, "", 0
    exact = True
    while place < len(parts):
        if not _NUMBER.fullmatch(parts[place]) or smallest == "days":
            return None
        number = float(parts[place].replace(",", "."))
        has_unit = place + 1 < len(parts) and parts[place + 1] in table
        named = table[parts[place + 1]] if has_unit else unit
        if named not in _MONTHS_IN or (smallest and _MONTHS_IN[named] >= _MONTHS_IN[smallest]):
            return None
        if not has_unit and smallest:
            return None
        exact = exact and number.is_integer()
        least += number * _MONTHS_IN[named]
        smallest = named
        place += 2 if has_unit else 1
    if not smallest:
        return None
    if not exact:  # half a year may be meant, or a quarter
        return Age(max(0.0, least - _MONTHS_IN[smallest] / 4), least + _MONTHS_IN[smallest] / 4)
    return Age(least, least + _MONTHS_IN[smallest])


def _months_before(day: date, months: float) -> date:
    whole = int(months)
    year, month = divmod(day.year * 12 + day.month - 1 - whole, 12)
    year = max(year, 1)
    last = (date(year + month // 11, (month + 1) % 12 + 1, 1) - timedelta(days=1)).day if year < 9999 else 28
    return date(year, month + 1, min(day.day, last)) - timedelta(days=round((months - whole) * 30.44))


@lru_cache(maxsize=8192)
def height(stated: str, unit: str = "") -> Span | None:
    """Centimetres of a height or a range: `120`, `1.20 m`, `1m20`, `4'11"`, `4 ft 11 in`, `110-115 cm`, `about 120`.

    `unit` is what the column says (`cm`, `m`, `ft`, `in`); a bare number without it is metres up to 2.5 and
    centimetres from 30 on. `about` widens by 5 cm to both sides.
    """
    if len(stated) > _LONGEST:
        return None
    said, estimated = _without(folded(stated).strip(" ."), "about", words()["about"])
    table = words()["height"]
    parts = [table.get(one, one) for one in _tokens(said, table)]
    cut = [place for place, one in enumerate(parts) if one in words()["to"] and one not in _IN_CM]
    if cut and cut[0] == 2 and parts[1] == "ft" and len(parts) > 4 and parts[4] == "in" and len(cut) == 1:
        del parts[2]  # 4'-11"
        cut = []
    if len(cut) > 1:
        return None
    sides = [parts] if not cut else [parts[: cut[0]], parts[cut[0] + 1 :]]
    later = next((one for one in reversed(parts) if one in _IN_CM), unit)
    found = [_one_height(side, later if len(sides) > 1 else unit) for side in sides]
    if None in found:
        return None
    values = [one for one in found if one is not None]
    least, most = values[0], values[-1]
    if estimated:
        least, most = least - _HEIGHT_MARGIN, most + _HEIGHT_MARGIN
    if not _SHORTEST <= least <= most <= _TALLEST:
        return None
    return Span(round(least, 1), round(most, 1))


def _one_height(parts: list[str], unit: str) -> float | None:
    numbers = [float(one.replace(",", ".")) for one in parts if _NUMBER.fullmatch(one)]
    units = [one for one in parts if one in _IN_CM]
    if not numbers or len(numbers) + len(units) != len(parts) or not _NUMBER.fullmatch(parts[0]):
        return None
    match (len(numbers), units):
        case (1, [one]):
            return numbers[0] * _IN_CM[one]
        case (1, []):
            return _bare_height(numbers[0], unit)
        case (2, ["ft"] | ["ft", "in"]) if numbers[1] < 12:
            return numbers[0] * 30.48 + numbers[1] * 2.54
        case (2, ["m"] | ["m", "cm"]) if numbers[1] < 100:
            return numbers[0] * 100 + numbers[1]
    return None


def _bare_height(number: float, unit: str) -> float | None:
    if unit == "ft" and not number.is_integer():  # 5.11 is five foot eleven to many
        return None
    if unit:
        return number * _IN_CM[unit]
    if number <= 2.5:
        return number * 100
    return number if number >= _SHORTEST else None
