"""Deleted files that are listed already, and where they lie: so that what is carved of them is told as the same.

A file system that still knows the blocks of a deleted file gives them as that file. The search of free space comes upon
the same bytes: it leaves out what is the file itself, and says of the rest in which file it lies. Of bytes that a later
file has left there both are true, so that nothing is left out but what was read in full.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from safelight.evidence.mail.letter import say

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

_MOST_RUNS = 1 << 21
"""Runs that are remembered, at 28 bytes each; of what lies in others nothing is said."""
_LOOKED_AT = 64
"""Runs before a place that are looked at for one that holds it: deleted files may claim the same blocks."""


class Run(NamedTuple):
    """A part of a file that lies in one piece: where on the medium, how long, where in the file (bytes)."""

    offset: int
    length: int
    at: int


def _at(run: Run) -> int:
    return run.at


class Recovered:
    """Where deleted files lie that the listing gives with their content."""

    def __init__(self, *, is_certain: bool = True) -> None:
        self.is_certain = is_certain
        """Does the file system still say where all of a deleted file lies? FAT says where it begins only."""
        self._offsets = array("Q")
        self._lengths = array("Q")
        self._ats = array("Q")
        self._files = array("L")
        self._names: list[bytes] = []
        self._sizes = array("Q")
        self._firsts = array("L")
        """Of each file: the number of its first run; its others follow."""
        self._whole = bytearray()
        self._order: npt.NDArray[np.int64] | None = None
        self._begins: npt.NDArray[np.uint64] | None = None
        self._kept: tuple[int, list[Run]] = -1, []

    def __len__(self) -> int:
        return len(self._names)

    def note(
        self, name: bytes, size: int, runs: Sequence[tuple[int, int, int]], *, is_whole: bool = True
    ) -> None:
        """Remember a deleted file of `size` bytes, its runs as (offset, length, place in the file).

        Not `is_whole`: other files have taken blocks of it.
        """
        if not runs or len(self._offsets) + len(runs) > _MOST_RUNS:
            return
        self._firsts.append(len(self._offsets))
        self._sizes.append(size)
        self._whole.append(is_whole)
        for offset, length, at in runs:
            self._offsets.append(offset)
            self._lengths.append(length)
            self._ats.append(at)
            self._files.append(len(self._names))
        self._names.append(name)
        self._order = None
        self._kept = -1, []

    def runs(self, file: int) -> list[Run]:
        """The runs of a file, in its order; the last answer is kept."""
        if self._kept[0] != file:
            after = self._firsts[file + 1] if file + 1 < len(self._firsts) else len(self._offsets)
            numbers = range(self._firsts[file], after)
            found = [Run(self._offsets[n], self._lengths[n], self._ats[n]) for n in numbers]
            self._kept = file, sorted(found, key=_at)
        return self._kept[1]

    def holding(self, offset: int) -> Iterator[tuple[int, int]]:
        """Yield the files that hold a byte of the medium and of which no other file has taken anything, with its place
        in each."""
        for run in self._holding(offset):
            file = self._files[run]
            at = self._ats[run] + offset - self._offsets[run]
            if self._whole[file] and at < self._sizes[file]:
                yield file, at

    def _beginning(self, offset: int) -> Iterator[int]:
        return (file for file, at in self.holding(offset) if not at)

    def pieces(self, file: int, start: int = 0) -> list[tuple[int, int]]:
        """(offset, length) of the content of a file from its byte `start` on, to its end or its next hole."""
        found: list[tuple[int, int]] = []
        at, size = start, self._sizes[file]
        for run in self.runs(file):
            if run.at <= at < min(size, run.at + run.length):
                length = min(size, run.at + run.length) - at
                found.append((run.offset + at - run.at, length))
                at += length
            elif found:
                break
        return found

    def is_same(self, pieces: Sequence[tuple[int, int]], cut_within: int | None = None) -> bool:
        """Are these pieces, (offset, length), one of the files from its first byte to its last?

        `cut_within` is said of what breaks off: does it lie in the file, from its beginning, but for less than so many
        bytes behind the file's blocks, where it was found to break off?
        """
        size = sum(length for _, length in pieces)
        for file in self._beginning(pieces[0][0]):
            if cut_within is None:
                if size == self._sizes[file] and self._covers(file, 0, pieces):
                    return True
                continue
            if not self.is_certain and len(self.runs(file)) > 1:
                continue  # where it breaks off is what shows that its blocks lie elsewhere
            held = sum(run.length for run in self.runs(file))
            if size - held < cut_within and self._covers(file, 0, _first(pieces, min(size, held))):
                return True
        return False

    def place(self, pieces: Sequence[tuple[int, int]]) -> str | None:
        """Say in which file these pieces lie; None where in none."""
        size = sum(length for _, length in pieces)
        for run in self._holding(pieces[0][0]):
            file = self._files[run]
            at = self._ats[run] + pieces[0][0] - self._offsets[run]
            if at >= self._sizes[file]:
                continue  # behind its end, in its last block
            name = self._names[file].decode("utf-8", "surrogateescape")
            if at + size > self._sizes[file] or not self._covers(file, at, pieces):
                return say(f"begins in the deleted file {name}, at its byte {at:,}")
            if at:
                return say(f"the same bytes lie in the deleted file {name}, from its byte {at:,} on")
            if size < self._sizes[file]:
                return say(f"the same bytes are the first {size:,} of the deleted file {name}")
            return say(f"the same bytes are the deleted file {name}")
        return None

    def _covers(self, file: int, at: int, pieces: Sequence[tuple[int, int]]) -> bool:
        """Does the file hold these pieces from its byte `at` on, what follows its end in its last block included?"""
        runs = self.runs(file)
        for offset, length in pieces:
            while length > 0:
                run = runs[max(0, bisect_right(runs, at, key=_at) - 1)]
                if not run.at <= at < run.at + run.length or run.offset + at - run.at != offset:
                    return False
                step = min(length, run.at + run.length - at)
                at, offset, length = at + step, offset + step, length - step
        return True

    def _holding(self, offset: int) -> Iterator[int]:
        """Yield the numbers of runs that hold a byte of the medium, those that begin nearest before it first."""
        import numpy as np

        if not self._offsets:
            return
        if self._order is None or self._begins is None:
            begins = np.array(self._offsets, np.uint64)
            self._order = np.argsort(begins, kind="stable")
            self._begins = begins[self._order]
        after = int(self._begins.searchsorted(np.uint64(offset), "right"))
        for place in range(after - 1, max(-1, after - 1 - _LOOKED_AT), -1):
            number = int(self._order[place])
            if offset < self._offsets[number] + self._lengths[number]:
                yield number


def _first(pieces: Sequence[tuple[int, int]], size: int) -> list[tuple[int, int]]:
    """The first so many bytes of some pieces."""
    kept = []
    for offset, length in pieces:
        if size > 0:
            kept.append((offset, min(length, size)))
            size -= length
    return kept
