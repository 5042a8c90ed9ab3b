"""What linking found, kept from one ranking to the next: new reports are linked into it, the rest stays as it is."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from safelight.errors import IntegrityError
from safelight.reports.keep.store import ReportStore, Segment
from safelight.reports.linking.clusters import Edits, cluster
from safelight.reports.linking.mentions import (
    Mentions,
    Stated,
    distinct,
    far_too_common,
    gather,
    linking,
    meta,
)
from safelight.reports.linking.sieve import Sieve
from safelight.reports.linking.strengths import Strengths, strengths

NAME = "state-links"
_VERSION = "1"
Ints = npt.NDArray[Any]
Flags = npt.NDArray[np.bool_]
Pairs = Iterable[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Links:
    """By report number: labels of clusters at both scales, `raw` before too large ones were taken apart.

    `others` is how many other reports name the same reported person, `senders` how many other senders do.
    """

    certain: Ints
    probable: Ints
    raw: Ints
    others: Ints
    senders: Ints

    def __len__(self) -> int:
        return len(self.certain)


@dataclass(frozen=True, slots=True)
class World:
    """What linking goes by: the segments, which versions are current, each report's sender and voice."""

    store: ReportStore
    segments: Sequence[Segment]
    current: Flags
    sender: Ints
    voice: Ints
    edits: Edits
    pairs: tuple[tuple[int, int], ...] = ()
    """Further probable links, between current reports. More come only with new reports, while `pairs_mark` is one."""
    pairs_mark: str = ""


def bring_up(world: World) -> Links:
    """The links of all reports: from what was kept, with what is new linked in; from the beginning where that fails."""
    mark = _mark(world)
    kept, told = _load(world.store)
    if kept is not None and told.get("mark") == mark:
        if len(kept) == len(world.current) and told.get("replaced") == _replaced(world, len(kept)):
            return kept
        if not world.edits.cut and told.get("replaced") == _replaced(world, len(kept), before=True):
            links = grow(world, kept)
            _save(world, links, mark)
            return links
    links = anew(world)
    _save(world, links, mark)
    return links


def anew(world: World) -> Links:
    """Link everything from the beginning."""
    table = strengths()
    mentions = gather(_stated(world), world.voice, table)
    return _linked(mentions, len(world.current), world.sender, table, world.edits, world.pairs)


def _linked(
    mentions: Mentions, reports: int, sender: Ints, table: Strengths, edits: Edits, pairs: Pairs
) -> Links:
    found = cluster(mentions, reports, table, edits, pairs)
    others, senders = _same_person(mentions, reports, sender, table)
    return Links(found.certain, found.probable, found.raw, others, senders)


def _same_person(mentions: Mentions, reports: int, sender: Ints, table: Strengths) -> tuple[Ints, Ints]:
    """How many other reports name the same reported person with certainty, and how many other senders."""
    strong = table.certain[mentions.kind, mentions.weak] >= mentions.voices
    as_reported = mentions.reported & strong[mentions.run]
    run, report = mentions.run[as_reported], mentions.report[as_reported]
    voices = np.bincount(run, minlength=len(mentions)).astype(np.int32)
    others = np.zeros(reports, dtype=np.int32)
    np.maximum.at(others, report, voices[run] - 1)
    pairs = run.astype(np.int64) << 32 | sender[report].astype(np.int64)
    pairs = distinct(pairs)
    counts = np.bincount((pairs >> 32).astype(np.int32), minlength=len(mentions)).astype(np.int32)
    several = np.zeros(reports, dtype=np.int32)
    np.maximum.at(several, report, counts[run] - 1)
    return np.minimum(others, 65_535).astype(np.uint16), np.minimum(several, 65_535).astype(np.uint16)


