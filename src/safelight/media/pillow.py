"""The one way into Pillow: by a named format only, with our limits, tolerant of damage when asked.

Pillow's switches are global; they are set for one call, under a lock, and set back.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from safelight.errors import FormatError
from safelight.media.picture import MAX_PIXELS, check_size
from safelight.media.protocol import Pixels

_lock = threading.RLock()
_STRIP_ROWS = 512
_BITS_PER_SAMPLE = 258


@contextmanager
def rules(tolerant: bool) -> Iterator[None]:
    """Pillow with our limits; `tolerant`: cut or corrupt pictures are decoded as far as they go."""
    with _lock, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        before = ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS
        ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = tolerant, MAX_PIXELS
        try:
            yield
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES, Image.MAX_IMAGE_PIXELS = before


def open_image(data: bytes, formats: tuple[str, ...]) -> Image.Image:
    """Read the header, with these of Pillow's formats only. Raises FormatError."""
    try:
        with rules(tolerant=True):
            image = Image.open(BytesIO(data), formats=formats)
    except MemoryError:
        raise
    except UnidentifiedImageError:
        raise FormatError("the picture's header cannot be read") from None
    except Image.DecompressionBombError:
        raise FormatError(
            f"the picture has more pixels than are decoded ({MAX_PIXELS // 1_000_000} megapixels)"
        ) from None
    except Exception as error:  # noqa: BLE001  # why: Pillow's parsers raise almost anything on hostile bytes
        raise FormatError(f"the picture's header cannot be read: {said(error)}") from None
    check_size(*image.size)
    return image


def load_rgb(data: bytes, formats: tuple[str, ...], scale: int = 1) -> tuple[Pixels, str | None]:
    """Decode to `(h, w, 3)` RGB as Pillow's `convert("RGB")` does (alpha is dropped, not blended).

    Only JPEGs heed `scale`. Returns the pixels, and why they are not whole (or None). Raises
    FormatError when there are none.
    """
    try:
        image = _load(data, formats, scale, tolerant=False)
        return _pixels(image), None
    except (FormatError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # why: as above; a second try takes what there is
        why = said(error)
    try:
        image = _load(data, formats, scale, tolerant=True)
        return _pixels(image), f"damaged: {why}"
    except (FormatError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # why: as above
        raise FormatError(f"no pixel can be decoded: {said(error)}") from None


def _load(data: bytes, formats: tuple[str, ...], scale: int, *, tolerant: bool) -> Image.Image:
    image = open_image(data, formats)
    if scale > 1:
        image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
    with rules(tolerant):
        image.load()
    check_size(*image.size)
    return image


def _pixels(image: Image.Image) -> Pixels:
    """RGB in strips: no second copy of a large picture is held."""
    bits = _bits(image)
    if image.height <= 2 * _STRIP_ROWS:
        return np.array(_eight_bits(image, bits).convert("RGB"))
    pixels = np.empty((image.height, image.width, 3), np.uint8)
    for top in range(0, image.height, _STRIP_ROWS):
        bottom = min(top + _STRIP_ROWS, image.height)
        strip = _eight_bits(image.crop((0, top, image.width, bottom)), bits)
        pixels[top:bottom] = np.asarray(strip.convert("RGB"))
    return pixels


def _bits(image: Image.Image) -> int:
    """Of grey in a TIFF, how many of the sixteen bits are used: Pillow leaves values of 12 bits as they are."""
    tags: Any = getattr(image, "tag_v2", None)
    stated = tags.get(_BITS_PER_SAMPLE) if tags is not None else None
    return int(stated[0]) if isinstance(stated, tuple) and stated and stated[0] in range(9, 16) else 16


def _eight_bits(image: Image.Image, bits: int) -> Image.Image:
    """Grey of more than 8 bits brought to 8; Pillow's own `convert` cuts it off at 255, to plain white."""
    if image.mode.startswith("I;16") or image.mode == "I":
        return Image.fromarray(
            (np.clip(np.asarray(image), 0, (1 << bits) - 1) >> (bits - 8)).astype(np.uint8)
        )
    if image.mode == "F":
        values = np.nan_to_num(np.asarray(image))
        most = 1.0 if values.max(initial=0) <= 1 else 255.0
        return Image.fromarray((np.clip(values / most, 0, 1) * 255).astype(np.uint8))
    return image


def sample(format: str, mode: str = "RGB") -> bytes:
    """A tiny picture in one of Pillow's formats: decoding it loads what its codec loads late."""
    made = BytesIO()
    Image.new(mode, (32, 32)).save(made, format)
    return made.getvalue()


def said(error: Exception) -> str:
    """What a library said, short enough to be shown."""
    told = getattr(error, "strerror", None) or error  # FFmpeg's numbers ([Errno 1094995529]) help nobody
    text: Any = " ".join(str(told).split())[:160]
    return text or type(error).__name__
