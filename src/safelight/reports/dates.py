"""Dates as people and spreadsheets write them, to ISO 8601. What may mean two days is neither of them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from functools import cache, lru_cache

from safelight.stated import Order, months, says

_LONGEST = 60
_YEARS = range(1900, 2200)
_TIME = (
    r"(?:(?:\s*,\s*|\s+|\s*T)(?P<hour>\d{1,2})[:.h](?P<minute>\d{2})?(?:[:.](?P<second>\d{2})(?:[.,]\d{1,9})?)?"
    r"\s*(?:(?P<half>[ap])\.?m\.?|uhr|h)?\s*(?P<zone>Z|(?:UTC|GMT)?\s*[+-]\d{1,2}(?::?\d{2})?|UTC|GMT)?)?"
)
_WEEKDAY = r"(?:[^\W\d_]{2,14}\.?,\s*)?"
_NUMBERS = re.compile(rf"{_WEEKDAY}(\d{{1,4}})([./-])\s?(\d{{1,2}})\2\s?(\d{{1,4}})\.?{_TIME}", re.IGNORECASE)
_WRITTEN = re.compile(
    rf"(\d{{4}})\s?[年년]\s?(\d{{1,2}})\s?[月월]\s?(\d{{1,2}})\s?[日일]?{_TIME}", re.IGNORECASE
)
_DAY_NAMED = re.compile(
    rf"{_WEEKDAY}(\d{{1,2}})(?:st|nd|rd|th|er|º|\.)?[\s/-]*(?:de\s)?([^\W\d_]{{2,14}})[.,]?[\s/-]*(?:de\s)?(\d{{4}})"
    rf"(?:\s?г\.?)?{_TIME}",
    re.IGNORECASE,
)
_NAMED_DAY = re.compile(
    rf"{_WEEKDAY}([^\W\d_]{{2,14}})\.?\s+(\d{{1,2}})(?:st|nd|rd|th)?\s*,?\s+(\d{{4}}){_TIME}", re.IGNORECASE
)
_EPOCH = re.compile(r"[1-3]\d{9}(?:\d{3})?(?:\.\d{1,9})?", re.ASCII)
"""Seconds or milliseconds since 1970, as machines write them."""
_DAY = re.compile(r"\d{4}([./-])\d{1,2}\1\d{1,2}(?!\d)")
_ZONE = re.compile(r"([+-])(\d{1,2}):?(\d{2})?")
_LANGUAGES = (
    *("en", "de", "fr", "es", "pt", "it", "nl", "ca", "pl", "cs", "sk", "hr", "sr", "sl", "bg", "ru", "uk"),
    *("ro", "hu", "sv", "da", "nb", "fi", "et", "lv", "lt", "tr", "el", "id"),
)


def iso(stated: str, order: Order | None = None) -> str | None:
    """A stated date as ISO 8601, as precise as it is stated: a day, or a time with its zone if it states one.

    A year first or in the middle of names, full stops (`03.04.2026`: the day comes first) and numbers above twelve
    say themselves what is what; `03/04/2026` needs an `order`. None where it is no date, or where it may be two.
    """
    return _iso(stated.strip(), order) if len(stated) <= _LONGEST else None


@lru_cache(maxsize=4096)
def _iso(said: str, order: Order | None) -> str | None:
    if _EPOCH.fullmatch(said):
        return datetime.fromtimestamp(int(said[:10]), UTC).isoformat()
    try:
        return said if datetime.fromisoformat(said).year in _YEARS else None
    except ValueError:
        pass
    if match := _NUMBERS.fullmatch(said):
        parts = _of_numbers(match, order)
    elif match := _WRITTEN.fullmatch(said):
        parts = int(match[1]), int(match[2]), int(match[3])
    elif match := _DAY_NAMED.fullmatch(said):
        parts = int(match[3]), _months().get(match[2].casefold(), 0), int(match[1])
    elif match := _NAMED_DAY.fullmatch(said):
        parts = int(match[3]), _months().get(match[1].casefold(), 0), int(match[2])
    else:
        return None
    if match is None or parts is None or parts[0] not in _YEARS:
        return None
    try:
        return _written(datetime(*parts), match)
    except ValueError:
        return None


def _of_numbers(match: re.Match[str], order: Order | None) -> tuple[int, int, int] | None:
    """Year, month and day."""
    first, second, third = match[1], int(match[3]), match[4]
    if len(first) == 4 and len(third) <= 2:
        return int(first), second, int(third)
    if len(first) > 2 or len(third) != 4:
        return None
    decided = says(int(first), second, match[2]) or order
    if decided is None and int(first) != second:
        return None
    if decided is Order.MONTH_FIRST:
        return int(third), int(first), second
    return int(third), second, int(first)


def _written(day: datetime, match: re.Match[str]) -> str:
    """The day with the time that stands behind it. ValueError for a time that there is not."""
    if match["hour"] is None:
        return day.date().isoformat()
    hour = int(match["hour"])
    if half := match["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("no hour of twelve")
        hour = hour % 12 + (12 if half in "pP" else 0)
    made = day.replace(hour=hour, minute=int(match["minute"] or 0), second=int(match["second"] or 0))
    zone = match["zone"]
    if zone is None:
        return made.isoformat()
    offset = _ZONE.search(zone)
    if offset is None:
        return f"{made.isoformat()}+00:00"
    text = f"{made.isoformat()}{offset[1]}{int(offset[2]):02}:{offset[3] or '00'}"
    datetime.fromisoformat(text)
    return text


def possible(stated: str) -> frozenset[Order]:
    """The orders in which a date of three numbers makes sense; empty where its order does not matter, or is no date."""
    match = _NUMBERS.fullmatch(stated.strip()) if len(stated) <= _LONGEST else None
    if (
        not match
        or match[2] == "."
        or len(match[1]) > 2
        or len(match[4]) != 4
        or int(match[1]) == int(match[3])
    ):
        return frozenset()
    said = says(int(match[1]), int(match[3]), match[2])
    if said is None:
        return frozenset(Order)
    return frozenset({said}) if iso(stated) else frozenset()


def is_doubtful(stated: str) -> bool:
    """May it be two days, as `03/04/2026`?"""
    return iso(stated) is None and iso(stated, Order.DAY_FIRST) is not None


def moment(stated: str | None) -> datetime | None:
    """A stated time as UTC; a time without zone is taken as UTC. None where it is none, or may be two."""
    if not stated:
        return None
    said = stated.strip()
    try:
        made = datetime.fromisoformat(said)
    except ValueError:
        text = iso(said)
        if text is None:
            return None
        made = datetime.fromisoformat(text)
    if (
        made.year not in _YEARS
    ):  # a day in year 1 or 9999 is what forms fill in, and no clock can count from it
        return None
    return made.replace(tzinfo=UTC) if made.tzinfo is None else made.astimezone(UTC)


def day(stated: str | None) -> date | None:
    """The day of a stated date, in the zone in which it is stated. None where it is none, or may be two.

    Behind a day whose year comes first (`2026-11-25`, `2026/11/25`) may stand what is not understood.
    """
    if not stated:
        return None
    said = stated.strip()
    text = iso(said)
    if text is None and (match := _DAY.match(said)):
        text = iso(match[0])
    return datetime.fromisoformat(text).date() if text else None


def year(stated: str | None) -> int | None:
    """The year of a stated date: of its day, or the only year in it where the day is not told or may be two."""
    if not stated:
        return None
    if (known := day(stated)) is not None:
        return known.year
    parts = re.split("[-/.]", stated[:_LONGEST].strip().partition("T")[0])
    years = [int(part) for part in parts if len(part) == 4 and part.isdecimal()]
    return years[0] if len(years) == 1 and len(parts) <= 3 and years[0] in _YEARS else None


@cache
def _months() -> dict[str, int]:
    """Names of months in many languages, in lower case."""
    return months(_LANGUAGES, str.casefold)
