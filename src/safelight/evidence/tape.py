"""Bytes of an archive in order: of a stream (a decompressed tar), or of a source that can also be sliced."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from safelight.evidence.protocol import Source
from safelight.evidence.source import SliceSource
from safelight.evidence.stream import BROKEN, StreamSource


class Tape(Protocol):
    """What a reader of an archive in order needs."""

    position: int
    """Bytes from the start of what it reads."""

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes; fewer only at the end."""
        ...

    def pieces(self, length: int) -> Iterator[bytes]:
        """Yield the next `length` bytes in pieces; fewer only at the end."""
        ...

    def content(self, length: int) -> Source:
        """Return the next `length` bytes as a source. `move_to` comes before anything else is taken."""
        ...

    def move_to(self, position: int) -> None:
        """Go forward to `position`, reading over what lies between."""
        ...


class SourceTape:
    """Over a source: members are parts of it, nothing is copied."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.position = 0

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes; fewer only at the end."""
        data = self._source.read_at(self.position, length)
        self.position += len(data)
        return data

    def pieces(self, length: int) -> Iterator[bytes]:
        """Yield the next `length` bytes in pieces; fewer only at the end."""
        while length > 0 and (data := self.take(min(length, 1 << 20))):
            length -= len(data)
            yield data

    def content(self, length: int) -> Source:
        """Return the next `length` bytes as a part of the source; as a stream where they are not all there."""
        part = SliceSource(self._source, self.position, length)
        return part if part.size == length else StreamSource(self.pieces(length), length)

    def move_to(self, position: int) -> None:
        """Go to `position`."""
        self.position = position


class StreamTape:
    """Over pieces that come in order; a member is kept while it is the current one, nothing else is.

    What goes wrong is raised once everything before it has been taken, and again each time after.
    """

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._buffer = b""
        self._error: Exception | None = None
        self.position = 0

    def peek(self, length: int) -> bytes:
        """Return the next `length` bytes without taking them; fewer only at the end or before damage."""
        while len(self._buffer) < length and self._error is None:
            try:
                chunk = next(self._chunks, b"")
            except BROKEN as error:
                self._error = error
                break
            if not chunk:
                break
            self._buffer += chunk
        return self._buffer[:length]

    def take(self, length: int) -> bytes:
        """Return the next `length` bytes; fewer only at the end."""
        data = self.peek(length)
        if len(data) < length and self._error is not None:
            raise self._error
        self._buffer = self._buffer[len(data) :]
        self.position += len(data)
        return data

    def pieces(self, length: int) -> Iterator[bytes]:
        """Yield the next `length` bytes in pieces; fewer only at the end."""
        while length > 0:
            if not self.peek(1):
                if self._error is not None:
                    raise self._error
                return
            piece, self._buffer = self._buffer[:length], self._buffer[length:]
            self.position += len(piece)
            length -= len(piece)
            yield piece

    def content(self, length: int) -> Source:
        """Return the next `length` bytes, read when they are asked for."""
        return StreamSource(self.pieces(length), length)

    def rest(self) -> Iterator[bytes]:
        """Yield everything to the end."""
        return self.pieces(1 << 62)

    def move_to(self, position: int) -> None:
        """Go forward to `position`."""
        for _ in self.pieces(position - self.position):
            pass
