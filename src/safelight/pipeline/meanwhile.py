"""When a scan ranks what it has by now: soon after something was found, for a few percent of its time at most."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

SHARE = 30
"""How many times as long as ranking took, it waits before it ranks again."""
_SOON, _OFTEN = 1.0, 15.0
"""Seconds at least from one ranking to the next: where a list knew something, and where media were looked at."""


class Meanwhile:
    """Called from time to time, outside of transactions."""

    def __init__(self, rank: Callable[[], None]) -> None:
        self._rank = rank
        self._found = self._looked = 0
        self._last = monotonic()
        self._took = 0.0

    def found(self) -> None:
        """A list knows something that was just read."""
        self._found += 1

    def looked(self, media: int) -> None:
        """Media were looked at: there may be a lead among them."""
        self._looked += media

    def __call__(self) -> None:
        """Rank if that is due."""
        if not (self._found or self._looked):
            return
        now = monotonic()
        wait = max(_SOON if self._found else _OFTEN, SHARE * self._took)
        if now - self._last < wait:
            return
        self._rank()
        self._found = self._looked = 0
        self._last = monotonic()
        self._took = self._last - now
