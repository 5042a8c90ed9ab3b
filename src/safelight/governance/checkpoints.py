"""The checkpoints beside the store: an append-only file of signed notes, so that lost rows are noticed."""

from __future__ import annotations

import errno
import fcntl
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import lt
from pathlib import Path

from safelight.errors import SafelightError
from safelight.governance.note import CHECKPOINT, NOTE_BYTES, Checkpoint

FILE_NAME = "audit.checkpoints"
"""In the workspace folder, beside the database."""

_BLOCK = 1 << 20
_TAIL = 1 << 13
_RECORD = re.compile(rb"^" + CHECKPOINT.pattern + rb"\n", re.MULTILINE)  # ^: garbage costs one try a line
_BASE64 = re.compile(rb"[A-Za-z0-9+/=]+")
_SIGNED = re.compile("— ".encode() + rb"[^ +]{1,255} [A-Za-z0-9+/]{1,8192}={0,2}")


class CheckpointFile:
    """One note after the other, each followed by an empty line, sizes rising; nothing is ever removed.

    About 200 bytes a checkpoint: 2 GB for 10 million. A note that was torn by a crash or a full disk can
    only be the last one; readers pass over it and the next append cuts it off.
    """

    def __init__(self, path: Path, end: int | None = None) -> None:
        """Read no further than byte `end` (None: all of it); appending goes to the real end."""
        self.path = path
        self._end = end

    def as_it_is(self) -> CheckpointFile:
        """The file as it is now, for readers that must not see what is appended meanwhile."""
        try:
            return CheckpointFile(self.path, self.path.stat().st_size)
        except FileNotFoundError:
            return CheckpointFile(self.path, 0)

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
            return _tail(descriptor, self._end)[0]
        finally:
            os.close(descriptor)

    def __iter__(self) -> Iterator[Checkpoint | None]:
        """All checkpoints in the order of the file, flat in memory; nothing where there is no file.

        None stands for a damaged place: bytes that are no checkpoint, or a size that does not rise. What
        follows it is read on. A torn last checkpoint is passed over.
        """
        return self.sample(1)

    def sample(self, every: int) -> Iterator[Checkpoint | None]:
        """Every `every`-th checkpoint and the newest, and None for each damaged place.

        Of those between, only the form and the rising sizes are looked at, at about a microsecond each.
        """
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        with file:
            buffer, before, damaged, number, last = b"", -1, False, 0, None
            while block := file.read(_BLOCK if self._end is None else min(_BLOCK, self._end - file.tell())):
                buffer += block
                if every > 1 and not damaged and (run := _run(buffer, before)) is not None:
                    for one in run.pick(-number % every, every):
                        last = one
                        yield one
                    number, before, buffer = number + run.count, run.last_size, run.rest
                    continue
                at = 0
                while (found := _RECORD.search(buffer, at)) is not None:
                    one = Checkpoint.from_match(found)
                    if damaged or found.start() != at or one.size <= before:
                        yield None
                    if one.size > before:
                        before = one.size
                        if not number % every:
                            last = one
                            yield one
                        number += 1
                    at, damaged = found.end(), False
                buffer = buffer[at:]
                if len(buffer) > NOTE_BYTES:
                    buffer, damaged = buffer[-NOTE_BYTES:], True
            if last is not None and last.size < before and (newest := self.newest()) is not None:
                yield newest
            if damaged or (buffer and not _is_torn(buffer)):
                yield None


@dataclass(frozen=True, slots=True)
class _Run:
    """Well-formed checkpoints in a row, still as lines: six each."""

    lines: list[bytes]
    count: int
    last_size: int
    rest: bytes

    def pick(self, start: int, every: int) -> Iterator[Checkpoint]:
        for at in range(start * 6, self.count * 6, every * 6):
            yield Checkpoint.parse(b"\n".join(self.lines[at : at + 5]) + b"\n")


def _run(buffer: bytes, before: int) -> _Run | None:
    """Read a block of the usual form by columns, at a fraction of the cost; None if it has another form."""
    lines = buffer.split(b"\n")
    count = (len(lines) - 1) // 6
    end = count * 6
    sizes, roots, signatures = lines[1:end:6], lines[2:end:6], lines[4:end:6]
    usual = (
        count
        and lines[0:end:6].count(lines[0]) == count
        and lines[3:end:6].count(b"") == count
        and lines[5:end:6].count(b"") == count
        and b"".join(sizes).isdigit()
        and not any(size.startswith(b"0") or len(size) > 18 for size in sizes)
        and _BASE64.fullmatch(b"".join(roots)) is not None
        and set(map(len, roots)) == {44}
        and all(_SIGNED.fullmatch(one) for one in signatures)
    )
    if not usual:
        return None
    numbers = [before, *map(int, sizes)]
    if not all(map(lt, numbers, numbers[1:])):
        return None
    return _Run(lines, count, numbers[-1], b"\n".join(lines[end:]))


def _tail(descriptor: int, end: int | None = None) -> tuple[Checkpoint | None, bytes]:
    """The last whole checkpoint of an open file, and the bytes after it (at most the last 8 KiB)."""
    end = os.fstat(descriptor).st_size if end is None else end
    start = max(0, end - _TAIL)
    tail = os.pread(descriptor, end - start, start)
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
