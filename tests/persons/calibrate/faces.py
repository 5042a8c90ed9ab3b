"""Unit vectors that score as faces do, drawn from numbers: no face, drawn or real, is behind them.

Two people score about 0.81 ± 0.035, two photographs of one person about 0.965 ± 0.01, as was measured with dlib's
descriptor (mirrored, unit length). Each vector is a direction that all share and one of its own, whose 127 dimensions
matter less and less, so that the scores spread as measured. How much of the shared direction a face has differs from
face to face, as it does for real ones: some look like many others.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from safelight.persons.calibrate.calibration import Calibration

DIMENSIONS = 128
Templates = NDArray[np.float32]


def gallery(
    people: int, generator: np.random.Generator, *, wolves: float = 0.0, families: int = 0
) -> Templates:
    """`(people, 128)`. A share of `wolves` looks like everybody; with `families`, people share directions."""
    own = generator.standard_normal((people, DIMENSIONS - 1)) * _weights(0.9)
    if families:
        theirs = generator.standard_normal((families, DIMENSIONS - 1)) * _weights(0.9)
        own = np.sqrt(0.7) * own + np.sqrt(0.3) * theirs[generator.integers(0, families, people)]
    shared = 0.81 + generator.normal(0, 0.012, people)
    alike = generator.random(people) < wolves
    shared[alike] = 0.93 + generator.normal(0, 0.01, int(alike.sum()))
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    made = np.concatenate([np.sqrt(shared)[:, None], np.sqrt(1 - shared)[:, None] * own], axis=1)
    return made.astype(np.float32)


def again(templates: Templates, generator: np.random.Generator) -> Templates:
    """Another photograph of each."""
    noise = np.clip(generator.normal(0.069, 0.02, (len(templates), 1)), 0.01, 0.3)
    noisy = generator.standard_normal(templates.shape) * _weights(0.2, DIMENSIONS)
    made = np.sqrt(1 - noise) * templates + np.sqrt(noise) * noisy
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def nearest(probes: Templates, people: Templates, k: int) -> NDArray[np.int64]:
    """`(m, k)`: the rows nearest to each probe, by plain products."""
    found = [
        np.argpartition(-(probes[at : at + 1000] @ people.T), k - 1, axis=1)[:, :k]
        for at in range(0, len(probes), 1000)
    ]
    return np.concatenate(found).astype(np.int64)


def adjusted(calibration: Calibration, people: Templates, strangers: Templates) -> NDArray[np.float64]:
    """`(strangers, people)`: their scores on the calibrated scale."""
    near, others = calibration.near(people, np.arange(len(people))), calibration.near(strangers)
    return calibration.adjusted(
        strangers.astype(np.float64) @ people.T,
        others.rows(np.arange(len(strangers))[:, None]),
        near.rows(np.arange(len(people))[None]),
    )


def _weights(falling: float, dimensions: int = DIMENSIONS - 1) -> NDArray[np.float64]:
    weights = np.arange(1, dimensions + 1) ** -falling
    return np.sqrt(weights / weights.sum())
