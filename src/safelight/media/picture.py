"""The picture every decoder gives: pixels made on demand, each size at most once, within fixed limits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from safelight.errors import FormatError
from safelight.media.protocol import Film, Pixels

MAX_PIXELS = 250_000_000
"""The largest picture that is decoded at full size; larger ones are refused before a byte is allocated."""
FIRST_SIDE = 512
"""Decoders try a picture once before they hand it out, at this size: most signals want the same."""
_SCALES = (1, 2, 4, 8)
_STRIP_ROWS = 1024
"""Rows at a time; a multiple of every scale."""
_CACHED_PIXELS = 64_000_000
"""Larger decodes are given out but not kept: a batch of them would not fit a worker."""

Read = Callable[[int, bool], Pixels]
"""Pixels at 1/scale (sides rounded up): `(h, w, 3)` RGB, or `(h, w)` luma where the second argument is true."""


class LazyPicture:
    """A `Picture` whose pixels come from a decoder's function, see `protocol.py` for its members."""

    def __init__(
        self,
        format: str,
        size: tuple[int, int],
        data: bytes,
        read: Read,
        *,
        damaged: str | None = None,
        orientation: int = 1,
        position: float | None = None,
        metadata: Mapping[str, Any] = MappingProxyType({}),
        least_scale: int = 1,
    ) -> None:
        self.format = format
        self.width, self.height = size
        self.data = data
        self.damaged = damaged
        self.orientation = orientation
        self.position = position
        self.metadata = metadata
        self.film: Film | None = None
        self._read = read
        self._least = least_scale
        self._made: dict[tuple[int, bool], Pixels] = {}

    def rgb(self, at_least: int | None = None) -> Pixels:
        """See `Picture.rgb`. FormatError where this size cannot be decoded although another could."""
        return self._pixels(at_least, False)

    def luma(self, at_least: int | None = None) -> Pixels:
        """See `Picture.luma`."""
        return self._pixels(at_least, True)

    def _pixels(self, at_least: int | None, luma: bool) -> Pixels:
        scale = self._least if at_least is None else max(self._least, self.scale(at_least))
        key = (scale, luma)
        if key not in self._made:
            pixels = self._read(scale, luma)
            pixels.flags.writeable = False
            if pixels.shape[0] * pixels.shape[1] > _CACHED_PIXELS:
                return pixels
            self._made[key] = pixels
        return self._made[key]

    def scale(self, at_least: int) -> int:
        """The largest of 1, 2, 4, 8 that leaves the shorter side at least so many pixels."""
        shorter = min(self.width, self.height)
        return max((scale for scale in _SCALES if -(-shorter // scale) >= at_least), default=1)


def check_size(width: int, height: int, most: int = MAX_PIXELS) -> None:
    """Refuse what claims to be too large, or nothing. Raises FormatError."""
    if width <= 0 or height <= 0:
        raise FormatError(f"the picture says it is {width} × {height} pixels")
    if width * height > most:
        raise FormatError(
            f"{width} × {height} pixels are more than are decoded ({most // 1_000_000} megapixels)"
        )


def luma_of(rgb: Pixels) -> Pixels:
    """`(h, w)` luma (ITU-R 601) of `(h, w, 3)` RGB, with Pillow's rounding."""
    from PIL import Image

    return np.array(Image.fromarray(rgb).convert("L"))


def reduced(pixels: Pixels, scale: int) -> Pixels:
    """Pixels at 1/scale by box averages, sides rounded up; in strips, as Pillow holds four bytes a pixel."""
    from PIL import Image

    if scale == 1:
        return pixels
    strips = range(0, pixels.shape[0], _STRIP_ROWS)
    return np.concatenate(
        [np.asarray(Image.fromarray(pixels[top : top + _STRIP_ROWS]).reduce(scale)) for top in strips]
    )


_QUARTER_TURNS = {3: 2, 4: 2, 5: 3, 6: 3, 7: 1, 8: 1}
_MIRRORED = (2, 4, 5, 7)


def turned(pixels: Pixels, orientation: int) -> Pixels:
    """Pixels turned and mirrored as an EXIF orientation (1..8) says; EXIF 2.32, 4.6.4 A."""
    upright = np.rot90(pixels, _QUARTER_TURNS.get(orientation, 0))
    if orientation in _MIRRORED:
        upright = upright[:, ::-1]
    return np.ascontiguousarray(upright)
