"""Cut files of codecs that decode whole files only (WebP, HEIC): as far as they go.

The missing end is filled in, and these codecs decode the filling to something. What is real shows by decoding
again with another filling: the rows from the top that come out the same do not depend on it. The rest is made
grey, as libjpeg leaves it. AVIF is left alone: tiles that are missing come out the same whatever fills them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from safelight.errors import FormatError
from safelight.media.protocol import Pixels
from safelight.media.wholeness import stated_size

MISSING: Final = "the end is missing"
_MOST_FILLED: Final = 64 << 20
"""Bytes filled in at most, whatever the file says it should hold."""
_OTHERS: Final = (0x10, 0x02, 0x80, 0xFF)
"""Other fillings than zeros; a codec may refuse one for what it decodes to."""
_LESS: Final = 64
"""Bytes that the file has less with these, so that nothing real hangs on what comes behind the last of them."""
_FIRST_CHUNK: Final = 12
_LEAST_ROWS: Final = 8
_MOST_PIXELS: Final = 64_000_000
"""Of larger pictures a worker cannot hold two."""
_STRIP_ROWS: Final = 256
_GREY: Final = 128


def filled(data: bytes, format: str, filling: int = 0, less: int = 0) -> bytes:
    """A cut file, without its last `less` bytes, filled up to the size that it states.

    What is whole, or lacks too much, comes back as it is. WebP is filled beyond that size, which is then stated
    anew: its decoder must not run out of bytes, and what is filled in takes more than what is missing did.
    """
    lacks = stated_size(data, format) - len(data)
    if not 0 < lacks <= _MOST_FILLED:
        return data
    kept = data[: len(data) - less]
    if format == "webp":
        return _webp(kept, lacks + less + len(data) // 2, filling)
    return kept + bytes([filling]) * (lacks + less)


def _webp(kept: bytes, more: int, filling: int) -> bytes:
    """Fill the last, cut chunk of a WebP with so many bytes; what follows it in the file is done without."""
    at = _FIRST_CHUNK
    while at + 8 <= len(kept):
        size = int.from_bytes(kept[at + 4 : at + 8], "little")
        if at + 8 + size + size % 2 >= len(kept):
            break
        at += 8 + size + size % 2
    whole = bytearray(kept + bytes([filling]) * (more + (len(kept) + more) % 2))
    whole[4:8] = (len(whole) - 8).to_bytes(4, "little")
    if at + 8 <= len(kept):
        whole[at + 4 : at + 8] = (len(whole) - at - 8).to_bytes(4, "little")
    return bytes(whole)


def as_far_as_it_goes(data: bytes, format: str, decode: Callable[[bytes], Pixels]) -> Pixels | None:
    """Decode a cut file to `(h, w, 3)` RGB, grey where it is missing; None where it is not cut, or too short.

    Raises what `decode` does.
    """
    whole = filled(data, format)
    if whole is data or len(data) <= 2 * _LESS:
        return None
    pixels = decode(whole)
    if pixels.size > 3 * _MOST_PIXELS:
        return None
    for filling in _OTHERS:
        try:
            other = decode(filled(data, format, filling, _LESS))
        except FormatError:
            continue
        real = _same_rows(pixels, other) if pixels.shape == other.shape else 0
        if real < _LEAST_ROWS:
            return None
        shown = pixels if pixels.flags.writeable else pixels.copy()
        shown[real:] = _GREY
        return shown
    return None


def _same_rows(first: Pixels, second: Pixels) -> int:
    """How many rows from the top are the same; in strips, as both are large."""
    for top in range(0, len(first), _STRIP_ROWS):
        strips = first[top : top + _STRIP_ROWS], second[top : top + _STRIP_ROWS]
        differ = np.flatnonzero((strips[0] != strips[1]).any(axis=(1, 2)))
        if differ.size:
            return top + int(differ[0])
    return len(first)
