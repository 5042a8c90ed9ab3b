"""What was listed and is still to be read, the most promising first; learned as the reading goes.

Files wait by folder. Each folder stands in line by the best of its files and by what was learned of it: one that
gave a lead is read on. What must be kept open for the files that wait (partitions, file systems) is kept here.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, Self

from safelight.evidence.promise import Expected
from safelight.evidence.promise import promise as _promise
from safelight.evidence.protocol import Node

HORIZON = 100_000
"""Files that may wait: of a file system with more, the best are read while it is still being listed. Each takes up to
2.5 KB (what The Sleuth Kit holds of an entry)."""
_PRAISE, _PRAISE_ABOVE = 4.0, 1.0
_MOST_PRAISED = 8.0
_RECENT = timedelta(days=180)

Folder = tuple[bytes, ...]
"""A folder by its trail: what it lies in, and its path there."""


class Closable(Protocol):
    """What is kept open until nothing waits any more."""

    def close(self) -> None:
        """Release it; safe to call twice."""
        ...


@dataclass(slots=True)
class Learned:
    """What the reading has shown: which folders gave leads. Shared by the agendas of one exhibit."""

    expected: Expected | None = None
    bonus: dict[Folder, float] = field(default_factory=dict)
    changed: list[Folder] = field(default_factory=list)
    since: str = field(default_factory=lambda: (datetime.now(UTC) - _RECENT).isoformat())

    def promise(self, node: Node) -> float:
        """How much a file promises by itself."""
        return _promise(node, self.since, self.expected)

    def praise(self, trail: tuple[bytes, ...]) -> None:
        """Something at this place became a lead: its folder is read on, and the one above it sooner."""
        folder = folder_of(trail)
        self._raise(folder, _PRAISE)
        above, slash, _ = folder[-1].rpartition(b"/")
        if slash:
            self._raise((*folder[:-1], above), _PRAISE_ABOVE)

    def _raise(self, folder: Folder, by: float) -> None:
        before = self.bonus.get(folder, 0.0)
        if before < _MOST_PRAISED:
            self.bonus[folder] = before + by
            self.changed.append(folder)


class Agenda:
    """Files in the order of their promise, with what must stay open for them. Close it when done."""

    def __init__(self, learned: Learned | None = None, horizon: int = HORIZON) -> None:
        self.learned = learned or Learned()
        self.horizon = horizon
        self.later: list[tuple[Callable[[], Iterator[Node]], Any, str]] = []
        """Listings that come after everything else (free space): how to begin, where, the reader's name."""
        self._folders: dict[Folder, list[tuple[float, int, Node, Any]]] = defaultdict(list)
        self._line: list[tuple[float, int, Folder]] = []
        self._kept: list[Closable] = []
        self._count = 0
        self._waiting = 0
        self._told = 0

    def __len__(self) -> int:
        return self._waiting

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def inner(self) -> Agenda:
        """An agenda for what lies inside one of the files; it learns with this one."""
        return Agenda(self.learned, self.horizon)

    def push(self, node: Node, trail: tuple[bytes, ...], at: Any, promise: float) -> None:
        """Let a file wait. `trail` is its whole trail, `at` is handed back with it."""
        folder = folder_of(trail)
        waiting = self._folders[folder]
        self._count += 1
        heapq.heappush(waiting, (-promise, self._count, node, at))
        self._waiting += 1
        if waiting[0][1] == self._count:
            self._stand(folder)

    def pop(self) -> tuple[Node, Any]:
        """The most promising file and its `at`. Raises IndexError where none waits."""
        for folder in self.learned.changed[self._told :]:
            if folder in self._folders:
                self._stand(folder)
        self._told = len(self.learned.changed)
        while True:
            rank, number, folder = heapq.heappop(self._line)
            waiting = self._folders.get(folder)
            if not waiting or waiting[0][1] != number or rank > self._rank(folder):
                continue  # it stands elsewhere by now
            _, _, node, at = heapq.heappop(waiting)
            self._waiting -= 1
            if waiting:
                self._stand(folder)
            else:
                del self._folders[folder]
            return node, at

    def keep(self, opened: Closable) -> None:
        """Close this with the agenda, not before."""
        self._kept.append(opened)

    def close(self) -> None:
        """Let go of everything, the last opened first; safe to call twice."""
        self._folders.clear()
        self._line.clear()
        self._waiting = 0
        while self._kept:
            with suppress(OSError):
                self._kept.pop().close()

    def _rank(self, folder: Folder) -> float:
        return self._folders[folder][0][0] - self.learned.bonus.get(folder, 0.0)

    def _stand(self, folder: Folder) -> None:
        heapq.heappush(self._line, (self._rank(folder), self._folders[folder][0][1], folder))


def folder_of(trail: tuple[bytes, ...]) -> Folder:
    """The folder of a place: the trail of what it lies in, and the path there."""
    return (*trail[:-1], trail[-1].rpartition(b"/")[0]) if trail else ()
