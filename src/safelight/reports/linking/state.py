"""What linking found, kept from one ranking to the next: new reports are linked into it, the rest stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.keep.columns import KINDS, NONE
from safelight.reports.linking import common, kept
from safelight.reports.linking.clusters import Clusters, Edits, cluster, cut_clusters, take_apart
from safelight.reports.linking.common import TooCommon
from safelight.reports.linking.kept import MOST_SENDERS, Kept, Links
from safelight.reports.linking.mentions import Mentions, Stated, distinct, gather, gathered
from safelight.reports.linking.strengths import Strengths, strengths
from safelight.reports.linking.world import Stock, World
from safelight.reports.report import Kind

Ints = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Pairs = Sequence[tuple[int, int]]


def bring_up(world: World) -> Links:
    """The links of all reports: from what was kept, with what is new linked in; from the beginning where that fails."""
    by = kept.mark(world.pairs_mark)
    found = kept.load(world.store, world.segments, by)
    if found is None:
        found = _from_the_beginning(world)
        kept.save(world.store, world.segments, by, found)
    elif found.count < len(world.current) or found.join != _joined(world.edits):
        found = grow(world, found)
        kept.save(world.store, world.segments, by, found)
    return cut(world, found.links, found.common)


def anew(world: World) -> Links:
    """Link everything from the beginning."""
    found = _from_the_beginning(world)
    return cut(world, found.links, found.common)


def _from_the_beginning(world: World) -> Kept:
    table = strengths()
    mentions, left_out = gathered(Stock(world).everything(), world.voice, table)
    links = _linked(mentions, _Reports(world), table, world.edits.join, world.pairs)
    return Kept(links, len(links), _joined(world.edits), common.of(mentions, left_out, table))


def _joined(edits: Edits) -> frozenset[tuple[int, int]]:
    return frozenset((int(a), int(b)) for a, b in edits.join)


class _Reports:
    """What is asked of reports beside their identifiers: of all of a world, or of some, renumbered."""

    def __init__(self, world: World, some: Ints | None = None) -> None:
        self._world, self._some = world, some

    def __len__(self) -> int:
        return len(self._world.current) if self._some is None else len(self._some)

    def _numbers(self, numbers: Ints) -> Ints:
        return numbers if self._some is None else self._some[numbers]

    def __getitem__(self, numbers: Ints) -> tuple[Ints, Ints, Flags]:
        """Sender, voice, and whether the reported account is likely the child's own."""
        at = self._numbers(numbers)
        return self._world.sender[at], self._world.voice[at], self._world.protected[at]


def _linked(mentions: Mentions, reports: _Reports, table: Strengths, join: Pairs, pairs: Pairs) -> Links:
    found = cluster(mentions, len(reports), table, Edits(join=join), pairs)
    return Links(
        found.certain, found.probable, found.raw, *_same_person(mentions, reports, table, found.certain)
    )


def cut(world: World, links: Links, too_common: TooCommon) -> Links:
    """The links with people's cuts: only clusters that hold one are made anew."""
    found = Clusters(links.certain, links.probable, links.raw)
    if not world.edits.cut or not (inside := cut_clusters(found, world.edits)).any():
        return links
    stock, table = Stock(world), strengths()
    keys = distinct(stock.said_by(inside).key)
    stated = stock.mentions(keys[~too_common.holds(keys)])
    mentions = gather(stated, world.voice, table)
    own = np.arange(len(world.current)) if world.keys is None else world.keys
    apart = take_apart(found, mentions, table, world.edits, world.pairs, own)
    others, senders, _ = _same_person(mentions, _Reports(world), table, apart.certain, inside)
    return replace(
        links,
        certain=apart.certain,
        probable=apart.probable,
        others=np.where(inside, others, links.others),
        senders=np.where(inside, senders, links.senders),
    )


def _same_person(
    mentions: Mentions, reports: _Reports, table: Strengths, side: Ints, apart: Flags | None = None
) -> tuple[Ints, Ints, Flags]:
    """How often the same reported person is named by others, see `Links`; certain identifiers alone tell it.

    `side` is the certain cluster of each report. Where people cut one (`apart`, by report), only those on a report's
    own side count.
    """
    strong = table.certain[mentions.kind, mentions.weak] >= mentions.voices
    own = np.isin(mentions.kind, OWN)
    others, senders = (np.zeros(len(reports), dtype=np.uint16) for _ in range(2))
    child = np.zeros(len(reports), dtype=bool)
    firsts = np.searchsorted(mentions.start, np.arange(0, len(mentions.run), _AT_ONCE), side="left")
    for first, end in pairwise([*np.unique(firsts).tolist(), len(mentions)]):
        part = np.arange(mentions.start[first], mentions.start[end])
        part = part[strong[mentions.run[part]] & ~mentions.hint[part]]
        run, report, reported = mentions.run[part] - first, mentions.report[part], mentions.reported[part]
        sender, voice, protected = reports[report]
        childs = np.zeros(end - first, dtype=bool)
        childs[run[mentions.victim[part] | (reported & protected)]] = True
        childs &= own[first:end]
        child[report[reported & childs[run]]] = True
        run, report, sender, voice = run[reported], report[reported], sender[reported], voice[reported]
        if apart is not None:  # each side of a cut counts for itself
            sides = np.where(apart[report], side[report].astype(np.int64) + 1, 0)
            order = np.lexsort((sides, run))
            run, report, sender, voice, sides = (one[order] for one in (run, report, sender, voice, sides))
            run = np.cumsum(np.append(False, (run[1:] != run[:-1]) | (sides[1:] != sides[:-1]))[: len(run)])
        for most, by in ((others, voice), (senders, sender)):
            counts = distinct_of(run, by)
            np.maximum.at(most, report, np.minimum(counts[run] - 1, 65_535).astype(np.uint16))
    return others, np.minimum(senders, MOST_SENDERS), child


