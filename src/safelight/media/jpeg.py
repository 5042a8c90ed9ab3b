"""JPEG at full size, 1/2, 1/4 or 1/8, each straight from the coefficients (libjpeg-turbo by simplejpeg).

CMYK and what libjpeg-turbo refuses outright go through Pillow. Damaged files are decoded as far as they
go; what is missing is grey, as libjpeg leaves it.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import simplejpeg

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media import pillow
from safelight.media.exif_block import exif_block
from safelight.media.picture import FIRST_SIDE, MAX_PIXELS, LazyPicture, check_size, luma_of
from safelight.media.protocol import Picture, Pixels
from safelight.media.tiff import orientation_of

_MAX_SCANS = 500
"""A progressive JPEG has some ten; thousands of empty ones keep a decoder busy for hours."""
_MAX_SEGMENTS = 100_000
_MARKER: Final = re.compile(rb"\xff+([^\x00\xd0-\xd7\xff])")
"""A marker; what entropy-coded data holds is none: FF is followed by 00 there, or by a restart (T.81, B.1.1)."""
_START_OF_SCAN, _END, _START, _TEMPORARY = 0xDA, 0xD9, 0xD8, 0x01
_REFUSED: Final = (ValueError, KeyError)
"""What simplejpeg raises: the second where libjpeg-turbo has no name for the sampling or the colours."""
_MAX_SCALED_PIXELS = 1_000_000_000
"""Beyond full size a JPEG is still shown at 1/2, 1/4 or 1/8, up to this many pixels."""


class JpegDecoder:
    """JPEG and MPO (its first picture)."""

    name = "jpeg"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        return "jpeg" if sniff(head) == "jpeg" else None

    def prepare(self) -> None:
        """Decode something once, both ways."""
        small = pillow.sample("JPEG")
        self.decode(small, "jpeg")
        pillow.load_rgb(small, ("JPEG", "MPO"))

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`."""
        _check_scans(data)
        source = _Jpeg(data)
        least = 1
        while source.width * source.height > MAX_PIXELS * least * least:
            least *= 2
        picture = LazyPicture(
            format,
            (source.width, source.height),
            data,
            source.read,
            orientation=orientation_of(exif_block(data, format)),
            least_scale=least,
        )
        picture.rgb(FIRST_SIDE)
        picture.damaged = source.damaged
        if least > 1:
            large = f"too large for full size: decoded at 1/{least}"
            picture.damaged = f"{source.damaged}; {large}" if source.damaged else large
        return [picture]


class _Jpeg:
    """The bytes of one JPEG and what is known of them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.damaged: str | None = None
        self.plain = False
        """Only Pillow decodes it."""
        try:
            self.height, self.width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
            self.plain = space not in ("YCbCr", "RGB", "Gray", "GRAY")
        except _REFUSED:
            self.width, self.height = pillow.open_image(data, ("JPEG", "MPO")).size
            self.plain = True
        check_size(self.width, self.height, _MAX_SCALED_PIXELS)

    def read(self, scale: int, luma: bool) -> Pixels:
        if self.plain:
            return self._by_pillow(scale, luma)
        try:
            return self._decode(scale, luma, strict=True)
        except _REFUSED as error:
            self.damaged = _plainly(error)
        try:
            return self._decode(scale, luma, strict=False)
        except _REFUSED:
            self.plain = True
            return self._by_pillow(scale, luma)

    def _decode(self, scale: int, luma: bool, *, strict: bool) -> Pixels:
        pixels: Pixels = simplejpeg.decode_jpeg(
            self.data,
            "GRAY" if luma else "RGB",
            min_height=-(-self.height // scale),
            min_width=-(-self.width // scale),
            strict=strict,
        )
        return pixels[..., 0] if luma else pixels

    def _by_pillow(self, scale: int, luma: bool) -> Pixels:
        rgb, damaged = pillow.load_rgb(self.data, ("JPEG", "MPO"), scale)
        self.damaged = damaged or self.damaged
        return luma_of(rgb) if luma else np.ascontiguousarray(rgb)


def _check_scans(data: bytes) -> None:
    """Walk the segments as libjpeg does, up to the end of the picture: what is appended to it does not count.

    Raises:
        FormatError: there are more scans, or more segments, than any honest file has.
    """
    at = scans = 0
    for _ in range(_MAX_SEGMENTS):
        found = _MARKER.search(data, at)
        if found is None or found[1][0] == _END:
            return
        at, marker = found.end(), found[1][0]
        if marker in (_START, _TEMPORARY):
            continue
        at += int.from_bytes(data[at : at + 2], "big")
        scans += marker == _START_OF_SCAN
        if scans > _MAX_SCANS:
            raise FormatError(f"a JPEG of more than {_MAX_SCANS} scans is made to keep decoders busy")
    raise FormatError(f"a JPEG of more than {_MAX_SEGMENTS} segments is made to keep decoders busy")


def _plainly(error: Exception) -> str:
    text = pillow.said(error)
    return "the end is missing" if text.startswith("Premature end") else f"damaged: {text}"
