"""7z archives through py7zr: decompressed once, in order, in a thread of its own; nothing touches the disk.

py7zr pushes what it decompresses, a walk pulls: a small queue between the two keeps memory flat, and a solid
archive is not decompressed again for every member.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from queue import Queue
from threading import Thread
from typing import IO, Any, cast

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SourceFile
from safelight.evidence.stream import StreamSource
from safelight.model import Times

_AHEAD = 4
"""Pieces that the decompressor may be ahead of the reader."""
_ENCRYPTED = "encrypted: a password is needed"
_LOST = "its content could not be decompressed"


class SevenZipReader:
    """A 7z archive."""

    name = "7z"
    order = 41

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature."""
        return head.startswith(b"7z\xbc\xaf\x27\x1c")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield folders and members in the archive's order; each is to be read before the next is asked for."""
        import py7zr

        meter = Meter.of(limits, source)
        try:
            archive = py7zr.SevenZipFile(cast(IO[bytes], SourceFile(source)), mode="r", mp=False)
        except py7zr.PasswordRequired:
            yield Node(b"", Kind.FINDING, error=f"{_ENCRYPTED} even for its list of names")
            return
        except Exception as error:
            raise EvidenceError(f"the 7z archive cannot be read: {_said(error)}") from error
        with archive:
            locked = bool(archive.password_protected) or archive.needs_password()
            waiting: list[Any] = []
            for entry in archive.files:
                meter.entry()
                if entry.is_directory or entry.is_symlink or not entry.is_file or locked or entry.emptystream:
                    yield _listed(entry, locked)
                else:
                    waiting.append(entry)
            if waiting:
                yield from _contents(archive, waiting, meter, source.size)


def _contents(archive: Any, waiting: list[Any], meter: Meter, packed: int) -> Iterator[Node]:
    pump = _Pump(archive, {entry.filename for entry in waiting})
    cut: list[GuardError] = []

    def pieces() -> Iterator[bytes]:
        try:
            yield from meter.guarded(pump.pieces(), lambda: packed)
        except GuardError as error:
            cut.append(error)
            raise

    try:
        by_name: dict[str, list[Any]] = {}
        for entry in waiting:
            by_name.setdefault(entry.filename, []).append(entry)
        while (name := pump.next_member()) is not None:
            entries = by_name.get(name) or []
            if not entries:  # a name that the list does not have: passed over, and counted like the others
                for _ in pieces():
                    pass
                continue
            entry = entries.pop(0)
            content = StreamSource(pieces(), entry.uncompressed)
            node = _node(entry, Kind.FILE)
            node.open = lambda content=content: content
            yield node
            content.finish()  # what follows it comes after it
            content.close()
            if cut:  # what follows it could only be had by decompressing all of it
                break
        for entries in by_name.values():
            for entry in entries:
                node = _node(entry, Kind.FILE)
                node.error = "not read: a guard cut the archive before it" if cut else _LOST
                yield node
        if cut:
            raise cut[0]
        if pump.failure is not None:
            raise EvidenceError(f"the 7z archive breaks off: {_said(pump.failure)}")
    finally:
        pump.stop()


def _listed(entry: Any, locked: bool) -> Node:
    kind = Kind.FOLDER if entry.is_directory else Kind.LINK if entry.is_symlink else Kind.FILE
    node = _node(entry, kind)
    if kind is Kind.FILE and locked and not entry.emptystream:
        node.error = _ENCRYPTED
    elif kind is Kind.FILE:
        node.size = 0
        node.open = lambda: StreamSource(iter(()), 0)
    return node


def _node(entry: Any, kind: Kind) -> Node:
    name = os.fsencode(entry.filename).rstrip(b"/")
    modified = stamps.filetime(int(entry.lastwritetime), "7z") if entry.lastwritetime else None
    size = entry.uncompressed if kind is Kind.FILE else None
    return Node(name, kind, size=size, times=Times(modified=modified), layer="member")


def _said(error: BaseException) -> str:
    return f"{type(error).__name__}: {error}"[:200].rstrip(": ")


class _StoppedError(Exception):
    """Nobody reads any more."""


class _Pump:
    """Runs py7zr's extraction in a thread and hands its pieces over, member by member."""

    def __init__(self, archive: Any, wanted: set[str]) -> None:
        self.failure: BaseException | None = None
        self._queue: Queue[tuple[str, Any]] = Queue(_AHEAD)
        self._stopped = False
        self._ahead: str | None = None
        self._thread = Thread(target=self._run, args=(archive, wanted), name="7z", daemon=True)
        self._thread.start()

    def _run(self, archive: Any, wanted: set[str]) -> None:
        from py7zr.io import Py7zIO, WriterFactory

        pump = self

        class Sink(Py7zIO):
            def __init__(self, name: str) -> None:
                self._size = 0
                pump.put("member", name)

            def write(self, s: bytes | bytearray) -> int:
                self._size += len(s)
                pump.put("piece", bytes(s))
                return len(s)

            def read(self, size: int | None = None) -> bytes:
                return b""

            def seek(self, offset: int, whence: int = 0) -> int:
                return 0

            def flush(self) -> None:
                return None

            def size(self) -> int:
                return self._size

        class Sinks(WriterFactory):
            def create(self, filename: str) -> Py7zIO:
                return Sink(filename)

        try:
            archive.extract(targets=list(wanted), factory=Sinks())
        except _StoppedError:
            return
        except BaseException as error:  # noqa: BLE001 -- why: whatever ends it is handed to the reader
            self.failure = error
        try:
            self.put("end", None)
        except _StoppedError:
            return

    def put(self, kind: str, value: Any) -> None:
        """Wait for room and hand over; raises _StoppedError once nobody reads."""
        from queue import Full

        while not self._stopped:
            try:
                self._queue.put((kind, value), timeout=0.2)
                return
            except Full:
                continue
        raise _StoppedError

    def next_member(self) -> str | None:
        """The name of the next member, or None at the end."""
        if self._ahead is not None:
            name, self._ahead = self._ahead, None
            return name
        while True:
            kind, value = self._queue.get()
            if kind == "member":
                return str(value)
            if kind == "end":
                self._queue.put(("end", None))
                return None

    def pieces(self) -> Iterator[bytes]:
        """The pieces of the member that is at hand."""
        while True:
            kind, value = self._queue.get()
            if kind == "piece":
                yield value
                continue
            if kind == "member":
                self._ahead = value
            else:
                self._queue.put(("end", None))
                if self.failure is not None:
                    raise EvidenceError(f"the 7z archive breaks off: {_said(self.failure)}")
            return

    def stop(self) -> None:
        """Let the thread end, wherever it is."""
        self._stopped = True
        self._thread.join(timeout=10)
