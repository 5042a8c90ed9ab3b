"""Spans of days as numbers."""

from __future__ import annotations

from safelight.persons.person import Days

YEAR = 365.2425
"""Days of a year."""


def middle(days: Days) -> float:
    """The middle of a span of days, as an ordinal."""
    return (days.first.toordinal() + days.last.toordinal()) / 2


def width(days: Days) -> float:
    """How long a span of days is, in years."""
    return (days.last.toordinal() - days.first.toordinal()) / YEAR
