"""Ages of children and times ahead that a report's words tell, weighed by what the reading says of their sentences.

An age counts as far as its sentence is not past, fiction, commentary, denial, hypothesis, forwarded or routine. A time
ahead counts as far as its sentence states something that can still be prevented. Both count as far as the sentence is
more likely of a danger than not: a weekday, or a child's age, in a harmless sentence is nothing. Sentences in a
language that is not read are not judged: of those an age counts half, and a time not at all.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files

import numpy as np

from safelight.reports.reading.reading import Weighed
from safelight.reports.reading.situations import CODES
from safelight.reports.scoring.ages import Age, youth
from safelight.reports.scoring.told_ages import told_ages
from safelight.reports.scoring.told_times import SURE, Times, told_times
from safelight.reports.scoring.told_words import FILES

PREVENTABLE = ("ongoing", "plan", "access", "meeting", "coercion", "self-harm", "live", "trafficking")
"""Situations that a time ahead makes more urgent."""
NOT_NOW = ("viral", "past", "fiction", "commentary", "negated", "hypothetical", "routine")
"""Situations in which an age is nobody's who is in danger."""
_RULES = "1"
"""Of the code here: raised when a change of it changes what is found."""
_LEAST = 0.3
"""How much a sentence has to count for what is told in it to count at all."""
_NOT_JUDGED = 0.5
_KEPT = 50_000
"""Sentences kept in memory, as the reader keeps its judgements: boilerplate repeats."""

_PREVENTABLE = np.array([code in PREVENTABLE for code in CODES])
_NOT_NOW = np.array([code in NOT_NOW for code in CODES])


@dataclass(frozen=True, slots=True)
class Told:
    """What the words of one report tell. Strengths are 0..1."""

    age: Age | None = None
    """The one that weighs most; None: none that counts."""
    young: float = 0.0
    """How young, as `youth` says, times how much its sentence counts."""
    ahead: float = 0.0
    """Of a time that lies ahead whenever the report came in: tomorrow, on Saturday."""
    day: date | None = None
    """A day told by its date, the surest; whether it lies ahead is seen from the day of receipt."""
    dated: float = 0.0
    """How much that one counts while it lies ahead."""


def told(sentences: Sequence[Weighed], received: date) -> Told:
    """What a report's sentences tell; days without a year are the next after `received`."""
    age, young, ahead, day, dated = None, 0.0, 0.0, None, 0.0
    for one in sentences:
        ages, times = _of(one.text, one.language)
        if ages and (share := _in_earnest(one)):
            for stated in ages:
                strength = youth(stated) * share
                if strength > young:
                    age, young = stated, strength
        if (times.ahead or times.days) and (share := _to_prevent(one)):
            ahead = max(ahead, times.ahead * share)
            near = [made for told_day in times.days if (made := told_day.near(received)) is not None]
            if near and share > dated:
                day, dated = min(near), SURE * share
    return Told(age, round(young, 3), round(ahead, 3), day, round(dated, 3))


@lru_cache(maxsize=_KEPT)
def _of(text: str, language: str | None) -> tuple[tuple[Age, ...], Times]:
    return told_ages(text, language), told_times(text, language)


def _in_earnest(sentence: Weighed) -> float:
    if sentence.situations is None:
        return _NOT_JUDGED
    return _counted(sentence, 1.0 - float(sentence.situations[_NOT_NOW].sum()))


def _to_prevent(sentence: Weighed) -> float:
    if sentence.situations is None:
        return 0.0
    return _counted(sentence, float(sentence.situations[_PREVENTABLE].sum()))


def _counted(sentence: Weighed, share: float) -> float:
    """A share of the sentence's situations, by how much likelier a danger is in it than none."""
    made = min(1.0, share) * max(0.0, 2.0 * sentence.danger - 1.0)
    return made if made >= _LEAST else 0.0


@cache
def version() -> str:
    """Of the words and the code: what another version found is not comparable."""
    said = b"".join(files(__package__).joinpath(name).read_bytes() for name in FILES)
    return hashlib.sha256(_RULES.encode() + said).hexdigest()[:8]
