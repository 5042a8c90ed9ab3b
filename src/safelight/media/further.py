"""Further pictures in one file, beside the one that stands for it: looked at as the frames of an animation are.

All that a file holds are taken, up to fixed limits, and what lies beyond is said. A smaller picture that is there to be
shown in place of the main one (a thumbnail) is taken only where it shows something else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.errors import FormatError
from safelight.media.heif_items import Item, items_of
from safelight.media.picture import LazyPicture, luma_of, reduced
from safelight.media.protocol import Pixels

Means = NDArray[np.float64]

MOST: Final = 32
"""Taken of one file, beside the first."""
MOST_PIXELS: Final = 500_000_000
"""Of all that are decoded together."""
KEPT_PIXELS: Final = 2_100_000
_SIDE: Final = 32
_SAME_FROM: Final = 0.65
"""As previews of JPEGs are compared (`signals/preview.py`)."""
_FLAT: Final = 6.0
_LEAST: Final = 64
"""Pixels of the shorter side from which on a smaller picture is compared: PDQ needs as many."""


def further_in_heif(
    data: bytes, first: Pixels, decode: Callable[[bytes], Pixels]
) -> tuple[list[LazyPicture], str | None]:
    """The other pictures of a HEIC or AVIF, and why these are not all. `decode` shows the primary one of a file."""
    items = items_of(data)
    if items is None:
        return [], None

    def show(item: Item) -> Pixels:
        return decode(items.shown_first(data, item))

    wanted = [partial(show, one) for one in items.further[: MOST + 1]]
    return taken(first, wanted, [partial(show, one) for one in items.thumbnails[:MOST]])


def taken(
    first: Pixels, wanted: Iterable[Callable[[], Pixels]], smaller: Iterable[Callable[[], Pixels]] = ()
) -> tuple[list[LazyPicture], str | None]:
    """Decode further pictures, and of smaller ones those that show something else; and say why these are not all."""
    found: list[LazyPicture] = []
    problem: str | None = None
    pixels = 0
    for is_small, make in [*((False, one) for one in wanted), *((True, one) for one in smaller)]:
        if len(found) == MOST or pixels > MOST_PIXELS:
            return found, f"not looked at beyond {1 + len(found)} pictures in it"
        try:
            other = make()
        except FormatError as error:
            problem = problem or f"a further picture in it cannot be shown: {error}"
            continue
        pixels += other.shape[0] * other.shape[1]
        if not is_small or shows_other(first, other):
            found.append(further_picture(other))
    return found, problem


def further_picture(pixels: Pixels, position: float | None = None, orientation: int = 1) -> LazyPicture:
    """A picture of pixels that are at hand, kept at no more than full HD."""
    kept = small(pixels)

    def read(scale: int, luma: bool) -> Pixels:
        scaled = reduced(kept, scale)
        return luma_of(scaled) if luma else scaled

    size = (kept.shape[1], kept.shape[0])
    return LazyPicture("frame", size, b"", read, position=position, orientation=orientation)


def small(pixels: Pixels) -> Pixels:
    """Halved until no more pixels are left than are kept."""
    scale = 1
    while pixels.shape[0] * pixels.shape[1] > KEPT_PIXELS * scale * scale:
        scale *= 2
    return reduced(pixels, scale)


def shows_other(first: Pixels, second: Pixels) -> bool:
    """Does a smaller picture show something else than the one it is of? Both stand the same way round."""
    return min(second.shape[:2]) >= _LEAST and not alike(means_of(first), means_of(second))


def alike(one: Means | None, two: Means | None) -> bool:
    """Do two pictures show the same, as far as their means tell?"""
    if one is None or two is None:
        return one is two
    return float((one * two).mean()) >= _SAME_FROM


def means_of(pixels: Pixels) -> Means | None:
    """`(32, 32)` means of luma with mean 0 and spread 1; None where nothing varies."""
    from PIL import Image

    scale = max(1, min(pixels.shape[:2]) // (4 * _SIDE))
    luma = Image.fromarray(np.ascontiguousarray(pixels[::scale, ::scale])).convert("L")
    means = np.asarray(luma.resize((_SIDE, _SIDE), Image.Resampling.BOX), np.float64)
    spread = float(means.std())
    return None if spread < _FLAT else (means - means.mean()) / spread
