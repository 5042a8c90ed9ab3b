"""PDQ, the perceptual hash of Meta's Threat Exchange: 256 bits and a quality of 0..100 for each frame.

Two ways to the same bits. The *plain* way is the reference library on the full picture. The *linear* way
(`pdq_operator.py`) uses that PDQ is linear up to its 64 × 64 buffer: two small matrix products with the operator
of the original size, a DCT and a median. At full size both agree bit for bit; running stock PDQ on a small copy
instead moves its windows and its grid, and is worse.

The linear way is taken from the full picture, with the reference's bits, and for JPEGs from a scaled decode: the
one that other signals share where there are such, else the luma alone (`media/sketch.py`). `bench/pdq_jpeg.py`
measures both against the reference. The plain way is for slivers, and for pictures without structure in
both directions (stripes, flat areas): most of their bits are rounding noise that only the reference repeats. Above
60 megapixels the plain way would need more memory than a worker has, and such pictures keep their noise.
Orientation stored in EXIF is not applied, as in the reference.

Beside the hash stand three more from the same pixels: of the picture mirrored left-right, upside down, and both.
The other four of the eight turned and mirrored forms are their transpositions, bit for bit (`matching/forms.py`), so
that eight forms take the space of four. The reference's own eight forms change the signs of one DCT; its windows are
not symmetrical, and of small pictures such a form is not the hash of the mirrored picture (15 bits off on average at
320 pixels, 36 at most). Here the operator is mirrored, which costs little and is exact. A picture with a uniform
border has all that a second time, of what lies inside the border.

Source: "PDQ & TMK + PDQF", Meta, 2019; ThreatExchange `pdq/cpp` (BSD).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from pydantic import Field

from safelight.media.protocol import Picture, Pixels
from safelight.media.sketch import SKETCH_SIDE, Sketched
from safelight.model import Capability, SignalValue
from safelight.signals.pdq_border import inside_border
from safelight.signals.pdq_operator import SIDE, buffers_of, coefficients_of, quality_of, scale_of
from safelight.signals.scale import SHARED_SIDE
from safelight.signals.shape import EXACTLY, Seconds, TypedDict, with_config

TURNED_FROM = 50
"""The quality below which a hash says little: such pictures are neither turned nor trimmed."""

_UNDECIDED = 0.1
"""How near the median a DCT coefficient lies in the noise of 8-bit pixels (units of luma)."""
_MOST_UNDECIDED = 32
"""Photographs have 1 to 4 such coefficients, stripes all 256."""
_PLAIN_PIXELS = 60_000_000
"""The reference takes some 16 bytes a pixel."""
_TRIMMED_SIDE = 192
"""Pixels that the shorter side of what lies inside a border must have; else it is decoded larger."""
Hex = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Quality = Annotated[int, Field(ge=0, le=100)]
Mirrors = Annotated[list[Hex], Field(min_length=3, max_length=3)] | None


@with_config(EXACTLY)
class TrimmedValue(TypedDict):
    """The hash of what lies inside a uniform border."""

    hash: Hex
    quality: Quality
    mirrored: Mirrors


@with_config(EXACTLY)
class PdqValue(TypedDict):
    """One frame's hash, those of its mirrored forms, and what lies inside its border."""

    hash: Hex
    quality: Quality
    position: Seconds
    mirrored: Mirrors
    trimmed: TrimmedValue | None


@dataclass(frozen=True, slots=True)
class Hashed:
    """A hash (32 bytes), its quality, and the hashes of the picture mirrored left-right, upside down, and both.

    `mirrored` is None where the quality is too low for turning.
    """

    hash: bytes
    quality: int
    mirrored: tuple[bytes, bytes, bytes] | None = None


class PdqSignal:
    """Value, one a frame: `[{"hash", "quality", "position", "mirrored", "trimmed"}, …]`.

    `hash` is 64 hex digits, `quality` 0..100, `position` seconds or None. `mirrored` are the hashes of the picture
    mirrored left-right, upside down, and both, or None below a quality of 50. `trimmed` is
    `{"hash", "quality", "mirrored"}` of what lies inside a uniform border, or None.
    """

    name = "pdq"
    capability = Capability.HASH_MATCH
    shape = list[PdqValue]
    version = "3"

    def prepare(self) -> None:
        """Import the reference library, and run both ways and the search for a border once."""
        gradient = np.tile(np.arange(96, dtype=np.uint8), (80, 1))
        rgb = np.repeat(gradient[..., None], 3, axis=2)
        plain_pdq(rgb)
        linear_hashes(rgb, (96, 80))
        inside_border(np.pad(rgb, ((20, 20), (20, 20), (0, 0))))

    def compute(self, media: Sequence[Sequence[Picture]]) -> list[SignalValue]:
        """Hash every frame of every medium."""
        return [
            SignalValue(self.name, self.version, [_value(frame) for frame in frames])
            if frames
            else SignalValue(self.name, self.version, None, "not computed: no frame was decoded")
            for frames in media
        ]