def grow(world: World, kept: Links) -> Links:
    """Link new reports (and new versions) into what is there: only clusters that they touch are made anew.

    The outcome is that of `anew`: an identifier that no touched report has keeps its mentions, so its links stay.
    """
    table, reports, before = strengths(), len(world.current), len(kept)
    replaced = np.flatnonzero(~world.current[:before] & _was_current(world, before))
    fresh = np.zeros(reports, dtype=bool)
    fresh[before:] = True
    fresh[replaced] = True
    touched_keys = _keys_of(world, fresh)
    mentions = gather(_stated(world, touched_keys, counted=~fresh), world.voice, table, common=True)
    # An identifier that was too common before, and is, never linked anybody.
    newer = np.bincount(mentions.run[fresh[mentions.report]], minlength=len(mentions))
    limit = table.probable[mentions.kind, mentions.weak]
    alive = (mentions.voices - newer) <= limit
    affected = fresh.copy()
    affected[mentions.report[alive[mentions.run]]] = True
    for a, b in world.pairs:
        if fresh[a] or fresh[b]:
            affected[[a, b]] = True
    raw = np.concatenate([kept.raw, np.arange(before, reports, dtype=np.int32)])
    labels = np.zeros(reports, dtype=bool)
    labels[raw[affected]] = True
    affected |= labels[raw]
    del mentions
    keys = _keys_of(world, affected)
    stated = _stated(world, keys, counted=np.ones(reports, dtype=bool))
    involved = distinct(np.concatenate([stated.report, np.flatnonzero(affected)]))
    stated = replace_reports(stated, involved)
    mentions = gather(stated, world.voice[involved], table)
    join, pairs = (_renumbered(some, involved) for some in (world.edits.join, world.pairs))
    small = _linked(mentions, len(involved), world.sender[involved], table, Edits(join=join), pairs)
    mine = affected[involved]
    numbers = involved[mine]
    made = Links(
        np.concatenate([kept.certain, np.arange(before, reports, dtype=np.int32)]),
        np.concatenate([kept.probable, np.arange(before, reports, dtype=np.int32)]),
        raw,
        np.concatenate([kept.others, np.zeros(reports - before, dtype=np.uint16)]),
        np.concatenate([kept.senders, np.zeros(reports - before, dtype=np.uint16)]),
    )
    made.certain[numbers] = involved[small.certain[mine]]
    made.probable[numbers] = involved[small.probable[mine]]
    made.raw[numbers] = involved[small.raw[mine]]
    made.others[numbers], made.senders[numbers] = small.others[mine], small.senders[mine]
    return made


def _renumbered(pairs: Pairs, involved: Ints) -> list[tuple[int, int]]:
    """Pairs of which both are involved, by their place there."""
    both = np.array(list(pairs), dtype=np.int64).reshape(-1, 2)
    both = both[np.isin(both, involved).all(axis=1)]
    return [(int(a), int(b)) for a, b in np.searchsorted(involved, both)]


def replace_reports(stated: Stated, involved: Ints) -> Stated:
    """The same mentions with reports numbered by their place in `involved`."""
    return replace(stated, report=np.searchsorted(involved, stated.report).astype(np.int32))


def mentions_of(world: World, number: int) -> Mentions:
    """All mentions of the identifiers of one report."""
    return mentions_among(world, [number])


def mentions_among(world: World, numbers: Sequence[int]) -> Mentions:
    """All mentions of the identifiers of some reports, also in other reports."""
    mine = np.zeros(len(world.current), dtype=bool)
    mine[list(numbers)] = True
    return gather(_stated(world, _keys_of(world, mine)), world.voice, strengths(), common=True)


def _was_current(world: World, before: int) -> Flags:
    """Which reports were current when the first `before` of them were linked."""
    replaces = world.store.rows([one for one in world.segments if one.first < before], ("replaces",))[
        "replaces"
    ]
    made = np.ones(before, dtype=bool)
    made[replaces[replaces != 0xFFFFFFFF]] = False
    return made


