"""What an evaluation measures: scored pairs whose truth is known, and what could not be scored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Group:
    """One column that errors are counted by: sex, age band, years between the photographs."""

    values: tuple[str, ...]
    code: Ints
    """`(k,)`: which of the values each pair has, -1 where it is not stated."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A photograph or pair that was not scored."""

    where: str
    reason: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Pairs, `(k,)` each. A higher score means more alike."""

    score: Floats
    same: Bools
    first: Ints | None = None
    """Numbers of the two people (or, where people are not stated, of the two photographs)."""
    second: Ints | None = None
    probe: Ints | None = None
    """Which pairs are one probe against its candidates; None where the pairs are no search."""
    ranks: Ints | None = None
    """Of probes whose person is among the candidates, the place of that person, from 1; None: from `probe`."""
    candidates: int | None = None
    """Among how many people those places are, on the median; None: from `probe`."""
    groups: Mapping[str, Group] = field(default_factory=dict)
    photos: int | None = None
    """Photographs that were to be described; None where scores were given."""
    failures: tuple[Failure, ...] = ()
    drawn: bool = False
    """Are the pairs of different people a sample of all?"""

    @property
    def genuine(self) -> Floats:
        """Scores of pairs of one person."""
        return self.score[self.same]

    @property
    def impostor(self) -> Floats:
        """Scores of pairs of different people."""
        return self.score[~self.same]
