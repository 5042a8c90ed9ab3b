"""Still images but JPEG, through Pillow: PNG, GIF, WebP, BMP, TIFF, HEIC, AVIF, ICO, PSD, JPEG 2000.

Of an animation the first frame is taken. Transparency is dropped as Pillow's `convert("RGB")` drops it, so
that a hash equals the reference on Pillow's decode. HEIC and AVIF come turned as their file says.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType
from typing import Any

import numpy as np
from PIL import Image, ImageFile, UnidentifiedImageError

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media.protocol import Picture, Pixels
from safelight.media.scaling import scale_for

_PILLOW = {
    "png": "PNG",
    "gif": "GIF",
    "webp": "WEBP",
    "bmp": "BMP",
    "tiff": "TIFF",
    "heic": "HEIF",
    "avif": "AVIF",
    "ico": "ICO",
    "psd": "PSD",
    "jp2": "JPEG2000",
}


class StillDecoder:
    """Decoder of everything that Pillow opens, but JPEG (`jpeg.py`)."""

    name = "still"

    def prepare(self) -> None:
        """Load Pillow's plugins and libheif."""
        import pillow_heif

        Image.init()
        pillow_heif.register_heif_opener()
        Image.MAX_IMAGE_PIXELS = None  # our own guard is `scale_for`
        for format_ in ("PNG", "WEBP", "TIFF", "AVIF", "HEIF"):
            small = BytesIO()
            Image.new("RGB", (16, 16)).save(small, format_)
            decode_whole(small.getvalue(), (format_,))

    def detect(self, head: bytes) -> str | None:
        """By content."""
        format_ = sniff(head)
        return format_ if format_ in _PILLOW else None

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """One picture, decoded as far as it goes."""
        image, damaged = decode_whole(data, (_PILLOW[format],))
        return [StillPicture(data, format, image, damaged)]


class StillPicture:
    """A picture that was decoded whole; smaller sizes are box-averaged from it."""

    position: float | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, data: bytes, format: str, image: Image.Image, damaged: str | None) -> None:
        self.data, self.format, self.damaged = data, format, damaged
        self.width, self.height = image.size
        self._image = image
        self._made: dict[int, Pixels] = {}

    def rgb(self, at_least: int | None = None) -> Pixels:
        """See `Picture.rgb`."""
        scale = scale_for(self.width, self.height, at_least)
        if scale not in self._made:
            image = self._image if scale == 1 else self._image.reduce(scale)
            self._made[scale] = np.asarray(image)
        return self._made[scale]

    def luma(self, at_least: int | None = None) -> Pixels:
        """See `Picture.luma`."""
        return np.asarray(Image.fromarray(self.rgb(at_least)).convert("L"))


def decode_whole(data: bytes, formats: tuple[str, ...]) -> tuple[Image.Image, str | None]:
    """An RGB image and why it is damaged (None: it is whole). Raises FormatError when nothing is to be seen."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return _load(data, formats, truncated=False), None
        except (
            OSError,
            SyntaxError,
            ValueError,
            EOFError,
            IndexError,
            ZeroDivisionError,
            TypeError,
        ) as error:
            reason = _reason(error)
        try:
            return _load(data, formats, truncated=True), f"damaged: {reason}"
        except (
            OSError,
            SyntaxError,
            ValueError,
            EOFError,
            IndexError,
            ZeroDivisionError,
            TypeError,
        ) as error:
            raise FormatError(f"cannot be decoded as {formats[0].lower()}: {reason}") from error


def _load(data: bytes, formats: tuple[str, ...], *, truncated: bool) -> Image.Image:
    ImageFile.LOAD_TRUNCATED_IMAGES = truncated  # one thread a worker decodes
    try:
        with Image.open(BytesIO(data), formats=formats) as image:
            width, height = image.size
            if scale_for(width, height, None) != 1:
                raise FormatError(
                    f"not decoded: {width} × {height} pixels are more than this program takes on"
                )
            image.load()
            return _to_rgb(image)
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = False


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        values = np.asarray(image, dtype=np.float64)
        top = 65_535.0 if image.mode != "F" else float(np.nanmax(values, initial=1.0)) or 1.0
        grey = np.clip(np.nan_to_num(values) * (255.0 / top), 0, 255).astype(np.uint8)
        return Image.fromarray(grey).convert("RGB")
    return image.convert("RGB")


def _reason(error: Exception) -> str:
    if isinstance(error, UnidentifiedImageError):
        return "its header is not that of a picture"
    return str(error)[:160] or type(error).__name__


__all__ = ["StillDecoder", "StillPicture", "decode_whole"]
