"""What speaks of the *material* alone takes nothing from what the words tell: a child in danger now is no old picture.

That every file is long known, viral or drawn lowers a report. It says nothing of a danger that the words tell. So the
terms about material (`about = "material"` in the table) lower a report by no more than what everything else raises it:
never below the place that its words alone would give. Where the words alone would not lift it out of the low band,
there is less to keep, and the terms take more, down to words that say nothing, which keep nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.model import Band
from safelight.reports.scoring import score
from safelight.reports.scoring.table import Table

Floats = npt.NDArray[np.float32]
MATERIAL = "material"
"""What a term is about, in the table."""


@dataclass(frozen=True, slots=True)
class Spared:
    """Reports whose words keep something: `numbers` (rising), `taken` of what material would take, 0..1."""

    numbers: npt.NDArray[np.int64]
    taken: Floats

    def share(self, numbers: npt.NDArray[Any]) -> Floats:
        """How much of their weight the terms about material have in some reports: 1 where nothing is kept."""
        made = np.ones(len(numbers), dtype=np.float32)
        if len(self.numbers):
            at = np.minimum(np.searchsorted(self.numbers, numbers), len(self.numbers) - 1)
            mine = self.numbers[at] == numbers
            made[mine] = self.taken[at[mine]]
        return made


def nothing() -> Spared:
    """No words were read."""
    return Spared(np.zeros(0, np.int64), np.zeros(0, np.float32))


def spare(
    log_odds: Floats,
    text_part: Floats,
    told: Mapping[str, npt.NDArray[np.uint8]],
    lowered: Floats,
    strengths: Mapping[str, npt.NDArray[np.uint8]],
    table: Table,
) -> Spared:
    """Give back, in place, what the terms about material took from the words. Arrays are by report.

    `text_part` and `told` are what words add (log-odds, and strengths by term); `lowered` what terms about material of
    the structure take (at most 0), `strengths` has those that follow from lists and media.
    """
    some = np.flatnonzero(text_part > 0)
    takes, words = lowered[some], text_part[some]
    about = {code: strengths[code][some] for code in strengths if table.terms[code].about == MATERIAL}
    score.add(takes, about, table)
    mine = takes < 0
    some, takes, words = some[mine], takes[mine], words[mine]
    if not len(some):
        return nothing()
    score.add(words, {code: strength[some] for code, strength in told.items()}, table)
    base = np.float32(table.settings["base"])
    others = log_odds[some] - takes - words - base
    allowed = np.maximum(others, 0) - takes * _unlifted(words, table)
    taken = np.minimum(allowed / -takes, 1).astype(np.float32)
    log_odds[some] += takes * (taken - 1)
    kept = taken < 1
    return Spared(some[kept], taken[kept])


def _unlifted(words: Floats, table: Table) -> Floats:
    """1 where words say nothing, 0 where they alone lift a report out of the low band, evenly between."""
    needed = float(score.log_odds(table.bands[Band.NORMAL])) - table.settings["base"]
    made: Floats = np.clip(1 - words / np.float32(max(needed, 1e-6)), 0, 1)
    return made
