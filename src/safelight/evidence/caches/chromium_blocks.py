"""Chromium's cache in block files (Windows; older versions everywhere): `data_0` to `data_3` and `f_…` beside them.

Entries lie in `data_1`; bodies in the others, by address (net/disk_cache/blockfile/disk_format.h). An entry whose
block is marked free was deleted: it is listed as such, as far as its body is still where it was.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.errors import EvidenceError
from safelight.evidence.caches import http
from safelight.evidence.caches.chromium import Answer, answer, chromium_time
from safelight.evidence.guards import Meter
from safelight.evidence.neighbour import neighbour
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.model import State

MAGIC = b"\xc3\xca\x04\xc1"
_HEADER = 8192
_LEAST = 24
_MAP = 80
_BLOCK = 256
_SIZES = {1: 36, 2: 256, 3: 1024, 4: 4096}
_ENTRY = struct.Struct("<IIIiiiQiI4i4II")
_INLINE_KEY = 96
_LONGEST_KEY = 1 << 16


class ChromiumBlocksReader:
    """The entries of a block file, with bodies from the files beside it."""

    name = "chromium-blocks"
    order = 45
    formats = frozenset(("chromium-blocks",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature, and blocks of the size that entries have."""
        return (
            head.startswith(MAGIC) and len(head) >= _LEAST and int.from_bytes(head[12:16], "little") == _BLOCK
        )

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the bodies in the order of their entries; an entry without its body with the reason."""
        beside = _Beside(source, limits)
        try:
            yield from _entries(source, beside, Meter.of(limits, source))
            (stated,) = struct.unpack("<I", source.read_at(20, 4))
            there = max(0, source.size - _HEADER) // _BLOCK
            if stated > there:
                yield Node(b"", Kind.FINDING, error=f"states {stated:,} blocks, and ends after {there:,}")
        finally:
            beside.close()


def _entries(source: Source, beside: _Beside, meter: Meter) -> Iterator[Node]:
    used = source.read_at(_MAP, _HEADER - _MAP)
    for number in range((source.size - _HEADER) // _BLOCK):
        block = source.read_at(_HEADER + number * _BLOCK, _BLOCK)
        if len(block) < _BLOCK:
            return
        is_used = number // 8 < len(used) and used[number // 8] >> (number % 8) & 1
        fields = _ENTRY.unpack_from(block)
        state, created, length, long_key = fields[5:9]
        sizes, places = fields[9:13], fields[13:17]
        if not 0 < length <= _LONGEST_KEY or not 0 <= state <= 2 or min(sizes) < 0:
            continue
        try:
            key = source.read_at(_HEADER + number * _BLOCK + _INLINE_KEY, length)
            if long_key:
                key = beside.read(long_key, length)
            if not key.isascii() or b"://" not in key:
                continue
            meter.entry()
            address = http.address_of(key)
            reply, unread = _reply(beside, places[0], sizes[0])
            if not sizes[1] or not places[1]:
                continue
            body, start = beside.place(places[1])
        except EvidenceError as error:
            if is_used and state == 0:
                yield Node(b"entry %d" % number, Kind.FINDING, error=str(error), layer="member")
            continue
        found = http.node(
            body,
            start,
            sizes[1],
            address,
            reply.headers,
            meter,
            fetched=reply.fetched or chromium_time(created),
            state=State.ALLOCATED if is_used and state == 0 else State.DELETED,
            where={"member": number},
        )
        found.error = found.error or unread
        found.refers = start == 0 and found.size == sizes[1]  # a file of its own, as it is
        if start + sizes[1] > body.size:
            found.error = "it ends early: the file that holds it is shorter"
        yield found


def _reply(beside: _Beside, place: int, size: int) -> tuple[Answer, str | None]:
    """The headers of an answer, or why there are none: the body is then given as it was stored."""
    if not place:
        return answer(b""), None
    try:
        return answer(beside.read(place, min(size, 1 << 16))), None
    except EvidenceError as error:
        return answer(b""), f"its headers cannot be read: {error}"


class _Beside:
    """The files beside the one with the entries, opened once each."""

    def __init__(self, source: Source, limits: Limits) -> None:
        self._source = source
        self._limits = limits
        self._blocks: dict[int, Source] = {}
        self._single: Source | None = None

    def place(self, address: int) -> tuple[Source, int]:
        """The file that an address leads to, and the offset in it. Raises EvidenceError."""
        if not address & 0x80000000:
            raise EvidenceError("its address is not set")
        kind = address >> 28 & 7
        if kind == 0:
            name = f"f_{address & 0x0FFFFFFF:06x}"
            if self._single is not None:
                self._single.close()
            self._single = neighbour(self._source, self._limits, name, part=True)
            if self._single is None:
                raise EvidenceError(f"the file {name} that holds it is not beside the index")
            return self._single, 0
        if kind not in _SIZES:
            raise EvidenceError("its address is damaged")
        number = address >> 16 & 0xFF
        if number not in self._blocks:
            found = neighbour(self._source, self._limits, f"data_{number}", part=True)
            if found is None:
                raise EvidenceError(f"the file data_{number} that holds it is not beside the index")
            self._blocks[number] = found
        return self._blocks[number], _HEADER + (address & 0xFFFF) * _SIZES[kind]

    def read(self, address: int, length: int) -> bytes:
        """Return the bytes at an address. Raises EvidenceError."""
        source, at = self.place(address)
        return source.read_at(at, length)

    def close(self) -> None:
        """Close what was opened."""
        for source in (*self._blocks.values(), self._single):
            if source is not None:
                source.close()
