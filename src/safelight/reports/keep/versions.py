"""Which reports a desk knows, and in which versions: what is met again is not taken in again."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from safelight.reports.keep.vault import Columns

COLUMNS = ("key", "content", "form", "f_retracted")
"""Columns of the rows that this is made of."""
_RETRACTED = 0x80
_RECENT = 500_000


@dataclass(frozen=True, slots=True)
class Known:
    """The newest version of a report: its number, the number of its form, and whether it was taken back."""

    number: int
    form: int
    retracted: bool


class Versions:
    """The newest version of each report by its key, and what any version ever said.

    21 bytes a report: sorted arrays, and a small dictionary of what came last.
    """

    def __init__(self, rows: Columns) -> None:
        """Take the columns of everything stored, in order of numbers."""
        self._recent: dict[int, tuple[int, int]] = {}
        self._recent_contents: set[int] = set()
        key = rows["key"]
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = ordered[1:] != ordered[:-1]
        self._key = ordered[last]
        self._number = order[last].astype(np.uint32)
        about = rows["form"] | np.where(rows["f_retracted"] > 0, np.uint8(_RETRACTED), np.uint8(0))
        self._about = about[order][last].astype(np.uint8)
        self._contents = np.sort(rows["content"])

    def find(self, key: int) -> Known | None:
        """The newest version of a report; None where it is new."""
        if (recent := self._recent.get(key)) is None:
            at = _place(self._key, key)
            if at is None:
                return None
            recent = int(self._number[at]), int(self._about[at])
        return Known(recent[0], recent[1] & ~_RETRACTED, bool(recent[1] & _RETRACTED))

    def said(self, content: int) -> bool:
        """Did some version of some report say exactly this? By the hash of its content, which its id is part of."""
        return content in self._recent_contents or _place(self._contents, content) is not None

    def note(self, key: int, number: int, content: int, form: int, retracted: bool) -> None:
        """A report (or a version of one) was taken in."""
        self._recent[key] = (number, form | (_RETRACTED if retracted else 0))
        self._recent_contents.add(content)
        if len(self._recent_contents) >= _RECENT:
            self._fold()

    def _fold(self) -> None:
        key = np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent))
        said = np.array(list(self._recent.values()), dtype=np.uint32)
        keep = ~np.isin(self._key, key)
        order = np.argsort(merged := np.concatenate([self._key[keep], key]), kind="stable")
        self._key = merged[order]
        self._number = np.concatenate([self._number[keep], said[:, 0]])[order]
        self._about = np.concatenate([self._about[keep], said[:, 1].astype(np.uint8)])[order]
        contents = np.fromiter(self._recent_contents, dtype=np.uint64, count=len(self._recent_contents))
        self._contents = np.sort(np.concatenate([self._contents, contents]))
        self._recent, self._recent_contents = {}, set()


def _place(ordered: npt.NDArray[np.uint64], wanted: int) -> int | None:
    at = int(np.searchsorted(ordered, np.uint64(wanted)))
    return at if at < len(ordered) and int(ordered[at]) == wanted else None
