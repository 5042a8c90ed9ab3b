"""The program of one worker process: prepare the task, close the jail, then batches in and data out.

Standard input carries pickles from the parent (which is trusted), standard output frames to it (which are
not: see `wire.py`). A frame is a kind (1 byte), a length (8 bytes, little-endian) and that many bytes.
"""

from __future__ import annotations

import ctypes
import os
import pickle  # nosec B403  # why: only what the parent sends is unpickled, never what a worker sends
import signal
import struct
import sys
import time
from collections.abc import Sequence
from typing import Any

from safelight.engine import beat, jail, wire
from safelight.engine.protocol import Task

READY, RESULTS, ERROR, BEAT = 1, 2, 3, 4
HEADER = struct.Struct("<BQ")
BEAT_INTERVAL = 0.2
"""Seconds between two beats on the wire; the parent is as much more patient."""
BACKSTOP = 30.0
"""Seconds beyond a batch's whole time after which the kernel ends a worker whose parent did not."""

_PR_SET_PDEATHSIG = 1


def main() -> None:
    """Serve until the parent (its process id is the only argument) closes standard input."""
    _die_with(int(sys.argv[1]))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what Ctrl-C means
    source = os.fdopen(os.dup(0), "rb", buffering=1 << 16)
    sink = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)  # whatever a library prints must not look like an answer
    os.close(null)
    try:
        task: Task[Any, Any] = pickle.load(source)  # nosec B301
        task.prepare()
        state: dict[str, wire.Wire] = {"jailed": False}
        if task.limits.jailed:
            state = {**jail.close_jail(task.limits.memory_bytes, (0, 1, 2, source.fileno(), sink))}
        else:
            jail.limit_memory(task.limits.memory_bytes)
    except Exception as error:  # why: the parent reports it, whatever it is
        _send(sink, ERROR, _describe(error))
        raise SystemExit(1) from error
    _send(sink, READY, wire.encode(state))
    _serve(task, source, sink)


def _serve(task: Task[Any, Any], source: Any, sink: int) -> None:
    last = 0.0

    def hear() -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > BEAT_INTERVAL:
            last = now
            _send(sink, BEAT, b"")

    beat.listen(hear)
    while True:
        try:
            batch: Sequence[Any] = pickle.load(source)  # nosec B301
        except EOFError:
            return
        last = 0.0
        signal.setitimer(signal.ITIMER_REAL, BACKSTOP + task.limits.seconds_per_item * len(batch))
        try:
            kind, body = RESULTS, wire.encode(_results(task, batch))
        except Exception as error:  # noqa: BLE001  # why: any error of a task is an answer to the parent
            kind, body = ERROR, _describe(error)
        signal.setitimer(signal.ITIMER_REAL, 0)
        del batch
        _send(sink, kind, body)


def _results(task: Task[Any, Any], batch: Sequence[Any]) -> list[wire.Wire]:
    results = list(task(batch))
    if len(results) != len(batch):
        raise ValueError(f"{len(results)} results for {len(batch)} items")
    return results


def _describe(error: Exception) -> bytes:
    text = str(error)[:1000].encode("utf-8", "replace").decode()
    return wire.encode({"type": type(error).__name__, "text": text})


def _send(sink: int, kind: int, body: bytes) -> None:
    view = memoryview(HEADER.pack(kind, len(body)) + body)
    while view:
        view = view[os.write(sink, view) :]


def _die_with(parent: int) -> None:
    """Ask the kernel to kill this process when the parent's thread that started it is gone."""
    ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(1)


if __name__ == "__main__":
    main()
