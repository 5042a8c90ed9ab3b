"""A pool of jailed local processes: a crash, a hang or a glutton costs one item, never the run.

One thread a worker drives it (`process.py`), because then a slow write to one never holds up another; the
caller's thread alone reads `batches`. Two batches a worker are out at most: one in work, one in waiting.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from safelight import logs
from safelight.engine.process import TaskFailed, WorkerProcess, pickled
from safelight.engine.protocol import Done, Failed, Item, Result, Task
from safelight.errors import SafelightError

_STARTS = 2
"""Failed starts in a row after which the run is given up: the fault is not in an item."""


@dataclass(slots=True)
class _Run:
    """One call of `map`: its task, where outcomes go, and whether anybody still waits for them."""

    task: Task[Any, Any]
    program: list[bytes]
    outcomes: queue.SimpleQueue[Done[Any, Any] | Failed[Any] | BaseException | None] = field(
        default_factory=queue.SimpleQueue
    )
    cancelled: bool = False


class PoolEngine:
    """`workers` processes, started when first needed and kept for the next `map` of an equal task.

    `jail` is what the last started worker said about its jail (see `close_jail`), None before that.
    """

    def __init__(self, workers: int) -> None:
        self.workers = max(1, workers)
        self.jail: dict[str, Any] | None = None
        self._jobs: queue.SimpleQueue[tuple[_Run, Sequence[Any]] | None] = queue.SimpleQueue()
        self._slots: list[_Slot] = []
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def map(
        self,
        task: Task[Item, Result],
        batches: Iterable[Sequence[Item]],
        idle: Callable[[], bool] | None = None,
    ) -> Iterator[Done[Item, Result] | Failed[Item]]:
        """See `Engine.map`. Raises SafelightError when a worker cannot be started twice in a row."""
        if self._closed:
            raise SafelightError("this engine is closed")
        run = _Run(task, pickled(task))
        source = iter(batches)
        waiting = 0  # batches that are out
        more = True
        try:
            while more or waiting:
                while more and waiting < 2 * self.workers and run.outcomes.empty():
                    batch = next(source, None)
                    more = batch is not None
                    if batch:
                        self._start(waiting + 1)
                        self._jobs.put((run, batch))
                        waiting += 1
                if not waiting:
                    continue
                while idle is not None and run.outcomes.empty() and idle():
                    pass
                outcome = run.outcomes.get()
                if outcome is None:
                    waiting -= 1
                elif isinstance(outcome, BaseException):
                    raise outcome
                else:
                    yield outcome
        finally:
            run.cancelled = True
            if waiting:
                for slot in self._slots:
                    slot.abandon(run)

    def close(self) -> None:
        """Stop all workers at once; what they are doing is lost. Again is harmless."""
        self._closed = True
        for slot in self._slots:
            self._jobs.put(None)
            slot.stop()
        for slot in self._slots:
            slot.join()
        self._slots.clear()

    def _start(self, wanted: int) -> None:
        if len(self._slots) < min(wanted, self.workers):
            slot = _Slot(self._jobs, self._report)
            self._slots.append(slot)
            slot.start()

    def _report(self, state: dict[str, Any]) -> None:
        self.jail = state


class _Slot(threading.Thread):
    """The thread that owns one worker. It must outlive the process: the kernel ends workers with it."""

    def __init__(
        self,
        jobs: queue.SimpleQueue[tuple[_Run, Sequence[Any]] | None],
        report: Callable[[dict[str, Any]], None],
    ) -> None:
        super().__init__(name="safelight-worker", daemon=True)
        self._jobs = jobs
        self._report = report
        self._lock = threading.Lock()
        self._stopped = False
        self._run: _Run | None = None
        self._process: WorkerProcess | None = None

    def run(self) -> None:
        """Take jobs until there is none."""
        while (job := self._jobs.get()) is not None and not self._stopped:
            run, batch = job
            self._run = run
            try:
                if not run.cancelled:
                    self._batch(run, batch)
            except BaseException as error:  # noqa: BLE001  # why: it is the caller's, who is in another thread
                run.outcomes.put(error)
            finally:
                self._run = None
                run.outcomes.put(None)
        self._discard()

    def abandon(self, run: _Run) -> None:
        """Kill the worker if it works for `run`."""
        with self._lock:
            if self._run is run and self._process is not None:
                self._process.kill()

    def stop(self) -> None:
        """Kill the worker and take no more jobs."""
        with self._lock:
            self._stopped = True
            if self._process is not None:
                self._process.kill()

    def _batch(self, run: _Run, batch: Sequence[Any]) -> None:
        outcome = self._attempt(run, batch)
        if not isinstance(outcome, str):
            run.outcomes.put(Done(batch, outcome))
            return
        for item in batch:
            alone = self._attempt(run, [item])
            if isinstance(alone, str):
                run.outcomes.put(Failed(item, alone))
            else:
                run.outcomes.put(Done([item], alone))

    def _attempt(self, run: _Run, batch: Sequence[Any]) -> list[Any] | str:
        """The results of a batch, or why there are none."""
        message = pickled(list(batch))
        process = self._ready(run)
        try:
            return process.call(message, run.task, len(batch))
        except TaskFailed as failure:
            logs.info("worker ended" if failure.fatal else "worker failed", items=len(batch))
            logs.debug("why", reason=str(failure))
            if failure.fatal:
                self._discard()
            return str(failure)

    def _ready(self, run: _Run) -> WorkerProcess:
        """A worker that has prepared this run's task; a fresh one where there is none."""
        current = self._process
        if current is not None and current.program == run.program and current.alive():
            return current
        for attempt in range(1, _STARTS + 1):
            self._discard()
            process = WorkerProcess(run.program)
            with self._lock:
                self._process = process
                if self._stopped or run.cancelled:
                    process.kill()
            try:
                state = process.start()
                self._report(state)
                logs.info("worker started", jailed=bool(state.get("jailed")))
                return process
            except TaskFailed as failure:
                stopping = self._stopped or run.cancelled
                if not stopping:  # else it was we who killed it
                    logs.warning("worker not started", reason=str(failure))
                if attempt == _STARTS or stopping:
                    detail = process.last_words()
                    raise SafelightError(
                        f"A worker cannot be started: {failure}" + (f"\n{detail}" if detail else ""),
                        "safelight doctor says what is missing",
                    ) from failure
        raise AssertionError("unreachable")

    def _discard(self) -> None:
        with self._lock:
            process, self._process = self._process, None
        if process is not None:
            process.close()
