"""What was read in the free text of a report: frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence that counted, with the situation that it most likely states.

    `notes` say what weakens it: `negated`, `quoted`, `past`, `fiction`, `hypothetical`, `viral`.
    """

    text: str
    language: str
    situation: str
    strength: float
    """Probability 0..1 of that situation."""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Weighed:
    """One sentence with the probabilities of all situations, `(len(CODES),)`; None: in a language that is not read."""

    text: str
    language: str | None
    situations: npt.NDArray[np.float32] | None
    danger: float = 0.0
    """0..1: how far the sentence is one of danger rather than of the others as reports hold them, were both equally
    frequent: a report's is calibrated, this one is not."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read in one report."""

    language: str | None
    """ISO 639-1 of the main language; None: too short or unknown."""
    languages: tuple[str, ...]
    """All languages found, the main one first."""
    read: bool
    """False: what the text says is in a language that the encoder does not hold."""
    situations: Mapping[str, float]
    """By code: probability 0..1 that the report states it; only those above 0.05."""
    danger: float | None
    """Probability 0..1, calibrated at 3 % of reports, that the text describes a child in danger now.
    None where it was not read, and where there was nothing to read."""
    sentences: tuple[Sentence, ...]
    """The strongest few, the most dangerous first."""
    cut: bool = False
    """The text was longer than the caps of `split.py`: only its beginning and end were read."""
    weighed: tuple[Weighed, ...] = field(default=(), compare=False, repr=False)
    """Every distinct sentence, in the order of the text."""


NOTHING = Reading(None, (), True, {}, None, ())
"""Of a report without text."""
