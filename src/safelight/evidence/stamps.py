"""Times of evidence as `Timestamp`s: UTC from epochs, local times as they are written, never converted."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from safelight.model import Timestamp

_EPOCH = date(1970, 1, 1).toordinal()
_FILETIME_EPOCH = 116_444_736_000_000_000
"""1970-01-01 in units of 100 ns since 1601-01-01."""


@lru_cache(maxsize=4096)
def utc(nanoseconds: int, source: str) -> Timestamp | None:
    """The time `nanoseconds` after 1970-01-01 UTC, to the microsecond; None beyond the years 1 to 9999."""
    minutes, rest = divmod(nanoseconds // 1000, 60_000_000)
    minute = _minute(minutes)
    if minute is None:
        return None
    seconds, fraction = divmod(rest, 1_000_000)
    value = f"{minute}{seconds:02}.{fraction:06}Z" if fraction else f"{minute}{seconds:02}Z"
    return Timestamp(value, source, "utc")


@lru_cache(maxsize=4096)
def _minute(number: int) -> str | None:
    """A time up to its minute, which many files of a folder share, with the colon behind it."""
    days, minutes = divmod(number, 1_440)
    try:
        day = date.fromordinal(days + _EPOCH).isoformat()
    except (OverflowError, ValueError):
        return None
    return f"{day}T{minutes // 60:02}:{minutes % 60:02}:"


def utc_seconds(seconds: float, source: str) -> Timestamp | None:
    """The time `seconds` after 1970-01-01 UTC."""
    if not -(1 << 62) < seconds * 1_000_000_000 < 1 << 70:
        return None
    return utc(int(seconds * 1_000_000) * 1000, source)


def filetime(ticks: int, source: str) -> Timestamp | None:
    """A Windows FILETIME (100 ns since 1601-01-01 UTC); 0 means unknown."""
    return utc((ticks - _FILETIME_EPOCH) * 100, source) if ticks > 0 else None


def dos(day: int, time: int, source: str) -> Timestamp | None:
    """A local DOS date and time (two seconds' resolution) as FAT and ZIP write it; None where it is none."""
    try:
        moment = datetime(
            1980 + (day >> 9), day >> 5 & 15, day & 31, time >> 11, time >> 5 & 63, min(time * 2 & 63, 59)
        )
    except ValueError:
        return None
    return Timestamp(moment.isoformat(), source, "local")
