"""How far a file goes, and how much work may be spent on finding that out."""

from __future__ import annotations

from typing import NamedTuple

LONGEST_PICTURE = 512 << 20
LONGEST_DOCUMENT = 1 << 30
LONGEST_VIDEO = 16 << 30
BLOCKS_ON = 1_024
"""How many blocks after a break a second piece is looked for in."""
LEAST_SEGMENTS = 2_048
"""Bytes of a JPEG's segments that must be sound for their continuation to be looked for."""
LEAST = 4_096
"""Bytes of content that make a broken picture worth keeping."""


class Shape(NamedTuple):
    """How far a file goes: `size` in bytes, `problem` where it breaks off, `suffix` by its content."""

    size: int
    suffix: str
    problem: str | None = None
    parts: tuple[tuple[int, int], ...] = ()
    """Put together from these pieces: (position in the space, length); empty where it lies in one."""
    solid: bool = True
    """Was all of its content looked at? Else other files may lie in what it claims."""
    inner: int = 0
    """Bytes from its beginning in which no other file is looked for where it breaks off (thumbnails)."""
    pieces: bool = False
    """Breaks off, and a second piece is to be looked for."""
    content: int = 0
    """Of such a one: bytes of its data that are sound."""
    unasked: str | None = None
    """Why a second piece was not looked for, where one may exist."""


def broken(size: int, suffix: str, why: str = "the rest lies elsewhere or is gone") -> Shape:
    """A file of which only the first `size` bytes are sound."""
    return Shape(size, suffix, f"breaks off after {size:,} bytes: {why}")


class Purse:
    """Bytes that may still be looked at: a start, and so many for each byte that was searched.

    Hostile content (a hundred thousand heads that all claim the same gigabyte) would otherwise be gone through
    again and again.
    """

    def __init__(self, start: int, rate: int) -> None:
        self.left = start
        self._rate = rate
        self.refused = 0
        self.first = -1
        """Position of the first refusal."""

    def earn(self, searched: int) -> None:
        """So many bytes more were searched."""
        self.left += searched * self._rate

    def spend(self, cost: int) -> None:
        """So many bytes were looked at."""
        self.left -= cost

    def allows(self, position: int) -> bool:
        """Is anything left for what begins at `position`? A refusal is counted."""
        if self.left > 0:
            return True
        self.refused += 1
        if self.first < 0:
            self.first = position
        return False
