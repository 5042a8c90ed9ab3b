"""A place in the plan of invented reports: everything that is decided before a report is written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from safelight.demo.reports.world import Person, Provider


@dataclass(frozen=True, slots=True)
class Slot:
    """What one report will be, and when."""

    kind: str
    """`calm`, `danger`, `no text`, `misleading type`, `links only` (the last four: a child is in danger), `viral file`,
    `viral text`, `spam burst`, `retracted`."""
    seed: str
    provider: Provider
    form: str
    """The reader that will read it: `cybertip`, `json`, `hotline`, `csv`, `eml`."""
    person: Person
    number: str
    """The number it bears."""
    received: datetime
    situation: str = ""
    """Of a danger that the words tell."""
    wave: int = 0
    copy: bool = False
    """The same again, under a number of its own."""
    version: int = 1
    partial: bool = False
    """A later version will tell more."""
    retraction: bool = False
    earlier: bool = False
    """Of a person in whose other report a child is in danger; in this one none is."""

    @property
    def in_danger(self) -> bool:
        """The truth."""
        return self.kind in ("danger", "no text", "misleading type", "links only")
