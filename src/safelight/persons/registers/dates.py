"""Dates as registers state them, to the days that they can mean: a day, a month, a year, or from one to another."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import date, datetime, timedelta
from functools import cache, lru_cache

from safelight.persons.person import Days
from safelight.persons.registers.text import folded
from safelight.stated import Order, months, says

_LONGEST = 80
_YEARS = range(1900, 2200)
_TIME = (
    r"(?:[\st,]{1,3}\d{1,2}[:.h]\d{2}(?:[:.]\d{2}(?:[.,]\d{1,9})?)?"
    r"\s?(?:[ap]\.?m\.?|uhr|z|utc|gmt)?(?:\s?[+-]\d{2}:?\d{2})?)?"
)
_NUMBERS = re.compile(rf"(\d{{1,4}})\s?([./-])\s?(\d{{1,2}})\s?\2\s?(\d{{1,4}})\.?{_TIME}")
_WRITTEN = re.compile(rf"(\d{{4}})\s?[年년]\s?(?:(\d{{1,2}})\s?[月월]\s?(?:(\d{{1,2}})\s?[日일]?)?)?{_TIME}")
_WEEKDAY = r"(?:[^\W\d_]{2,14}\.?,\s?)?"
_WORD = r"([^\d\s.,/-]{2,20})"
_DAY_NAMED = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[\s/-]{{0,3}}(?:de\s)?{_WORD}[.,]?[\s/-]{{0,3}}(?:de\s|del\s)?"
    rf"(\d{{4}})(?:\s?г\.?)?{_TIME}"
)
_NAMED_DAY = re.compile(rf"{_WEEKDAY}{_WORD}\.?\s(\d{{1,2}})(?:st|nd|rd|th)?\s?,?\s(\d{{4}}){_TIME}")
_MONTH = re.compile(rf"{_WORD}[.,]?[\s/-](?:de\s|del\s)?(\d{{4}})")
_MONTH_NUMBER = re.compile(r"(\d{4})[-/.](\d{1,2})|(\d{1,2})[-/.](\d{4})")
_YEAR = re.compile(r"\d{4}")
_YEARS_BETWEEN = re.compile(r"(\d{4})\s?[-/]\s?(\d{4})")
_BETWEEN = re.compile(r"\s(?:-|–|—|to|until|bis|à|au|a|al|до|по|إلى|से|至)\s|[–—]|/(?=\d{4}-\d{2}-\d{2})")
_ABOUT = re.compile(
    r"(?:about|around|approx(?:imately)?|circa|ca|c|est(?:imated)?|etwa|ungefähr|vers|environ|aproximadamente|"
    r"около|примерно|लगभग|حوالي|约|大约)(?:\.|\b)\s?|^[~≈]\s?"
)
_LANGUAGES = (
    *("en", "de", "fr", "es", "pt", "it", "nl", "ca", "pl", "cs", "sk", "hr", "sr", "sl", "bg", "ru", "uk"),
    *("ro", "hu", "sv", "da", "nb", "fi", "et", "lv", "lt", "tr", "el", "id", "sw", "vi"),
    *("ar", "fa", "ur", "ps", "hi", "bn", "ne", "mr", "gu", "pa", "ta", "te", "am", "so", "th"),
)


def days(stated: str, order: Order | None = None) -> Days | None:
    """The days that a stated date can mean; None where it is no date.

    `03/04/2026` without an `order` is every day from 4 March to 3 April, as it may be either. A year or a month is all
    its days; "about" widens by a year to both sides where a year is stated, by a month where less.
    """
    return _days(folded(stated), order) if len(stated) <= _LONGEST else None


@lru_cache(maxsize=16_384)
def _days(said: str, order: Order | None) -> Days | None:
    plain = _ABOUT.sub("", said, count=1)
    found = _one(plain, order)
    if found is None:
        parts = _BETWEEN.split(plain)
        if len(parts) == 2:
            first, last = _one(parts[0].strip(), order), _one(parts[1].strip(), order)
            if first is not None and last is not None and first.first <= last.last:
                found = Days(first.first, last.last)
    if found is None:
        found = _years(plain)
    if found is not None and plain != said:
        wide = timedelta(days=365 if (found.last - found.first).days > 300 else 31)
        found = Days(found.first - wide, found.last + wide)
    return found


def _years(said: str) -> Days | None:
    """`2014-2015`."""
    match = _YEARS_BETWEEN.fullmatch(said)
    if match is None or not int(match[1]) <= int(match[2]):
        return None
    first, last = _one(match[1], None), _one(match[2], None)
    return Days(first.first, last.last) if first is not None and last is not None else None


def _one(said: str, order: Order | None) -> Days | None:
    try:
        return _parsed(said, order)
    except ValueError:  # a day that there is not
        return None


def _parsed(said: str, order: Order | None) -> Days | None:
    if match := _NUMBERS.fullmatch(said):
        return _of_numbers(match, order)
    if match := _WRITTEN.fullmatch(said):
        return _span(int(match[1]), int(match[2] or 0), int(match[3] or 0))
    if match := _DAY_NAMED.fullmatch(said):
        return _span(int(match[3]), _month(match[2]), int(match[1]))
    if match := _NAMED_DAY.fullmatch(said):
        return _span(int(match[3]), _month(match[1]), int(match[2]))
    if match := _MONTH.fullmatch(said):
        return _span(int(match[2]), _month(match[1]))
    if match := _MONTH_NUMBER.fullmatch(said):
        return _span(int(match[1] or match[4]), int(match[2] or match[3]))
    if _YEAR.fullmatch(said):
        return _span(int(said))
    if len(said) >= 10 and said[:4].isdigit():  # whatever ISO 8601 has: times with zones, weeks
        day = datetime.fromisoformat(said.upper()).date()
        return _span(day.year, day.month, day.day)
    return None


def _of_numbers(match: re.Match[str], order: Order | None) -> Days | None:
    first, second, third = match[1], int(match[3]), match[4]
    if len(first) == 4 and len(third) <= 2:
        return _span(int(first), second, int(third))
    if len(first) > 2 or len(third) != 4:
        return None
    decided = says(int(first), second, match[2]) or order
    if decided is None and int(first) != second:
        one = _span(int(third), second, int(first))
        other = _span(int(third), int(first), second)
        return Days(min(one.first, other.first), max(one.last, other.last))
    if decided is Order.MONTH_FIRST:
        return _span(int(third), int(first), second)
    return _span(int(third), second, int(first))


def _span(year: int, month: int | None = 0, day: int = 0) -> Days:
    """All days of what is given. ValueError for a date that there is not, or a month that is none."""
    if year not in _YEARS or month is None:
        raise ValueError("no year or month that we know")
    if not month:
        return Days(date(year, 1, 1), date(year, 12, 31))
    if not day:
        return Days(
            date(year, month, 1), date(year, month, monthrange(year, month)[1] if 1 <= month <= 12 else 0)
        )
    return Days.of(date(year, month, day))


def of_short_year(stated: str, order: Order, today: date) -> Days | None:
    """The day of a date whose year has two figures, of the last hundred years, by an order; None where it is none."""
    match = _NUMBERS.fullmatch(folded(stated)) if len(stated) <= _LONGEST else None
    if not match or len(match[4]) != 2 or len(match[1]) > 2:
        return None
    first, second = int(match[1]), int(match[3])
    is_month_first = (says(first, second, match[2]) or order) is Order.MONTH_FIRST
    month, day = (first, second) if is_month_first else (second, first)
    for century in (today.year // 100 * 100, today.year // 100 * 100 - 100):
        try:
            found = Days.of(date(century + int(match[4]), month, day))
        except ValueError:  # a day that there is not
            continue
        if found.first <= today:
            return found
    return None


def possible(stated: str) -> frozenset[Order]:
    """The orders in which a date of three numbers makes sense; empty where its order does not matter, or is no date."""
    match = _NUMBERS.fullmatch(folded(stated)) if len(stated) <= _LONGEST else None
    if (
        not match
        or match[2] == "."
        or len(match[1]) > 2
        or len(match[4]) != 4
        or int(match[1]) == int(match[3])
    ):
        return frozenset()
    said = says(int(match[1]), int(match[3]), match[2])
    return frozenset(Order) if said is None else frozenset({said})


def _month(name: str) -> int | None:
    return _months().get(name.strip("."))


@cache
def _months() -> dict[str, int]:
    """Names of months in many languages, folded."""
    return months(_LANGUAGES, folded)
