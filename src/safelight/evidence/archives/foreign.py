"""Decode with the system's libarchive, in a jailed process of its own: members in order, content as pieces.

For RAR, cabinets and LZH. libarchive is C that parses hostile bytes, and versions in use crash on some: then one
archive ends with a finding, and nothing else. The process sees no file; it asks for the bytes it wants
(`foreign_child.py` is its program and says how they talk).
"""

from __future__ import annotations

import json
import os
import select
import subprocess  # nosec B404
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.archives.foreign_child import FRAME, PIECE, WANTED
from safelight.evidence.names import show
from safelight.evidence.protocol import Source
from safelight.model import Times, Timestamp

PATIENCE = 120.0
"""Seconds for one answer: a piece of 256 KiB, or the way to the next member."""
_LONGEST_FRAME = 1 << 20
_LONGEST_NAME = 64 << 10
MISSING = "it takes libarchive (Debian: libarchive13) to unpack this, which is not installed"


class Entry(NamedTuple):
    """A member as libarchive states it; `type` is one of the `S_IF…` of its mode."""

    name: bytes
    type: int
    size: int | None
    times: Times
    target: bytes | None


@cache
def _library() -> str | None:
    from ctypes.util import find_library
    from importlib.util import find_spec

    return find_library("archive") if find_spec("libarchive") is not None else None


def installed() -> bool:
    """Is libarchive there?"""
    return _library() is not None


class Foreign:
    """One process: `open` a source, `next_entry`, `pieces` of that entry, and so on; `close` at the end.

    `local` says that the archive's times are wall-clock times. Raises EvidenceError where libarchive is missing.
    """

    def __init__(self, formats: tuple[str, ...], stated: str, *, local: bool = False) -> None:
        if (library := _library()) is None:
            raise EvidenceError(MISSING, "Install Debian's libarchive13.")
        self._formats = " ".join(formats).encode("ascii")
        self._stated, self._local = stated, local
        self._source: Source | None = None
        self.position = 0
        """How far the source has been read, in bytes."""
        self._process = subprocess.Popen(  # nosec B603
            [sys.executable, "-P", "-m", "safelight.evidence.archives.foreign_child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            bufsize=0,
            start_new_session=True,  # Ctrl-C is the parent's to decide about
            env={
                "PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry),
                "LIBARCHIVE": library,
                "LC_ALL": "C.UTF-8",
                "TZ": "UTC",
            },
        )

    def open(self, source: Source) -> None:
        """Begin with an archive. Raises EvidenceError."""
        self._source, self.position = source, 0
        self._ask(b"O", source.size.to_bytes(8, "little") + self._formats)

    def next_entry(self) -> Entry | None:
        """The next member, or None after the last. Raises EvidenceError."""
        kind, body = self._ask(b"N")
        if kind == b"Z":
            return None
        try:
            told = json.loads(body)
            target = bytes.fromhex(told["target"])[:_LONGEST_NAME] or None
            size = told["size"]
            times = told["times"]
            return Entry(
                bytes.fromhex(told["name"])[:_LONGEST_NAME],
                int(told["type"]),
                None if size is None else max(0, int(size)),
                Times(*(self._time(times.get(name)) for name in ("birthtime", "mtime", "atime", "ctime"))),
                target,
            )
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise EvidenceError("the process that unpacks it answers nonsense") from error

    def pieces(self) -> Iterator[bytes]:
        """The content of the member at hand. Raises EvidenceError."""
        while True:
            _, piece = self._ask(b"D")
            if not piece:
                return
            yield piece

    def alive(self) -> bool:
        """Does the process still run? It does after damage that libarchive has noticed, and can open the next."""
        return self._process.poll() is None

    def close(self) -> None:
        """End the process; safe to call twice."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()

    def _time(self, nanoseconds: object) -> Timestamp | None:
        if not isinstance(nanoseconds, int):
            return None
        if not self._local:
            return stamps.utc(nanoseconds, self._stated)
        try:
            moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=nanoseconds // 1_000_000_000)
        except OverflowError:
            return None
        return Timestamp(moment.replace(tzinfo=None).isoformat(), self._stated, "local")

    def _ask(self, kind: bytes, body: bytes = b"") -> tuple[bytes, bytes]:
        """Send a frame, give the bytes that are asked for, and return the answer. Raises EvidenceError."""
        until = time.monotonic() + PATIENCE
        try:
            self._send(kind, body)
            while True:
                answer, told = self._receive(until)
                if answer != b"R":
                    break
                self._give(told)
        except OSError as error:
            raise self._ended() from error
        if answer == b"X":
            raise EvidenceError(f"libarchive: {show(told[:200])}")
        return answer, told

    def _give(self, wanted: bytes) -> None:
        if len(wanted) != WANTED.size or self._source is None:
            raise EvidenceError("the process that unpacks it asks for nonsense")
        offset, length = WANTED.unpack(wanted)
        data = self._source.read_at(offset, min(length, PIECE))
        self.position = offset + len(data)
        self._send(b"B", data)

    def _send(self, kind: bytes, body: bytes) -> None:
        assert self._process.stdin is not None
        data = memoryview(FRAME.pack(kind, len(body)) + body)
        while data:
            data = data[os.write(self._process.stdin.fileno(), data) :]

    def _receive(self, until: float) -> tuple[bytes, bytes]:
        kind, length = FRAME.unpack(self._exactly(FRAME.size, until))
        if length > _LONGEST_FRAME:
            raise EvidenceError("the process that unpacks it answers nonsense")
        return kind, self._exactly(length, until)

    def _exactly(self, length: int, until: float) -> bytes:
        assert self._process.stdout is not None
        descriptor, parts = self._process.stdout.fileno(), []
        while length:
            left = until - time.monotonic()
            if left <= 0 or not select.select([descriptor], [], [], left)[0]:
                self._process.kill()
                self._process.wait()
                raise EvidenceError(f"unpacking it took more than {PATIENCE:.0f} seconds for one step")
            data = os.read(descriptor, length)
            if not data:
                raise self._ended()
            parts.append(data)
            length -= len(data)
        return b"".join(parts)

    def _ended(self) -> EvidenceError:
        code = self._process.wait()
        if code >= 0:
            return EvidenceError(f"the process that unpacks it ended early (exit code {code})")
        return EvidenceError(f"libarchive crashed on it (signal {-code})")
