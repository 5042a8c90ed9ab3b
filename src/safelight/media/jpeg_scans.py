"""The scans of a JPEG, walked as libjpeg walks them, and what of a progressive file is enough for a small picture.

A progressive JPEG stores coarse brightness first (ITU-T T.81, G.1.1): the scan of the DC coefficients, then a
first scan of some AC coefficients of the luma. For a hash these are enough, and the costly scans of colour and
detail behind them need not be decoded. For a small picture in colour only the last bits of the luma's AC
coefficients are left out: they are most of such a file, and at 1/2 and less they hardly show.
"""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

import numpy as np

from safelight.errors import FormatError

_MAX_SCANS = 500
"""A progressive JPEG has some ten; thousands of empty ones keep a decoder busy for hours."""
_MAX_SEGMENTS = 100_000
_START_OF_SCAN, _END, _START, _TEMPORARY, _PROGRESSIVE = 0xDA, 0xD9, 0xD8, 0x01, 0xC2
_FILL: Final = 0xFF
_WINDOW: Final = 1 << 18
"""Bytes searched for markers at a time: what lies behind the end of the picture is not walked."""
_ENOUGH_AC: Final = 5
"""The last AC coefficient, in zigzag order, that the first luma scan must reach."""
_ENOUGH_BITS: Final = {1: 0, 2: 1}
"""Down to which bit the luma's AC coefficients are read, by scale; at smaller scales down to bit 2."""


@dataclass(frozen=True, slots=True)
class Scan:
    """One scan: where its header begins, ids of its components, first and last coefficient (0..63), whether it
    refines, down to which bit it goes, where it ends."""

    start: int
    components: tuple[int, ...]
    first: int
    last: int
    refines: bool
    bit: int
    end: int


@dataclass(frozen=True, slots=True)
class Layout:
    """What the markers say: the scans in order, the ids of all components, and whether there is an end."""

    progressive: bool
    components: tuple[int, ...]
    scans: tuple[Scan, ...]
    ended: bool


def layout(data: bytes) -> Layout:
    """Walk the segments as libjpeg does, up to the end of the picture: what is appended to it does not count.

    Raises:
        FormatError: there are more scans, or more segments, than any honest file has.
    """
    markers = _Markers(data)
    progressive, ended = False, False
    components: tuple[int, ...] = ()
    scans: list[Scan] = []
    open_: tuple[int, tuple[int, ...], int, int, bool, int] | None = None
    at = 0
    for _ in range(_MAX_SEGMENTS):
        start = markers.first(at)
        if open_ is not None:
            scans.append(Scan(*open_, len(data) if start is None else start))
            open_ = None
        if start is None:
            break
        marker = data[start + 1]
        at = start + 2
        if marker == _END:
            ended = True
            break
        if marker in (_START, _TEMPORARY):
            continue
        length = int.from_bytes(data[at : at + 2], "big")
        if marker == _PROGRESSIVE:
            progressive, components = True, _components(data[at + 2 : at + length])
        elif marker == _START_OF_SCAN:
            open_ = start, *_scan(data[at + 2 : at + length])
            if len(scans) >= _MAX_SCANS:
                raise FormatError(f"a JPEG of more than {_MAX_SCANS} scans is made to keep decoders busy")
        at += length
    else:
        raise FormatError(f"a JPEG of more than {_MAX_SEGMENTS} segments is made to keep decoders busy")
    return Layout(progressive, components, tuple(scans), ended)


def coarse(data: bytes, found: Layout, scale: int) -> bytes | None:
    """The file up to what luma at 1/`scale` needs, with an end; None where nothing can be left out.

    The first component must be luma. At 1/8 that is the DC coefficients, at 1/2 and 1/4 the first AC scan too.
    """
    if not (found.progressive and found.ended and len(found.components) in (1, 3)):
        return None
    luma = found.components[0]
    has_dc = False
    for number, scan in enumerate(found.scans):
        if luma not in scan.components or scan.refines:
            continue
        has_dc |= scan.first == 0
        if has_dc and (scale >= 8 or (scan.first > 0 and scan.last >= _ENOUGH_AC)):
            rest = len(found.scans) - number - 1
            return data[: scan.end] + bytes((_FILL, _END)) if rest else None
    return None


def thinned(data: bytes, found: Layout, scale: int) -> bytes | None:
    """The file without the scans that only refine what hardly shows at 1/`scale`; None where there are none.

    The first component must be luma.
    """
    if not (found.progressive and found.ended and len(found.components) in (1, 3)):
        return None
    least = _ENOUGH_BITS.get(scale, 2)
    kept, at = [], 0
    for scan in found.scans:
        if scan.components == found.components[:1] and scan.first > 0 and scan.refines and scan.bit < least:
            kept.append(data[at : scan.start])
            at = scan.end
    return b"".join((*kept, data[at:])) if kept else None


class _Markers:
    """Finds markers; what entropy-coded data holds is none: FF is followed by 00 there, or by a restart (B.1.1)."""

    def __init__(self, data: bytes) -> None:
        self._data = np.frombuffer(data, np.uint8)
        self._start = self._end = 0
        self._found: list[int] = []

    def first(self, at: int) -> int | None:
        """Where the first marker begins that lies at `at` or behind it (its last FF, where it is filled up)."""
        while at < len(self._data) - 1:
            if not self._start <= at < self._end:
                self._search(at)
            number = bisect_left(self._found, at)
            if number < len(self._found):
                return self._found[number]
            at = self._end
        return None

    def _search(self, start: int) -> None:
        window = self._data[start : start + _WINDOW + 1]
        filled = np.flatnonzero(window[:-1] == _FILL)
        after = window[filled + 1]
        none = (after == 0) | (after == _FILL) | ((after >= 0xD0) & (after <= 0xD7))
        self._found = (filled[~none] + start).tolist()
        self._start, self._end = start, start + len(window) - 1


def _components(body: bytes) -> tuple[int, ...]:
    """Component ids of a frame header (B.2.2); none where it is cut."""
    count = body[5] if len(body) > 5 else 0
    return tuple(body[6 : 6 + 3 * count : 3]) if len(body) >= 6 + 3 * count else ()


def _scan(body: bytes) -> tuple[tuple[int, ...], int, int, bool, int]:
    """Component ids, first and last coefficient, whether it refines, and its last bit, of a scan header (B.2.3)."""
    count = body[0] if body else 0
    if len(body) < 4 + 2 * count:
        return (), 0, 0, False, 0
    first, last, approximation = body[1 + 2 * count : 4 + 2 * count]
    return tuple(body[1 : 1 + 2 * count : 2]), first, last, approximation >> 4 > 0, approximation & 15