OWN = [KINDS.index(kind) for kind in (Kind.ACCOUNT, Kind.SCREEN_NAME, Kind.EMAIL)]
"""What is a person's alone: a child's telephone or device may be its family's."""
_AT_ONCE = 4_000_000
"""Mentions that are gone through in one piece."""
_SMALL = 4


def distinct_of(group: Ints, by: Ints) -> Ints:
    """How many different values of `by` each group has. `group` rises; most groups are small, and are not sorted."""
    mixed = ((by.astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)).astype(np.uint32)
    again = np.zeros(len(group), dtype=bool)
    for lag in range(1, _SMALL):
        again[lag:] |= (group[lag:] == group[:-lag]) & (mixed[lag:] == mixed[:-lag])
    sizes = np.bincount(group)
    large = sizes > _SMALL
    counts = np.bincount(group[~again & ~large[group]], minlength=len(sizes))
    if large.any():
        some = large[group]
        pairs = distinct(group[some].astype(np.uint64) << np.uint64(32) | mixed[some])
        counts += np.bincount((pairs >> np.uint64(32)).astype(np.int64), minlength=len(sizes))
    return counts


def grow(world: World, before: Kept) -> Kept:
    """Link new reports (and new versions, and what people joined) into what is there, in place.

    Only clusters that they touch are made anew. The outcome is that of linking everything from the beginning: an
    identifier that no touched report has keeps its mentions, so its links stay; one that was too common before new
    reports came, and is, never linked anybody.
    """
    table, reports, old = strengths(), len(world.current), before.count
    fresh, join = _fresh(world, old), _joined(world.edits)
    stock = Stock(world)
    said = stock.said_by(fresh)
    too_common = before.common.after(said.key, said.meta, said.report < old, table)
    keys = distinct(said.key)
    keys = keys[~too_common.holds(keys)]
    mentions = gather(stock.mentions(keys, counted=~fresh), world.voice, table, common=True)
    newer = np.bincount(mentions.run[fresh[mentions.report]], minlength=len(mentions))
    alive = (mentions.voices - newer) <= table.probable[mentions.kind, mentions.weak]
    affected = fresh.copy()
    affected[mentions.report[alive[mentions.run]]] = True
    del mentions
    further = np.array([*world.pairs], dtype=np.int64).reshape(-1, 2)
    affected[further[fresh[further].any(axis=1)]] = True
    affected[[one for pair in join ^ before.join for one in pair]] = True
    raw = before.links.raw
    labels = np.zeros(reports, dtype=bool)
    labels[raw[affected]] = True
    affected |= labels[raw]
    keys = distinct(stock.said_by(affected).key)
    keys = keys[~too_common.holds(keys)]
    stated = stock.mentions(keys, counted=np.ones(reports, dtype=bool))
    involved = distinct(np.concatenate([stated.report, np.flatnonzero(affected)]))
    stated = Stated(stated.key, np.searchsorted(involved, stated.report).astype(np.int32), stated.meta)
    mentions, left_out = gathered(stated, world.voice[involved], table)
    both = (_renumbered(some, involved) for some in (world.edits.join, world.pairs))
    small = _linked(mentions, _Reports(world, involved), table, *both)
    _put(before.links, involved, np.flatnonzero(affected[involved]), small)
    too_common = too_common.with_newly(keys, common.of(mentions, left_out, table))
    return Kept(before.links, reports, join, too_common, before.before, np.flatnonzero(affected))


def _fresh(world: World, old: int) -> Flags:
    """Which reports came since the first `old` of them were linked, or were replaced since."""
    made = np.zeros(len(world.current), dtype=bool)
    made[old:] = True
    for segment in world.segments:
        if segment.first >= old:
            replaces = world.store.rows_of(segment, ("replaces",))["replaces"]
            made[replaces[replaces != NONE]] = True
    return made


def _put(links: Links, involved: Ints, mine: Ints, small: Links) -> None:
    """Put the links of `involved[mine]` in the place of what they were."""
    numbers = involved[mine]
    for label in ("certain", "probable", "raw"):
        getattr(links, label)[numbers] = involved[getattr(small, label)[mine]]
    for told in ("others", "senders", "child"):
        getattr(links, told)[numbers] = getattr(small, told)[mine]


def _renumbered(pairs: Pairs, involved: Ints) -> list[tuple[int, int]]:
    """Pairs of which both are involved, by their place there."""
    both = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    both = both[np.isin(both, involved).all(axis=1)]
    return [(int(a), int(b)) for a, b in np.searchsorted(involved, both)]