def _value(frame: Picture) -> dict[str, Any]:
    whole, trimmed = picture_hashes(frame)
    inside = _told(trimmed) if trimmed is not None else None
    return {**_told(whole), "position": frame.position, "trimmed": inside}


def _told(hashed: Hashed) -> dict[str, Any]:
    mirrored = [code.hex() for code in hashed.mirrored] if hashed.mirrored is not None else None
    return {"hash": hashed.hash.hex(), "quality": hashed.quality, "mirrored": mirrored}


def picture_hashes(picture: Picture) -> tuple[Hashed, Hashed | None]:
    """The hash of a picture by the cheapest way that its format allows, and of what lies inside its border."""
    size = (picture.width, picture.height)
    if min(size) < SIDE:
        return _small(picture.rgb()), None
    pixels = _pixels(picture)
    whole, undecided = linear_hashes(pixels, size)
    if undecided > _MOST_UNDECIDED and size[0] * size[1] <= _PLAIN_PIXELS:
        code, quality = plain_pdq(picture.rgb())
        whole = Hashed(code, quality, whole.mirrored if quality >= TURNED_FROM else None)
    return whole, _trimmed(picture, pixels)


def _pixels(picture: Picture) -> Pixels:
    """RGB or luma; scaled where the format gives that for less."""
    if picture.format != "jpeg" or picture.damaged:
        return picture.rgb()
    if isinstance(picture, Sketched):
        return picture.sketch(SKETCH_SIDE)
    return picture.rgb(SHARED_SIDE)


def _trimmed(picture: Picture, pixels: Pixels) -> Hashed | None:
    """The hash of what lies inside the border; None where there is no border, or nothing reliable within."""
    box = inside_border(pixels)
    if box is None:
        return None
    scale = scale_of(max(picture.width, picture.height), max(pixels.shape[:2]))
    shorter = min(box[1] - box[0], box[3] - box[2])
    if scale > 1 and shorter < _TRIMMED_SIDE:
        pixels = picture.luma(SKETCH_SIDE * min(pixels.shape[:2]) // max(1, shorter))
        box = inside_border(pixels)
        if box is None:
            return None
        scale = scale_of(max(picture.width, picture.height), max(pixels.shape[:2]))
    top, bottom, left, right = box
    size = (scale * (right - left), scale * (bottom - top))
    if min(size) < SIDE:
        return None
    hashed, undecided = linear_hashes(pixels[top:bottom, left:right], size)
    return hashed if hashed.quality >= TURNED_FROM and undecided <= _MOST_UNDECIDED else None


def plain_pdq(rgb: Pixels) -> tuple[bytes, int]:
    """The reference library on `(h, w, 3) uint8`: hash (32 bytes) and quality."""
    import pdqhash

    bits, quality = pdqhash.compute(np.ascontiguousarray(rgb))
    return np.packbits(bits).tobytes(), int(quality)


def _small(rgb: Pixels) -> Hashed:
    """The reference library on a picture with a side of less than 64 pixels, and on its mirrored forms."""
    code, quality = plain_pdq(rgb)
    if quality < TURNED_FROM:
        return Hashed(code, quality)
    return Hashed(
        code,
        quality,
        (plain_pdq(rgb[:, ::-1])[0], plain_pdq(rgb[::-1])[0], plain_pdq(rgb[::-1, ::-1])[0]),
    )


def linear_hashes(pixels: Pixels, size: tuple[int, int]) -> tuple[Hashed, int]:
    """The hash of a picture of `size` (width, height) from its pixels, RGB or luma, scaled or not.

    The second number says how many of the 256 bits are undecided at the precision of 8-bit pixels.
    """
    buffers = buffers_of(pixels, size)
    quality = quality_of(buffers[0, 0])
    forms = coefficients_of(buffers).reshape(4, 256)
    medians = np.partition(forms, 127, axis=1)[:, 127:128]
    straight, left_right, upside_down, both = (
        code.tobytes() for code in np.packbits((forms > medians)[:, ::-1], axis=1)
    )
    undecided = int(np.count_nonzero(np.abs(forms[0] - medians[0]) < _UNDECIDED))
    mirrored = (left_right, upside_down, both) if quality >= TURNED_FROM else None
    return Hashed(straight, quality, mirrored), undecided


def linear_pdq(pixels: Pixels, size: tuple[int, int]) -> tuple[bytes, int, int]:
    """Hash, quality and undecided bits alone, see `linear_hashes`."""
    hashed, undecided = linear_hashes(pixels, size)
    return hashed.hash, hashed.quality, undecided
