"""The words of a report: a few sentences on a situation, among boilerplate and details that say nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from safelight.demo.reports.wording import Wording, details, sentences
from safelight.reports.reading.situations import DANGER

DECOYS: Final = {"negated": 30, "commentary": 22, "past": 20, "hypothetical": 16, "fiction": 12}
"""Situations that sound like a danger and are none, by weight."""
SITUATIONS: Final = {
    "ongoing": 14,
    "access": 12,
    "coercion": 13,
    "grooming": 12,
    "meeting": 9,
    "making": 9,
    "plan": 7,
    "young": 7,
    "trust": 6,
    "self-harm": 5,
    "live": 4,
    "trafficking": 2,
}
"""Dangers, by weight."""
MIXED = 0.03
"""So many texts hold a sentence in a second language."""


@dataclass(frozen=True, slots=True)
class Told:
    """The words: sentences in order, and the language of most of them."""

    sentences: tuple[str, ...]
    language: str
    situation: str


def tell(rng: Random, wording: Wording, spoken: Sequence[str], language: str, situation: str) -> Told:
    """One to five sentences that state the situation, in one language, now and then in two of those `spoken`."""
    said = sentences(wording)[language]
    dangerous = situation in DANGER
    told = rng.sample(said[situation], 2 if rng.random() < 0.4 else 1)
    if dangerous and rng.random() < 0.25:
        told += _one(rng, wording, language, rng.choice(DANGER))
    if dangerous and rng.random() < 0.12:  # who tells of a danger also tells of the past, or quotes
        told += _one(rng, wording, language, rng.choices(list(DECOYS), list(DECOYS.values()))[0])
    if situation in DECOYS and rng.random() < 0.2:
        told += _one(rng, wording, language, rng.choices(list(DECOYS), list(DECOYS.values()))[0])
    if rng.random() < (0.2 if dangerous else 0.15) and situation != "trade":
        told += _one(rng, wording, language, "trade")
    other = rng.choice(spoken) if rng.random() < MIXED else language
    if rng.random() < 0.35:
        told += _one(rng, wording, other, "routine")
    told += rng.sample(details(wording)[other], rng.choices((0, 1, 2), (4, 4, 2))[0])
    told = list(dict.fromkeys(told))[:5]
    rng.shuffle(told)
    return Told(tuple(told), language, situation)


def _one(rng: Random, wording: Wording, language: str, situation: str) -> list[str]:
    said = sentences(wording)[language].get(situation)
    return [rng.choice(said)] if said else []
