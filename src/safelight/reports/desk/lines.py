"""From reports to lines of the queue: copies and viral waves are one line, and no flood pushes others down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.desk.blocks import each_block

Ints = npt.NDArray[Any]
_HALVES = 1 << 20
"""Above so many reports, the better half and the rest are sorted beside one another."""


def lines(
    group: Ints,
    current: npt.NDArray[np.bool_],
    log_odds: npt.NDArray[np.float32],
    burst: npt.NDArray[np.uint8],
) -> tuple[Ints, Ints, Ints]:
    """The line of each report, the lines in order, and how many reports each stands for.

    Reports of one `group` (see `groups.py`) stand in one line, headed by the one with the highest score. The order is
    by score; lines of senders in a burst take at most every second place.
    """
    reports = len(log_odds)
    line = np.arange(reports, dtype=np.int32)
    sizes = current.astype(np.int32)
    best_first = _best_first(log_odds, current)
    followers = np.flatnonzero(group != line)
    grouped = np.zeros(reports, dtype=bool)
    grouped[followers] = True
    grouped[group[followers]] = True
    heads = best_first
    if len(followers):
        alone = np.empty(len(best_first), dtype=bool)  # by place in the order

        def look(part: slice) -> None:
            np.logical_not(grouped.take(best_first[part]), out=alone[part])

        each_block(look, len(best_first))
        places = np.flatnonzero(~alone)
        several = best_first[places]
        head = np.empty(reports, dtype=np.int32)
        head[group[several[::-1]]] = several[::-1]  # best first: the last one written is the best
        line[several] = head[group[several]]
        sizes[several] = 0
        np.add.at(sizes, line[several], np.int32(1))
        alone[places[sizes[several] > 0]] = True
        heads = best_first[alone]
    return line, _fair(heads, burst), sizes


def _best_first(log_odds: npt.NDArray[np.float32], current: npt.NDArray[np.bool_]) -> Ints:
    """Numbers of current reports by falling score, then by arrival: one plain sort of scores and numbers together."""
    reports = len(log_odds)
    wanted = np.flatnonzero(current[:: max(1, reports >> 12)]) * max(1, reports >> 12)
    middle = (
        np.sort(falling(log_odds[wanted]))[len(wanted) // 2] if reports > _HALVES and len(wanted) else None
    )
    halves: dict[int, list[Ints]] = {}

    def pack(part: slice) -> None:
        bits = falling(log_odds[part])
        packed = bits << np.uint64(32) | np.arange(part.start, part.stop, dtype=np.uint64)
        mine = current[part]
        better = mine & (bits < middle) if middle is not None else mine
        halves[part.start] = [packed[better], packed[mine & ~better]]

    each_block(pack, reports)
    parts = [halves[first][half] for half in (0, 1) for first in sorted(halves)]
    packed = np.concatenate([np.zeros(0, np.uint64), *parts])
    at = sum(len(one) for one in parts[: len(halves)])
    halves.clear()
    del parts
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda half: half.sort(), (packed[:at], packed[at:])))
    made: Ints = packed.astype(np.uint32).view(np.int32)  # the lower halves: the numbers
    return made


def falling(scores: npt.NDArray[np.float32]) -> npt.NDArray[np.uint64]:
    """Scores as integers below 2**32 whose rising order is that of falling scores."""
    bits = (-scores).view(np.uint32)
    return np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31)).astype(np.uint64)


def from_falling(bits: npt.NDArray[np.uint64]) -> npt.NDArray[np.float32]:
    """The scores again; what stands above the lower 32 bits is passed over."""
    low = bits.astype(np.uint32)
    made: npt.NDArray[np.float32] = -np.where(low >> 31, low ^ np.uint32(1 << 31), ~low).view(np.float32)
    return made


def _fair(order: Ints, burst: npt.NDArray[np.uint8]) -> Ints:
    """Lines in a burst take at most every second place, as long as there are others."""
    flooding = burst[order] > 0
    if not flooding.any():
        return order
    others, floods = np.flatnonzero(~flooding), np.flatnonzero(flooding)
    # The k-th line of a burst stands behind at least k others, and behind all that are better.
    behind = np.maximum(np.searchsorted(others, floods), np.arange(len(floods)))
    after = np.concatenate([np.arange(len(others)), np.minimum(behind, len(others))])
    first = np.concatenate(
        [np.ones(len(others)), np.zeros(len(floods))]
    )  # a flood behind k others stands before the next
    made: Ints = np.concatenate([order[others], order[floods]])[np.lexsort((first, after))]
    return made
