"""A PDF as what lies in it: every object found by its mark, so that no index is needed and older versions show.

The table of references is not used: it may lie, be missing, or leave out what an earlier version of the document
held. Objects in compressed streams are unpacked within a bound; pictures and attached files never lie in those.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from safelight.errors import EvidenceError
from safelight.evidence.documents.pdf_objects import Name, Ref, SyntaxProblem, Value, parse
from safelight.evidence.guards import Meter
from safelight.evidence.mail.mime import Window
from safelight.evidence.protocol import Source
from safelight.evidence.stream import BROKEN

_MARK = re.compile(
    rb"(?<![0-9])(\d{1,10})[\x00\t\n\f\r ]+(\d{1,5})[\x00\t\n\f\r ]+obj(?![a-z])|(?<![a-z])trailer(?![a-z])"
)
_LENGTH = re.compile(rb"/Length[\x00\t\n\f\r ]+(\d{1,12})(?![0-9]|[\x00\t\n\f\r ]+\d+[\x00\t\n\f\r ]+R)")
_STREAM = re.compile(rb">>[\x00\t\n\f\r ]*(?:%[^\r\n]*[\r\n]+)?stream(?:\r\n|\n|\r)")
_STEP = 1 << 17
_LONG = 1 << 20
_HEAD = 1 << 13
_LONGEST = 4 << 20
"""Bytes of one object that are parsed."""
_MOST = 2_000_000
_MOST_TRAILERS = 1_000
_SPACE = b"\0\t\n\f\r "
_LONG_LOOKS = 2_000
"""Objects of more than some KiB that are searched for their end: a file that lies must not cost hours."""
_PACKED = 64 << 20
"""Bytes that all compressed streams of objects may give."""
_SHORT = 4096
_WANTED = (b"/Image", b"/EmbeddedFile", b"/ObjStm", b"/XRef")


@dataclass(frozen=True, slots=True)
class Stream:
    """An object with a stream: its dictionary, and where the stream's bytes lie."""

    number: int
    generation: int
    info: dict[str, Value]
    start: int
    end: int
    stated: int | None = None
    """How long it says it is, where that is more than there is."""


