"""Compile what carving compiles, at set-up, so that nobody waits for it in a scan."""

from __future__ import annotations

import numpy as np

from safelight.evidence.carving.compiled import is_compiled
from safelight.evidence.carving.jpeg import ScanPoint, decode
from safelight.evidence.carving.jpeg_kernel import STATE
from safelight.evidence.carving.jpeg_tables import Frame, Scan, Tables
from safelight.evidence.carving.jpeg_tries import Tries, survivors


def prepare() -> bool:
    """Compile into the cache, harmless again; False where numba is not installed."""
    if not is_compiled():
        return False
    tables = Tables()
    for marker, band in ((0xC0, (0, 63, 0, 0)), (0xC2, (0, 0, 0, 0))):
        frame = Frame(marker, 8, 8, 8, ((1, 1, 1, 0),), mcus=(1, 1), strides=(1,), bases=(0,), blocks=1)
        scan = Scan(((0, 0, 4),), band, 1, np.array(((0, 0, 4, 0),), np.int64), np.array((0, 1, 1), np.int64))
        known = np.zeros(1, np.int64) if frame.is_progressive else None
        point = ScanPoint(0, scan, frame, tables, tables.largest(frame), 0, 1, known)
        state, levels = np.zeros(STATE, np.int64), np.zeros(1, np.int32)
        decode(point, bytes(64), 64, state.copy(), levels, known)
        list(survivors(Tries(bytes(64), 0, 32, np.array((32, 40), np.int64)), point, state, levels, known))
    return True
