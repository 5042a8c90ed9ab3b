"""JPEG at full size, 1/2, 1/4 or 1/8, each straight from the coefficients (libjpeg-turbo by simplejpeg).

CMYK and what libjpeg-turbo refuses outright go through Pillow. Damaged files are decoded as far as they
go; what is missing is grey, as libjpeg leaves it. Who only hashes a picture gets its luma alone, of large
progressive files without the scans of detail.

In colour, large progressive files are decoded small without the last bits of the luma's detail, which are most of
the file: at 1/2 without the last one, at 1/4 and 1/8 without the last two. On 84 files of 14 photographs of adults (2
to 12 megapixels, qualities 70 to 95) signals moved as far as they do when the same picture is saved two steps of
quality lower: explicit score 0.0006 on average and 0.010 at most (there 0.0008 and 0.011), face template 0.053 (0.051),
PDQ 0.07 bits and 2 at most (0.2 and 2); the same 100 faces were found (there two fewer). Damage in what is left out
stays unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import simplejpeg

from safelight.evidence.sniff import sniff
from safelight.media import pillow
from safelight.media.exif_block import exif_block
from safelight.media.jpeg_scans import Layout, coarse, layout, thinned
from safelight.media.picture import FIRST_SIDE, MAX_PIXELS, LazyPicture, check_size, luma_of
from safelight.media.protocol import Picture, Pixels
from safelight.media.sketch import SKETCH_SIDE
from safelight.media.tiff import orientation_of

_REFUSED: Final = (ValueError, KeyError)
"""What simplejpeg raises: the second where libjpeg-turbo has no name for the sampling or the colours."""
_MAX_SCALED_PIXELS = 1_000_000_000
"""Beyond full size a JPEG is still shown at 1/2, 1/4 or 1/8, up to this many pixels."""
_Shorten = Callable[[bytes, Layout, int], bytes | None]
_CUT_SIDE: Final = 768
"""Pixels of the shorter side from which on scans of detail are left out of small pictures."""


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
        picture = JpegPicture(format, data, _Jpeg(data))
        picture.rgb(FIRST_SIDE)
        return [picture.tried()]

    def decode_sketch(self, data: bytes, format: str, *, colour: bool) -> list[Picture]:
        """See `SketchDecoder`."""
        picture = JpegPicture(format, data, _Jpeg(data))
        picture.sketch(SKETCH_SIDE, colour=colour)
        return [picture.tried()]


class JpegPicture(LazyPicture):
    """A `LazyPicture` that is `Sketched` too."""

    def __init__(self, format: str, data: bytes, source: _Jpeg) -> None:
        least = 1
        while source.width * source.height > MAX_PIXELS * least * least:
            least *= 2
        super().__init__(
            format,
            (source.width, source.height),
            data,
            source.read,
            orientation=orientation_of(exif_block(data, format)),
            least_scale=least,
        )
        self._source = source
        self._sketches: dict[int, Pixels] = {}

    def sketch(self, at_least: int, *, colour: bool = False) -> Pixels:
        """See `Sketched.sketch`; nothing is decoded where some decode has enough pixels."""
        scale = max(self._least, self.scale(at_least))
        there = [key for key in self._made if key[0] <= scale and not (colour and key[1])]
        if there:
            return self._made[max(there)]
        if colour or self._source.plain:
            return self.rgb(at_least)
        if scale not in self._sketches:
            pixels = self._source.sketch(scale)
            pixels.flags.writeable = False
            self._sketches[scale] = pixels
        return self._sketches[scale]

    def tried(self) -> JpegPicture:
        """The picture, with what its first decode found amiss."""
        self.damaged = self._source.damaged
        if self._least > 1:
            large = f"too large for full size: decoded at 1/{self._least}"
            self.damaged = f"{self._source.damaged}; {large}" if self._source.damaged else large
        return self


class _Jpeg:
    """The bytes of one JPEG and what is known of them."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.damaged: str | None = None
        self.plain = False
        """Only Pillow decodes it."""
        self._layout = layout(data)
        self._has_luma = False
        """Is its first component luma?"""
        try:
            self.height, self.width, space, _ = simplejpeg.decode_jpeg_header(data, strict=False)
            self.plain = space not in ("YCbCr", "RGB", "Gray", "GRAY")
            self._has_luma = space in ("YCbCr", "Gray", "GRAY")
        except _REFUSED:
            self.width, self.height = pillow.open_image(data, ("JPEG", "MPO")).size
            self.plain = True
        check_size(self.width, self.height, _MAX_SCALED_PIXELS)

    def read(self, scale: int, luma: bool) -> Pixels:
        if self.plain:
            return self._by_pillow(scale, luma)
        pixels = self._shortened(thinned, scale, luma)
        if pixels is not None:
            return pixels
        try:
            return self._decode(scale, luma, strict=True)
        except _REFUSED as error:
            self.damaged = _plainly(error)
        try:
            return self._decode(scale, luma, strict=False)
        except _REFUSED:
            self.plain = True
            return self._by_pillow(scale, luma)

    def sketch(self, scale: int) -> Pixels:
        """Luma `(h, w)` at 1/scale without the scans that hardly show there; RGB where only Pillow decodes it."""
        pixels = self._shortened(coarse, scale, True)
        return self.read(scale, not self.plain) if pixels is None else pixels

    def _shortened(self, shorten: _Shorten, scale: int, luma: bool) -> Pixels | None:
        """The picture without the scans that `shorten` leaves out; None where it needs all, or that is refused."""
        if not (self._has_luma and min(self.width, self.height) >= _CUT_SIDE and scale > 1):
            return None
        short = shorten(self.data, self._layout, scale)
        if short is None:
            return None
        try:
            return self._decode(scale, luma, strict=True, data=short)
        except _REFUSED:
            return None  # the whole file then says what is amiss

    def _decode(self, scale: int, luma: bool, *, strict: bool, data: bytes | None = None) -> Pixels:
        pixels: Pixels = simplejpeg.decode_jpeg(
            self.data if data is None else data,
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


def _plainly(error: Exception) -> str:
    text = pillow.said(error)
    return "the end is missing" if text.startswith("Premature end") else f"damaged: {text}"
