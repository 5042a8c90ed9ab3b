"""Sort more fixed-width rows than fit in memory: sorted runs on disk, then one bounded merge.

Rows are compared byte by byte, as unsigned numbers, which is what NumPy's `S` type does at a fixed width.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

RUN_BYTES: Final = 16 << 20
"""Rows held before they are sorted and spilled."""

MERGE_BYTES: Final = 16 << 20
"""Rows held by the merge, over all runs together."""

Rows = NDArray[np.uint8]
"""`(n, width) uint8`."""


def as_bytes(rows: Rows) -> NDArray[Any]:
    """View `(n, width) uint8` rows as `(n,)` byte strings, which NumPy compares and sorts."""
    return np.ascontiguousarray(rows).view(f"S{rows.shape[1]}").reshape(-1)


def sorted_unique(rows: Rows) -> Rows:
    """Sort rows, and drop those that repeat the row before."""
    if not len(rows):
        return rows
    ordered = as_bytes(rows).copy()
    ordered.sort()
    new = np.ones(len(ordered), np.bool_)
    new[1:] = ordered[1:] != ordered[:-1]
    return ordered[new].view(np.uint8).reshape(-1, rows.shape[1])


@dataclass(slots=True)
class _Cursor:
    """How far a run has been read: rows in memory, and what is left of it in the file."""

    rows: Rows
    next: int
    end: int


class RunSorter:
    """Takes rows in any order, gives them back sorted and without repetitions, at bounded memory.

    The spill file has no name of its own in the folder once it is open, so that nothing remains of it.
    """

    def __init__(self, folder: Path, width: int) -> None:
        """`width` is bytes a row; `folder` must be able to hold all rows once more."""
        self.width = width
        self.added = 0
        self._held: list[Rows] = []
        self._held_rows = 0
        self._runs: list[tuple[int, int]] = []
        path = folder / f"spill-{width}-{id(self):x}"
        self._spill = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        path.unlink()
        self._spilled = 0

    def add(self, rows: Rows) -> None:
        """Take `(n, width) uint8` rows; the array must not change afterwards."""
        limit = max(1, RUN_BYTES // self.width)
        for start in range(0, len(rows), limit):
            part = rows[start : start + limit]
            if self._held_rows + len(part) > limit:
                self._spill_held()
            self._held.append(part)
            self._held_rows += len(part)
        self.added += len(rows)

    def merged(self) -> Iterator[Rows]:
        """Yield all rows, sorted and unique, in blocks. May be called once."""
        if not self._runs:
            yield sorted_unique(self._take_held())
            return
        self._spill_held()
        per_run = max(64, MERGE_BYTES // (self.width * len(self._runs)))
        cursors = [_Cursor(np.empty((0, self.width), np.uint8), start, end) for start, end in self._runs]
        last: bytes | None = None
        while cursors := [one for one in cursors if self._fill(one, per_run)]:
            ready = sorted_unique(np.concatenate(_taken(cursors, self.width)))
            if last is not None and ready[0].tobytes() == last:
                ready = ready[1:]
            if len(ready):
                last = ready[-1].tobytes()
                yield ready

    def close(self) -> None:
        """Give the spilled space back."""
        os.close(self._spill)

    def _take_held(self) -> Rows:
        held = np.concatenate(self._held) if self._held else np.empty((0, self.width), np.uint8)
        self._held, self._held_rows = [], 0
        return held

    def _spill_held(self) -> None:
        run = sorted_unique(self._take_held())
        if len(run):
            data = memoryview(run.tobytes())
            while data:
                written = os.pwrite(self._spill, data, self._spilled)
                self._spilled += written
                data = data[written:]
            self._runs.append((self._spilled - run.nbytes, self._spilled))

    def _fill(self, cursor: _Cursor, rows: int) -> bool:
        """Make sure that a run has rows in memory; False where it is used up."""
        if not len(cursor.rows) and cursor.next < cursor.end:
            size = min(rows * self.width, cursor.end - cursor.next)
            data = os.pread(self._spill, size, cursor.next)
            cursor.next += len(data)
            cursor.rows = np.frombuffer(data, np.uint8).reshape(-1, self.width)
        return len(cursor.rows) > 0


def _taken(cursors: list[_Cursor], width: int) -> list[Rows]:
    """Take from each run what is certainly not above anything still on disk."""
    waiting = [one.rows[-1].tobytes() for one in cursors if one.next < one.end]
    if not waiting:
        everything = [one.rows for one in cursors]
        for one in cursors:
            one.rows = one.rows[len(one.rows) :]
        return everything
    bound = np.array([min(waiting)], f"S{width}")
    taken = []
    for one in cursors:
        cut = int(np.searchsorted(as_bytes(one.rows), bound, side="right")[0])
        taken.append(one.rows[:cut])
        one.rows = one.rows[cut:]
    return taken
