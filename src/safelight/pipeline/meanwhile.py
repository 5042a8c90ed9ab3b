"""When a scan ranks what it has by now: soon after something was found, for a few percent of its time at most."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

SHARE = 30
"""How many times as long as ranking took, it waits before it ranks again."""
_SOON, _OFTEN = 1.0, 15.0
"""Seconds at least from one ranking to the next: where a list knew something or an exhibit has ended, and where media
were looked at."""
_NOTED = 5.0
"""Seconds from one note of how far the reading is to the next, where there is nothing to rank."""


class Meanwhile:
    """Called from time to time, outside of transactions."""

    def __init__(self, rank: Callable[[], None], note: Callable[[], None]) -> None:
        """`rank` also notes how far the reading is, which is all that `note` does."""
        self._rank, self._note = rank, note
        self._found = self._looked = self._ended = 0
        self._last = self._noted = monotonic()
        self._took = 0.0

    def found(self) -> None:
        """A list knows something that was just read."""
        self._found += 1

    def looked(self, media: int) -> None:
        """Media were looked at: there may be a lead among them."""
        self._looked += media

    def ended(self) -> None:
        """An exhibit was read, and looked at, to its end."""
        self._ended += 1

    def __call__(self) -> None:
        """Rank if that is due, or note how far the reading is."""
        now = monotonic()
        if self._found or self._looked or self._ended:
            wait = max(_SOON if self._found or self._ended else _OFTEN, SHARE * self._took)
            if now - self._last >= wait:
                self._rank()
                self._found = self._looked = self._ended = 0
                self._last = self._noted = monotonic()
                self._took = self._last - now
                return
        if now - self._noted >= _NOTED:
            self._note()
            self._noted = monotonic()
