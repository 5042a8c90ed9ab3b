"""The small picture that is kept of a medium, encrypted: enough for a blurred stand-in, not more."""

from __future__ import annotations

from io import BytesIO

import numpy as np
from PIL import Image

from safelight.media.picture import FIRST_SIDE, turned
from safelight.media.protocol import Picture

SIDE = 256
"""Pixels of the longer side."""
_QUALITY = 75


def thumbnail(picture: Picture, side: int = SIDE) -> bytes:
    """A JPEG of at most `side` pixels a side, turned upright, without any metadata. Never enlarged."""
    image = Image.fromarray(picture.rgb(FIRST_SIDE))  # the decode that is there already
    image.thumbnail((side, side))
    if picture.orientation != 1:
        image = Image.fromarray(turned(np.asarray(image), picture.orientation))
    made = BytesIO()
    image.save(made, "JPEG", quality=_QUALITY)
    return made.getvalue()
