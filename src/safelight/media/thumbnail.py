"""The small picture that is kept of a medium, encrypted: enough for a blurred stand-in, not more."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from safelight.media.protocol import Picture

SIDE = 256
"""Pixels of the longer side."""


def thumbnail(picture: Picture) -> bytes:
    """A JPEG of at most 256 pixels a side, as stored (the orientation is not applied)."""
    image = Image.fromarray(picture.rgb(SIDE))
    image.thumbnail((SIDE, SIDE))
    made = BytesIO()
    image.save(made, "JPEG", quality=75)
    return made.getvalue()
