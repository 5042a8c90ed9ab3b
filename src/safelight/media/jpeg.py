"""JPEG through libjpeg-turbo, at the scale that is asked for; what it cannot take goes through Pillow.

One decode at the shared scale serves PDQ, explicit score and faces. The stored orientation is not applied.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import simplejpeg
from PIL import Image

from safelight.errors import FormatError
from safelight.media.protocol import Picture, Pixels
from safelight.media.scaling import scale_for
from safelight.media.still import StillPicture, decode_whole

_FIRST = 512
"""The shorter side of the decode that is made at once, to learn whether the file is whole."""


class JpegDecoder:
    """Decoder of baseline and progressive JPEG."""

    name = "jpeg"

    def prepare(self) -> None:
        """Decode something once."""
        from io import BytesIO

        small = BytesIO()
        Image.new("RGB", (32, 32)).save(small, "JPEG")
        self.decode(small.getvalue(), "jpeg")
        decode_whole(small.getvalue(), ("JPEG",))

    def detect(self, head: bytes) -> str | None:
        """By the start-of-image marker and the next one."""
        return "jpeg" if head[:3] == b"\xff\xd8\xff" else None

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """One picture. A damaged or unusual (CMYK) one is decoded by Pillow, as far as it goes."""
        try:
            height, width, colours, _ = simplejpeg.decode_jpeg_header(data)
            if colours.upper() not in ("CMYK", "YCCK"):
                picture = JpegPicture(data, width, height)
                picture.rgb(_FIRST)
                return [picture]
        except ValueError:
            pass  # libjpeg-turbo complains: Pillow shows what there is and says what is wrong
        image, damaged = decode_whole(data, ("JPEG", "MPO"))
        return [StillPicture(data, format, image, damaged)]


class JpegPicture:
    """A whole JPEG, decoded at 1, 1/2, 1/4 or 1/8, once a scale."""

    format = "jpeg"
    damaged: str | None = None
    position: float | None = None
    metadata: Mapping[str, Any] = MappingProxyType({})

    def __init__(self, data: bytes, width: int, height: int) -> None:
        self.data, self.width, self.height = data, width, height
        self._made: dict[tuple[str, int], Pixels] = {}

    def rgb(self, at_least: int | None = None) -> Pixels:
        """See `Picture.rgb`."""
        return self._decode("RGB", at_least)

    def luma(self, at_least: int | None = None) -> Pixels:
        """See `Picture.luma`."""
        return self._decode("GRAY", at_least)[:, :, 0]

    def _decode(self, colours: str, at_least: int | None) -> Pixels:
        scale = scale_for(self.width, self.height, at_least)
        if (colours, scale) not in self._made:
            wanted = (-(-self.height // scale), -(-self.width // scale)) if scale > 1 else (0, 0)
            made: Pixels = simplejpeg.decode_jpeg(
                self.data, colorspace=colours, min_height=wanted[0], min_width=wanted[1]
            )
            if scale > 1 and made.shape[:2] != wanted:
                raise FormatError("the decoder gave another size than asked for")
            self._made[colours, scale] = made
        return self._made[colours, scale]


__all__ = ["JpegDecoder", "JpegPicture"]
