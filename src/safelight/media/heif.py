"""HEIC (the pictures of Apple phones) by libheif, which turns pictures itself, as the file says.

Further pictures in the file follow on the primary one; a sequence (bursts, live pictures) is a film, by FFmpeg.
"""

from __future__ import annotations

import numpy as np
import pillow_heif

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media import pillow
from safelight.media.cut import MISSING, as_far_as_it_goes
from safelight.media.further import further_in_heif
from safelight.media.heif_items import has_track
from safelight.media.picture import LazyPicture, check_size, luma_of, reduced
from safelight.media.protocol import Picture, Pixels
from safelight.media.video import VideoDecoder


class HeifDecoder:
    """The primary picture of a HEIC file, the others in it, and its sequence."""

    name = "heif"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        return "heic" if sniff(head) == "heic" else None

    def prepare(self) -> None:
        """Load the codec. One thread a picture: the pool of workers is the parallelism."""
        pillow_heif.options.DECODE_THREADS = 1
        pillow_heif.options.THUMBNAILS = False
        pillow_heif.options.DEPTH_IMAGES = False
        pillow_heif.options.AUX_IMAGES = False
        pillow_heif.register_heif_opener()
        self.decode(pillow.sample("HEIF"), "heic")

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`."""
        if not has_track(data):
            return self._pictures(data, format)
        frames: list[Picture] = []
        problem: FormatError | None = None
        try:
            frames = VideoDecoder().decode(data, format)
        except FormatError as error:
            problem = error
        try:
            pictures = self._pictures(data, format)
        except FormatError:
            if problem is not None:
                raise problem from None
            return frames
        pictures[0].film = frames[0].film if frames else None
        return [*pictures, *frames]

    def _pictures(self, data: bytes, format: str) -> list[Picture]:
        damaged = None
        try:
            full = _decoded(data)
        except FormatError:
            cut = as_far_as_it_goes(data, format, _decoded)
            if cut is None:
                raise
            full, damaged = cut, MISSING

        def read(scale: int, luma: bool) -> Pixels:
            scaled = reduced(full, scale)
            return luma_of(scaled) if luma else scaled

        further: list[LazyPicture] = []
        if damaged is None:
            further, damaged = further_in_heif(data, full, _decoded)
        first = LazyPicture(format, (full.shape[1], full.shape[0]), data, read, damaged=damaged)
        return [first, *further]


def _decoded(data: bytes) -> Pixels:
    """`(h, w, 3)` RGB. Raises FormatError."""
    try:
        heif = pillow_heif.open_heif(data, convert_hdr_to_8bit=True)
        check_size(*heif.size)
        return _rgb(np.asarray(heif))
    except (FormatError, MemoryError):
        raise
    except Exception as error:  # noqa: BLE001  # why: libheif's errors come as several types
        raise FormatError(f"no pixel can be decoded: {pillow.said(error)}") from None


def _rgb(pixels: Pixels) -> Pixels:
    """`(h, w, 3)` of what libheif gives: grey, grey and alpha, RGB, or RGB and alpha (dropped).

    Grey of more than 8 bits comes scaled to 16, whatever it is asked for.
    """
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.shape[2] < 3:
        return np.repeat(pixels[..., :1], 3, axis=2)
    return np.ascontiguousarray(pixels[..., :3])
