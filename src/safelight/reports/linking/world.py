"""What linking goes by, and the mentions of identifiers in the segments of a store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.keep.store import ReportStore, Segment, row_and_meta
from safelight.reports.linking.clusters import Edits
from safelight.reports.linking.mentions import (
    Mentions,
    Numbered,
    Stated,
    Voice,
    distinct,
    far_too_common,
    gather,
    linking,
)
from safelight.reports.linking.sieve import Sieve
from safelight.reports.linking.strengths import strengths

Ints = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class World:
    """What linking goes by: the segments, which versions are current, each report's sender and voice."""

    store: ReportStore
    segments: Sequence[Segment]
    current: Flags
    sender: Ints
    voice: Voice
    edits: Edits
    protected: Flags
    """Whose reported account is likely the child's own."""
    pairs: tuple[tuple[int, int], ...] = ()
    """Further probable links, between current reports. More come only with new reports, while `pairs_mark` is one."""
    pairs_mark: str = ""
    keys: Numbered | None = None
    """The reports' own keys, which every version of a report has; the numbers where there are none."""


@dataclass(frozen=True, slots=True)
class Stock:
    """The identifiers of a world's segments. They are read anew each time: together they are too many to hold."""

    world: World

    def said_by(self, wanted: Flags) -> Stated:
        """What some reports state that can link, whether they are current or not."""
        table = strengths()

        def of(segment: Segment) -> Stated:
            mine = wanted[segment.first : segment.first + segment.count]
            if not mine.any():
                return _nothing()
            key, said = self.world.store.links(segment)
            row, about = row_and_meta(said)
            some = np.flatnonzero(mine[row])
            some = some[linking(about[some], table)]
            report = row[some].astype(np.int32) + np.int32(segment.first)
            return Stated(key[some], report, about[some])

        return _joined(self.world.store.each(of, self.world.segments))

    def everything(self) -> Stated:
        """All mentions in current versions that can link."""
        world, table = self.world, strengths()

        def of(segment: Segment) -> Stated:
            key, said = world.store.links(segment)
            row, about = row_and_meta(said)
            report = row.astype(np.int32) + np.int32(segment.first)
            mine = linking(about, table) & world.current[report]
            return Stated(key[mine], report[mine], about[mine])

        return _joined(world.store.each(of, world.segments))

    def mentions(self, keys: Ints, *, counted: Flags | None = None) -> Stated:
        """Mentions of `keys` (sorted, distinct) in current versions.

        With `counted` (by report), identifiers that are far too common among those reports alone are left out.
        """
        world, table, sieve = self.world, strengths(), Sieve(keys)

        def of(segment: Segment) -> Stated:
            key, said = world.store.links(segment)
            some = sieve(key)
            if not len(some):
                return _nothing()
            row, about = row_and_meta(said[some])
            report = row.astype(np.int32) + np.int32(segment.first)
            mine = linking(about, table) & world.current[report]
            return Stated(key[some[mine]], report[mine], about[mine])

        made = _joined(world.store.each(of, world.segments) if len(keys) else [])
        if counted is None or not len(keys):
            return made
        at = np.searchsorted(keys, made.key)
        count = np.bincount(at[counted[made.report]], minlength=len(keys))
        weak = np.ones(len(keys), dtype=np.uint16)
        np.minimum.at(weak, at, made.meta & np.uint16(1))
        kept = ~far_too_common(count[at], made.meta & ~np.uint16(1) | weak[at], table)
        return Stated(made.key[kept], made.report[kept], made.meta[kept])


def mentions_of(world: World, number: int) -> Mentions:
    """All mentions of the identifiers of one report."""
    return mentions_among(world, [number])


def mentions_among(world: World, numbers: Sequence[int]) -> Mentions:
    """All mentions of the identifiers of some reports, also in other reports."""
    mine = np.zeros(len(world.current), dtype=bool)
    mine[list(numbers)] = True
    stock = Stock(world)
    keys = distinct(stock.said_by(mine).key)
    return gather(stock.mentions(keys), world.voice, strengths(), common=True)


def _joined(parts: Sequence[Stated]) -> Stated:
    """All of them as one; the parts are emptied, so that not everything lies there twice."""
    nothing = _nothing()
    for name in ("key", "report", "meta"):
        setattr(nothing, name, np.concatenate([getattr(one, name) for one in (nothing, *parts)]))
        for one in parts:
            setattr(one, name, None)
    return nothing


def _nothing() -> Stated:
    return Stated(np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(0, np.uint16))
