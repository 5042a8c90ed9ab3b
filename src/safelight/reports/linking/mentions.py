"""Which reports share which identifier, and how common it is: the arrays that links are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from safelight.reports.keep.columns import ROLES
from safelight.reports.linking.strengths import Strengths
from safelight.reports.report import Role

REPORTED, VICTIM = ROLES.index(Role.REPORTED), ROLES.index(Role.VICTIM)
_REPORTER = ROLES.index(Role.REPORTER)
_PARTS = 16
"""Identifiers are sorted in so many parts, by their keys' first bits: a part needs a sixteenth of the room."""
_ROLE_BITS = 3
_ROLES = len(ROLES)
Ints = npt.NDArray[Any]


@dataclass(frozen=True, slots=True)
class Mentions:
    """Mentions of identifiers that at least two reports share, ordered by identifier (`run`), then by report.

    `n` mentions of `m` identifiers; what one voice says of an identifier beyond a few reports is left out. `run`,
    `report`, `reported` (as the reported person's), `victim` (as the child's), `hint` (this report only hints at it)
    are `(n,)`; `start` `(m + 1,)`, where each identifier's mentions begin; `key`, `kind`, `weak`, `voices` (reports
    that count) and `all` (reports that mention it) are `(m,)`.
    """

    run: Ints
    report: Ints
    reported: npt.NDArray[np.bool_]
    victim: npt.NDArray[np.bool_]
    hint: npt.NDArray[np.bool_]
    start: Ints
    key: Ints
    kind: Ints
    weak: Ints
    voices: Ints
    all: Ints

    def __len__(self) -> int:
        return len(self.kind)


@dataclass(slots=True)
class Stated:
    """Every mention, unsorted: `key` uint64, `report` int32, `meta` uint16 (see `store.meta`), each `(k,)`."""

    key: Ints
    report: Ints
    meta: Ints


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Identifiers that were left out as far too common: `key`, `about` (`meta` without role), `count` of mentions."""

    key: Ints
    about: Ints
    count: Ints


class Numbered(Protocol):
    """Something of each report, by the reports' numbers: an array, or made when it is asked for."""

    def __getitem__(self, numbers: Ints, /) -> Ints: ...


Voice = Numbered
"""The number of each report's voice: its sender and day."""


def linking(about: Ints, table: Strengths) -> npt.NDArray[np.bool_]:
    """Which mentions (`meta`) can link at all: not a reporter's own, and of a kind that links."""
    every = np.arange(512)
    can = table.probable[np.minimum(every >> 4, len(table.probable) - 1), every & 1] > 0
    made: npt.NDArray[np.bool_] = (can & (every >> 1 & 7 != _REPORTER))[about]
    return made


def distinct(values: Ints) -> Ints:
    """The distinct ones of some numbers, sorted."""
    ordered = np.sort(values)
    made: Ints = ordered[np.append(True, ordered[1:] != ordered[:-1])[: len(ordered)]]
    return made


def far_too_common(count: Ints, about: Ints, table: Strengths) -> npt.NDArray[np.bool_]:
    """Which identifiers, mentioned `count` times, never link, whoever mentions them.

    One voice alone counts for `a_voice` reports; above that (a report may state an identifier in several roles) nothing
    of a kind that links fewer is linked.
    """
    few = table.probable[about >> 4, about & 1] < table.a_voice
    made: npt.NDArray[np.bool_] = few & (count >= table.a_voice * _ROLES)
    return made


def gather(stated: Stated, voice: Voice, table: Strengths, *, common: bool = False) -> Mentions:
    """The mentions of `gathered` alone."""
    return gathered(stated, voice, table, common=common)[0]


def gathered(
    stated: Stated, voice: Voice, table: Strengths, *, common: bool = False
) -> tuple[Mentions, LeftOut]:
    """Sort mentions by identifier and count how common each is.

    `voice` is `(reports,)`, the number of a report's sender and day. Identifiers that are far too common for their kind
    to link are left out, unless `common`; they are told beside.
    """
    both = [_part(*one, voice, table, common) for one in _parted(stated)]
    parts = [one for one, _ in both]
    begin = np.concatenate([[0], np.cumsum([len(one) for one in parts])])
    mentions = np.concatenate([[0], np.cumsum([len(one.run) for one in parts])])
    joined = {
        name.name: np.concatenate([getattr(one, name.name) for one in parts])
        for name in fields(Mentions)
        if name.name not in ("run", "start")
    }
    run = np.concatenate([one.run + np.int32(first) for one, first in zip(parts, begin[:-1], strict=True)])
    starts = [one.start[:-1] + first for one, first in zip(parts, mentions[:-1], strict=True)]
    left_out = LeftOut(
        *(np.concatenate([getattr(one, name) for _, one in both]) for name in ("key", "about", "count"))
    )
    return Mentions(run=run, start=np.concatenate([*starts, mentions[-1:]]), **joined), left_out


