"""Which reports are copies of one another, or of one viral wave: kept, and extended by what is new."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.keep import derived
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.linking.mentions import distinct
from safelight.reports.linking.sieve import Sieve

NAME = "state-groups"
COLUMNS = ("same", "group")
WAVE = 20
"""Reports about exactly the same files, by so many people, are a wave."""
_VERSION = f"1 {WAVE}"
Ints = npt.NDArray[Any]


def bring_up(store: ReportStore, segments: Sequence[Segment], rows: Mapping[str, Ints]) -> Ints:
    """The group of each report, as the number of the group's first report: what was kept, with what is new.

    `rows` is only asked for columns when something is new.
    """
    before = derived.load(store, NAME, _VERSION, segments, COLUMNS)
    total = sum(one.count for one in segments)
    changed = None
    if before is None:
        same, group = groups(rows)
    else:
        same, group = before.columns["same"], before.columns["group"]
        numbers = np.arange(total, dtype=np.int32)
        np.subtract(numbers, same, out=same)
        np.subtract(numbers, group, out=group)
        if before.count == total:
            return group
        changed = extend(same, group, before.count, rows)

    def of(some: derived.Some) -> dict[str, Ints]:
        # How far each lies behind the first one: mostly nothing, which needs little room.
        numbers = np.arange(total, dtype=np.int32)[some]
        return {"same": numbers - same[some], "group": numbers - group[some]}

    derived.save(store, NAME, _VERSION, segments, of, before, changed)
    return group


def groups(rows: Mapping[str, Ints]) -> tuple[Ints, Ints]:
    """The first report that says the same as each, and the first of each one's group: copies, and viral waves."""
    same = np.arange(len(rows["signature"]), dtype=np.int32)
    _join_equal(same, rows["signature"], np.flatnonzero(rows["signature"]))
    group = same.copy()
    _join_waves(group, rows, np.flatnonzero((rows["wave"] != 0) & (rows["text"] == 0)))
    return same, group


def extend(same: Ints, group: Ints, old: int, rows: Mapping[str, Ints]) -> Ints:
    """Make of all rows what `groups` makes, where it was made of the first `old` ones; in place.

    New ones are each alone so far. Returns the numbers of those that may have changed, or are new.
    """
    signature = rows["signature"]
    new = np.arange(old, len(same), dtype=np.int32)
    said = new[signature[old:] != 0]
    copied = Sieve(distinct(signature[said]))(signature[:old])
    _join_equal(same, signature, np.append(copied, said))
    group[old:] = same[old:]
    wave, text = rows["wave"], rows["text"]
    about_files = new[(wave[old:] != 0) & (text[old:] == 0)]
    if not len(about_files):
        return new
    earlier = Sieve(distinct(wave[about_files]))(wave[:old])
    touched = np.append(earlier[text[earlier] == 0], about_files)
    group[touched] = same[touched]
    _join_waves(group, rows, touched)
    return np.append(touched, new)


def _join_waves(group: Ints, rows: Mapping[str, Ints], some: Ints) -> None:
    """Join those of `some` that are of one wave: of files marked viral, or of as many reports as make one."""
    if len(some):
        _join_equal(group, rows["wave"], some, rows["f_viral"])


def _join_equal(group: Ints, value: Ints, some: Ints, viral: Ints | None = None) -> None:
    """Give those of `some` with an equal value the group of the first of them; in place.

    With `viral` (strength by report), only values that are marked so, or that as many reports as make a wave have.
    """
    values = value[some]
    ordered = np.sort(values)
    twice = distinct(ordered[1:][ordered[1:] == ordered[:-1]])
    some = some[Sieve(twice)(values)]
    order = some[np.argsort(value[some])]
    if not len(order):
        return
    ordered = value[order]
    starts = np.flatnonzero(np.append(True, ordered[1:] != ordered[:-1]))
    counts = np.diff(np.append(starts, len(order)))
    if viral is not None:
        several = (counts >= WAVE) | np.logical_or.reduceat(viral[order] > 127, starts)
        order, counts = order[np.repeat(several, counts)], counts[several]
        if not len(order):
            return
    begins = np.concatenate([[0], np.cumsum(counts)[:-1]])
    first = np.minimum.reduceat(group[order], begins)
    group[order] = np.repeat(first, counts)
