"""Thumbnails that can be printed in a report: small, grey, and blurred in their pixels, not by a style."""

from __future__ import annotations

import base64
import io

from PIL import Image, ImageFilter, UnidentifiedImageError

LONG_SIDE = 96
"""Of the picture in the report, in pixels."""
FRAME_SIDE = 128
"""Of one frame of a contact sheet in the report."""
KEPT = 16
"""Of the picture that all of it is made from: no more than 16 × 16 grey values survive, of a sheet so many a frame."""
GAP = 4
"""White pixels between the frames of a sheet: blurred, they would run into each other."""
ACROSS = 3
_PIXELS = 1 << 22
_FORMATS = ("PNG", "JPEG", "WEBP")
_QUALITY = 70


def blurred(data: bytes) -> bytes | None:
    """Return a grey PNG of at most 96 × 96 pixels that holds no more than a 16 × 16 mean of the picture.

    The picture is averaged down to its final information first and enlarged afterwards, so nothing that a
    sharpening filter could recover is in the bytes. None where `data` is not a small picture of ours.
    """
    grey = _grey(data)
    if grey is None:
        return None
    out = io.BytesIO()
    _blur(grey, LONG_SIDE).save(out, "PNG", optimize=True)
    return out.getvalue()


def blurred_sheet(data: bytes, frames: int) -> bytes | None:
    """Return a contact sheet of so many frames (`media/thumbnail.py`) as a grey JPEG, each frame blurred by itself.

    Each is at most 128 × 128 pixels, and holds no more than a 16 × 16 mean of its frame. None as above.
    """
    grey = _grey(data)
    across = min(ACROSS, frames)
    down = -(-frames // across)
    if grey is None or grey.width < across or grey.height < down:
        return None
    width, height = grey.width // across, grey.height // down
    side = _fit((width, height), FRAME_SIDE)
    size = (across * (side[0] + GAP) - GAP, down * (side[1] + GAP) - GAP)
    sheet = Image.new("L", size, 255)
    for number in range(frames):
        row, column = divmod(number, across)
        left, top = column * width, row * height
        frame = _blur(grey.crop((left, top, left + width, top + height)), FRAME_SIDE)
        sheet.paste(frame, (column * (side[0] + GAP), row * (side[1] + GAP)))
    out = io.BytesIO()
    sheet.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def data_url(picture: bytes) -> str:
    """Return a PNG or JPEG as a `data:` address, so that the report stays one file."""
    kind = "png" if picture.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64," + base64.b64encode(picture).decode("ascii")


def _grey(data: bytes) -> Image.Image | None:
    """The picture in grey; None where it is not a small one of ours."""
    try:
        with Image.open(io.BytesIO(data), formats=_FORMATS) as picture:
            if picture.width * picture.height > _PIXELS:
                return None
            return picture.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, SyntaxError, ValueError):
        return None


def _blur(grey: Image.Image, side: int) -> Image.Image:
    """Averaged to what survives, and enlarged again to `side` pixels."""
    few = grey.resize(_fit(grey.size, KEPT), Image.Resampling.BOX)
    few = few.quantize(16).convert("L")
    large = few.resize(_fit(grey.size, side), Image.Resampling.BICUBIC)
    return large.filter(ImageFilter.GaussianBlur(side / KEPT / 2))


def _fit(size: tuple[int, int], side: int) -> tuple[int, int]:
    scale = side / max(size)
    return max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
