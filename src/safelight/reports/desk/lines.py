"""From reports to lines of the queue: copies and viral waves are one line, and no flood pushes others down."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.desk.blocks import each_block
from safelight.reports.scoring.table import Table

Ints = npt.NDArray[Any]
DAY = 86_400
_A_FLOOD = 200
"""Reports of one sender on one day; fewer are no burst."""
_BINS = 1 << 18
"""So many numbers are counted a block at a time."""
_FEW_PAIRS = 1 << 26
"""Senders times days of which each gets a counter; above, they are sorted."""
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


def bursts(
    sender: Ints, received: Ints, current: npt.NDArray[np.bool_], table: Table
) -> npt.NDArray[np.uint8]:
    """Which reports are of a burst: a sender far above its usual day, and above its share of all reports of the day."""
    made = np.zeros(len(current), dtype=np.uint8)
    if not current.any():
        return made
    day = np.empty(len(current), dtype=np.int32)
    each_block(lambda part: _day(received[part], day[part]), len(day))
    day -= day.min()
    width = int(day.max()) + 1
    # Only who sends enough for a burst is looked at: most senders of a public hotline send once.
    large = _counts(sender, current) >= _A_FLOOD
    if not large.any():
        return made
    number = np.cumsum(large, dtype=np.int64) - 1
    mine = current.copy()
    several = (int(number[-1]) + 1) * width
    pair = np.empty(len(current), dtype=np.int32 if several < 1 << 31 else np.int64)

    def look(part: slice) -> None:
        mine[part] &= large.take(sender[part])
        pair[part] = number.take(sender[part]) * width + day[part]

    each_block(look, len(current))
    if several < _FEW_PAIRS:
        counts = _counts(pair, mine)
        pairs = np.flatnonzero(counts)
        count = counts[pairs]
    else:
        pairs, count = np.unique(pair[mine], return_counts=True)
    per_day = _counts(day, current)
    usual = _usual(pairs // width, count)
    share = count / per_day[pairs % width]
    flooding = (
        (count >= _A_FLOOD)
        & (count > usual * table.settings["flood_times"])
        & (share > table.settings["flood_share"])
    )
    if flooding.any():
        made[mine & np.isin(pair, pairs[flooding])] = 255
    return made


def _counts(numbers: Ints, some: npt.NDArray[np.bool_]) -> Ints:
    """How often each number occurs among some of them."""
    most = int(numbers.max()) + 1
    if most > _BINS:
        return np.bincount(numbers[some], minlength=most)
    made = np.zeros(most, dtype=np.int64)
    alone = Lock()

    def count(part: slice) -> None:
        nonlocal made
        found = np.bincount(numbers[part][some[part]], minlength=most)
        with alone:
            made += found

    each_block(count, len(numbers))
    return made


def _day(seconds: Ints, out: Ints) -> None:
    np.floor_divide(seconds, DAY, out=out, casting="unsafe")


def _usual(sender: Ints, count: Ints) -> npt.NDArray[np.float64]:
    """Of each sender and day, the median of the sender's days without its busiest; ten where there is no other day."""
    order = np.lexsort((count, sender))
    ends = np.flatnonzero(np.append(sender[order][1:] != sender[order][:-1], True))
    begins = np.append(0, ends[:-1] + 1)
    days = ends - begins + 1
    middle = begins + np.maximum(days - 2, 0) // 2  # of the days but the last, which is the busiest
    usual = np.where(days > 1, count[order][middle], 10)
    made = np.empty(len(sender))
    made[order] = np.repeat(usual, days)
    return made
