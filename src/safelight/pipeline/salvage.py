"""Read a file of which parts cannot be had: what is there, with zeros where nothing is, and how much is missing."""

from __future__ import annotations

from time import monotonic

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

BLOCK = 4096
"""The smallest piece that is tried on its own."""
MOST_FAILURES = 4096
SECONDS = 60.0
"""Reads of one file that may fail, and time it may take, before the rest is taken as missing: each may wait for a
dying disk, or unpack from the start."""
HOLES = "could not be read; zeros stand in their place"
SECOND = "read at a second attempt"
"""Parts of the reasons of everything that was salvaged."""


def is_salvaged(reason: str) -> bool:
    """Was this said of something that was salvaged? Then a later scan tries again."""
    return HOLES in reason or SECOND in reason


class Salvage:
    """A `Source` over another one that fails here and there. `damage` says what is missing so far."""

    def __init__(self, source: Source) -> None:
        self.size = source.size
        self._source = source
        self._failed = 0
        self._until = monotonic() + SECONDS
        self._missing: dict[int, int] = {}
        self._why = ""

    @property
    def name(self) -> str:
        """See `Source`."""
        return self._source.name

    @property
    def damage(self) -> str | None:
        """How many bytes are missing and the first reason; None where all could be read."""
        missing = sum(self._missing.values())
        return f"{missing:,} of {self.size:,} bytes {HOLES} ({self._why})" if missing else None

    @property
    def nothing(self) -> bool:
        """Could not a single byte be read?"""
        return sum(self._missing.values()) >= self.size

    def read_at(self, offset: int, length: int) -> bytes:
        """Up to `length` bytes from `offset`, zeros where the source fails."""
        length = max(0, min(length, self.size - offset))
        return b"".join(self._pieces(offset, length))

    @property
    def _given_up(self) -> bool:
        return self._failed >= MOST_FAILURES or (self._failed > 0 and monotonic() > self._until)

    def _pieces(self, offset: int, length: int) -> list[bytes]:
        if not length:
            return []
        if not self._given_up:
            try:
                data = self._source.read_at(offset, length)
                if len(data) == length:
                    return [data]
                self._why = self._why or f"it ends after {offset + len(data):,} bytes"
            except EvidenceError as error:
                self._why = self._why or str(error)
            except Exception as error:  # noqa: BLE001 -- why: a parser under it may raise anything on hostile bytes
                self._why = self._why or f"{type(error).__name__}: {error}"
            self._failed += 1
        if length <= BLOCK or self._given_up:
            self._missing[offset] = length
            return [bytes(length)]
        half = max(BLOCK, length // 2 // BLOCK * BLOCK)
        return self._pieces(offset, half) + self._pieces(offset + half, length - half)

    def sibling(self, name: str) -> Source | None:
        """See `Source`."""
        return self._source.sibling(name)

    def close(self) -> None:
        """Nothing: whoever opened the source closes it."""


__all__ = ["BLOCK", "HOLES", "SECOND", "Salvage", "is_salvaged"]