class PdfFile:
    """What is in the file; made by one pass over it."""

    def __init__(self, source: Source, meter: Meter) -> None:
        self.source = source
        self._meter = meter
        self._long_looks = 0
        self.window = Window(source)
        self.places: dict[int, int] = {}
        """Where the last object of each number is defined."""
        self.streams: list[tuple[int, int]] = []
        """(number, offset) of streams that are pictures, attached files or hold objects."""
        self.named: list[int] = []
        """Offsets of objects that give attached files their names."""
        self.trailers: list[dict[str, Value]] = []
        self.problems: list[str] = []
        self.decode: Callable[[Stream], Iterator[bytes]] | None = None
        """How the content of a stream is read, once it is known how the document is encrypted."""
        self.clear: Callable[[bytes, int, int], bytes] | None = None
        """How a string of an object (number, generation) is decrypted; those in compressed streams are not."""
        self._packed: dict[int, bytes] = {}
        self._scan()

    def _scan(self) -> None:
        position = 0
        while position < self.source.size:
            begun = time.monotonic()
            position = self._step(position)
            self._meter.give(0, time.monotonic() - begun)

    def _step(self, position: int) -> int:
        """Look through one window; return where the next begins."""
        data = self.window.peek(position, _STEP)
        for match in _MARK.finditer(data):
            at = position + match.start()
            if match.end() > len(data) - 64 and position + len(data) < self.source.size:
                return max(at, position + 1)
            if match[1] is None:
                self._trailer(at + 7)
                continue
            after = self._object(int(match[1]), at, position + match.end())
            if after > position + match.end() + 64:
                return after
        return position + len(data) if position + len(data) >= self.source.size else position + len(data) - 64

    def _object(self, number: int, at: int, body: int) -> int:
        """Note one object; return where to go on."""
        if len(self.places) < _MOST:
            self.places[number] = at
        head = self.window.peek(body, _HEAD)
        if not head.lstrip(_SPACE).startswith((b"<<", b"[")):
            return body  # a number, a string: nothing that is looked for
        end = head.find(b"endobj")
        stream = _STREAM.search(head, 0, end) if end >= 0 else _STREAM.search(head)
        if stream is None and end >= 0 and b"stream" in head[:end]:
            stream = _STREAM.search(head)
        if stream is None and end < 0 and len(head) == _HEAD and self._long_looks < _LONG_LOOKS:
            self._long_looks += 1
            head = self.window.peek(body, _LONG)
            end = head.find(b"endobj")
            stream = _STREAM.search(head)
        if stream is None or 0 <= end < stream.start():
            raw = head[: end if end >= 0 else len(head)]
            if b"/EF" in raw:
                self.named.append(at)
            return body + max(0, end)
        raw = head[: stream.start() + 2]
        start = body + stream.end()
        if any(mark in raw for mark in _WANTED):
            self.streams.append((number, at))
            if b"/XRef" in raw:
                self._trailer(body)
        length = _LENGTH.search(raw)
        return self._stream_end(start, int(length[1]) if length else None)[0]

    def _stream_end(self, start: int, stated: int | None) -> tuple[int, int | None]:
        """Where a stream ends: as stated where `endstream` follows, else before the next one of those."""
        if stated is not None and start + stated <= self.source.size:
            after = self.source.read_at(start + stated, 24)  # not through the window, which stays where it is
            if b"endstream" in after:
                return start + stated, None
        found = self.window.find(b"endstream", start)
        if found < 0:
            return self.source.size, stated
        line = self.window.peek(max(start, found - 2), found - max(start, found - 2))
        trim = 2 if line == b"\r\n" else 1 if line[-1:] in (b"\n", b"\r") else 0
        return found - trim, None

    def _trailer(self, at: int) -> None:
        if len(self.trailers) >= _MOST_TRAILERS:
            return
        try:
            info, _ = parse(self.window.peek(at, _HEAD))
        except (SyntaxProblem, RecursionError):
            return
        if isinstance(info, dict):
            self.trailers.append(info)

    def stream_at(self, offset: int) -> Stream:
        """Read the stream whose object begins at `offset`. Raises EvidenceError."""
        head = self.window.peek(offset, _HEAD)
        mark, stream = _MARK.match(head), _STREAM.search(head)
        if stream is None and self._long_looks < _LONG_LOOKS:
            self._long_looks += 1
            head = self.window.peek(offset, _LONGEST)
            stream = _STREAM.search(head)
        if mark is None or stream is None:
            raise EvidenceError("the object is damaged")
        try:
            info, _ = parse(head, mark.end())
        except (SyntaxProblem, RecursionError) as error:
            raise EvidenceError(f"the object is damaged: {error}") from error
        if not isinstance(info, dict):
            raise EvidenceError("the object is damaged")
        info = {name: self._cleared(one, int(mark[1]), int(mark[2])) for name, one in info.items()}
        length = self.value(info.get("Length"))
        start = offset + stream.end()
        end, stated = self._stream_end(start, length if isinstance(length, int) and length >= 0 else None)
        return Stream(int(mark[1]), int(mark[2]), info, start, end, stated)

    def object_at(self, offset: int) -> tuple[int, Value]:
        """Return the number and value of the object at `offset`. Raises EvidenceError."""
        data = self.window.peek(offset, _HEAD)
        mark = _MARK.match(data)
        if mark is None or mark[1] is None:
            raise EvidenceError("the object is damaged")
        for most in (_HEAD, _LONGEST):
            if most == _LONGEST:
                self._long_looks += 1
                if self._long_looks > _LONG_LOOKS:
                    break
            try:
                found = parse(self.window.peek(offset, most), mark.end())[0]
                return int(mark[1]), self._cleared(found, int(mark[1]), int(mark[2]))
            except (SyntaxProblem, RecursionError) as error:
                problem = error
        raise EvidenceError(f"the object is damaged: {problem}")

    def _cleared(self, value: Value, number: int, generation: int) -> Value:
        """An object with its strings decrypted."""
        if self.clear is None:
            return value
        if isinstance(value, bytes):
            return self.clear(value, number, generation)
        if isinstance(value, list):
            return [self._cleared(one, number, generation) for one in value]
        if isinstance(value, dict):
            return {name: self._cleared(one, number, generation) for name, one in value.items()}
        return value

    def value(self, value: Value) -> Value:
        """Follow a reference; None where it leads nowhere."""
        for _ in range(8):
            if not isinstance(value, Ref):
                return value
            if value.number in self._packed:
                try:
                    value = parse(self._packed[value.number])[0]
                except (SyntaxProblem, RecursionError):
                    return None
            elif value.number in self.places:
                try:
                    value = self.object_at(self.places[value.number])[1]
                except EvidenceError:
                    return None
            else:
                return None
        return None

    def stream_of(self, value: Value) -> Stream | None:
        """The stream that a reference leads to, or None."""
        if not isinstance(value, Ref) or value.number not in self.places:
            return None
        try:
            return self.stream_at(self.places[value.number])
        except EvidenceError:
            return None

    def content(self, value: Value) -> bytes | None:
        """The first bytes of the stream that a reference leads to (a palette), or None."""
        stream = self.stream_of(value)
        if stream is None or self.decode is None:
            return None
        data = bytearray()
        try:
            for chunk in self.decode(stream):
                data += chunk
                if len(data) >= _SHORT:
                    break
        except BROKEN:  # what came out before is what there is of the palette
            pass
        return bytes(data[:_SHORT])

    def unpack(self, number: int, info: dict[str, Value], chunks: Iterator[bytes]) -> Iterator[Value]:
        """Take the objects out of a compressed stream of them; yield those that name attached files."""
        room = _PACKED - sum(map(len, self._packed.values()))
        data = bytearray()
        try:
            for chunk in chunks:
                data += chunk
                if len(data) > room:
                    self.problems.append(
                        "its compressed objects are larger than the limit; some are not looked at"
                    )
                    break
        except BROKEN as error:
            self.problems.append(f"compressed objects (object {number}) are damaged: {error}")
        count, first = info.get("N"), info.get("First")
        if not isinstance(count, int) or not isinstance(first, int) or not 0 < count < _MOST:
            return
        numbers = [
            int(text)
            for text in bytes(data[:first]).split()[: 2 * count]
            if text.isdigit() and len(text) < 12
        ]
        places = sorted(zip(numbers[1::2], numbers[::2], strict=False))
        for (at, inner), (end, _) in zip(places, [*places[1:], (len(data), 0)], strict=False):
            raw = bytes(data[first + at : first + end if end else len(data)])
            self._packed[inner] = raw
            if b"/EF" in raw:
                try:
                    yield parse(raw)[0]
                except (SyntaxProblem, RecursionError):
                    continue


def is_name(value: Value, *names: str) -> bool:
    """Is the value one of these names?"""
    return isinstance(value, Name) and value in names
