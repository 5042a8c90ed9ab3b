"""Adapters to the libyal modules: a file object they read from, and a decoded medium as a source."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.source import SourceFile

ERRORS = (OSError, MemoryError, ValueError, TypeError, OverflowError)
"""What libyal raises on damaged input: OSError mostly, the others where a size or a string is absurd."""


class Medium:
    """A medium that a libyal handle decodes (`get_media_size`, `read_buffer_at_offset`).

    `opened` are further sources that the handle reads from, closed with it.
    """

    name = ""

    def __init__(self, handle: Any, opened: tuple[Source, ...] = ()) -> None:
        self._handle = handle
        self._opened = opened
        try:
            self.size = int(handle.get_media_size())
        except ERRORS as error:
            self.close()
            raise EvidenceError(f"its size cannot be read: {first_line(error)}") from error

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        return read_handle(self._handle, offset, length, self.size)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a medium."""
        return None

    def close(self) -> None:
        """Close the handle and what it reads from; safe to call twice."""
        handle, self._handle = self._handle, None
        if handle is not None:
            handle.close()
        for source in self._opened:
            source.close()
        self._opened = ()


def open_handle(new: Callable[[], Any], source: Source) -> Any:
    """Return a libyal object opened on a source. Raises EvidenceError."""
    handle = new()
    try:
        handle.open_file_object(SourceFile(source))
    except ERRORS as error:
        raise EvidenceError(first_line(error)) from error
    return handle


def medium_node(open_medium: Callable[[], Source], error: str | None = None) -> Iterator[Node]:
    """Yield the decoded medium as a layer. Raises EvidenceError where it does not open."""
    medium = open_medium()
    size = medium.size
    medium.close()
    yield Node(b"", Kind.LAYER, size=size, layer="medium", open=partial(open_medium), error=error)


def first_line(error: BaseException) -> str:
    """Return libyal's innermost message, in one line (it writes a back-trace)."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    return text.split(": ", 1)[-1][:200]


def read_handle(handle: Any, offset: int, length: int, size: int) -> bytes:
    """Read exactly `length` bytes of a libyal object of `size` bytes, which may give fewer at a time.

    Raises EvidenceError.
    """
    parts: list[bytes] = []
    while length > 0:
        try:
            data: bytes = handle.read_buffer_at_offset(length, offset)
        except ERRORS as error:
            raise EvidenceError(f"cannot be read at offset {offset:,}: {first_line(error)}") from error
        if not data:
            raise EvidenceError(f"ends after {offset:,} of {size:,} bytes")
        parts.append(data)
        offset += len(data)
        length -= len(data)
    return parts[0] if len(parts) == 1 else b"".join(parts)
