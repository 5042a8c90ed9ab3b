"""Chromium's cache of one file an entry ("simple cache"; Linux, macOS, Android): `hash_0`, `hash_1`, `hash_s`.

A file begins with the key, which ends in the address; the body follows, then the headers, each closed by a record
of its length (net/disk_cache/simple/simple_entry_format.h). A video that was fetched in ranges lies in `hash_s`.
"""

from __future__ import annotations

import re
import struct
from bisect import bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.caches import http
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import say
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.model import Times, Timestamp

MAGIC = bytes.fromhex("305c72a71b6dfbfc")
_END = bytes.fromhex("d8410d97456ffaf4")
_RANGE = bytes.fromhex("6b67536501bf97eb")
_HEADER, _TAIL, _RANGE_HEADER = 24, 24, 32
_HAS_DIGEST = 2
_MOST_RANGES = 1_000_000
_NAME = re.compile("[0-9a-f]{16}_[01s]")


class Answer(NamedTuple):
    """Headers of an answer, and when it came."""

    headers: dict[str, str]
    fetched: Timestamp | None


class ChromiumReader:
    """One entry: the body of an answer, with the address it came from."""

    name = "chromium"
    order = 45
    formats = frozenset(("chromium-cache",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature; `index` begins alike, so that what is as short must be named as an entry is."""
        is_long = source.size > _HEADER + _TAIL
        return head.startswith(MAGIC) and (is_long or _NAME.fullmatch(source.name) is not None)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the body; of ranges, what of it is there. Raises EvidenceError."""
        meter = Meter.of(limits, source)
        meter.entry()
        header = source.read_at(0, _HEADER)
        length = int.from_bytes(header[12:16], "little")
        start = _HEADER + length
        if not 0 < length <= 1 << 16 or start > source.size:
            raise EvidenceError("the header of the cache entry is damaged")
        address = http.address_of(source.read_at(_HEADER, length))
        if source.read_at(start, 8) == _RANGE:
            yield _ranges(source, start, address)
            return
        if source.name.endswith("_1") and sniff(source.read_at(start, HEAD)) is None:
            return  # the browser's own compiled form of a script: nothing that was fetched
        try:
            end, answer = _body_end(source, start)
        except EvidenceError as error:
            found = http.node(source, start, source.size - start, address, {}, meter)
            found.error = f"{error}: the headers behind it may be part of it here"
            yield found
            return
        if end > start:
            yield http.node(
                source, start, end - start, address, answer.headers, meter, fetched=answer.fetched
            )


def _body_end(source: Source, start: int) -> tuple[int, Answer]:
    """Read from the end: the record that closes the headers, the headers, the record that closes the body."""
    tail = source.read_at(source.size - _TAIL, _TAIL) if source.size >= start + 2 * _TAIL else b""
    if not tail.startswith(_END):
        raise EvidenceError("the end of the cache entry is missing")
    flags, _, length = struct.unpack_from("<III", tail, 8)
    end = source.size - _TAIL - (32 if flags & _HAS_DIGEST else 0)
    first = end - length
    if first - _TAIL < start or source.read_at(first - _TAIL, 8) != _END:
        raise EvidenceError("the headers of the cache entry are damaged")
    return first - _TAIL, answer(source.read_at(first, min(length, 1 << 16)))


def answer(data: bytes) -> Answer:
    """Read a pickled `HttpResponseInfo`: the time stands before the length of the headers."""
    at = data.find(b"HTTP/")
    if at < 12:
        return Answer({}, None)
    length = int.from_bytes(data[at - 4 : at], "little")
    return Answer(
        http.headers_of(data[at : at + length]),
        chromium_time(int.from_bytes(data[at - 12 : at - 4], "little")),
    )


def chromium_time(microseconds: int) -> Timestamp | None:
    """Microseconds since 1601-01-01 UTC; 0 means unknown."""
    return stamps.filetime(microseconds * 10, "chromium") if 0 < microseconds < 1 << 58 else None


def _ranges(source: Source, start: int, address: str) -> Node:
    """What was fetched in ranges, each at its place; what was not is zeros."""
    ranges: list[tuple[int, int, int]] = []
    at, damage = start, ""
    while at + _RANGE_HEADER <= source.size and len(ranges) < _MOST_RANGES:
        head = source.read_at(at, _RANGE_HEADER)
        offset, length = struct.unpack_from("<qq", head, 8)
        if not head.startswith(_RANGE) or offset < 0 or length < 0:
            break
        kept = min(length, source.size - at - _RANGE_HEADER)
        if kept < length:
            damage = f"the file ends after {kept:,} of the {length:,} bytes of its last part"
        ranges.append((offset, kept, at + _RANGE_HEADER))
        at += _RANGE_HEADER + kept
    if at < source.size:
        damage = f"what follows its part {len(ranges):,}, at offset {at:,}, is damaged or cut short"
    content = Ranges(source, ranges)
    held = content.held
    node = Node(http.name_of(address), Kind.FILE, size=content.size, times=Times(), layer="member")
    node.note = say(f"fetched in parts from {address}")
    node.address = {"offset": start}
    node.open = lambda: content
    if held < content.size:
        kept_only = f"{held:,} of its first {content.size:,} bytes were kept; the others are zeros here"
        damage = f"{kept_only}; {damage}" if damage else kept_only
    node.error = damage or None
    return node


class Ranges:
    """Pieces of a file at their places, zeros between them; a later piece stands over an earlier one."""

    name = ""

    def __init__(self, source: Source, ranges: list[tuple[int, int, int]]) -> None:
        self._source = source
        self._pieces: list[tuple[int, int, int]] = []
        for offset, length, at in sorted(ranges):
            last = self._pieces[-1][0] + self._pieces[-1][1] if self._pieces else 0
            skip = max(0, last - offset)
            if skip < length:
                self._pieces.append((offset + skip, length - skip, at + skip))
        self._starts = [piece[0] for piece in self._pieces]
        self.held = sum(piece[1] for piece in self._pieces)
        end = self._pieces[-1][0] + self._pieces[-1][1] if self._pieces else 0
        self.size = end if end <= 16 << 30 else self.held

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        out = bytearray(length)
        number = max(0, bisect_right(self._starts, offset) - 1)
        while number < len(self._pieces) and self._pieces[number][0] < offset + length:
            start, size, at = self._pieces[number]
            first, last = max(start, offset), min(start + size, offset + length)
            if first < last:
                out[first - offset : last - offset] = self._source.read_at(
                    at + first - start, last - first
                ).ljust(last - first, b"\0")
            number += 1
        return bytes(out)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release: the whole is its owner's."""
