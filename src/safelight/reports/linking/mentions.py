"""Which reports share which identifier, and how common it is: the arrays that links are made of."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.keep.columns import ROLES
from safelight.reports.linking.strengths import Strengths
from safelight.reports.report import Role

REPORTED = ROLES.index(Role.REPORTED)
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
    `report`, `reported` (as the reported person's) are `(n,)`; `start` `(m + 1,)`, where each identifier's mentions
    begin; `key`, `kind`, `weak`, `voices` (reports that count) and `all` (reports that mention it) are `(m,)`.
    """

    run: Ints
    report: Ints
    reported: npt.NDArray[np.bool_]
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
    """Every mention, unsorted: `key` uint64, `report` int32, `meta` uint16 (see `meta`), each `(k,)`."""

    key: Ints
    report: Ints
    meta: Ints


def meta(kind: Ints, role: Ints, weak: Ints) -> Ints:
    """Kind, role and weakness of mentions as one number each."""
    made: Ints = kind.astype(np.uint16) << 4 | role.astype(np.uint16) << 1 | weak.astype(np.uint16)
    return made


def linking(kind: Ints, role: Ints, weak: Ints, table: Strengths) -> npt.NDArray[np.bool_]:
    """Which mentions can link at all: not a reporter's own, and of a kind that links."""
    made: npt.NDArray[np.bool_] = (role != _REPORTER) & (table.probable[kind, weak] > 0)
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


def gather(stated: Stated, voice: Ints, table: Strengths, *, common: bool = False) -> Mentions:
    """Sort mentions by identifier and count how common each is.

    `voice` is `(reports,)`, the number of a report's sender and day. Identifiers that are far too common for their kind
    to link are left out, unless `common`.
    """
    parts = [_part(*one, voice, table, common) for one in _parted(stated)]
    begin = np.concatenate([[0], np.cumsum([len(one) for one in parts])])
    mentions = np.concatenate([[0], np.cumsum([len(one.run) for one in parts])])
    joined = {
        name.name: np.concatenate([getattr(one, name.name) for one in parts])
        for name in fields(Mentions)
        if name.name not in ("run", "start")
    }
    run = np.concatenate([one.run + np.int32(first) for one, first in zip(parts, begin[:-1], strict=True)])
    starts = [one.start[:-1] + first for one, first in zip(parts, mentions[:-1], strict=True)]
    return Mentions(run=run, start=np.concatenate([*starts, mentions[-1:]]), **joined)


def _parted(stated: Stated) -> Iterator[tuple[Ints, Ints, Ints]]:
    if len(stated.key) < 1 << 20:
        yield stated.key, stated.report, stated.meta
        return
    part = (stated.key >> np.uint64(60)).astype(np.uint8)
    for number in range(_PARTS):
        mine = np.flatnonzero(part == number)
        yield stated.key[mine], stated.report[mine], stated.meta[mine]


def _part(key: Ints, report: Ints, about: Ints, voice: Ints, table: Strengths, common: bool) -> Mentions:
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
    if not common:
        shared &= ~far_too_common(counts, head_about, table)
    order = order[np.repeat(shared, counts)]
    head_key, head_about, counts = ordered[starts[shared]], head_about[shared], counts[shared]
    run = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    role = (about[order] >> 1 & 7).astype(np.int64)
    not_reported = (role != REPORTED).astype(np.int64)
    # One number each, so that a plain sort orders by identifier and report, a reported person's mention first.
    packed = run << 32 | report[order].astype(np.int64) << _ROLE_BITS | not_reported
    packed.sort()
    pair = packed >> _ROLE_BITS
    packed = packed[np.append(True, pair[1:] != pair[:-1])[: len(pair)]]
    return _counted(packed, head_key, head_about, voice, table)


def _counted(packed: Ints, key: Ints, about: Ints, voice: Ints, table: Strengths) -> Mentions:
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
        reported=(packed[kept] & 1) == 0,
        start=np.concatenate([[0], np.cumsum(voices[many])]).astype(np.int64),
        key=key[many],
        kind=(about >> 4).astype(np.uint8),
        weak=(about & 1).astype(np.uint8),
        voices=voices[many].astype(np.int32),
        all=everything[many].astype(np.int32),
    )
