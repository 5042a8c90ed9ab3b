"""Times of evidence as `Timestamp`s: UTC from epochs, local times as they are written, never converted."""

from __future__ import annotations

from datetime import date, datetime
from functools import lru_cache

from safelight.model import Times, Timestamp

_EPOCH = date(1970, 1, 1).toordinal()
_FILETIME_EPOCH = 116_444_736_000_000_000
"""1970-01-01 in units of 100 ns since 1601-01-01."""
_new_stamp, _new_times = Timestamp.__new__, Times.__new__
_value, _source, _zone = (Timestamp.__dict__[name].__set__ for name in ("value", "source", "zone"))
_created, _modified, _accessed, _changed = (
    Times.__dict__[name].__set__ for name in ("created", "modified", "accessed", "changed")
)
"""What a frozen dataclass sets its fields by, which in its constructor takes twice as long. A disk has millions."""


@lru_cache(maxsize=4096)
def utc(nanoseconds: int, source: str) -> Timestamp | None:
    """The time `nanoseconds` after 1970-01-01 UTC, to the microsecond; None beyond the years 1 to 9999."""
    seconds, rest = divmod(nanoseconds, 1_000_000_000)
    second = _second(seconds)
    if second is None:
        return None
    stamp = _new_stamp(Timestamp)
    _value(stamp, f"{second}.{rest // 1000:06}Z" if rest >= 1000 else f"{second}Z")
    _source(stamp, source)
    _zone(stamp, "utc")
    return stamp


def four_times(
    created: Timestamp | None,
    modified: Timestamp | None,
    accessed: Timestamp | None,
    changed: Timestamp | None,
) -> Times:
    """`Times` of these four, made in half the time."""
    times = _new_times(Times)
    _created(times, created)
    _modified(times, modified)
    _accessed(times, accessed)
    _changed(times, changed)
    return times


@lru_cache(maxsize=4096)
def _second(number: int) -> str | None:
    """A time up to its second, which the times of one file often share."""
    minutes, seconds = divmod(number, 60)
    minute = _minute(minutes)
    return None if minute is None else f"{minute}{seconds:02}"


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
