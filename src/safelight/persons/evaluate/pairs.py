"""Read a trial from PAIRS.csv: scores, or names of photographs that a callback scores.

Columns: `same` (1 or 0), and `score`, or `photo_a` and `photo_b`. `person_a` and `person_b` make the intervals true
(they then know which pairs share a person); `probe_id` makes the pairs searches, for the rank curve. Every further
column is a group.
"""

from __future__ import annotations

import csv
from array import array
from collections.abc import Callable, Iterator, Sequence
from math import isfinite
from pathlib import Path, PurePosixPath

import numpy as np

from safelight.errors import UsageError
from safelight.persons.evaluate.trial import Failure, Group, Ints, Trial

Scorer = Callable[[Sequence[tuple[Path, Path]]], Sequence[float | str]]
"""Scores of pairs of photographs; a reason, for people, where one of the two has no usable face."""

PAIRS = 20_000_000
"""Lines at most."""
_TRUE = frozenset({"1", "true", "yes", "same"})
_FALSE = frozenset({"0", "false", "no", "different"})
_KNOWN = ("score", "same", "photo_a", "photo_b", "person_a", "person_b", "probe_id")
_GROUPS, _VALUES = 40, 500
_NAME = 200
_BATCH = 256
_HINT = (
    "A header `score,same` or `photo_a,photo_b,same`, then a line for each pair; further columns are groups."
)


def read(file: Path, scorer: Scorer | None = None) -> Trial:
    """Read and, where the file names photographs, score the pairs. Photographs lie beside the file or below it.

    Raises UsageError that names the line.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as opened:
            return _read(csv.reader(opened), file, scorer)
    except (OSError, UnicodeError, csv.Error) as error:
        raise UsageError(f"The pairs {file} cannot be read: {error}.", _HINT) from error


class _Codes:
    """Values by their number, in the order in which they came."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.codes = array("q")

    def add(self, value: str) -> None:
        self.codes.append(self.numbers.setdefault(value, len(self.numbers)) if value else -1)

    def array(self) -> Ints:
        return np.frombuffer(self.codes, dtype=np.int64).copy() if self.codes else np.empty(0, dtype=np.int64)


def _read(lines: Iterator[list[str]], file: Path, scorer: Scorer | None) -> Trial:
    header = [name.strip().casefold() for name in next(lines, [])]
    named = {name: place for place, name in enumerate(header) if name}
    photos = "photo_a" in named and "photo_b" in named
    if "same" not in named or not ("score" in named or (photos and scorer)):
        raise UsageError(
            f"{file} has no columns `score` and `same`, or `photo_a`, `photo_b` and `same`.", _HINT
        )
    groups = {name: _Codes() for name in named if name not in _KNOWN}
    if len(groups) > _GROUPS:
        raise UsageError(f"{file} has {len(groups):,} columns of groups; {_GROUPS} at most are read.", _HINT)
    people, probes = _Codes(), _Codes()
    by_person = "person_a" in named and "person_b" in named
    shared = ("person_a", "person_b") if by_person else ("photo_a", "photo_b") if photos else ()
    scores, same = array("d"), array("b")
    failures: list[Failure] = []
    waiting: list[tuple[str, tuple[Path, Path]]] = []
    for number, cells in enumerate(lines, start=2):
        if not any(cell.strip() for cell in cells):
            continue
        row = {name: cells[place].strip() if place < len(cells) else "" for name, place in named.items()}
        if len(same) >= PAIRS:
            raise UsageError(f"{file} has more than {PAIRS:,} pairs.", "Evaluate a sample of them.")
        same.append(_truth(row["same"], file, number))
        if "score" in named:
            scores.append(_score(row["score"], file, number))
        else:
            both = _photo(row["photo_a"], file, number), _photo(row["photo_b"], file, number)
            waiting.append((f"line {number}", both))
        for name in shared:
            if not row[name]:
                raise UsageError(f"Line {number} of {file} states no {name}.", _HINT)
            people.add(row[name][:_NAME])
        if "probe_id" in named:
            probes.add(row["probe_id"][:_NAME])
        for name, codes in groups.items():
            codes.add(row[name][:_NAME])
            if len(codes.numbers) > _VALUES:
                raise UsageError(
                    f"The column `{name}` of {file} has more than {_VALUES} values: it is no group.",
                    "Leave the column out, or make bands of it.",
                )
        if len(waiting) >= _BATCH and scorer:
            _describe(waiting, scorer, scores, failures)
    if waiting and scorer:
        _describe(waiting, scorer, scores, failures)
    if not same:
        raise UsageError(f"There are no pairs in {file}.", _HINT)
    score = np.frombuffer(scores, dtype=np.float64).copy()
    kept = ~np.isnan(score)
    ends = people.array().reshape(-1, 2) if shared else None
    return Trial(
        score[kept],
        np.frombuffer(same, dtype=np.int8).astype(np.bool_)[kept],
        None if ends is None else ends[kept, 0],
        None if ends is None else ends[kept, 1],
        probes.array()[kept] if "probe_id" in named else None,
        groups={name: Group(tuple(codes.numbers), codes.array()[kept]) for name, codes in groups.items()},
        failures=tuple(failures),
    )


def _describe(
    waiting: list[tuple[str, tuple[Path, Path]]],
    scorer: Scorer,
    scores: array[float],
    failures: list[Failure],
) -> None:
    for (where, (one, other)), said in zip(waiting, scorer([both for _, both in waiting]), strict=True):
        if isinstance(said, str):
            failures.append(Failure(f"{where}: {one.name}, {other.name}", said))
        scores.append(float("nan") if isinstance(said, str) else said)
    waiting.clear()


def _truth(value: str, file: Path, number: int) -> int:
    said = value.casefold()
    if said not in _TRUE | _FALSE:
        raise UsageError(f"Line {number} of {file} says {value[:40]!r} for `same`: neither 1 nor 0.", _HINT)
    return said in _TRUE


def _score(value: str, file: Path, number: int) -> float:
    try:
        said = float(value)
    except ValueError:
        said = float("nan")
    if not isfinite(said):
        raise UsageError(f"Line {number} of {file} says {value[:40]!r} for `score`: no number.", _HINT)
    return said


def _photo(value: str, file: Path, number: int) -> Path:
    stated = PurePosixPath(value.replace("\\", "/"))
    if not value or stated.is_absolute() or ".." in stated.parts or ":" in value or "\0" in value:
        raise UsageError(
            f"Line {number} of {file} names the photograph {value[:80]!r}, which does not lie beside the file.",
            "Name photographs by their path below the folder of the file.",
        )
    return file.parent / stated
