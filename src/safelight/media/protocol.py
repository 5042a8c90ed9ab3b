"""What a decoder is: it recognises hostile bytes by content and turns them into a `Picture` or frames.

Decoders run only inside the jailed worker (`engine/jail.py`): no files, no network, limited memory and time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class FilmFrame:
    """One frame of a film, small, for hashing."""

    number: int
    """From 0, in order of showing; of a film that is not decoded from end to end by its time and rate."""
    position: float
    """Seconds from the start."""
    size: tuple[int, int]
    """Width and height of the full frame, upright."""
    luma: Pixels
    """`(h, w) uint8`, both sides those of `size` over the same power of two, rounded up."""


class Film(Protocol):
    """The frames of a moving picture beyond the few that stand for it, decoded when they are asked for."""

    rule: str
    """Which frames were taken: `every frame`, `every second`, `key frames`. Valid after `frames`."""
    problem: str | None
    """Why these are not all there should be, or None. Valid after `frames`."""

    def frames(self) -> Iterator[FilmFrame]:
        """Yield them in order, each once, at constant memory. Raises MemoryError only."""
        ...


class Picture(Protocol):
    """A still image or one video frame, decoded lazily and at most once per size.

    Signals ask for what they need; a decoder gives it the cheapest way (a JPEG at 1/2, 1/4, 1/8).
    """

    format: str
    """By content: `jpeg`, `png`, `gif`, `webp`, `bmp`, `tiff`, `heic`, `avif`, `frame` …"""
    width: int
    height: int
    """Of the full picture in pixels, as stored (before EXIF orientation)."""
    damaged: str | None
    """Why the picture is not whole, in a few words; None when it is."""
    data: bytes
    """The encoded bytes (empty for a video frame)."""
    position: float | None
    """Seconds from the start, for a video frame."""
    orientation: int
    """EXIF number 1..8 by which `rgb` and `luma` must still be turned to stand upright (1: they do)."""
    metadata: Mapping[str, Any]
    """What the container states of its making (a video's first frame); empty where the bytes say it themselves."""
    film: Film | None
    """Of the first picture of what moves: all of its frames that are hashed. None of every other."""

    def rgb(self, at_least: int | None = None) -> Pixels:
        """`(h, w, 3) uint8`; both sides may be scaled down by the same power of two, the shorter side
        staying ≥ `at_least` pixels where the picture has as many. None: full size, or what its decoder's
        limits leave of it. Never enlarged. The array is shared and read-only."""
        ...

    def luma(self, at_least: int | None = None) -> Pixels:
        """`(h, w) uint8` luma (ITU-R 601), scaled like `rgb`."""
        ...


class Decoder(Protocol):
    """A family of formats. One file each in this folder, one line under `safelight.media`."""

    name: str

    def prepare(self) -> None:
        """Load codecs, before the jail closes."""
        ...

    def detect(self, head: bytes) -> str | None:
        """The format's name by the first 4 KiB, or None. Never by file name."""
        ...

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """One picture, or a few key frames of a moving one, first to last.

        Raises FormatError when nothing at all can be shown. Half a picture is returned as far as it
        goes, with `damaged` set.
        """
        ...
