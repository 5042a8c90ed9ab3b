"""Find the uniform border of a picture: letterboxes, frames, the margins of a scan or of a screenshot.

Each side is looked at on its own: a line belongs to the border when nearly all of it has the brightness of the
outermost line. Frames within frames are taken off one after the other.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from safelight.media.protocol import Pixels
from safelight.signals.pdq_operator import luma

Box = tuple[int, int, int, int]
"""Top, bottom, left, right: the half-open ranges of rows and columns that are left."""

_TOLERANCE: Final = 10.0
"""Units of luma by which compression and noise move a uniform area."""
_STRAY: Final = 0.02
"""Share of a line's pixels that may lie outside: dust, a watermark's edge."""
_SAMPLES: Final = 512
"""Pixels of a line that are looked at."""
_CHUNK: Final = 32
_PASSES: Final = 4
_LEAST_BORDER: Final = 0.02
"""Of the height or width: less does not move the hash."""
_LEAST_LEFT: Final = 0.1
"""Of the height and of the width: what is left of less is no picture with a border."""


def inside_border(pixels: Pixels) -> Box | None:
    """Where the picture lies inside its border; None where there is none worth trimming, or nothing else.

    `pixels` is `(h, w, 3)` RGB or `(h, w)` luma.
    """
    height, width = pixels.shape[:2]
    top, bottom, left, right = 0, height, 0, width
    for _ in range(_PASSES):
        rows = pixels[top:bottom, left:right]
        above, below = _run(rows), _run(rows[::-1])
        if above == len(rows):
            return None
        top, bottom = top + above, bottom - below
        columns = pixels[top:bottom, left:right].swapaxes(0, 1)
        before, behind = _run(columns), _run(columns[::-1])
        if before == len(columns):
            return None
        left, right = left + before, right - behind
        if not (above or below or before or behind):
            break
    if bottom - top < _LEAST_LEFT * height or right - left < _LEAST_LEFT * width:
        return None
    worth = height - (bottom - top) > _LEAST_BORDER * height or width - (right - left) > _LEAST_BORDER * width
    return (top, bottom, left, right) if worth else None


def _run(lines: Pixels) -> int:
    """How many lines from the first on are uniform, and of one brightness."""
    if not lines.size:
        return len(lines)
    step = max(1, lines.shape[1] // _SAMPLES)
    sampled = lines[:, ::step]
    level = float(np.sort(luma(sampled[:1]), axis=None)[sampled.shape[1] // 2])
    size = 1  # most pictures have no border: then one line is all that is looked at
    start = 0
    while start < len(sampled):
        far = np.abs(luma(sampled[start : start + size]) - level) > _TOLERANCE
        ends = np.flatnonzero(far.mean(axis=1) > _STRAY)
        if ends.size:
            return start + int(ends[0])
        start += size
        size = _CHUNK
    return len(sampled)
