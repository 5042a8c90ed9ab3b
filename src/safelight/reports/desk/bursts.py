"""Which reports are of a burst: a flood by one sender, by the day on which the desk took it in and by what it is dated.

The desk's own clock goes first: what a sender writes as the time of receipt is the sender's to choose, and a flood
that is dated over a year looks like a year's work. By that clock a sender is measured against its own usual day *and*
against what everybody else brought on the day, so that an archive that is taken in at once is no flood. The first day
of a desk has nothing to be measured against; there, and beside it on every other day, the stated dates are counted too.
"""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.desk.blocks import each_block
from safelight.reports.keep.columns import NONE
from safelight.reports.scoring.table import Table

Ints = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
DAY = 86_400
_A_FLOOD = 200
"""Reports of one sender on one day; fewer are no burst."""
_BINS = 1 << 18
"""So many numbers are counted a block at a time."""
_FEW_PAIRS = 1 << 26
"""Senders times days of which each gets a counter; above, they are sorted."""
_UNKNOWN = 10
"""The usual day of a sender of which no other day is known."""
_QUIET = 3
"""Days of intake before a sender's first one that count as days on which it sent nothing: who is new has no usual."""


def bursts(
    sender: Ints, received: Ints, taken_in: Ints, current: Flags, table: Table
) -> npt.NDArray[np.uint8]:
    """Which reports (255) are of a burst: a sender far above its usual day, and above its share of the day.

    `sender` numbers senders from 0; `received` (as stated) and `taken_in` (by the desk) are seconds since 1970.
    """
    made = np.zeros(len(current), dtype=np.uint8)
    if not current.any():
        return made
    # Only who sends enough for a burst is looked at: most senders of a public hotline send once.
    large = _counts(sender, current) >= _A_FLOOD
    if not large.any():
        return made
    by_date = _daily(sender, large, received, current)
    _mark(made, by_date, table, by_date.usual())
    del by_date
    days = _daily(sender, large, taken_in, current)
    if len(days.intake) > 1:
        _mark(made, days, table, days.expected(), days.day > 0)
    return made


def first_taken_in(taken_in: Ints, replaces: Ints) -> Ints:
    """When each report came in first, by the desk's clock: a later version is no further report.

    `replaces` is the number of the version before, or `NONE`.
    """
    later = np.flatnonzero(replaces != NONE)
    if not len(later):
        return taken_in
    made = taken_in.copy()
    # Versions come in after those they replace: one pass in their order reaches the first of each.
    for number, before in zip(later.tolist(), replaces[later].tolist(), strict=True):
        made[number] = made[before]
    return made


@dataclass(frozen=True, slots=True)
class _Days:
    """What large senders brought on which day. `(k,)`, one for each pair: `sender`, `day` (0: the first), `count`.

    `pair` is by report, and -1 for those of no large sender; `intake` is how much everybody brought, by day with any.
    """

    pair: Ints
    number: Ints
    sender: Ints
    day: Ints
    count: Ints
    intake: Ints

    def usual(self, quiet: int = 0) -> npt.NDArray[np.float64]:
        """Of each pair, the median of the sender's days without its busiest; `_UNKNOWN` where it has no other day.

        Before a sender's first day, up to `quiet` days count on which it sent nothing.
        """
        order = np.lexsort((self.count, self.sender))
        sender = self.sender[order]
        begins = np.flatnonzero(np.append(True, sender[1:] != sender[:-1]))
        days = np.diff(np.append(begins, len(sender)))
        nothing = np.minimum(np.minimum.reduceat(self.day[order], begins), quiet)
        middle = (
            np.maximum(nothing + days - 2, 0) // 2 - nothing
        )  # of the days but the last, which is the busiest
        median = np.where(middle >= 0, self.count[order][begins + np.maximum(middle, 0)], 0)
        median = np.where(nothing + days > 1, np.maximum(median, 1), _UNKNOWN)
        made = np.empty(len(sender))
        made[order] = np.repeat(median, days)
        return made

    def expected(self) -> npt.NDArray[np.float64]:
        """Of each pair, the sender's usual day, as many times as the others brought more than they usually do."""
        usual = np.maximum(self.usual(_QUIET), _UNKNOWN)
        all_ = np.sort(self.intake)[: max(1, len(self.intake) - 1)]
        middle = float(all_[(len(all_) - 1) // 2])
        others = np.maximum(middle - usual, max(1.0, middle / 100))
        made: npt.NDArray[np.float64] = usual * np.maximum(1.0, (self.intake[self.day] - self.count) / others)
        return made


def _mark(
    made: npt.NDArray[np.uint8],
    days: _Days,
    table: Table,
    expected: npt.NDArray[np.float64],
    judged: Flags | bool = True,
) -> None:
    """Mark the reports of those senders and days that are above what is expected of them; in place."""
    flooding = (
        (days.count >= _A_FLOOD)
        & (days.count > expected * table.settings["flood_times"])
        & (days.count / days.intake[days.day] > table.settings["flood_share"])
        & judged
    )
    if flooding.any():
        made[np.isin(days.pair, days.number[flooding])] = 255


def _daily(sender: Ints, large: Flags, seconds: Ints, current: Flags) -> _Days:
    """Count what each of the `large` senders brought on each day with any reports."""
    day = np.empty(len(current), dtype=np.int32)
    each_block(lambda part: _day(seconds[part], day[part]), len(day))
    day -= day.min()
    width = int(day.max()) + 1
    number = np.cumsum(large, dtype=np.int64) - 1
    several = (int(number[-1]) + 1) * width
    pair: Ints = np.empty(len(current), dtype=np.int32 if several < 1 << 31 else np.int64)

    def look(part: slice) -> None:
        mine = current[part] & large.take(sender[part])
        pair[part] = np.where(mine, number.take(sender[part]) * width + day[part], -1)

    each_block(look, len(current))
    if several < _FEW_PAIRS:
        counts = _counts(pair, pair >= 0)
        pairs = np.flatnonzero(counts)
        count = counts[pairs]
    else:
        pairs, count = np.unique(pair[pair >= 0], return_counts=True)
    per_day = _counts(day, current)
    some = per_day > 0
    place = np.cumsum(some) - 1
    return _Days(pair, pairs, pairs // width, place[pairs % width], count, per_day[some])


def _counts(numbers: Ints, some: Flags) -> Ints:
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
