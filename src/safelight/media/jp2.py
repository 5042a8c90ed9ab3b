"""Colour JPEG 2000 of more than eight bits, by OpenJPEG itself (imagecodecs): Pillow brings it to eight by rounding,
and the brightest values come round to black.

Source: ISO/IEC 15444-1, A.5.1 (SIZ).
"""

from __future__ import annotations

import struct
from typing import Any, Final

import numpy as np

from safelight.errors import FormatError
from safelight.media.picture import check_size
from safelight.media.protocol import Pixels

_SIZ: Final = b"\xff\x4f\xff\x51"
_HEAD: Final = 1 << 20
_COMPONENTS: Final = 40
"""Offset of the number of components from the start of the codestream; depth and sampling of each follow."""


def deep_colour(data: bytes) -> Pixels | None:
    """`(h, w, 3)` RGB where it is colour of 9 to 16 bits whose components are alike; None where it is not, or does not
    decode so."""
    import imagecodecs

    bits = stated_depth(data)
    if bits is None:
        return None
    try:
        pixels: Any = imagecodecs.jpeg2k_decode(data, numthreads=1)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  # why: Pillow then says what is wrong, and shows what there is
        return None
    if pixels.ndim != 3 or pixels.shape[2] < 3 or pixels.dtype != np.uint16:
        return None
    return np.ascontiguousarray((pixels[..., :3] >> (bits - 8)).astype(np.uint8))


def stated_depth(data: bytes) -> int | None:
    """Bits of each of at least three unsigned components, if these are 9 to 16 and of one size; else None."""
    at = data.find(_SIZ, 0, _HEAD)
    if at < 0 or at + _COMPONENTS + 2 > len(data):
        return None
    width, height, left, top = struct.unpack_from(">4I", data, at + 8)
    (count,) = struct.unpack_from(">H", data, at + _COMPONENTS)
    kinds = {data[at + _COMPONENTS + 2 + 3 * number :][:3] for number in range(min(count, 4))}
    kind = kinds.pop()
    if count < 3 or kinds or len(kind) < 3 or not 8 <= kind[0] < 16:
        return None
    try:
        check_size(width - left, height - top)
    except FormatError:
        return None
    return kind[0] + 1


def prepare() -> None:
    """Decode something once."""
    import imagecodecs

    small = np.full((16, 16, 3), 60_000, np.uint16)
    deep_colour(bytes(imagecodecs.jpeg2k_encode(small, level=0)))
