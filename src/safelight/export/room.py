"""How much room the report has: names of any length and places of any number cannot swell it."""

from __future__ import annotations

from safelight.export import phrases
from safelight.export.protocol import LeadView, PlaceView
from safelight.export.summary import is_exact
from safelight.model import Match

PLACES = 60
"""Places of one lead that the report writes out; `export csv` has them all."""
FEW = 3
"""Places of a lead that is described shortly, and of any lead once the room is used up."""
MATCHES = 6
"""Entries of lists that stand in one line of the table, exact ones first."""
_BYTES = 6 << 20
"""What all places, and leads described below the first of their stack, may take, by estimate."""
_LEAD = 3_000
_LINE = 600


class Room:
    """Hands out what may still be written; asked once for each thing, in the order of the page."""

    def __init__(self) -> None:
        self.left = _BYTES

    def places(self, view: LeadView) -> list[PlaceView]:
        """The places of a lead to write in full."""
        chosen: list[PlaceView] = []
        for place in view.places[:PLACES]:
            if self.left <= 0 and len(chosen) == FEW:
                break
            self.left -= _LINE + len(phrases.trail(place).encode())
            chosen.append(place)
        return chosen

    def few(self, view: LeadView) -> tuple[PlaceView, ...]:
        """The places of a lead that is described shortly."""
        chosen = view.places[: FEW if self.left > 0 else 1]
        self.left -= _LINE * len(chosen)
        return chosen

    def in_full(self, view: LeadView) -> bool:
        """Is this lead, which is not the first of its stack, to be written in full? What is exactly known is."""
        if not is_exact(view) or self.left <= 0:
            return False
        self.left -= _LEAD
        return True

    def matches(self, view: LeadView) -> list[Match]:
        """Entries of lists for one line, exact ones first."""
        found = sorted(view.lead.matches, key=lambda match: (match.is_perceptual, match.distance))
        return found[: MATCHES if self.left > 0 else 1]
