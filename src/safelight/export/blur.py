"""Thumbnails that can be printed in a report: small, grey, and blurred in their pixels, not by a style."""

from __future__ import annotations

import base64
import io

from PIL import Image, ImageFilter, UnidentifiedImageError

LONG_SIDE = 96
"""Of the picture in the report, in pixels."""
KEPT = 16
"""Of the picture that all of it is made from: no more than 16 × 16 grey values survive."""
_PIXELS = 1 << 22
_FORMATS = ("PNG", "JPEG", "WEBP")


def blurred(data: bytes) -> bytes | None:
    """Return a grey PNG of at most 96 × 96 pixels that holds no more than a 16 × 16 mean of the picture.

    The picture is averaged down to its final information first and enlarged afterwards, so nothing that a
    sharpening filter could recover is in the bytes. None where `data` is not a small picture of ours.
    """
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _PIXELS:
                return None
            grey = picture.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None
    few = grey.resize(_fit(grey.size, KEPT), Image.Resampling.BOX)
    few = few.quantize(16).convert("L")
    large = few.resize(_fit(grey.size, LONG_SIDE), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    large.filter(ImageFilter.GaussianBlur(LONG_SIDE / KEPT / 2)).save(out, "PNG", optimize=True)
    return out.getvalue()


def data_url(png: bytes) -> str:
    """Return a PNG as a `data:` address, so that the report stays one file."""
    return "data:image/png;base64," + base64.b64encode(png).decode("ascii")


def _fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