def _parted(stated: Stated) -> Iterator[tuple[Ints, Ints, Ints]]:
    if len(stated.key) < 1 << 20:
        yield stated.key, stated.report, stated.meta
        return
    part = (stated.key >> np.uint64(60)).astype(np.uint8)
    for number in range(_PARTS):
        mine = np.flatnonzero(part == number)
        yield stated.key[mine], stated.report[mine], stated.meta[mine]


def _part(
    key: Ints, report: Ints, about: Ints, voice: Voice, table: Strengths, common: bool
) -> tuple[Mentions, LeftOut]:
    order = np.argsort(key)
    ordered = key[order]
    change = np.empty(len(order), dtype=bool)
    change[:1] = True
    np.not_equal(ordered[1:], ordered[:-1], out=change[1:])
    starts = np.flatnonzero(change)
    counts = np.diff(np.append(starts, len(order)))
    shared = counts >= 2
    # An identifier is as strong as its strongest mention: one that states less takes nothing from the others.
    head_about = about[order[starts]] & ~np.uint16(1)
    if len(starts):
        head_about |= np.minimum.reduceat(about[order] & np.uint16(1), starts)
    too_many = far_too_common(counts, head_about, table)
    left_out = LeftOut(ordered[starts[too_many]], _without_role(head_about[too_many]), counts[too_many])
    if not common:
        shared &= ~too_many
    order = order[np.repeat(shared, counts)]
    head_key, head_about, counts = ordered[starts[shared]], head_about[shared], counts[shared]
    run = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    role = (about[order] >> 1 & 7).astype(np.int64)
    whose = np.where(role == REPORTED, 0, np.where(role == VICTIM, 1, 2))
    # One number each, so that a plain sort orders by identifier and report; what is stated before what is hinted at, of
    # that a reported person's mention first.
    hint = (about[order] & np.uint16(1)).astype(np.int64)
    packed = run << 32 | report[order].astype(np.int64) << _ROLE_BITS | hint << 2 | whose
    packed.sort()
    pair = packed >> _ROLE_BITS
    packed = packed[np.append(True, pair[1:] != pair[:-1])[: len(pair)]]
    return _counted(packed, head_key, head_about, voice, table), left_out


def without_hints(mentions: Mentions) -> Mentions:
    """Those in which the report states the identifier: who only hints at it is linked by it with no certainty."""
    kept = ~mentions.hint
    if kept.all():
        return mentions
    left = np.bincount(mentions.run[kept], minlength=len(mentions))
    alive = left >= 2
    kept &= alive[mentions.run]
    renumber = np.cumsum(alive, dtype=np.int32) - np.int32(1)
    return Mentions(
        run=renumber[mentions.run[kept]],
        start=np.concatenate([[0], np.cumsum(left[alive])]).astype(np.int64),
        **{name: getattr(mentions, name)[kept] for name in ("report", "reported", "victim", "hint")},
        **{name: getattr(mentions, name)[alive] for name in ("key", "kind", "weak", "voices", "all")},
    )


def _without_role(about: Ints) -> Ints:
    made: Ints = about & ~np.uint16(14)
    return made


def _counted(packed: Ints, key: Ints, about: Ints, voice: Voice, table: Strengths) -> Mentions:
    """Leave out what one voice says too often, and what then only one report says; count what is left."""
    run = (packed >> 32).astype(np.int32)
    report = (packed >> _ROLE_BITS & (1 << 29) - 1).astype(np.int32)
    everything = np.bincount(run, minlength=len(key))
    kept = np.ones(len(run), dtype=bool)
    loud = np.flatnonzero(everything[run] > table.a_voice)
    if len(loud):
        by = loud[np.lexsort((report[loud], voice[report[loud]], run[loud]))]
        same = (run[by][1:] == run[by][:-1]) & (voice[report[by]][1:] == voice[report[by]][:-1])
        begins = np.flatnonzero(np.append(True, ~same))
        within = np.arange(len(by)) - np.repeat(begins, np.diff(np.append(begins, len(by))))
        kept[by[within >= table.a_voice]] = False
    voices = np.bincount(run[kept], minlength=len(key))
    kept &= voices[run] >= 2
    many = voices >= 2
    renumber = np.cumsum(many, dtype=np.int32) - np.int32(1)
    about = about[many]
    return Mentions(
        run=renumber[run[kept]],
        report=report[kept],
        reported=(packed[kept] & 3) == 0,
        victim=(packed[kept] & 3) == 1,
        hint=(packed[kept] & 4) != 0,
        start=np.concatenate([[0], np.cumsum(voices[many])]).astype(np.int64),
        key=key[many],
        kind=(about >> 4).astype(np.uint8),
        weak=(about & 1).astype(np.uint8),
        voices=voices[many].astype(np.int32),
        all=everything[many].astype(np.int32),
    )
