"""Guards against bombs: what an archive, and everything nested in it, may give before it is cut."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from safelight.errors import EvidenceError

if TYPE_CHECKING:
    from safelight.evidence.protocol import Limits, Source

RATIO_FROM = 1 << 30
"""Bytes that must have come out before a ratio says anything: a disk image that is nearly empty shrinks by far
more than any limit, and a gigabyte of zeros takes about a second."""


class GuardError(EvidenceError):
    """A guard was hit; `guard` is the field of `Limits` that says where."""

    def __init__(self, guard: str, detail: str) -> None:
        super().__init__(f"cut by the guard “{guard}”: {detail}", "Raise the limit and scan again.")
        self.guard = guard


class Meter:
    """What one archive has given: bytes, entries and seconds, which count for the archives around it too.

    Once a guard is hit, it stays hit: every later call raises the same GuardError, so that a reader which
    goes on to the next member learns that its archive is at its end.
    """

    __slots__ = ("_limits", "_packed", "_parent", "given", "members", "seconds")

    def __init__(self, limits: Limits, packed: int) -> None:
        self._limits = limits
        self._packed = max(1, packed)
        self._parent = limits.meter
        self.given = 0
        self.members = 0
        self.seconds = 0.0

    @classmethod
    def of(cls, limits: Limits, source: Source) -> Meter:
        """The meter the walk has set for this archive, or a new one where a reader is used on its own."""
        return limits.meter or cls(limits, source.size)

    def entry(self) -> None:
        """Count one entry. Raises GuardError."""
        meter: Meter | None = self
        while meter is not None:
            meter.members += 1
            meter._check()
            meter = meter._parent

    def give(self, size: int, seconds: float) -> None:
        """Count decompressed bytes and the time they took. Raises GuardError."""
        meter: Meter | None = self
        while meter is not None:
            meter.given += size
            meter.seconds += seconds
            meter._check()
            meter = meter._parent

    def _check(self) -> None:
        limits = self._limits
        if self.members > limits.members:
            raise GuardError("members", f"more than {limits.members:,} entries")
        if self.given > limits.total_bytes:
            raise GuardError("total_bytes", f"more than {limits.total_bytes:,} bytes came out")
        if self.given > RATIO_FROM and self.given > limits.ratio * self._packed:
            raise GuardError("ratio", f"more than {limits.ratio:,} times its size came out")
        if self.seconds > limits.seconds:
            raise GuardError("seconds", f"more than {limits.seconds:,.0f} seconds spent inside")

    def guarded(self, chunks: Iterator[bytes], packed: Callable[[], int]) -> Iterator[bytes]:
        """Pass on the decompressed pieces of one member, counted. Raises GuardError.

        `packed` says how many compressed bytes were used up to now.
        """
        return self.capped(self.counted(chunks, packed))

    def counted(self, chunks: Iterator[bytes], packed: Callable[[], int]) -> Iterator[bytes]:
        """The same for a stream that is itself an archive: no limit of one member's holds for it."""
        given = 0
        while True:
            begun = time.monotonic()
            chunk = next(chunks, None)
            if chunk is None:
                return
            given += len(chunk)
            self.give(len(chunk), time.monotonic() - begun)
            if given > RATIO_FROM and given > self._limits.ratio * max(1, packed()):
                raise GuardError("ratio", f"it grew to more than {self._limits.ratio:,} times its size")
            yield chunk

    def capped(self, chunks: Iterator[bytes]) -> Iterator[bytes]:
        """Pass on the pieces of one member, which were counted before. Raises GuardError."""
        given, most = 0, self._limits.member_bytes
        for chunk in chunks:
            given += len(chunk)
            if given > most:
                raise GuardError("member_bytes", f"more than {most:,} bytes came out of one member")
            yield chunk
