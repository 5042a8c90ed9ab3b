"""Open a list file for streaming: byte-order marks and UTF-16 handled, progress told, lines bounded."""

from __future__ import annotations

import codecs
import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from safelight.errors import FormatError
from safelight.hashsets.protocol import ReadOptions

CHUNK: Final = 1 << 20
"""Bytes read at a time."""

LONGEST_LINE: Final = 1 << 20
"""A longer line is not a list's: memory stays bounded on a file without line breaks."""


class _Counted(io.RawIOBase):
    """Raw bytes of a file that tells how many have been read."""

    def __init__(self, raw: io.RawIOBase, progress: Callable[[int], None] | None) -> None:
        self._raw, self._progress, self._done = raw, progress, 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        try:
            count = self._raw.readinto(buffer) or 0
        except OSError as error:
            raise _unreadable(self._done, error) from error
        self._done += count
        if self._progress is not None:
            self._progress(self._done)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Recoded(io.RawIOBase):
    """UTF-16 bytes as UTF-8; what is not UTF-16 becomes U+FFFD and fails where it stands."""

    def __init__(self, inner: io.BufferedReader) -> None:
        self._inner, self._ready = inner, b""
        self._decoder = codecs.getincrementaldecoder("utf-16")(errors="replace")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        while not self._ready:
            raw = self._inner.read(CHUNK // 4)
            self._ready = self._decoder.decode(raw, final=not raw).encode("utf-8", "replace")
            if not raw and not self._ready:
                return 0
        count = min(len(buffer), len(self._ready))
        buffer[:count] = self._ready[:count]
        self._ready = self._ready[count:]
        return count

    def close(self) -> None:
        self._inner.close()
        super().close()


def open_bytes(path: Path, options: ReadOptions) -> io.BufferedReader:
    """Open `path` as it is. Raises FormatError, here or while it is read, where the system cannot read it."""
    try:
        raw = path.open("rb", buffering=0)
    except OSError as error:
        raise _unreadable(0, error) from error
    return io.BufferedReader(_Counted(raw, options.progress), CHUNK)


def open_source(path: Path, options: ReadOptions) -> io.BufferedReader:
    """Open `path` as a stream of UTF-8 bytes without a byte-order mark. Raises as `open_bytes` does."""
    stream = open_bytes(path, options)
    head = stream.peek(3)[:3]
    if head.startswith(codecs.BOM_UTF8):
        stream.read(3)
    elif head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return io.BufferedReader(_Recoded(stream), CHUNK)
    return stream


def _unreadable(done: int, error: OSError) -> FormatError:
    return FormatError(
        f"The list cannot be read after byte {done}: {error.strerror}.", "Is it a file, and its medium sound?"
    )


def readable_head(head: bytes) -> bytes:
    """The first bytes of a file as `open_source` would give them, for `detect`."""
    if head.startswith(codecs.BOM_UTF8):
        return head[3:]
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return head.decode("utf-16", "replace").encode("utf-8", "replace")
    return head


def text_lines(stream: io.BufferedReader) -> Iterator[str]:
    """Yield the lines of a text list, with their line ends.

    A line that is not UTF-8 is read as Windows-1252, as the tools of this field write it.

    Raises:
        FormatError: a line is longer than 1 MiB.
    """
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        if len(line) == LONGEST_LINE and not line.endswith(b"\n"):
            raise FormatError(f"Line {number} is longer than 1 MiB.", "This is not a list of digests.")
        try:
            yield line.decode("utf-8")
        except UnicodeDecodeError:
            yield line.decode("cp1252", "replace")
