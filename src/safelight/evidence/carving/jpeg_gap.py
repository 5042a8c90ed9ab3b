"""Find the second piece of a JPEG that breaks off: bifragment gap carving (Garfinkel, DFRWS 2007), bit by bit.

Where decoding failed, the break lies at one of the block boundaries before. From the state at each of them
decoding is tried on with the blocks that follow (and some that come before the picture, `jpeg_tries.py`):
nearly all fail within some hundred bytes. What survives is decoded to its end, in the order of how well the
brightness and colours go on: it must have exactly the MCUs that the picture lacks and an end-of-image marker.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from safelight.evidence.carving.claimed import Claimed
from safelight.evidence.carving.jpeg import JpegWalk, Levels, ScanPoint, decode
from safelight.evidence.carving.jpeg_kernel import BYTE, MCU, MORE, STATE
from safelight.evidence.carving.jpeg_tables import Ints
from safelight.evidence.carving.jpeg_tries import TRIED, Tries, roughness, survivors
from safelight.evidence.carving.shape import BLOCKS_ON, LEAST_SEGMENTS, Purse
from safelight.evidence.carving.space import Ranges
from safelight.evidence.protocol import Source

_BLOCKS_BACK = 256
"""How many blocks before the picture a second piece is looked for in."""
_BLOCKS_SEGMENT = 128
"""The same where the break lies in a segment before the data."""
_STAGES = ((0, 3, 1, 64), (0, 3, 64, BLOCKS_ON), (3, 12, 1, 64), (0, 2, -_BLOCKS_BACK, 0))
"""In which order: boundaries (from the fault backwards), blocks beyond them."""
_EDGES, _EDGES_PROGRESSIVE = 12, 8
_MOST_KNOWN = 1 << 22
"""Blocks of which is kept what was known at the boundaries (32 MiB)."""
_MOST_VERIFIED = 24
"""Survivors of one stage that are decoded to the end."""
_COST = 256
"""Bytes that a try takes on average."""
_BEFORE = 64
"""How far before a boundary decoding may be said to fail: a code begins before it and ends after it."""
_LONGEST = 64 << 20
_NONE = np.zeros(0, np.int32)


class Joint(NamedTuple):
    """Where two pieces meet: bytes of the first, where the second begins (space), and the whole size."""

    cut: int
    second: int
    size: int


@dataclass(slots=True)
class _Edge:
    """A boundary where the break may be: the state of the last MCU before it."""

    cut: int
    state: Ints
    known: Ints | None
    prefix: bytes
    """What that MCU has of its data before the boundary."""


@dataclass(slots=True)
class _Gap:
    """A picture that breaks off in a scan, and where it is looked for on."""

    space: Source
    start: int
    walk: JpegWalk
    point: ScanPoint
    unit: int
    purse: Purse
    claimed: Claimed
    edges: list[_Edge]


def second_piece(
    space: Source, start: int, walk: JpegWalk, unit: int, purse: Purse, claimed: Claimed
) -> Joint | None:
    """Look for the second piece of the JPEG at `start`, which `walk` follows to its break if it has not done so.

    `unit` is the size of a block in bytes: a break is where one ends, counted from `start`. Blocks that are
    `claimed` are passed over.
    """
    if not walk.fault:
        walk.run()
    if not walk.points:
        return _in_segment(space, start, walk, unit, purse)
    for point in reversed(walk.points):  # a later scan may be the first to notice
        length = walk.fault - point.position
        if length > _LONGEST or purse.left <= 0:
            return None
        data = space.read_at(start + point.position, length + unit)
        purse.spend(length + (0 if point.known is None else 64 * len(point.known)))
        edges = list(_edges(point, data, unit, walk.fault, walk.levels))
        gap = _Gap(space, start, walk, point, unit, purse, claimed, edges[::-1])
        for newest, oldest, first, last in _STAGES:
            joint = _stage(gap, gap.edges[newest:oldest], first, last)
            if joint is not None or purse.left <= 0:
                return joint
    return None


def _edges(point: ScanPoint, data: bytes, unit: int, fault: int, levels: Levels) -> Iterator[_Edge]:
    """Yield the last boundaries within a scan, in order."""
    count = (
        _EDGES if point.known is None else max(1, min(_EDGES_PROGRESSIVE, _MOST_KNOWN // len(point.known)))
    )
    least = max(point.position + 1, fault - unit * count)
    state = np.zeros(STATE, np.int64)
    known = None if point.known is None else point.known.copy()
    for cut in range(-(-least // unit) * unit, fault + _BEFORE, unit):
        end = cut - point.position
        if end > len(data) or decode(point, data, end, state, levels, known) != MORE:
            return
        begun = state.copy()
        begun[BYTE] = 0
        yield _Edge(cut, begun, None if known is None else known.copy(), data[int(state[BYTE]) : end])


def _stage(gap: _Gap, edges: list[_Edge], first: int, last: int) -> Joint | None:
    """Try the blocks from `first` to `last` after each of the boundaries (before the picture where negative)."""
    if not edges:
        return None
    unit, found = gap.unit, []
    base = (
        gap.start if first < 0 else gap.start + edges[-1].cut
    )  # the first boundary: they come from the last one on
    begin = base + first * unit
    if begin < 0:
        begin = gap.start % unit
    over = 0 if first < 0 else edges[0].cut - edges[-1].cut
    count = -(-(min(gap.space.size, base + over + last * unit) - begin) // unit)
    places = gap.claimed.free(begin, unit, count) if count > 0 else np.zeros(0, np.int64)
    if not len(places):
        return None
    data = gap.space.read_at(begin, (count - 1) * unit + max(unit, TRIED))
    gap.purse.spend(len(data) >> 2)
    head = b"".join(edge.prefix for edge in edges)
    buffer, before = head + data, 0
    for number, edge in enumerate(edges):
        least = 0 if first < 0 else (gap.start + edge.cut + first * unit - begin) // unit
        tried = places[(places >= least) & (places < least + last - first)] if first >= 0 else places
        tries = Tries(buffer, before, before + len(edge.prefix), len(head) + tried * unit)
        gap.purse.spend(len(tried) * _cost(gap.point, edge))
        for index, rough in survivors(tries, gap.point, edge.state, gap.walk.levels, edge.known):
            found.append((rough, begin + int(tried[index]) * unit, number))
        before += len(edge.prefix)
        if gap.purse.left <= 0:
            break
    found.sort()
    for _, second, number in found[:_MOST_VERIFIED]:
        joint = _verified(gap, edges[number], second)
        if joint is not None:
            return joint
    return None


def _cost(point: ScanPoint, edge: _Edge) -> int:
    """What a try may take: progressive scans can pass over many blocks without a bit."""
    blocks = 0 if edge.known is None else point.scan.total - int(edge.state[MCU])
    return _COST + blocks // 64


def _verified(gap: _Gap, edge: _Edge, second: int) -> Joint | None:
    """Decode the two pieces to the end; None where they are not one picture."""
    after = min(gap.space.size - second, _LONGEST)
    if second < gap.start:
        after = min(after, gap.start - second)
    joined = Ranges(gap.space, [(gap.start, edge.cut), (second, after)])
    further = gap.walk.resumed(joined, gap.point, gap.walk.levels.copy())
    further.known = None if edge.known is None else edge.known.copy()
    state = edge.state.copy()
    state[BYTE] = edge.cut - len(edge.prefix)
    whole = further.run_from(gap.point, state)
    gap.purse.spend(max(further.end, further.fault) - edge.cut + 4 * _COST)
    if not whole or further.end <= edge.cut:
        return None
    if gap.point.scan.has_levels and not roughness(gap.point, further.levels, int(edge.state[MCU])).is_even:
        return None
    return Joint(edge.cut, second, further.end)


def _in_segment(space: Source, start: int, walk: JpegWalk, unit: int, purse: Purse) -> Joint | None:
    """The break lies in a segment before the data (a thumbnail, a profile): find where its next marker stands."""
    fault = walk.fault
    cut = fault // unit * unit
    if not cut or fault < LEAST_SEGMENTS:
        return None
    inside = fault - cut
    begin = start + cut + unit
    span = min(space.size - begin, _BLOCKS_SEGMENT * unit)
    if span <= inside + 2:
        return None
    data = np.frombuffer(space.read_at(begin, span), np.uint8)
    purse.spend(len(data) >> 2)
    heads, kinds = data[inside::unit], data[inside + 1 :: unit]
    likely = np.flatnonzero((heads[: len(kinds)] == 0xFF) & (kinds >= 0xC0) & (kinds < 0xFF))
    for index in likely[:_MOST_VERIFIED].tolist():
        second = begin + index * unit
        joined = Ranges(space, [(start, cut), (second, min(space.size - second, _LONGEST))])
        further = JpegWalk(joined, joined.size)
        whole = further.run()
        purse.spend(max(further.end, further.fault) + 4 * _COST)
        if whole and further.end > cut:
            return Joint(cut, second, further.end)
        if purse.left <= 0:
            break
    return None
