"""Still formats that Pillow decodes: PNG, GIF, WebP, BMP, TIFF, icons, AVIF, JPEG 2000, Photoshop.

RGB is what Pillow's `convert("RGB")` gives, so that hashes agree with everybody else's: alpha is dropped,
not blended (the colours under transparent pixels count). Of a TIFF's pages the first is decoded, the others are members
(`evidence/tiff_pages.py`); of animations the first frame stands for the picture, and up to eight more follow it; so do
further pictures in an AVIF, and those in an icon that show something else.
TIFF and AVIF come turned as their file says, the others as stored.
"""

from __future__ import annotations

from functools import partial

from PIL import Image

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media import jp2, pillow, png
from safelight.media.animation import AnimatedFilm, PillowFrames, later_frames, may_move
from safelight.media.cut import MISSING, as_far_as_it_goes
from safelight.media.ends import is_short
from safelight.media.exif_block import exif_block
from safelight.media.further import further_in_heif, taken
from safelight.media.icons import decoded_part, parts_of
from safelight.media.picture import LazyPicture, luma_of, reduced, turned
from safelight.media.protocol import Picture, Pixels
from safelight.media.tiff import orientation_of

_ICONS = ("ico", "icns")
_PLUGINS = {
    "png": ("PNG",),
    "gif": ("GIF",),
    "webp": ("WEBP",),
    "bmp": ("BMP",),
    "tiff": ("TIFF",),
    "ico": ("ICO", "CUR"),
    "icns": ("ICNS",),
    "avif": ("AVIF",),
    "jp2": ("JPEG2000",),
    "psd": ("PSD",),
}


class StillDecoder:
    """Everything still that is neither JPEG nor HEIC."""

    name = "still"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        found = sniff(head)
        return found if found in _PLUGINS else None

    def prepare(self) -> None:
        """Load all of Pillow's plugins, and what they load at their first use."""
        Image.init()
        for format, names in _PLUGINS.items():
            if names[0] in Image.SAVE:
                self.decode(pillow.sample(names[0]), format)
        self.decode(pillow.sample("TIFF", "LAB"), "tiff")  # loads colour management
        jp2.prepare()
        png.prepare()

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`."""
        full, damaged = _loaded(data, format)
        short = MISSING if is_short(data, format) else None
        turn = (
            1 if format == "tiff" else orientation_of(exif_block(data, format))
        )  # TIFF: Pillow has turned it
        if format == "avif":
            full, turn = turned(full, turn), 1

        def read(scale: int, luma: bool) -> Pixels:
            scaled = reduced(full, scale)
            return luma_of(scaled) if luma else scaled

        size = (full.shape[1], full.shape[0])
        first = LazyPicture(format, size, data, read, damaged=damaged or short, orientation=turn)
        further: list[LazyPicture] = []
        if format == "avif" and not damaged:
            further, first.damaged = further_in_heif(data, full, _avif)
        elif format in _ICONS:
            entries = [partial(decoded_part, part) for part in parts_of(data, format)]
            further = taken(full, (), entries)[
                0
            ]  # one that cannot be shown is as a rule of a kind that shows nothing
        if damaged or not may_move(data, format):
            return [first, *further]
        frames = partial(PillowFrames, data, _PLUGINS[format])
        steps = frames()
        later = later_frames(steps, turn)
        first.damaged = first.damaged or steps.problem
        if later:
            first.film = AnimatedFilm(frames)
        return [first, *further, *later]


def _avif(data: bytes) -> Pixels:
    """The primary picture as it stands upright. Raises FormatError."""
    return turned(pillow.load_rgb(data, _PLUGINS["avif"])[0], orientation_of(exif_block(data, "avif")))


def _loaded(data: bytes, format: str) -> tuple[Pixels, str | None]:
    """The pixels, and why they are not whole. Raises FormatError."""
    names = _PLUGINS[format]
    if format == "jp2" and (deep := jp2.deep_colour(data)) is not None:
        return deep, None
    if format == "png":
        pillow.open_image(data, names)  # judges what stands before the pixels, refuses what is too large
        if (plain := png.plain_pixels(data)) is not None:
            return plain, None
    try:
        return pillow.load_rgb(data, names)
    except FormatError:
        pixels = (
            as_far_as_it_goes(data, format, lambda tried: pillow.load_rgb(tried, names)[0])
            if format == "webp"
            else None
        )
        if pixels is None:
            raise
        return pixels, MISSING
