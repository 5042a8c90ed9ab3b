"""Times ahead that a sentence tells: tonight, tomorrow, a weekday, in two days, a day and month.

Names of days and months and "in two days" are CLDR's (through Babel); the few words for which it has no data stand in
`told_times.toml`. A weekday is taken for the coming one unless it is said to be the last; sentences that the reading
takes for past are left out in `told.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import TYPE_CHECKING

from safelight.reports.scoring.told_words import (
    LANGUAGES,
    SPACELESS,
    folded,
    literal,
    number,
    spaced,
    table,
    whole,
)

if TYPE_CHECKING:
    from babel import Locale

AHEAD = 60
"""Days from receipt within which a day counts as near."""
SURE, LATER, WEEKEND, WEEKDAY, TODAY = 1.0, 0.8, 0.8, 0.7, 0.7
"""How sure it is that a time of this kind has not passed: "in two days" is also how long something took. Today counts
with an hour only: without one it mostly says "nowadays", or of what has happened."""
_COUNTED = {"hours": (1, 2, 5), "days": (1, 2, 5), "weeks": (1, 2, 3)}
"""Counts that have plurals of their own in some language; higher ones CLDR says in the next unit."""
_NEAR = 14
"""Characters beside the name of a day in which it may be called the last."""
_YEAR = r"(?:[\s,]{1,2}(?:de\s|del\s)?(?P<year>20\d\d))?(?!\d)"
_NUMERIC = r"(?<![\d.])(?P<day>\d{1,2})\.\s?(?P<month>\d{1,2})\.(?:\s?(?P<year>20\d\d))?(?!\d)"
_ISO = r"(?<!\d)(?P<year>20\d\d)-(?P<month>\d\d)-(?P<day>\d\d)(?!\d)"
_ASIAN = (
    r"(?:(?P<year>20\d\d)\s?[年년]\s?)?(?<!\d)(?P<month>\d{1,2})\s?[月월]\s?(?P<day>\d{1,2})\s?[日日号號일]"
)
_DOTTED = frozenset({"de", "pl", "tr", "ru", "uk"})


@dataclass(frozen=True, slots=True)
class Day:
    """A day of a month; `year` where it is told."""

    month: int
    day: int
    year: int | None

    def near(self, received: date) -> date | None:
        """The day it means, if that lies at most `AHEAD` days after receipt; else None."""
        for year in (self.year,) if self.year else (received.year, received.year + 1):
            try:
                made = date(year, self.month, self.day)
            except ValueError:
                continue
            if timedelta(0) <= made - received <= timedelta(AHEAD):
                return made
        return None


@dataclass(frozen=True, slots=True)
class Times:
    """What a sentence tells of times: how sure one lies ahead of the day it was told (0: none), and days by name."""

    ahead: float = 0.0
    days: tuple[Day, ...] = ()


def told_times(sentence: str, language: str | None) -> Times:
    """The times that a sentence tells; nothing for a language not held here."""
    if language not in LANGUAGES:
        return Times()
    text = folded(sentence)
    words = _words(language)
    if words.sure.search(text):
        ahead = SURE
    elif words.later.search(text):
        ahead = LATER
    elif _next(words, words.weekend, text):
        ahead = WEEKEND
    elif _next(words, words.weekday, text):
        ahead = WEEKDAY
    else:
        ahead = TODAY if words.today.search(text) else 0.0
    days = tuple(dict.fromkeys(_days(words, text))) if any(map(str.isdecimal, text)) else ()
    return Times(ahead, days)


@dataclass(frozen=True, slots=True)
class _Words:
    """The expressions of one language."""

    sure: re.Pattern[str]
    later: re.Pattern[str]
    today: re.Pattern[str]
    weekend: re.Pattern[str]
    weekday: re.Pattern[str]
    gone: re.Pattern[str]
    dates: tuple[re.Pattern[str], ...]
    months: dict[str, int]


def _next(words: _Words, pattern: re.Pattern[str], text: str) -> bool:
    """Is one of them told that is not called the last?"""
    return any(
        not words.gone.search(text, max(0, one.start() - _NEAR), min(len(text), one.end() + _NEAR))
        for one in pattern.finditer(text)
    )


def _days(words: _Words, text: str) -> Iterator[Day]:
    for pattern in words.dates:
        for one in pattern.finditer(text):
            said = one.groupdict()
            month = words.months.get(said["month"]) if not said["month"].isdecimal() else int(said["month"])
            if month and 1 <= month <= 12 and 1 <= int(said["day"]) <= 31:
                yield Day(month, int(said["day"]), int(said["year"]) if said["year"] else None)


@cache
def _words(language: str) -> _Words:
    from babel import Locale

    row = {name: spaced(said) for name, said in table(language, "ahead").items()}
    locale = Locale.parse(language)
    weekdays = literal(
        locale.days[form]["wide"][day] for form in ("format", "stand-alone") for day in range(7)
    )
    if language == "tr":  # Sunday is a market too, and Tuesday shakes: they stand with "day" in the table
        weekdays = "(?!)"
    months = _months(locale)
    dates = [_ISO]
    if language in ("zh", "ja", "ko"):
        dates.append(_ASIAN)
    else:
        name = literal(months)
        dates.append(
            rf"(?<!\d)(?P<day>\d{{1,2}})(?:st|nd|rd|th|er|º)?{row['day']}\s(?P<month>{name})(?!\w)\.?{_YEAR}"
        )
        if language == "en":
            dates.append(
                rf"(?<!\w)(?P<month>{name})\.?\s(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?![\d:.]\d){_YEAR}"
            )
    if language in _DOTTED:
        dates.append(_NUMERIC)
    later = "|".join(_later(locale, language))
    return _Words(
        re.compile(whole(row["sure"], language)),
        re.compile(whole(later, language)),
        re.compile(whole(row["today"], language) + _hour(language)),
        re.compile(whole(row["weekend"], language)),
        re.compile(whole(f"{row['days']}|{weekdays}", language)),
        re.compile(whole(row["gone"], language)),
        tuple(re.compile(one) for one in dates),
        months,
    )


def _hour(language: str) -> str:
    """What stands behind "today" where an hour follows: few short words, then the hour."""
    if language in SPACELESS or language == "ko":
        return rf"\s?[^\W\d]{{0,3}}\s?(?:\d{{1,2}}|{number(language)})\s?[点點时時시:]"
    return rf"[\s,]{{1,2}}(?:[^\W\d]{{1,7}}\s){{0,2}}(?:\d{{1,2}}(?!\d)|{number(language)})"


def _later(locale: Locale, language: str) -> Iterator[str]:
    """How CLDR says "in two days": every plural, with a number of `number` for its own."""
    from babel.dates import format_timedelta

    made = set()
    for unit, counts in _COUNTED.items():
        for count in counts:
            said = format_timedelta(timedelta(**{unit: count}), locale=locale, add_direction=True)
            parts = [re.escape(one).replace(r"\ ", r"\s?") for one in folded(said).split(str(count))]
            made.add(number(language).join(parts))
    yield from sorted(made)


def _months(locale: Locale) -> dict[str, int]:
    """Names of months, and their short forms that are no numbers."""
    return {
        folded(name).strip("."): month
        for width in ("abbreviated", "wide")
        for form in ("stand-alone", "format")
        for month, name in locale.months[form][width].items()
        if len(name.strip(".")) > 2 and not any(map(str.isdecimal, name))
    }
