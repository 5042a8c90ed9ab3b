"""Identifiers too common to link anybody, noted when linking: their many mentions need not be gone through again.

Addresses of carriers, viral files and stuffed identifiers make up most of all mentions. What is noted is a lower bound
of how common each is; more reports only make it more common, and versions that were replaced are taken off. One that is
no longer certainly too common is gone through like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.linking.mentions import LeftOut, Mentions, far_too_common
from safelight.reports.linking.strengths import Strengths

Ints = npt.NDArray[Any]
NAMES = ("key", "about", "count", "voices")


@dataclass(frozen=True, slots=True)
class TooCommon:
    """By identifier, `(n,)` each: `key` uint64 (sorted), `about` as in `meta` without role, and lower bounds.

    `count` mentions in current reports, by `voices` (0: not counted).
    """

    key: Ints
    about: Ints
    count: Ints
    voices: Ints

    def holds(self, keys: Ints) -> npt.NDArray[np.bool_]:
        """Which of some keys are noted."""
        if not len(self.key):
            return np.zeros(len(keys), dtype=bool)
        at = np.minimum(np.searchsorted(self.key, keys), len(self.key) - 1)
        made: npt.NDArray[np.bool_] = self.key[at] == keys
        return made

    def after(self, said: Ints, about: Ints, gone: npt.NDArray[np.bool_], table: Strengths) -> TooCommon:
        """What is left of it once some mentions (keys, `meta`) came, or are `gone`."""
        mine = self.holds(said)
        at = np.searchsorted(self.key, said[mine])
        gone, weak = gone[mine], about[mine] & np.uint16(1)
        less = np.bincount(at[gone], minlength=len(self.key)).astype(np.int32)
        strongest = self.about & np.uint16(1)
        np.minimum.at(strongest, at[~gone], weak[~gone])
        new = TooCommon(
            self.key,
            self.about & ~np.uint16(1) | strongest,
            np.maximum(self.count - less, 0),
            np.maximum(self.voices - less, 0),
        )
        return new._only(_certainly(new.about, new.count, new.voices, table))

    def with_newly(self, gone_through: Ints, found: TooCommon) -> TooCommon:
        """It with what was found of the keys that were gone through (sorted), in place of what was noted of them."""
        rest = self
        if len(gone_through):
            at = np.minimum(np.searchsorted(gone_through, self.key), len(gone_through) - 1)
            rest = self._only(gone_through[at] != self.key)
        return _sorted(*(np.concatenate([getattr(rest, name), getattr(found, name)]) for name in NAMES))

    def _only(self, mine: npt.NDArray[np.bool_]) -> TooCommon:
        return TooCommon(*(getattr(self, name)[mine] for name in NAMES))


def nothing() -> TooCommon:
    """Nothing is noted."""
    return TooCommon(
        np.zeros(0, np.uint64), np.zeros(0, np.uint16), np.zeros(0, np.int32), np.zeros(0, np.int32)
    )


def of(mentions: Mentions, left_out: LeftOut, table: Strengths) -> TooCommon:
    """What linking found too common to link at any scale: left out at once, or counted and passed over."""
    about = mentions.kind.astype(np.uint16) << 4 | mentions.weak.astype(np.uint16)
    over = np.flatnonzero(_certainly(about, np.zeros(len(about), np.int32), mentions.voices, table))
    return _sorted(
        np.concatenate([left_out.key, mentions.key[over]]),
        np.concatenate([left_out.about, about[over]]),
        np.concatenate([left_out.count, mentions.all[over]]).astype(np.int32),
        np.concatenate([np.zeros(len(left_out.key), np.int32), mentions.voices[over]]),
    )


def _sorted(key: Ints, about: Ints, count: Ints, voices: Ints) -> TooCommon:
    order = np.argsort(key)
    return TooCommon(key[order], about[order], count[order], voices[order])


def _certainly(about: Ints, count: Ints, voices: Ints, table: Strengths) -> npt.NDArray[np.bool_]:
    limit = np.maximum(table.certain, table.probable)[about >> 4, about & 1]
    made: npt.NDArray[np.bool_] = (voices > limit) | far_too_common(count, about, table)
    return made
