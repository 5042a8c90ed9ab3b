"""The checkpoints beside the store: an append-only file of signed notes, so that lost rows are noticed."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from pathlib import Path

from safelight.errors import SafelightError
from safelight.governance.note import CHECKPOINT, NOTE_BYTES, Checkpoint

FILE_NAME = "audit.checkpoints"
"""In the workspace folder, beside the database."""

_BLOCK = 1 << 20
_TAIL = 1 << 13
_RECORD = re.compile(rb"^" + CHECKPOINT.pattern + rb"\n", re.MULTILINE)  # ^: garbage costs one try a line


class CheckpointFile:
    """One note after the other, each followed by an empty line, sizes rising; nothing is ever removed.

    About 200 bytes a checkpoint: 2 GB for 10 million. A note that was torn by a crash or a full disk can
    only be the last one; readers pass over it and the next append cuts it off.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def append(self, note: bytes, durable: bool = False) -> None:
        """Add a checkpoint unless the file has one of its size or a larger one already.

        One write under a lock, so that processes may race; `durable` waits for the disk. The store may be
        ahead of the file but never behind it, so call this after the commit. SafelightError if it cannot
        be written.
        """
        size = Checkpoint.parse(note).size
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX)
                newest, rest = _tail(descriptor)
                end = os.fstat(descriptor).st_size
                if rest and _is_torn(rest):
                    end -= len(rest)
                    os.ftruncate(descriptor, end)
                if newest is None or newest.size < size:
                    _write(descriptor, note + b"\n", end)
                    if durable:
                        os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SafelightError(
                f"The checkpoints beside the store cannot be written ({self.path}): {error.strerror}.",
                "Check the disk and the permissions of the workspace folder.",
            ) from error

    def newest(self) -> Checkpoint | None:
        """The last whole checkpoint; None if there is none, or no file."""
        try:
            descriptor = os.open(self.path, os.O_RDONLY)
        except FileNotFoundError:
            return None
        try:
            return _tail(descriptor)[0]
        finally:
            os.close(descriptor)

    def __iter__(self) -> Iterator[Checkpoint | None]:
        """All checkpoints in the order of the file, flat in memory; nothing where there is no file.

        None stands for a damaged place: bytes that are no checkpoint, or a size that does not rise. What
        follows it is read on. A torn last checkpoint is passed over.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            buffer, before, damaged = b"", -1, False
            while block := file.read(_BLOCK):
                buffer += block
                at = 0
                while (found := _RECORD.search(buffer, at)) is not None:
                    one = Checkpoint.from_match(found)
                    if damaged or found.start() != at or one.size <= before:
                        yield None
                    if one.size > before:
                        before = one.size
                        yield one
                    at, damaged = found.end(), False
                buffer = buffer[at:]
                if len(buffer) > NOTE_BYTES:
                    buffer, damaged = buffer[-NOTE_BYTES:], True
            if damaged or (buffer and not _is_torn(buffer)):
                yield None


def _tail(descriptor: int) -> tuple[Checkpoint | None, bytes]:
    """The last whole checkpoint of an open file, and the bytes after it (at most the last 8 KiB)."""
    tail = os.pread(descriptor, _TAIL, max(0, os.fstat(descriptor).st_size - _TAIL))
    newest = None
    for found in _RECORD.finditer(tail):
        newest = found
    if newest is None:
        return None, tail
    return Checkpoint.from_match(newest), tail[newest.end() :]


def _is_torn(rest: bytes) -> bool:
    """Whether `rest` may be the beginning of a note: a whole one has two empty lines."""
    return len(rest) < _TAIL and rest.count(b"\n\n") < 2


def _write(descriptor: int, record: bytes, end: int) -> None:
    """Write all of it or nothing."""
    written = 0
    try:
        written = os.write(descriptor, record)
    finally:
        if written != len(record):
            os.ftruncate(descriptor, end)
    if written != len(record):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
