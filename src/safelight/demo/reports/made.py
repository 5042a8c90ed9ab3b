"""What the generator makes: a report together with what is true of it, which no report says."""

from __future__ import annotations

from dataclasses import dataclass

from safelight.reports.report import Report


@dataclass(frozen=True, slots=True)
class Made:
    """A report as it arrives, and the hidden truth about it."""

    report: Report
    in_danger: bool
    """Is a child in danger now? Of the report's newest version."""
    situation: str
    """Code of the situation (see `safelight.reports.reading.situations`); `none` where no words tell one."""
    language: str
    """ISO 639-1 of its own words; `none` where it has none beside the sender's boilerplate."""
    why: str
    """What makes it hard, or easy, to place: `text`, `no text`, `misleading type`, `links only`, `decoy` …"""
    person: str
    """Who is reported, whatever accounts and names the reports state."""
    country: str
    """ISO 3166-1 alpha-2: where that person lives."""
    version: int = 1
    """2 where the report replaces an earlier one with its number."""
    retraction: bool = False
    """The sender takes the report back; `report` is what it was, marked so."""
