"""Does a candidate open a member of an archive? What comes out is compared with the checksum that is stated."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TypeVar

from safelight.errors import EvidenceError
from safelight.evidence.guards import RATIO_FROM, GuardError, Meter
from safelight.evidence.protocol import Limits
from safelight.evidence.stream import BROKEN
from safelight.evidence.unlock import unlocked
from safelight.model import LOCKED

T = TypeVar("T")


class Candidates:
    """The passwords for one archive; the one that opened a member last is tried first on the next."""

    def __init__(self, limits: Limits, meter: Meter) -> None:
        self.limits = limits
        self.keys = limits.keys
        self.meter = meter
        self._left = limits.keys.seconds
        self._last: tuple[str, str] | None = None

    def __bool__(self) -> bool:
        return bool(self.keys.passwords)

    def first(self, attempt: Callable[[str], T | None]) -> tuple[T, str] | None:
        """What the first candidate that fits opens, and the note that says which. Raises EvidenceError."""
        begun = time.monotonic()
        if self._last is not None:
            password, note = self._last
            opened = attempt(password)
            if opened is not None:
                return opened, note

        def remembered(password: str) -> tuple[T, str] | None:
            opened = attempt(password)
            return None if opened is None else (opened, password)

        if self._left <= 0:
            raise EvidenceError(
                f"{LOCKED}: the {self.keys.seconds:,.0f} seconds for keys of one archive are over"
            )
        try:
            found = unlocked(replace(self.keys, seconds=self._left), remembered)
        finally:
            self._left -= time.monotonic() - begun
        if found is None:
            return None
        (opened, password), note = found
        self._last = password, note
        return opened, note

    def is_right(self, pieces: Iterator[bytes], size: int | None, crc: int | None, packed: int) -> bool:
        """Do the pieces have this size and CRC-32 (None: not stated)? Raises GuardError when time is over."""
        got, found, begun, limits = 0, 0, time.monotonic(), self.limits
        try:
            for piece in pieces:
                got += len(piece)
                found = zlib.crc32(piece, found)
                now = time.monotonic()
                self.meter.give(0, now - begun)
                begun = now
                if got > limits.member_bytes or (got > RATIO_FROM and got > limits.ratio * max(1, packed)):
                    return True  # the guards will cut it there
                if size is not None and got > size:
                    return False
        except GuardError:
            raise
        except BROKEN:
            return False
        return size in (None, got) and crc in (None, found)
