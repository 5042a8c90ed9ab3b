"""From reports to lines of the queue: copies and viral waves are one line, and no flood pushes others down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.linking.mentions import distinct
from safelight.reports.linking.sieve import Sieve
from safelight.reports.scoring.table import Table

Ints = npt.NDArray[Any]
WAVE = 20
"""Reports about exactly the same files, by so many people, are a wave."""
DAY = 86_400


def lines(
    rows: Mapping[str, Ints],
    current: npt.NDArray[np.bool_],
    log_odds: npt.NDArray[np.float32],
    burst: npt.NDArray[np.uint8],
) -> tuple[Ints, Ints, Ints]:
    """The line of each report, the lines in order, and how many reports each stands for.

    Reports that say the same, or that are of one wave, stand in one line, headed by the one with the highest score.
    The order is by score; lines of senders in a burst take at most every second place.
    """
    reports = len(log_odds)
    group = np.arange(reports, dtype=np.int32)
    _join_equal(group, rows["signature"], np.flatnonzero(rows["signature"]))
    about_files = np.flatnonzero((rows["wave"] != 0) & (rows["text"] == 0))
    _join_equal(group, rows["wave"], about_files, least=2, viral=rows["f_viral"] > 127)
    best_first = _best_first(log_odds, current)
    place = np.empty(reports, dtype=np.int32)
    place[best_first] = np.arange(len(best_first), dtype=np.int32)
    counts = np.bincount(group[current], minlength=reports)
    line = np.arange(reports, dtype=np.int32)
    several = best_first[counts[group[best_first]] > 1]  # best first: the last one written is the best
    head = np.empty(reports, dtype=np.int32)
    head[group[several[::-1]]] = several[::-1]
    line[several] = head[group[several]]
    sizes = np.zeros(reports, dtype=np.int32)
    heads = best_first[line[best_first] == best_first]
    sizes[heads] = counts[group[heads]]
    return line, _fair(heads, burst), sizes


def _best_first(log_odds: npt.NDArray[np.float32], current: npt.NDArray[np.bool_]) -> Ints:
    """Numbers of current reports by falling score, then by arrival: one plain sort of scores and numbers together."""
    bits = (-log_odds).view(np.uint32)
    bits = np.where(bits >> 31, ~bits, bits | np.uint32(1 << 31))  # floats as integers of the same order
    packed = bits.astype(np.uint64) << np.uint64(32) | np.arange(len(log_odds), dtype=np.uint64)
    packed = packed[current]
    packed.sort()
    made: Ints = (packed & np.uint64(0xFFFFFFFF)).astype(np.int32)
    return made


def _join_equal(
    group: Ints, value: Ints, some: Ints, *, least: int = 2, viral: npt.NDArray[np.bool_] | None = None
) -> None:
    """Give those of `some` with an equal value the group of the first of them; in place.

    With `viral`, only values that are marked so, or that as many reports as make a wave have.
    """
    if len(some) < least:
        return
    values = value[some]
    ordered = np.sort(values)
    twice = distinct(ordered[1:][ordered[1:] == ordered[:-1]])
    some = some[Sieve(twice)(values)]
    order = some[np.argsort(value[some])]
    ordered = value[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    counts = np.diff(np.append(starts, len(order)))
    several = counts >= least
    if viral is not None:
        several &= (counts >= WAVE) | np.logical_or.reduceat(viral[order], starts)
    members = order[np.repeat(several, counts)]
    if not len(members):
        return
    counts = counts[several]
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    first = np.minimum.reduceat(group[members], begins)
    group[members] = np.repeat(first, counts)


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


def bursts(rows: Mapping[str, Ints], current: npt.NDArray[np.bool_], table: Table) -> npt.NDArray[np.uint8]:
    """Which reports are of a burst: a sender far above its usual day, and above its share of all reports of the day."""
    made = np.zeros(len(current), dtype=np.uint8)
    if not current.any():
        return made
    sender = rows["sender"].astype(np.int64)
    day = (rows["received"] // DAY).astype(np.int64)
    day -= day.min()
    width = int(day.max()) + 1
    pair = sender * width + day
    of_current = pair[current]
    pairs = np.flatnonzero(np.bincount(of_current)) if pair.max() < 1 << 26 else distinct(of_current)
    if len(pairs) and pair.max() < 1 << 26:
        number = np.zeros(int(pair.max()) + 1, dtype=np.int32)
        number[pairs] = np.arange(len(pairs), dtype=np.int32)
        inverse = number[of_current]
    else:
        inverse = np.searchsorted(pairs, of_current)
    count = np.bincount(inverse, minlength=len(pairs))
    per_day = np.bincount(day[current], minlength=width)
    usual = _usual(pairs // width, count)
    share = count / per_day[pairs % width]
    flooding = (
        (count >= 200)
        & (count > usual * table.settings["flood_times"])
        & (share > table.settings["flood_share"])
    )
    made[current] = np.where(flooding[inverse], 255, 0)
    return made


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
