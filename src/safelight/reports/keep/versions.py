"""Which reports a desk knows, and in which versions: what is met again is not taken in again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.reports.keep.vault import Columns

COLUMNS = ("key", "content", "form", "f_retracted", "disputed", "sender", "received")
"""Columns of the rows that this is made of."""
_RETRACTED, _DISPUTED = 0x80, 0x40
_FORM = _DISPUTED - 1
_HALF = 0xFFFFFFFF
_RECENT = 500_000


@dataclass(frozen=True, slots=True)
class Known:
    """The newest version of a report.

    `number` is its own, `form` that of its form, `sender` the lower half of its sender's; `received` in seconds since
    1970, of its intake where no receipt is stated; for `disputed` see `columns.is_disputed`.
    """

    number: int
    form: int
    retracted: bool
    disputed: bool = False
    sender: int = 0
    received: int = 0

    def is_of(self, sender: int) -> bool:
        """Is this its sender's number?"""
        return self.sender == sender & _HALF


class Versions:
    """The newest version of each report by its key, and what any version ever said.

    29 bytes a report: sorted arrays, and a small dictionary of what came last.
    """

    def __init__(self, rows: Columns) -> None:
        """Take the columns of everything stored, in order of numbers."""
        self._recent: dict[int, tuple[int, int, int, int]] = {}
        self._recent_contents: set[int] = set()
        key = rows["key"]
        order = np.argsort(key, kind="stable")
        ordered = key[order]
        last = np.ones(len(order), dtype=bool)
        last[:-1] = ordered[1:] != ordered[:-1]
        order = order[last]
        self._key = ordered[last]
        about = rows["form"][order]
        for column, mark in (("f_retracted", _RETRACTED), ("disputed", _DISPUTED)):
            about |= np.where(rows[column][order] > 0, np.uint8(mark), np.uint8(0))
        self._said: list[npt.NDArray[Any]] = [
            order.astype(np.uint32),
            about.astype(np.uint8),
            (rows["sender"][order] & np.uint64(_HALF)).astype(np.uint32),
            rows["received"][order].clip(0, _HALF).astype(np.uint32),
        ]
        self._contents = np.sort(rows["content"])

    def find(self, key: int) -> Known | None:
        """The newest version of a report; None where it is new."""
        if (recent := self._recent.get(key)) is None:
            at = _place(self._key, key)
            if at is None:
                return None
            number, about, sender, received = (int(column[at]) for column in self._said)
        else:
            number, about, sender, received = recent
        return Known(
            number, about & _FORM, bool(about & _RETRACTED), bool(about & _DISPUTED), sender, received
        )

    def said(self, content: int) -> bool:
        """Did some version of some report say exactly this? By the hash of its content, which its id is part of."""
        return content in self._recent_contents or _place(self._contents, content) is not None

    def note(self, key: int, content: int, known: Known) -> None:
        """A report (or a version of one) was taken in."""
        about = known.form | (_RETRACTED if known.retracted else 0) | (_DISPUTED if known.disputed else 0)
        received = min(max(known.received, 0), _HALF)
        self._recent[key] = known.number, about, known.sender & _HALF, received
        self._recent_contents.add(content)
        if len(self._recent_contents) >= _RECENT:
            self._fold()

    def _fold(self) -> None:
        key = np.fromiter(self._recent, dtype=np.uint64, count=len(self._recent))
        recent = np.array(list(self._recent.values()), dtype=np.uint32).reshape(len(key), len(self._said))
        keep = ~np.isin(self._key, key)
        order = np.argsort(merged := np.concatenate([self._key[keep], key]), kind="stable")
        self._key = merged[order]
        self._said = [
            np.concatenate([column[keep], recent[:, at].astype(column.dtype)])[order]
            for at, column in enumerate(self._said)
        ]
        contents = np.fromiter(self._recent_contents, dtype=np.uint64, count=len(self._recent_contents))
        self._contents = np.sort(np.concatenate([self._contents, contents]))
        self._recent, self._recent_contents = {}, set()


def _place(ordered: npt.NDArray[np.uint64], wanted: int) -> int | None:
    at = int(np.searchsorted(ordered, np.uint64(wanted)))
    return at if at < len(ordered) and int(ordered[at]) == wanted else None
