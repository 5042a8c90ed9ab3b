"""Templates drawn from numbers, which score as faces do. No face, real, drawn or generated, is behind any of them.

Two people score about 0.81 ± 0.035, two templates of one person about 0.965 ± 0.01, as photographs of public adults
do with dlib's descriptor (mirrored, unit length). Each is a direction that all share and one of its own, whose
dimensions matter less and less, so that the scores spread as measured.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from safelight.persons.keep.people import ENROLLED, Kept, People, Photo, id_of
from safelight.persons.person import Facts, Status
from safelight.persons.portraits.dlib_ import DlibMirrored
from safelight.persons.protocol import Floats
from safelight.workspace import Workspace

DIMENSIONS = DlibMirrored.dimensions
_AT_ONCE = 250


def strangers(count: int, generator: np.random.Generator) -> Floats:
    """`(count, 128)` unit vectors, each of another person."""
    own = _unit(generator.standard_normal((count, DIMENSIONS - 1)) * _weights(0.9, DIMENSIONS - 1))
    shared = 0.81 + generator.normal(0, 0.012, (count, 1))
    return np.concatenate([np.sqrt(shared), np.sqrt(1 - shared) * own], axis=1).astype(np.float32)


def again(templates: Floats, generator: np.random.Generator) -> Floats:
    """Another template of each person."""
    noise = np.clip(generator.normal(0.069, 0.02, (len(templates), 1)), 0.01, 0.3)
    noisy = generator.standard_normal(templates.shape) * _weights(0.2, DIMENSIONS)
    return _unit(np.sqrt(1 - noise) * templates + np.sqrt(noise) * noisy).astype(np.float32)


def give(workspace: Workspace, case: str, status: Status, templates: Mapping[str, Floats]) -> None:
    """Store a template for each number of a register as enrolment does; who is not enrolled yet is, without facts."""
    version = DlibMirrored().version
    numbers = list(templates)
    for start in range(0, len(numbers), _AT_ONCE):
        with workspace.database.transaction() as connection:
            people = People(connection, workspace.keys, case)
            for number in numbers[start : start + _AT_ONCE]:
                person = id_of(people.case_sealer, status, number)
                if not people.has(person):
                    people.add(Kept(person, status, number, status, Facts()))
                file = hashlib.sha256(f"{status}:{number}".encode()).digest()
                people.put_photo(
                    person,
                    Photo(file, ENROLLED, "numbers, no photograph", quality=1.0, face=1, faces=1),
                )
                people.put_template(person, file, version, templates[number].astype("<f4").tobytes())


def numbered(prefix: str, templates: Sequence[Floats] | Floats) -> dict[str, Floats]:
    """Templates by invented numbers: `M-1`, `M-2` …"""
    return {f"{prefix}-{number}": one for number, one in enumerate(templates, start=1)}


def _weights(falling: float, dimensions: int) -> NDArray[np.float64]:
    weights = np.arange(1, dimensions + 1, dtype=np.float64) ** -falling
    made: NDArray[np.float64] = np.sqrt(weights / weights.sum())
    return made


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    made: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return made


__all__ = ["DIMENSIONS", "again", "give", "numbered", "strangers"]
