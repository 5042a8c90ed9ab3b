"""A face that some look at a photograph found, before a close look has confirmed it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from safelight.signals.locate import LocatedFace

SAME_FACE = 0.5
"""Distance of two centres, in widths of the larger face, below which they are one face."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A face so far: where it is, in pixels of the first decode."""

    centre: complex
    width: float
    height: float
    """Of the face as it stands upright."""
    turn: float
    """Degrees counter-clockwise by which the photograph must be turned."""
    score: float
    check: float
    cut_out: LocatedFace | None = None
    """As it was cut out, where that was from the first decode."""


def distinct(found: Sequence[Candidate]) -> list[Candidate]:
    """Each face once, as the verifier likes it best; best score first."""
    kept: list[Candidate] = []
    for one in sorted(found, key=lambda each: -each.check):
        if all(abs(one.centre - other.centre) > SAME_FACE * max(one.width, other.width) for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda each: -each.score)
