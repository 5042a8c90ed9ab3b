"""Decode the chunks of EWF version 1 with zlib, at constant memory, damaged ones as zeros.

Python's zlib reads ten times as fast as the deflate of its own that `pyewf` is built with.
"""

from __future__ import annotations

import sys
import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict

from safelight.errors import EvidenceError
from safelight.evidence.ewf import Image, Table
from safelight.evidence.protocol import Source

_CACHE_BYTES = 8 << 20
_OPEN_SEGMENTS = 16
_KEPT_TABLES = 64
_MOST_NAMED = 10


class E01Medium:
    """The decoded medium. Damaged chunks are read as zeros and noted in `image.damage`."""

    name = ""

    def __init__(self, source: Source, image: Image) -> None:
        self.size = image.size
        self.image = image
        self._source = source
        self._firsts = [table.first for table in image.tables]
        self._segments: OrderedDict[int, Source] = OrderedDict()
        self._chunks: OrderedDict[int, bytes] = OrderedDict()
        self._room = max(4, _CACHE_BYTES // image.chunk_size)
        self._tables: OrderedDict[int, tuple[array[int], int]] = OrderedDict()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        size = self.image.chunk_size
        first, skip = divmod(offset, size)
        if skip + length <= size:
            return self._chunk(first)[skip : skip + length]
        parts = [self._chunk(number) for number in range(first, (offset + length - 1) // size + 1)]
        return b"".join(parts)[skip : skip + length]

    @property
    def damage(self) -> str | None:
        """What was found damaged while it was read; None as long as all is well."""
        places = damaged_places(self.image)
        if not places:
            return None
        more = f" and {len(places) - _MOST_NAMED:,} more places" if len(places) > _MOST_NAMED else ""
        return "; ".join(text for _, text in places[:_MOST_NAMED]) + more

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a medium."""
        return None

    def close(self) -> None:
        """Close the segments that were opened here."""
        while self._segments:
            self._segments.popitem()[1].close()
        self._chunks.clear()

    def _chunk(self, number: int) -> bytes:
        """Return one decoded chunk, zeros where it is damaged."""
        data = self._chunks.get(number)
        if data is not None:
            self._chunks.move_to_end(number)
            return data
        expected = min(self.image.chunk_size, self.size - number * self.image.chunk_size)
        try:
            data = self._decode(number, expected)
        except (EvidenceError, zlib.error) as error:
            self.image.damage[number] = "chunk: " + str(error)
            data = bytes(expected)
        self._chunks[number] = data
        if len(self._chunks) > self._room:
            self._chunks.popitem(last=False)
        return data

    def _decode(self, number: int, expected: int) -> bytes:
        which = bisect_right(self._firsts, number) - 1
        table = self.image.tables[which]
        entries, wide_from = self._entries(which, table)
        index = number - table.first
        start, packed = _place(entries[index], index >= wide_from)
        start += table.base
        end = table.end
        if index + 1 < len(entries):
            end = table.base + _place(entries[index + 1], index + 1 >= wide_from)[0]
        length = end - start
        if length <= 0:
            raise EvidenceError("its offset is wrong")
        raw = self._segment(table.segment).read_at(start, min(length, 2 * self.image.chunk_size + 1024))
        if packed:
            inflate = zlib.decompressobj()
            data = inflate.decompress(raw, self.image.chunk_size + 1)
            if not inflate.eof:
                raise EvidenceError("its zlib stream does not end")
        else:
            size = min(self.image.chunk_size, max(expected, len(raw) - 4))
            data = raw[:size]
            if zlib.adler32(data) != int.from_bytes(raw[size : size + 4], "little") or len(raw) < size + 4:
                raise EvidenceError("its checksum is wrong")
        if len(data) < expected:
            raise EvidenceError("it is too short")
        return data[:expected]

    def _segment(self, index: int) -> Source:
        """Return an open segment; the least recently used one is closed when there are many."""
        if index == 0:
            return self._source
        segment = self._segments.get(index)
        if segment is None:
            segment = self._source.sibling(self.image.names[index])
            if segment is None:
                raise EvidenceError(f"segment {index + 1} is gone")
            self._segments[index] = segment
            if len(self._segments) > _OPEN_SEGMENTS:
                self._segments.popitem(last=False)[1].close()
        self._segments.move_to_end(index)
        return segment

    def _entries(self, which: int, table: Table) -> tuple[array[int], int]:
        """Return a table's entries, and the index from which they are wide (`_wide_from`)."""
        loaded = self._tables.get(which)
        if loaded is None:
            segment = self._segment(table.segment)
            entries = _checked_entries(segment, table.entries, table.chunks)
            if entries is None and table.backup is not None:
                entries = _checked_entries(segment, table.backup, table.chunks)
            if entries is None:
                # EnCase 1 has no checksum here, and in all others each chunk's own checksum decides.
                raw = segment.read_at(table.entries, 4 * table.chunks)
                entries = _native(raw.ljust(4 * table.chunks, b"\0"))
            loaded = self._tables[which] = entries, _wide_from(entries, segment.size)
            if len(self._tables) > _KEPT_TABLES:
                self._tables.popitem(last=False)
        return loaded


def _place(entry: int, wide: bool) -> tuple[int, bool]:
    """Return a chunk's offset from the table's base, and whether it is compressed."""
    return (entry, False) if wide else (entry & 0x7FFFFFFF, bool(entry >> 31))


def _wide_from(entries: array[int], segment_size: int) -> int:
    """Return the index from which entries are 32-bit offsets of raw chunks, without a flag.

    EnCase 6.7 does so in segments beyond 2 GiB, where the flag's bit is needed for the offset.
    """
    if segment_size > 1 << 31:
        for index in range(len(entries) - 1):
            here, following = entries[index], entries[index + 1]
            if following & 0x7FFFFFFF < here & 0x7FFFFFFF and following > here:
                return index + 1
    return len(entries)


def _checked_entries(segment: Source, offset: int, count: int) -> array[int] | None:
    """Return a table's entries, or None where their checksum is wrong."""
    raw = segment.read_at(offset, 4 * count + 4)
    entries, checksum = raw[: 4 * count], raw[4 * count :]
    if len(checksum) < 4 or zlib.adler32(entries) != int.from_bytes(checksum, "little"):
        return None
    return _native(entries)


def _native(raw: bytes) -> array[int]:
    """Little-endian 32-bit numbers."""
    entries = array("I", raw)
    if sys.byteorder == "big":
        entries.byteswap()
    return entries


def damaged_places(image: Image) -> list[tuple[int, str]]:
    """Return (offset in bytes, what is wrong) for each run of chunks that was met damaged so far."""
    runs: list[tuple[int, int, str]] = []
    for chunk, why in sorted(image.damage.items()):
        if runs and runs[-1][1] == chunk and runs[-1][2] == why:
            runs[-1] = (runs[-1][0], chunk + 1, why)
        else:
            runs.append((chunk, chunk + 1, why))
    places = []
    for first, after, why in runs:
        start, end = first * image.chunk_size, min(after * image.chunk_size, image.size)
        places.append((start, f"bytes {start:,} to {end:,} are damaged ({why}) and read as zeros"))
    return places
