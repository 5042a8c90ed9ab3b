"""One at a time: an advisory lock on a file of the workspace."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from safelight.errors import BusyError


@contextmanager
def locked(path: Path, *, wait: bool, who: str) -> Iterator[None]:
    """Hold an advisory lock that the kernel drops when the process ends, however it ends."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            holder = os.pread(descriptor, 200, 0).decode(errors="replace") or "another process"
            raise BusyError(
                f"This workspace is at work already: {holder}.", "Wait until it has ended, then start again."
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"process {os.getpid()} of {who}".encode(), 0)
        yield
    finally:
        os.close(descriptor)
