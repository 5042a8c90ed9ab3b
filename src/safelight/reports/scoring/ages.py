"""How old somebody is said to be: numbers, ranges, words and birth dates, in a field that holds anything.

`0`, `-1` and numbers that nobody reaches are how forms write "unknown". Nothing here guesses: several statements stay
several, and whoever uses them says what it means when they contradict each other.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files

from safelight.reports import dates

ADULT = 18
_LONGEST = 300
"""Characters of a stated age that are looked at."""
_OLDEST = 98
"""Higher ones (99, 120, 255, 999) are how forms write that it is not known."""
_WIDE = 8.0
"""Years from which a range says no more than on which side of eighteen somebody is."""
_APART = 2.0
"""Years between a minor's age and an adult's that no birthday between two statements explains."""
_TWO_AGES = 6
"""Years from which "15 or 40" is two ages and no range of one."""


@dataclass(frozen=True, slots=True)
class Age:
    """One statement: years from `least` to `most`."""

    least: float
    most: float

    @property
    def years(self) -> float | None:
        """The age to go by: the lowest of a narrow range, the known end of a wide one; None where neither decides."""
        if self.most - self.least <= _WIDE or self.least >= ADULT:
            return self.least
        return self.most if self.most < ADULT else None

    @property
    def is_minors(self) -> bool:
        """Surely below eighteen?"""
        return self.most < ADULT


def youth(age: Age) -> float:
    """How much an age says of a young child, 0..1: full below seven years, half at thirteen, nothing at eighteen."""
    return youth_at(age.years) if age.years is not None else 0.0


def youth_at(years: float) -> float:
    """The same of years."""
    if years < 7:
        return 1.0
    return max(0.0, 0.5 + 0.5 * (13 - years) / 6 if years <= 13 else 0.5 * (ADULT - years) / 5)


def contradict(stated: Iterable[Age]) -> bool:
    """Is one of them surely a minor's and another surely an adult's?"""
    known = list(stated)
    minors = [one.most for one in known if one.is_minors]
    adults = [one.least for one in known if one.least >= ADULT]
    return bool(minors and adults) and max(adults) - min(minors) >= _APART


@lru_cache(maxsize=8192)
def stated_ages(said: str, day: date) -> tuple[Age, ...]:
    """Every age that a field states at `day`; empty where it states none that makes sense."""
    text = " ".join(said[:_LONGEST].casefold().split())
    if (born := _year_or_day(text)) is not None:
        return _since(born, day)
    found: list[Age] = []
    for one in _pattern().finditer(text):
        found += _age(one, text, day)
    return tuple(dict.fromkeys(found))


def _age(one: re.Match[str], text: str, day: date) -> Iterable[Age]:
    if one["born"]:
        return _since((int(one["born"]), None), day)
    if one["not_word"]:
        least, most = _of_words()[one["not_word"]]
        if most < ADULT:
            return [Age(ADULT, _OLDEST)] if most == ADULT - 1 else []
        return [Age(0, ADULT - 1)] if least == ADULT else []
    if one["word"]:
        least, most = _of_words()[one["word"]]
        return [Age(least, most)]
    if one["below"]:
        limit = int(one["below"])
        if one["not_below"]:
            return _plausible(limit, _OLDEST)
        return _plausible(0, limit - 1) if limit > 1 else []
    if one["over"]:
        return _plausible(int(one["over"]), _OLDEST)
    if one["more"]:
        return _plausible(int(one["more"]), _OLDEST)
    if one["years"]:
        return _plausible(int(one["years"]), int(one["years"]))
    if one["first"]:
        first, second = sorted((int(one["first"]), int(one["second"])))
        if one["range_unit"]:
            return [Age(first / 12, second / 12)] if second < 36 else []
        if one["and"] and second - first >= _TWO_AGES:
            return [*_plausible(first, first), *_plausible(second, second)]
        return _plausible(first, second)
    if one["small"]:
        parts = int(one["small"])
        years = parts / {"month": 12, "week": 52.2, "day": 365.25}[_unit(one["small_unit"])]
        return [Age(years, years)] if years < 4 and _is_all(one, text) else []
    if one["number"]:
        return _plausible(int(one["number"]), int(one["number"]))
    return []


def _plausible(least: int, most: int) -> list[Age]:
    """The range, unless it says that nothing is known: of nought alone, too high, or from cradle to grave."""
    if most < 1 or least > _OLDEST or (least == 0 and most >= ADULT):
        return []
    return [Age(least, min(most, _OLDEST))]


def _year_or_day(text: str) -> tuple[int, date | None] | None:
    """A text that is a birth date, or the year of one."""
    if re.fullmatch(r"(?:19|20)\d\d", text):
        return int(text), None
    made = dates.moment(text) if len(text) >= 8 and text[0].isdigit() else None
    return (made.year, made.date()) if made else None


def _since(born: tuple[int, date | None], day: date) -> tuple[Age, ...]:
    year, whole = born
    if whole is not None:
        return at_birth(whole, day)
    most = day.year - year
    return (Age(max(0, most - 1), most),) if 0 <= most <= _OLDEST else ()


def at_birth(born: date, day: date) -> tuple[Age, ...]:
    """The age of who was born then; empty where that makes no sense."""
    days = (day - born).days
    return (Age(days / 365.25, days / 365.25),) if 0 <= days < 120 * 366 else ()


def _is_all(one: re.Match[str], text: str) -> bool:
    """Is there nothing else in its part of the text? "3 months", not "reported 3 months ago"."""
    before = re.split(r"[;,()\n]", text[: one.start()])[-1]
    after = re.split(r"[;,()\n]", text[one.end() :])[0]
    words = re.findall(r"[^\W\d_]+|\d+", f"{before} {after}")
    return all(word in _table()["around"]["about"] for word in words)


def _unit(said: str) -> str:
    return next(name for name in ("month", "week", "day") if said in _table()["units"][f"{name}s"])


@cache
def _table() -> dict[str, dict[str, frozenset[str]]]:
    """Words by table and name; `words` holds the words that are ages."""
    said = tomllib.loads(files(__package__).joinpath("ages.toml").read_text(encoding="utf-8"))
    return {
        "units": {name: _set(words) for name, words in said["units"].items()},
        "around": {name: _set(words) for name, words in said["around"].items()},
        "words": {name: _set(row["words"]) for name, row in said["words"].items()},
    }


@cache
def _of_words() -> dict[str, tuple[int, int]]:
    said = tomllib.loads(files(__package__).joinpath("ages.toml").read_text(encoding="utf-8"))["words"]
    return {word: tuple(row["years"]) for row in said.values() for word in _set(row["words"])}


def _set(said: str) -> frozenset[str]:
    return frozenset(word.casefold() for part in said.split(",") if (word := part.strip()))


@cache
def _pattern() -> re.Pattern[str]:
    """Everything that may say an age, the more telling first. Each part is bounded: it is linear on hostile texts."""
    units, around = _table()["units"], _table()["around"]
    word, no, joined = _either(_of_words()), _either(around["not"]), _either(around["and"])
    years, months = _behind(units["years"]), _behind(units["months"])
    small = _behind(units["months"] | units["weeks"] | units["days"])
    begin, end = r"(?<![\w.,−-])", rf"(?:[.,]\d)?(?:\s?{years})?"
    no_age = rf"(?!\s?{_behind(around['other'])}|\s?%|[^\W\d_]|[\d/])"
    parts = (
        r"\d{1,4}[./-]\d{1,2}[./-]\d{1,4}|\d{1,2}[./-](?:19|20)\d\d|(?:19|20)\d\d[./-]\d{1,2}",
        rf"{_either(around['born'])}[\s.:]{{0,3}}(?P<born>(?:19|20)\d\d)(?!\d)",
        rf"{no}[\s-]?(?P<not_word>{word})",
        rf"(?P<not_below>{no}\s)?{_either(around['below'])}\s?=?\s?(?P<below>\d{{1,3}})(?!\d){end}",
        rf"{_either(around['over'])}\s?=?\s?(?P<over>\d{{1,3}})(?!\d){end}",
        rf"{begin}(?P<more>\d{{1,3}}){end}\s?{_behind(around['or_more'])}",
        rf"{begin}(?P<years>\d{{1,3}})\s?{years}\W{{0,3}}(?:{joined}\s)?\d{{1,2}}\s?{small}",
        rf"{begin}(?P<first>\d{{1,3}}){end}\s?(?:{_either(around['to'])}|(?P<and>{joined}))\s?"
        rf"(?P<second>\d{{1,3}})(?:\s?(?P<range_unit>{months})|{end}){no_age}",
        rf"{begin}(?P<small>\d{{1,3}})\s?(?P<small_unit>{small})",
        rf"{begin}(?P<number>\d{{1,3}}){end}{no_age}",
        rf"(?P<word>{word})",
    )
    return re.compile("|".join(parts))


def _either(words: Iterable[str]) -> str:
    """Any of the words, whole where their script has spaces; the longest first."""
    return _joined(words, r"(?<![^\W_])")


def _behind(words: Iterable[str]) -> str:
    """The same behind a number, which they may be written together with."""
    return _joined(words, "")


def _joined(words: Iterable[str], before: str) -> str:
    found = [
        re.escape(one)
        if not one[-1].isalpha() or _SPACELESS.match(one)
        else rf"{before}{re.escape(one)}(?![^\W_])"
        for one in sorted(words, key=len, reverse=True)
    ]
    return f"(?:{'|'.join(found)})"


_SPACELESS = re.compile("[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")
