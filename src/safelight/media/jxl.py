"""JPEG XL by libjxl (imagecodecs), animations too; the size is read from the header before.

How many frames there are is asked for before they are decoded, as they come all at once: of an animation that is too
large for that the first nine are. When each is shown the library does not tell.

Alpha is dropped, not blended; more than eight bits are brought to eight. libjxl turns pictures itself.

Source of the header: ISO/IEC 18181-1, SizeHeader; ISO/IEC 18181-2 for the boxes around a codestream.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import numpy as np

from safelight.errors import FormatError
from safelight.evidence.sniff import sniff
from safelight.media import pillow
from safelight.media.animation import FRAMES, AnimatedFilm, later_frames
from safelight.media.picture import MAX_PIXELS, LazyPicture, check_size, luma_of, reduced
from safelight.media.protocol import Picture, Pixels

_CODESTREAM: Final = b"\xff\x0a"
_MOST_BOXES: Final = 1_000
_RATIOS: Final = ((1, 1), (1, 1), (6, 5), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_WIDTHS: Final = (9, 13, 18, 30)
_MOST_CHANNELS_BYTES: Final = 16
"""Bytes a pixel that libjxl may give: four channels of 32 bits."""
_LARGEST: Final = min(MAX_PIXELS, 100_000_000)
_MOST_FRAMES: Final = 1_000
_MOST_BYTES: Final = 400_000_000
"""Of all frames of an animation as libjxl gives them."""
_SHAPE: Final = re.compile(r", shape=\((\d{1,9}(?:, \d{1,9}){1,3})\)")


class JxlDecoder:
    """JPEG XL, bare or in boxes."""

    name = "jxl"

    def detect(self, head: bytes) -> str | None:
        """See `Decoder.detect`."""
        return "jxl" if sniff(head) == "jxl" else None

    def prepare(self) -> None:
        """Load the codec, and decode something once."""
        import imagecodecs

        small = np.zeros((16, 16, 3), np.uint8)
        self.decode(bytes(imagecodecs.jpegxl_encode(small, numthreads=1)), "jxl")

    def decode(self, data: bytes, format: str) -> list[Picture]:
        """See `Decoder.decode`."""
        width, height = stated_dimensions(data)
        check_size(width, height, _LARGEST)
        full = _rgb(_decoded(data))

        def read(scale: int, luma: bool) -> Pixels:
            scaled = reduced(full, scale)
            return luma_of(scaled) if luma else scaled

        first = LazyPicture(format, (full.shape[1], full.shape[0]), data, read)
        if _stack(data) is None:
            return [first]
        steps = partial(_JxlFrames, data)
        shown = steps()
        later = later_frames(shown)
        first.damaged = shown.problem
        if later:
            first.film = AnimatedFilm(steps)
        return [first, *later]


class _JxlFrames:
    """The frames of an animation; see `animation.Steps`."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.problem: str | None = None

    def __iter__(self) -> Iterator[tuple[int, float | None, Pixels]]:
        count, each = _stack(self._data) or (0, 0)
        if count > _MOST_FRAMES or count * each > _MOST_BYTES:
            yield from self._first(min(count, FRAMES))
            said = f"not looked at beyond frame {FRAMES} of {count:,}: together they are too large"
            self.problem = self.problem or said
            return
        try:
            frames = _decoded(self._data, None)
        except FormatError as error:
            yield from self._first(min(count, FRAMES))
            self.problem = str(error)
            return
        for number in range(len(frames)):
            yield number, None, _rgb(frames[number])

    def _first(self, count: int) -> Iterator[tuple[int, float | None, Pixels]]:
        """Frame by frame, each of which is decoded with all before it."""
        for number in range(count):
            try:
                yield number, None, _rgb(_decoded(self._data, number))
            except FormatError as error:
                self.problem = str(error)
                return


def _stack(data: bytes) -> tuple[int, int] | None:
    """How many frames there are, and at most how many bytes one takes as libjxl gives it; None of a still picture.

    The library counts frames before it decodes them, and says what it counted when an array of another shape is given.
    """
    import imagecodecs

    try:
        imagecodecs.jpegxl_decode(data, numthreads=1, out=np.zeros((1, 1, 1, 1, 1), np.uint8))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # why: what is wrong with it shows when it is decoded
        found = _SHAPE.search(str(error))
        sides = [int(one) for one in found[1].split(", ")] if found is not None else []
        grey = len(sides) == 3 and tuple(sorted(sides[1:])) == tuple(sorted(stated_dimensions(data)))
        if len(sides) == 4 or grey:
            return sides[0], 4 * math.prod(sides[1:])  # floats at most
    return None


def stated_dimensions(data: bytes) -> tuple[int, int]:
    """Width and height as the codestream's header states them. Raises FormatError."""
    bits = int.from_bytes(_codestream(data)[2:18], "little")
    at = 0

    def take(count: int) -> int:
        nonlocal at
        value = bits >> at & ((1 << count) - 1)
        at += count
        return value

    def side(small: int) -> int:
        return 8 * (take(5) + 1) if small else take(_WIDTHS[take(2)]) + 1

    small = take(1)
    height = side(small)
    ratio = take(3)
    if not ratio:
        return side(small), height
    over, under = _RATIOS[ratio]
    return height * over // under, height


def _codestream(data: bytes) -> bytes:
    """The first bytes of the codestream, in the box that holds it where there are boxes."""
    if data.startswith(_CODESTREAM):
        return data[:32]
    at = 0
    for _ in range(_MOST_BOXES):
        size, kind = int.from_bytes(data[at : at + 4], "big"), data[at + 4 : at + 8]
        start = at + 8
        if size == 1:
            size, start = int.from_bytes(data[at + 8 : at + 16], "big"), at + 16
        if kind in (b"jxlc", b"jxlp"):
            found = data[start + 4 * (kind == b"jxlp") :][:32]
            if found.startswith(_CODESTREAM):
                return found
            break
        if len(kind) < 4 or (size and size < 8) or not size:
            break
        at += size
    raise FormatError("no JPEG XL codestream is found in it")


def _decoded(data: bytes, index: int | None = 0) -> Any:
    """One frame, or all of them, as libjxl gives them. Raises FormatError."""
    import imagecodecs

    try:
        return imagecodecs.jpegxl_decode(data, index=index, numthreads=1)
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # why: the binding raises several types on hostile bytes
        raise FormatError(f"no pixel can be decoded: {pillow.said(error)}") from None


def _rgb(pixels: Any) -> Pixels:
    """`(h, w, 3)` RGB of a frame. Raises FormatError."""
    if pixels.ndim == 4:
        pixels = pixels[0]
    if pixels.ndim == 2:
        pixels = pixels[..., None]
    if pixels.ndim != 3:
        raise FormatError(f"the picture has {pixels.ndim} dimensions")
    check_size(pixels.shape[1], pixels.shape[0], _LARGEST)
    pixels = pixels[..., :1].repeat(3, axis=2) if pixels.shape[2] < 3 else pixels[..., :3]
    if pixels.dtype == np.uint16:
        pixels = (pixels >> 8).astype(np.uint8)
    elif pixels.dtype != np.uint8:
        pixels = (np.clip(np.nan_to_num(pixels.astype(np.float32)), 0, 1) * 255).astype(np.uint8)
    return np.ascontiguousarray(pixels)
