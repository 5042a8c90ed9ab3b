"""Stated digests against the lists of the workspace: which reports hold known material only, which something new."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from safelight.matching.match import Matcher
from safelight.model import HashSetKind
from safelight.reports.keep import derived
from safelight.reports.keep.columns import DIGESTS
from safelight.reports.keep.store import ReportStore, Segment

NAME = "state-known"
NO_FILES = 255


def known_shares(
    store: ReportStore, segments: Sequence[Segment], matcher: Matcher, version: str
) -> npt.NDArray[np.uint8]:
    """Of each report, the share of its files with a digest on a list of illegal material: 0..200; 255 without digests.

    `version` names the lists; what was looked up with other ones is looked up anew.
    """
    if not any(one.kind is HashSetKind.KNOWN_ILLEGAL for one in matcher.hash_sets):
        return np.full(sum(one.count for one in segments), NO_FILES, dtype=np.uint8)
    before = derived.load(store, NAME, version, segments, ("known",))
    done = before.count if before is not None else 0
    new = [one for one in segments if one.first >= done]
    parts = [_of_segment(store, one, matcher) for one in new]
    if before is None:
        made: npt.NDArray[np.uint8] = np.concatenate([np.zeros(0, np.uint8), *parts])
    else:
        made = before.columns["known"]
        made[done:] = np.concatenate([np.zeros(0, np.uint8), *parts])
    if new:
        changed = np.arange(done, len(made))
        derived.save(store, NAME, version, segments, lambda some: {"known": made[some]}, before, changed)
    return made


def _of_segment(store: ReportStore, segment: Segment, matcher: Matcher) -> npt.NDArray[np.uint8]:
    row, file, kind, digest = store.digests(segment)
    made = np.full(segment.count, NO_FILES, dtype=np.uint8)
    if not len(row):
        return made
    hit = np.zeros(len(row), dtype=bool)
    for number, name in enumerate(DIGESTS):
        of_kind = np.flatnonzero(kind == number)
        if not len(of_kind):
            continue
        packed = np.frombuffer(b"".join(digest[index] for index in of_kind.tolist()), np.uint8).reshape(
            len(of_kind), -1
        )
        hit[of_kind] = matcher.holds_illegal(name.value, packed)
    files = row.astype(np.int64) << 16 | file
    distinct, where = np.unique(files, return_inverse=True)
    known = np.zeros(len(distinct), dtype=bool)
    np.logical_or.at(known, where, hit)
    of_row = (distinct >> 16).astype(np.intp)
    all_ = np.bincount(of_row, minlength=segment.count)
    some = np.bincount(of_row, weights=known, minlength=segment.count)
    has = all_ > 0
    made[has] = np.round(some[has] / all_[has] * 200).astype(np.uint8)
    return made
