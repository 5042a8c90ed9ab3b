"""Where a file may begin: the first bytes of every sector compared with those of all formats at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.evidence.carving.bmp import bmp
from safelight.evidence.carving.boxes import FIRST_BOXES, boxes
from safelight.evidence.carving.gif import gif
from safelight.evidence.carving.pdf import pdf
from safelight.evidence.carving.png import png
from safelight.evidence.carving.riff import riff
from safelight.evidence.carving.shape import Shape
from safelight.evidence.carving.zip_ import zip_
from safelight.evidence.protocol import Source

SECTOR = 512
HEAD = 16
"""Bytes from a position that must be seen to know a head."""


class Format(NamedTuple):
    """A kind of file: how it is followed; None for JPEG, which `search.py` follows with a state of its own."""

    name: str
    follow: Callable[[Source, int, int], Shape | None] | None


JPEG = Format("jpg", None)
_PNG, _GIF, _BMP = Format("png", png), Format("gif", gif), Format("bmp", bmp)
_RIFF, _BOXES, _PDF, _ZIP = (
    Format("riff", riff),
    Format("boxes", boxes),
    Format("pdf", pdf),
    Format("zip", zip_),
)
_HIGH = np.uint64(32)
_SMALLEST_JPEG_SEGMENTS = frozenset((*range(0xE0, 0xF0), 0xDB, 0xC0, 0xC1, 0xC2, 0xC4, 0xDD, 0xFE))
_MARKS: tuple[tuple[bytes, int, Format], ...] = (
    (b"\xff\xd8\xff", 0, JPEG),
    (b"\x89PNG\r\n\x1a\n", 0, _PNG),
    (b"GIF87a", 0, _GIF),
    (b"GIF89a", 0, _GIF),
    (b"RIFF", 0, _RIFF),
    (b"%PDF-", 0, _PDF),
    (b"PK\x03\x04", 0, _ZIP),
    *((kind, 4, _BOXES) for kind in FIRST_BOXES[:-1]),
)
"""Mark, where it stands from the beginning, format: for a search on every byte, which leaves out BMP (two bytes)."""


def on_sectors(data: bytes, position: int) -> list[tuple[int, Format]]:
    """Return where a sector of `data`, which begins at `position`, begins like a file: (position, format), in order."""
    usable = len(data) - len(data) % SECTOR
    if not usable:
        return []
    first = np.frombuffer(data, ">u8", usable // 8)[:: SECTOR // 8].astype(np.uint64)
    left = first >> _HIGH
    right = first & np.uint64(0xFFFFFFFF)
    finds: list[tuple[int, Format]] = []
    for match, form in (
        (left & np.uint64(0xFFFFFF00) == 0xFFD8FF00, JPEG),
        (first == 0x89504E470D0A1A0A, _PNG),
        (left == 0x47494638, _GIF),
        (left == 0x52494646, _RIFF),
        (left >> np.uint64(16) == 0x424D, _BMP),
        (left == 0x25504446, _PDF),
        (left == 0x504B0304, _ZIP),
        (_is_box(right), _BOXES),
    ):
        if match.any():
            finds.extend((position + int(sector) * SECTOR, form) for sector in np.flatnonzero(match))
    finds.sort(key=lambda find: find[0])
    return [find for find in finds if _plausible(data, find[0] - position, find[1])]


def _is_box(kind: npt.NDArray[np.uint64]) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(kind), np.bool_)
    for name in FIRST_BOXES:
        found |= kind == int.from_bytes(name, "big")
    return found


def on_bytes(data: bytes, position: int) -> list[tuple[int, Format]]:
    """The same on every byte; the last `HEAD` - 1 bytes are the next piece's to look at."""
    finds = [
        (position + at - skip, form)
        for mark, skip, form in _MARKS
        for at in _all(data, mark)
        if 0 <= at - skip <= len(data) - HEAD
    ]
    finds.sort(key=lambda find: find[0])
    return [find for find in finds if _plausible(data, find[0] - position, find[1])]


def _all(data: bytes, mark: bytes) -> Iterator[int]:
    at = data.find(mark)
    while at >= 0:
        yield at
        at = data.find(mark, at + 1)


def _plausible(data: bytes, at: int, form: Format) -> bool:
    """May what begins here be one, by its first sixteen bytes?"""
    if form is JPEG:
        return data[at + 3] in _SMALLEST_JPEG_SEGMENTS
    if form is _BMP:
        return data[at + 6 : at + 10] == bytes(4)
    if form is _RIFF:
        return data[at + 8 : at + 12] in (b"WEBP", b"AVI ")
    return form is not _BOXES or data[at] == 0
