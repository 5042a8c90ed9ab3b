"""Make a trial from a folder with a sub-folder of photographs for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from safelight.errors import UsageError
from safelight.persons.calibrate import impostors
from safelight.persons.evaluate.trial import Failure, Ints, Trial

Describer = Callable[[Sequence[Path]], Sequence[NDArray[np.float32] | str]]
"""Unit templates of photographs; a reason, for people, where one has no usable face."""

PHOTOS = 50_000
"""At most: their templates and scores are held in memory."""
GENUINE = 1_000_000
_BATCH = 64
_BLOCK = 512
_LEFT_OUT = frozenset({"thumbs.db", "desktop.ini"})


def read(folder: Path, describe: Describer) -> Trial:
    """Describe all photographs and score the pairs: all of one person, and all or a sample of different people.

    Links are not followed; files that lie beside the sub-folders are failures, said by name. Raises UsageError where
    there are fewer than two people.
    """
    files, people, failures = _listed(folder)
    templates: list[NDArray[np.float32]] = []
    persons: list[int] = []
    for start in range(0, len(files), _BATCH):
        batch = files[start : start + _BATCH]
        for file, person, said in zip(batch, people[start : start + _BATCH], describe(batch), strict=True):
            if isinstance(said, str):
                failures.append(Failure(str(file.relative_to(folder)), said))
            else:
                templates.append(said)
                persons.append(person)
    whose = np.array(persons, dtype=np.int64)
    if len(np.unique(whose)) < 2:
        raise UsageError(
            f"In {folder} fewer than two people have a photograph with a usable face.",
            "A folder with a sub-folder for each person, with two photographs or more each.",
        )
    made = np.stack(templates).astype(np.float32)
    different = impostors.sample(made, whose)
    first, second = _of_one(whose)
    genuine = impostors.scores(made, first, second)
    ranks = _ranks(made, whose)
    return Trial(
        np.concatenate([genuine, different.score]),
        np.concatenate([np.ones(len(genuine), np.bool_), np.zeros(len(different.score), np.bool_)]),
        whose[np.concatenate([first, different.first])],
        whose[np.concatenate([second, different.second])],
        ranks=ranks,
        candidates=len(np.unique(whose)),
        photos=len(files),
        failures=tuple(failures),
        drawn=not different.all,
    )


def _listed(folder: Path) -> tuple[list[Path], list[int], list[Failure]]:
    files: list[Path] = []
    people: list[int] = []
    failures: list[Failure] = []
    try:
        for number, entry in enumerate(sorted(folder.iterdir())):
            if _passed_over(entry):
                continue
            if entry.is_symlink():
                failures.append(Failure(entry.name, "A link: not followed."))
            elif not entry.is_dir():
                failures.append(Failure(entry.name, "It lies in no person's sub-folder."))
            elif entry.name.startswith("_"):  # as enrolment has it: `_probes` is no person
                failures.append(Failure(entry.name, "Its name begins with _, as of something set aside."))
            else:
                found = list(_photos(entry, folder, failures))
                files += found
                people += [number] * len(found)
    except OSError as error:
        raise UsageError(f"The folder {folder} cannot be read: {error}.") from error
    if len(files) > PHOTOS:
        raise UsageError(f"{folder} has {len(files):,} photographs; {PHOTOS:,} at most are evaluated.")
    return files, people, failures


def _photos(person: Path, folder: Path, failures: list[Failure]) -> Iterator[Path]:
    for entry in sorted(person.iterdir()):
        if _passed_over(entry):
            continue
        if entry.is_symlink() or not entry.is_file():
            reason = (
                "A link: not followed."
                if entry.is_symlink()
                else "No file: sub-folders of people are not read."
            )
            failures.append(Failure(str(entry.relative_to(folder)), reason))
        else:
            yield entry


def _passed_over(entry: Path) -> bool:
    return entry.name.startswith(".") or entry.name.casefold() in _LEFT_OUT


def _of_one(whose: Ints) -> tuple[Ints, Ints]:
    """All pairs of one person, person by person; no more than `GENUINE`."""
    pairs: list[tuple[int, int]] = []
    order = np.argsort(whose, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(whose[order])) + 1):
        for pair in combinations(rows.tolist(), 2):
            if len(pairs) == GENUINE:
                break
            pairs.append(pair)
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return ends[:, 0], ends[:, 1]


def _ranks(templates: NDArray[np.float32], whose: Ints) -> Ints:
    """The place of each photograph's person among all people, each by the photograph that is nearest to it.

    Photographs whose person has no other are no probes. Equal scores count against.
    """
    people, number = np.unique(whose, return_inverse=True)
    order = np.argsort(number, kind="stable")
    starts = np.searchsorted(number[order], np.arange(len(people)))
    found = []
    for start in range(0, len(templates), _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, len(templates)))
        scores = templates[rows].astype(np.float64) @ templates.T.astype(np.float64)
        scores[np.arange(len(rows)), rows] = -np.inf
        best = np.maximum.reduceat(scores[:, order], starts, axis=1)
        own = best[np.arange(len(rows)), number[rows]]
        places = (best >= own[:, None] - 1e-12).sum(axis=1)
        found.append(places[np.isfinite(own)])
    return np.concatenate(found).astype(np.int64)
