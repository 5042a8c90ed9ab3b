"""The lines of a PNG with their filters taken off (PNG, third edition, 9.2), compiled where numba is installed."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from safelight.evidence.carving.compiled import compiled
from safelight.media.protocol import Pixels

FILTERS: Final = 5


@compiled
def unfiltered(lines: Pixels, out: Pixels, step: int) -> Any:
    """Take the filters off `lines` `(h, 1 + n)`, whose first column names them, into `out` `(1 + h, n)`.

    The first line of `out` must be zeros. `step` is the bytes of a pixel, and `n` a multiple of it. Returns how
    many lines are done: fewer than there are where one names no filter.
    """
    height, size = lines.shape[0], lines.shape[1] - 1
    for y in range(height):
        line, row, above = lines[y], out[y + 1], out[y]
        kind = line[0]
        if kind == 0:
            for x in range(size):
                row[x] = line[x + 1]
        elif kind == 1:
            for channel in range(step):
                left = np.int32(0)
                for x in range(channel, size, step):
                    left = (np.int32(line[x + 1]) + left) & 255
                    row[x] = left
        elif kind == 2:
            for x in range(size):
                row[x] = (np.int32(line[x + 1]) + np.int32(above[x])) & 255
        elif kind == 3:
            for channel in range(step):
                left = np.int32(0)
                for x in range(channel, size, step):
                    left = (np.int32(line[x + 1]) + ((left + np.int32(above[x])) >> 1)) & 255
                    row[x] = left
        elif kind == 4:
            for channel in range(step):
                left = corner = np.int32(0)
                for x in range(channel, size, step):
                    up = np.int32(above[x])
                    by_left, by_up = abs(up - corner), abs(left - corner)
                    by_corner = abs(left + up - corner - corner)
                    nearest = corner if by_corner < by_up else up
                    nearest = left if by_left <= min(by_up, by_corner) else nearest
                    left = (np.int32(line[x + 1]) + nearest) & 255
                    row[x] = left
                    corner = up
        else:
            return y
    return height
