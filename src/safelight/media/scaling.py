"""What pictures of all decoders share: the power of two to decode at, and the guard against huge pictures."""

from __future__ import annotations

from safelight.errors import FormatError

MOST_PIXELS = 200_000_000
"""The largest picture that is decoded at full size, in pixels (600 MB of RGB)."""


def scale_for(width: int, height: int, at_least: int | None, largest: int = 8) -> int:
    """1, 2, 4 or 8: how far a picture may be scaled down with its shorter side staying ≥ `at_least`.

    What would exceed `MOST_PIXELS` is scaled down further. Raises FormatError when no scale is enough.
    """
    scale = 1
    while at_least and scale < largest and min(width, height) // (scale * 2) >= at_least:
        scale *= 2
    while width * height // (scale * scale) > MOST_PIXELS:
        if scale >= largest:
            raise FormatError(f"not decoded: {width} × {height} pixels are more than this program takes on")
        scale *= 2
    return scale
