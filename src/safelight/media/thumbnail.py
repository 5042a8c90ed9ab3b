"""A small upright JPEG of a picture."""

from __future__ import annotations

from io import BytesIO

from PIL import Image

from safelight.media.protocol import Picture

_QUALITY = 80
_TRANSPOSE = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def thumbnail(picture: Picture, side: int = 320) -> bytes:
    """JPEG bytes, the longer side at most `side` pixels, turned upright, without any metadata."""
    longer, shorter = max(picture.width, picture.height), min(picture.width, picture.height)
    image = Image.fromarray(picture.rgb(max(1, min(shorter, side * shorter // longer))))
    image.thumbnail((side, side), Image.Resampling.BOX, reducing_gap=None)
    if picture.orientation in _TRANSPOSE:
        image = image.transpose(_TRANSPOSE[picture.orientation])
    buffer = BytesIO()
    image.save(buffer, "JPEG", quality=_QUALITY)
    return buffer.getvalue()
