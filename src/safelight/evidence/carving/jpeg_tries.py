"""Try at many places whether the data there continues a JPEG scan, and how well brightness and colours go on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np

from safelight.evidence.carving.compiled import compiled
from safelight.evidence.carving.jpeg import Levels, ScanPoint
from safelight.evidence.carving.jpeg_kernel import BROKEN, BYTE, MCU, sequential
from safelight.evidence.carving.jpeg_progressive import progressive
from safelight.evidence.carving.jpeg_tables import Ints

TRIED = 2_048
"""Bytes that a continuation must make sense for."""
_MOST_LOG = 1 << 16
_FACTOR, _JUMP = 2.5, 48.0
"""Rows that meet may differ by so many times what the rows above differ, and so much, in units of DC (8 a grey
level)."""


class Tries(NamedTuple):
    """Places in `data` where the MCU whose own data lies from `begin` to `end` may go on."""

    data: bytes
    begin: int
    end: int
    places: Ints


class Roughness(NamedTuple):
    """Mean difference of neighbouring rows of MCUs: above the place where pieces meet, and across it."""

    above: float
    across: float

    @property
    def is_even(self) -> bool:
        """Do the pieces go together, as far as this tells?"""
        return self.across <= _FACTOR * self.above + _JUMP


def survivors(
    tries: Tries, point: ScanPoint, state: Ints, levels: Levels, known: Ints | None
) -> Iterator[tuple[int, float]]:
    """Yield (number of the try, how rough the seam is) for those that go on making sense.

    `state` is that of the MCU; `levels` are those of the whole scan up to it.
    """
    scan, tables, frame = point.scan, point.tables, point.frame
    rough = np.full(len(tries.places), -1.0)
    begun = state.copy()
    begun[BYTE] = tries.begin
    mcu = int(state[MCU])
    row = frame.row(scan)
    used = levels.copy() if scan.has_levels else np.zeros(0, np.int32)
    shared = (np.frombuffer(tries.data, np.uint8), tries.end, tries.places, rough)
    meant = (scan.total, point.restart, scan.blocks)
    huffman = (tables.look, tables.most, tables.offsets, tables.symbols, point.largest)
    seam = (begun, used, row, _steps(point))
    if known is None:
        _try_sequential(*shared, *meant, *huffman, *seam)
    else:
        band = np.array(scan.band, np.int64)
        log = np.zeros(_MOST_LOG, np.int64)
        _try_progressive(*shared, *meant, scan.place, band, *huffman, *seam, known, log)
    if not len(used) or mcu < 2 * row:
        yield from ((index, float(index)) for index in np.flatnonzero(rough >= 0).tolist())
        return
    above = roughness(point, levels, mcu).above
    for index in np.flatnonzero(rough >= 0).tolist():
        if Roughness(above, float(rough[index])).is_even:
            yield index, float(rough[index])


def _steps(point: ScanPoint) -> Ints:
    """The DC's quantiser of each component of the scan."""
    steps = [
        point.tables.quantisers.get(point.frame.components[index][3], [1])[0]
        for index, _, _ in point.scan.components
    ]
    return np.array(steps, np.int64)


def roughness(point: ScanPoint, levels: Levels, mcu: int) -> Roughness:
    """Compare the row of MCUs that begins with `mcu` with that above it, and that one with its own."""
    row = point.frame.row(point.scan)
    if mcu < 2 * row or not len(levels):
        return Roughness(0.0, 0.0)
    values = levels.reshape(len(point.scan.components), -1).astype(np.int64) * _steps(point)[:, None]
    last = min(mcu + row, values.shape[1])
    across = np.abs(values[:, mcu:last] - values[:, mcu - row : last - row])
    above = np.abs(values[:, mcu - row : mcu] - values[:, mcu - 2 * row : mcu - row])
    return Roughness(float(above.mean()), float(across.mean()) if across.size else 0.0)


@compiled
def _seam(levels: Any, total: int, row: int, steps: Any, first: int, last: int) -> Any:
    """The mean difference of MCUs `first` to `last` from those above them; 0 where there are none."""
    if levels.shape[0] == 0 or first < row or last <= first:
        return 0.0
    if last > first + row:
        last = first + row
    found = 0.0
    for c in range(steps.shape[0]):
        for mcu in range(first, last):
            found += abs(levels[c * total + mcu] - levels[c * total + mcu - row]) * steps[c]
    return found / (steps.shape[0] * (last - first))


@compiled
def _try_sequential(
    data: Any,
    leave: int,
    places: Any,
    rough: Any,
    total: int,
    restart: int,
    blocks: Any,
    look: Any,
    most: Any,
    offsets: Any,
    symbols: Any,
    largest: Any,
    state: Any,
    levels: Any,
    row: int,
    steps: Any,
) -> None:
    """Write the roughness of each try that goes on for `TRIED` bytes, or to the end of the scan."""
    mine = np.empty_like(state)
    for index in range(rough.shape[0]):
        mine[:] = state
        enter = places[index]
        end = min(data.shape[0], enter + TRIED)
        ended = sequential(
            data, end, leave, enter, enter + TRIED, total, restart,
            blocks, look, most, offsets, symbols, largest, mine, levels,
        )  # fmt: skip
        if ended != BROKEN:
            rough[index] = _seam(levels, total, row, steps, state[MCU], mine[MCU])


@compiled
def _try_progressive(
    data: Any,
    leave: int,
    places: Any,
    rough: Any,
    total: int,
    restart: int,
    blocks: Any,
    place: Any,
    band: Any,
    look: Any,
    most: Any,
    offsets: Any,
    symbols: Any,
    largest: Any,
    state: Any,
    levels: Any,
    row: int,
    steps: Any,
    known: Any,
    log: Any,
) -> None:
    """The same for a progressive scan; `known` is as before afterwards."""
    mine = np.empty_like(state)
    for index in range(rough.shape[0]):
        mine[:] = state
        log[0] = 0
        enter = places[index]
        end = min(data.shape[0], enter + TRIED)
        ended = progressive(
            data, end, leave, enter, enter + TRIED, total, restart, blocks, place, band,
            look, most, offsets, symbols, largest, mine, levels, known, log,
        )  # fmt: skip
        while log[0] > 0:
            known[log[log[0]] >> 6] &= ~(np.int64(1) << (log[log[0]] & 63))
            log[0] -= 1
        if ended != BROKEN:
            rough[index] = _seam(levels, total, row, steps, state[MCU], mine[MCU])
