"""The engine of tests and debuggers: everything in this process, no jail, no time or memory limit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

from safelight.engine import wire
from safelight.engine.protocol import Done, Failed, Item, Result, Task


class InProcessEngine:
    """Runs each batch where it is asked to. Results take the way over the wire, as in the pool."""

    def map(
        self,
        task: Task[Item, Result],
        batches: Iterable[Sequence[Item]],
        idle: Callable[[], bool] | None = None,
    ) -> Iterator[Done[Item, Result] | Failed[Item]]:
        """See `Engine.map`; outcomes come in order."""
        task.prepare()
        for batch in batches:
            results = _attempt(task, batch)
            if results is not None:
                yield Done(batch, results)
                continue
            for item in batch:
                yield _alone(task, item)

    def close(self) -> None:
        """Nothing runs between calls."""


def _attempt(task: Task[Item, Result], batch: Sequence[Item]) -> list[Result] | None:
    try:
        return _run(task, batch)
    except Exception:  # noqa: BLE001  # why: whatever a task raises costs its batch a retry, item by item
        return None


def _alone(task: Task[Item, Result], item: Item) -> Done[Item, Result] | Failed[Item]:
    try:
        return Done([item], _run(task, [item]))
    except Exception as error:  # noqa: BLE001  # why: whatever a task raises is this item's failure
        return Failed(item, f"{type(error).__name__}: {error}"[:300])


def _run(task: Task[Item, Result], batch: Sequence[Item]) -> list[Result]:
    raw = wire.decode(wire.encode(task(batch)), len(batch))
    if len(raw) != len(batch):
        raise ValueError(f"{len(raw)} results for {len(batch)} items")
    return [task.decode(value) for value in raw]
