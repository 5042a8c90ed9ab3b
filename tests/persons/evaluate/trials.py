"""Trials of scores that are drawn from numbers."""

from __future__ import annotations

import numpy as np

from safelight.persons.evaluate.trial import Group, Trial


def scored(genuine: int = 2_000, impostor: int = 50_000, *, seed: int = 1) -> Trial:
    """Normal scores: one person 0.965 ± 0.01, different people 0.81 ± 0.035."""
    generator = np.random.default_rng(seed)
    return Trial(
        np.concatenate([generator.normal(0.965, 0.01, genuine), generator.normal(0.81, 0.035, impostor)]),
        np.arange(genuine + impostor) < genuine,
    )


def with_gap(times: float, *, kind: str, seed: int = 2, size: float = 0.2) -> Trial:
    """Three bands of age, of whom the youngest have so many times the false matches, or the misses, of the others.

    Overall 8 of 10,000 pairs of different people are false matches, and about 2 of 100 of one person are missed.
    """
    generator = np.random.default_rng(seed)
    genuine, impostor = 20_000, 400_000
    same = np.arange(genuine + impostor) < genuine
    codes = generator.choice(3, genuine + impostor, p=[size, 0.5, 0.5 - size])
    more = np.where(codes == 0, times, 1.0)
    false = 0.0008 / (size * times + 1 - size) if kind == "false matches" else 0.0008
    wrong = np.where(same, 0.02, false) * np.where(same == (kind == "misses"), more, 1.0)
    hits = generator.random(len(same)) < wrong
    score = np.where(same, np.where(hits, 0.5, 0.97), np.where(hits, 0.9, 0.7))
    bands = Group(("under 6", "6 to 12", "13 to 17"), codes.astype(np.int64))
    return Trial(score, same, groups={"age_band": bands})
