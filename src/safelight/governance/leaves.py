"""Read the events of the log as leaf hashes, checked one by one, on every core where there are many."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, create_engine, select
from sqlalchemy.exc import DBAPIError

from safelight.errors import SafelightError
from safelight.governance.event import check_body
from safelight.store.tables import log_event

CHUNK = 8192
"""Events a task; their leaf hashes are 256 KiB."""
_WORTH_POOL = 16 * CHUNK
_AHEAD = 4
_LEAF = b"\x00"


@dataclass(frozen=True, slots=True)
class Leaves:
    """The leaf hashes of events start, start + 1, …; `problem` is what is wrong with the one after them."""

    start: int
    hashes: tuple[bytes, ...]
    problem: str | None = None


def leaves(
    connection: Connection, start: int, stop: int, workers: int = 1, check: bool = True
) -> Iterator[Leaves]:
    """Yield the leaves of events [start, stop) in order, ending after the first problem.

    With `check`, a body must be canonical, of its number, and what the columns beside it say. More than
    one worker reads the database by itself, over a connection of its own to the same URL: the caller's
    transaction decides on `stop`, and committed events never change.
    """
    ranges = [(at, min(at + CHUNK, stop)) for at in range(start, stop, CHUNK)]
    in_memory = connection.engine.url.database in (None, "", ":memory:")
    if workers < 2 or stop - start < _WORTH_POOL or in_memory:
        for first, last in ranges:
            found = read(connection, first, last, check)
            yield found
            if found.problem is not None:
                return
        return
    url = connection.engine.url.render_as_string(hide_password=False)
    context = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_connect, initargs=(url,))
        stack.callback(pool.shutdown, wait=True, cancel_futures=True)
        waiting: deque[Future[Leaves]] = deque()
        todo = iter(ranges)
        while True:
            while len(waiting) < workers * _AHEAD and (one := next(todo, None)) is not None:
                waiting.append(pool.submit(_read_here, *one, check))
            if not waiting:
                return
            try:
                found = waiting.popleft().result()
            except BrokenProcessPool as error:
                raise SafelightError("A process that read the audit log ended.", "Try again.") from error
            yield found
            if found.problem is not None:
                return


def read(connection: Connection, start: int, stop: int, check: bool = True) -> Leaves:
    """The leaves of one range, read through the bare driver: rows cost more than their hashes."""
    hashes: list[bytes] = []
    add, sha256 = hashes.append, hashlib.sha256
    number = start
    try:
        for seq, body, *columns in _rows(connection, start, stop):
            if seq != number:
                return Leaves(start, tuple(hashes), f"event {number} is missing (the next is {seq!r})")
            problem = check_body(body, number, tuple(columns)) if check else None
            if problem is not None:
                return Leaves(start, tuple(hashes), problem)
            add(sha256(_LEAF + body).digest())
            number += 1
    except (DBAPIError, connection.dialect.loaded_dbapi.Error, TypeError) as error:
        return Leaves(start, tuple(hashes), f"its row cannot be read ({type(error).__name__})")
    if number < stop:
        return Leaves(start, tuple(hashes), f"event {number} is missing")
    return Leaves(start, tuple(hashes))


def _rows(connection: Connection, start: int, stop: int) -> Iterator[tuple[Any, ...]]:
    query: Select[Any] = (
        select(
            log_event.c.seq,
            log_event.c.body,
            log_event.c.time,
            log_event.c.actor,
            log_event.c.verb,
            log_event.c.phase,
            log_event.c.case_id,
            log_event.c.operation,
        )
        .where(log_event.c.seq >= start, log_event.c.seq < stop)
        .order_by(log_event.c.seq)
    )
    text = str(query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True}))
    result = connection.exec_driver_sql(text)
    cursor: Any = result.cursor
    try:
        yield from cursor
    finally:
        result.close()


_reader: Connection | None = None


def _connect(url: str) -> None:
    global _reader
    _reader = create_engine(url).connect()


def _read_here(start: int, stop: int, check: bool) -> Leaves:
    if _reader is None:
        raise SafelightError("A process that reads the audit log has no connection.")
    return read(_reader, start, stop, check)


def worker_count() -> int:
    """How many processes may read: the cores that this one may use."""
    return len(os.sched_getaffinity(0))
