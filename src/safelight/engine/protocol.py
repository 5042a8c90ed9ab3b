"""Where batches run: one interface for this process, a pool of local processes, later a cluster."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from safelight.engine.wire import Wire

Item = TypeVar("Item")
Result = TypeVar("Result")
ItemIn = TypeVar("ItemIn", contravariant=True)
ResultOut = TypeVar("ResultOut", covariant=True)


@dataclass(frozen=True, slots=True)
class TaskLimits:
    """What one worker may use. `jailed` closes files and network after `prepare`."""

    memory_bytes: int = 3 << 30
    seconds_per_item: float = 60.0
    jailed: bool = True


class Task(Protocol[ItemIn, ResultOut]):
    """A picklable function over a batch; the same object serves every engine.

    Its class must be importable by name (not defined in `__main__`). Items reach the worker as pickles.
    What comes back is **data** (`wire.py`): the worker has handled hostile bytes and is not believed.
    """

    limits: TaskLimits

    def prepare(self) -> None:
        """Import, load models: once per worker, before the jail closes. Nothing can be opened later."""
        ...

    def __call__(self, batch: Sequence[ItemIn]) -> Sequence[Wire]:
        """One result per item, in order; runs in the worker.

        A task that calls `engine.beat.beat()` as it begins each item is killed `seconds_per_item` after
        the last beat; one that does not, only after `seconds_per_item` times the length of the batch.
        """
        ...

    def decode(self, raw: Any) -> ResultOut:
        """Make a typed result of one wire value; runs in the caller's process, in any thread.

        `raw` may be a lie: check it, and raise ValueError, TypeError, KeyError or FormatError when it is
        not what `__call__` would give. Tuples arrive as lists. Return `raw` where plain data is enough.
        """
        ...


@dataclass(frozen=True, slots=True)
class Done(Generic[Item, Result]):
    """A batch (or a retried part of one) that came through."""

    items: Sequence[Item]
    results: Sequence[Result]


@dataclass(frozen=True, slots=True)
class Failed(Generic[Item]):
    """One item that crashed, hung or ate its memory twice, the second time alone. `reason` is for people."""

    item: Item
    reason: str


class Engine(Protocol):
    """Runs a task over batches: unordered, with back-pressure (it takes a batch only when one is free)."""

    def map(
        self,
        task: Task[Item, Result],
        batches: Iterable[Sequence[Item]],
        idle: Callable[[], bool] | None = None,
    ) -> Iterator[Done[Item, Result] | Failed[Item]]:
        """Yield outcomes as they come. Every item of every batch comes out exactly once.

        `batches` is read in the calling thread only. While all workers are busy, that thread calls `idle` as long as
        it returns True: a short piece of other work. A worker that crashes, hangs or eats its memory
        costs its batch a retry item by item, and then the one item a `Failed`; never the run. Leaving
        the iterator stops what is running. SafelightError: no worker can be started.
        """
        ...

    def close(self) -> None:
        """Stop all workers."""
        ...