def _keys_of(world: World, wanted: Flags) -> Ints:
    """The distinct keys that link of some reports, whether current or not; sorted."""
    table = strengths()

    def of(segment: Segment) -> Ints:
        mine = wanted[segment.first : segment.first + segment.count]
        if not mine.any():
            return np.zeros(0, dtype=np.uint64)
        said = world.store.links(segment, ("row", "kind", "role", "weak", "key"))
        some = mine[said["row"]]
        some[some] = linking(said["kind"][some], said["role"][some], said["weak"][some], table)
        return said["key"][some]

    return distinct(np.concatenate([np.zeros(0, dtype=np.uint64), *world.store.each(of, world.segments)]))


def _stated(world: World, keys: Ints | None = None, *, counted: Flags | None = None) -> Stated:
    """Mentions in current versions, of all identifiers or only of `keys` (sorted).

    With `counted` (by report), identifiers that are far too common among those reports alone are left out.
    """
    table = strengths()
    sieve = Sieve(keys) if keys is not None else None

    def of(segment: Segment) -> Stated:
        if sieve is not None:
            key = world.store.links(segment, ("key",))["key"]
            some = sieve(key)
            if not len(some):
                return _nothing()
            said = world.store.links(segment, ("row", "kind", "role", "weak"))
            said = {name: values[some] for name, values in said.items()}
            key = key[some]
        else:
            said = world.store.links(segment, ("row", "kind", "role", "weak", "key"))
            key = said["key"]
        report = said["row"].astype(np.int32) + np.int32(segment.first)
        mine = linking(said["kind"], said["role"], said["weak"], table) & world.current[report]
        about = meta(said["kind"], said["role"], said["weak"])
        return Stated(key[mine], report[mine], about[mine])

    parts = [_nothing(), *world.store.each(of, world.segments)]
    made = Stated(
        *(np.concatenate([getattr(one, name) for one in parts]) for name in ("key", "report", "meta"))
    )
    if keys is None or counted is None or not len(keys):
        return made
    at = np.searchsorted(keys, made.key)
    count = np.bincount(at[counted[made.report]], minlength=len(keys))
    weak = np.ones(len(keys), dtype=np.uint16)
    np.minimum.at(weak, at, made.meta & np.uint16(1))
    kept = ~far_too_common(count[at], made.meta & ~np.uint16(1) | weak[at], table)
    return Stated(made.key[kept], made.report[kept], made.meta[kept])


def _nothing() -> Stated:
    return Stated(np.zeros(0, np.uint64), np.zeros(0, np.int32), np.zeros(0, np.uint16))


def _mark(world: World) -> str:
    """What the kept links depend on besides the reports: the table, people's edits, how further pairs are found."""
    table = strengths()
    digest = hashlib.sha256(_VERSION.encode())
    for one in (table.strength, table.certain, table.probable):
        digest.update(one.tobytes())
    said = [sorted(world.edits.cut), sorted(world.edits.join), world.pairs_mark, table.a_voice]
    digest.update(repr([*said, table.largest_certain, table.largest_probable]).encode())
    return digest.hexdigest()


def _replaced(world: World, count: int, *, before: bool = False) -> str:
    """Which of the first `count` reports are not current: now, or as those reports alone say."""
    flags = _was_current(world, count) if before else world.current[:count]
    return hashlib.sha256(np.flatnonzero(~flags).tobytes()).hexdigest()


def _save(world: World, links: Links, mark: str) -> None:
    table = pa.table(
        {name: getattr(links, name) for name in ("certain", "probable", "raw", "others", "senders")}
    )
    told = {"mark": mark, "replaced": _replaced(world, len(links))}
    world.store.vault.write(NAME, table.replace_schema_metadata(told), compression="lz4")


def _load(store: ReportStore) -> tuple[Links | None, dict[str, str]]:
    if not store.vault.path(NAME).exists():
        return None, {}
    try:
        table = store.vault.read(NAME)
    except (
        IntegrityError
    ):  # why: it is made anew from what is stored; the columns it came from are checked there
        return None, {}
    told = {key.decode(): value.decode() for key, value in (table.schema.metadata or {}).items()}
    names = ("certain", "probable", "raw", "others", "senders")
    return Links(*(table.column(name).to_numpy().copy() for name in names)), told
