"""Where batches run: one interface for this process, a pool of local processes, later a cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

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
    """A picklable function over a batch; the same object serves every engine."""

    limits: TaskLimits

    def prepare(self) -> None:
        """Import, load models: once per worker, before the jail closes."""
        ...

    def __call__(self, batch: Sequence[ItemIn]) -> Sequence[ResultOut]:
        """One result per item, in order."""
        ...


@dataclass(frozen=True, slots=True)
class Done(Generic[Item, Result]):
    """A batch (or a retried part of one) that came through."""

    items: Sequence[Item]
    results: Sequence[Result]


@dataclass(frozen=True, slots=True)
class Failed(Generic[Item]):
    """One item that crashed, hung or ate its memory, alone and twice. `reason` is for people."""

    item: Item
    reason: str


class Engine(Protocol):
    """Runs a task over batches: unordered, with back-pressure (it takes a batch only when one is free)."""

    def map(
        self, task: Task[Item, Result], batches: Iterable[Sequence[Item]]
    ) -> Iterator[Done[Item, Result] | Failed[Item]]:
        """Yield outcomes as they come. Every item of every batch comes out exactly once.

        A worker that crashes, hangs or eats its memory costs its batch a retry item by item, and then
        the one item a `Failed`; never the run. Leaving the iterator stops the workers.
        """
        ...

    def close(self) -> None:
        """Stop all workers."""
        ...
