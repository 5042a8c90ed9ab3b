"""Decode EWF version 1: segments, chunk tables, checksums, stored digests (`e01.py` is the reader).

After "Expert Witness Compression Format specification" (J. Metz). A medium is a run of chunks (mostly
32 KiB), each a zlib stream or raw bytes with an Adler-32; tables of chunk offsets lie between them, twice.
Python's zlib reads ten times as fast as the deflate of its own that `pyewf` is built with.
"""

from __future__ import annotations

import struct
import sys
import zlib
from array import array
from bisect import bisect_right
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

SIGNATURE = b"EVF\x09\x0d\x0a\xff\x00"
_SECTION = struct.Struct("<16sQQ40xI")
_TABLE = struct.Struct("<I4xQ4xI")
_LONGEST_CHUNK = 64 << 20
_MOST_SEGMENTS = 14_971  # E01..E99, EAA..ZZZ
_MOST_SECTIONS = 1 << 20
MOST_FINDINGS = 200
_MOST_NAMED = 10
_ZLIB_RATIO = 1_100  # deflate cannot do better than 1,032 : 1
_CACHE_BYTES = 8 << 20
_OPEN_SEGMENTS = 16


class Table(NamedTuple):
    """`chunks` chunks from number `first` on: where their offsets lie, and where their data ends."""

    first: int
    chunks: int
    segment: int
    base: int
    entries: int
    backup: int | None
    end: int


@dataclass(slots=True)
class Image:
    """What the segments say of the medium (sizes in bytes), and everything that is wrong with them."""

    names: list[str] = field(default_factory=list)
    size: int = 0
    chunk_size: int = 0
    chunks: int = 0
    tables: list[Table] = field(default_factory=list)
    digests: dict[str, str] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    damage: dict[int, str] = field(default_factory=dict)
    """Chunk number → why it is read as zeros; grows while the medium is read."""


def parse(source: Source) -> Image:
    """Read the sections of all segments. Raises EvidenceError where no chunk can be had."""
    image = Image()
    stored = 0
    segment: Source | None = source
    name = source.name
    while segment is not None:
        image.names.append(name)
        stored += segment.size
        try:
            last = _parse_segment(segment, len(image.names), image)
        finally:
            if segment is not source:
                segment.close()
        if last or len(image.names) >= _MOST_SEGMENTS:
            break
        name = next_segment(name) if name else ""
        segment = source.sibling(name) if name else None
        if segment is None:
            image.problems.append(f"segment {len(image.names) + 1} ({name or 'name unknown'}) is missing")
    if not image.chunk_size or not image.tables:
        raise EvidenceError("the E01 has no readable volume section or chunk table")
    held = (image.tables[-1].first + image.tables[-1].chunks) * image.chunk_size
    if held < image.size:
        image.problems.append(f"it holds the first {held:,} of {image.size:,} bytes; the rest is missing")
    image.size = min(image.size or held, held)
    if image.size > stored * _ZLIB_RATIO:
        raise EvidenceError(f"the E01 claims {image.size:,} bytes, more than {stored:,} bytes can hold")
    return image


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


def next_segment(name: str) -> str:
    """Return the file name of the next segment (`E01` … `E99`, `EAA` … `EZZ`, `FAA` …), empty after `ZZZ`."""
    stem, _, suffix = name.rpartition(".")
    if len(suffix) != 3:
        return ""
    if suffix[1:].isdecimal():
        number = int(suffix[1:]) + 1
        tail = f"{number:02}" if number < 100 else ("AA" if suffix[0].isupper() else "aa")
        return f"{stem}.{suffix[0]}{tail}"
    base = ord("A" if suffix.isupper() else "a")
    value = 0
    for letter in suffix:
        value = value * 26 + (ord(letter) - base)
    value += 1
    if not 0 < value < 26**3:
        return ""
    return stem + "." + "".join(chr(base + value // 26**power % 26) for power in (2, 1, 0))


def _parse_segment(segment: Source, number: int, image: Image) -> bool:
    """Add what one segment says; True when no other can follow.

    That is after the `done` section, and after a broken one: chunks are numbered by counting alone.
    """
    head = segment.read_at(0, 13)
    if head[:8] != SIGNATURE or head[9:11] != number.to_bytes(2, "little"):
        image.problems.append(f"segment {number} is not one of this E01")
        return True
    offset, data_end = 13, 0
    for _ in range(_MOST_SECTIONS):
        raw = segment.read_at(offset, 76)
        if len(raw) < 76:
            image.problems.append(f"segment {number} is cut off at byte {offset:,}")
            return True
        kind_field, after, size, checksum = _SECTION.unpack(raw)
        kind = kind_field.rstrip(b"\0").decode("ascii", "replace")
        if zlib.adler32(raw[:72]) != checksum:
            image.problems.append(f"a section of segment {number} at byte {offset:,} has a wrong checksum")
            return True
        end = offset + size if size else after
        if kind in ("volume", "disk", "data") and not image.chunk_size:
            _parse_volume(segment.read_at(offset + 76, 1052), image)
        elif kind == "sectors":
            data_end = end
        elif kind == "table":
            _parse_table(segment, number - 1, offset, end, data_end, image)
        elif kind == "table2" and image.tables and image.tables[-1].segment == number - 1:
            image.tables[-1] = image.tables[-1]._replace(backup=offset + 76 + _TABLE.size)
        elif kind in ("hash", "digest"):
            _parse_digests(kind, segment.read_at(offset + 76, 80), image)
        elif kind == "error2":
            _parse_errors(segment.read_at(offset + 76, min(size, 1 << 16)), image)
        elif kind in ("done", "next"):
            return bool(kind == "done")
        if after <= offset:
            image.problems.append(f"the sections of segment {number} end in a circle at byte {offset:,}")
            return True
        offset = after
    return True


def _parse_volume(data: bytes, image: Image) -> None:
    """Take chunk and medium sizes; the SMART variant has a 32-bit sector count."""
    if len(data) < 94:
        return
    chunks, sectors_per_chunk, sector_size = struct.unpack_from("<III", data, 4)
    smart = len(data) < 1052 or zlib.adler32(data[:1048]) != int.from_bytes(data[1048:1052], "little")
    sectors = int.from_bytes(data[16:20] if smart else data[16:24], "little")
    chunk_size = sectors_per_chunk * sector_size
    if not 0 < chunk_size <= _LONGEST_CHUNK:
        raise EvidenceError(f"the E01 claims chunks of {chunk_size:,} bytes")
    if smart and zlib.adler32(data[:90]) != int.from_bytes(data[90:94], "little"):
        image.problems.append("the volume section has a wrong checksum")
    image.chunk_size, image.chunks, image.size = chunk_size, chunks, sectors * sector_size


def _parse_table(segment: Source, index: int, offset: int, end: int, data_end: int, image: Image) -> None:
    """Note where a table's entries lie; they are read and checked when a chunk is asked for."""
    raw = segment.read_at(offset + 76, _TABLE.size)
    if len(raw) < _TABLE.size:
        return
    count, base, checksum = _TABLE.unpack(raw)
    room = max(0, min(end, segment.size) - offset - 76 - _TABLE.size) // 4
    if zlib.adler32(raw[:20]) != checksum or count > room:
        image.problems.append(f"a chunk table of segment {index + 1} at byte {offset:,} is damaged")
        count = min(count, room)
    if not count:
        return
    first = image.tables[-1].first + image.tables[-1].chunks if image.tables else 0
    # Without a sectors section before it (EnCase 1) the chunks follow inside the table's own section.
    stop = data_end if data_end and data_end <= offset else end
    image.tables.append(Table(first, count, index, base, offset + 76 + _TABLE.size, None, stop))


def _parse_digests(kind: str, data: bytes, image: Image) -> None:
    """Take the digests of the medium that the acquiring tool stored, where they are not all zero."""
    checked = 32 if kind == "hash" else 76
    if zlib.adler32(data[:checked]) != int.from_bytes(data[checked : checked + 4], "little"):
        image.problems.append(f"the section with the stored digests ({kind}) has a wrong checksum")
        return
    found = {"md5": data[:16]} if kind == "hash" else {"md5": data[:16], "sha1": data[16:36]}
    for name, value in found.items():
        if any(value):
            image.digests.setdefault(name, value.hex())


def _parse_errors(data: bytes, image: Image) -> None:
    """Turn the acquiring tool's list of unreadable sectors into findings."""
    count = int.from_bytes(data[:4], "little")
    for number in range(min(count, MOST_FINDINGS, max(0, len(data) - 520) // 8)):
        sector, length = struct.unpack_from("<II", data, 520 + 8 * number)
        image.problems.append(f"{length:,} sectors from {sector:,} on could not be read at acquisition")


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
        self._table: tuple[int, array[int], array[int]] | None = None

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
        if self._table is None or self._table[0] != which:
            self._table = (which, *self._load(table))
        _, starts, ends = self._table
        start, end = starts[number - table.first], ends[number - table.first]
        packed, start = start >> 63, table.base + (start & ~(1 << 63))
        length = table.base + end - start if end else table.end - start
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

    def _load(self, table: Table) -> tuple[array[int], array[int]]:
        """Return start (bit 63: compressed) and end (0: unknown) of each chunk, from the table's base."""
        segment = self._segment(table.segment)
        entries = _entries(segment, table.entries, table.chunks)
        if entries is None and table.backup is not None:
            entries = _entries(segment, table.backup, table.chunks)
        if entries is None:
            # No checksum in EnCase 1, and otherwise each chunk's own checksum decides.
            entries = array(
                "I", segment.read_at(table.entries, 4 * table.chunks).ljust(4 * table.chunks, b"\0")
            )
            if sys.byteorder == "big":
                entries.byteswap()
        starts, ends = array("Q"), array("Q")
        wide = False  # offsets beyond 2 GiB use the flag's bit (EnCase 6.7): from there on all are raw
        for index, entry in enumerate(entries):
            follows = entries[index + 1] if index + 1 < len(entries) else 0
            start = entry if wide else entry & 0x7FFFFFFF
            end = follows if wide else follows & 0x7FFFFFFF
            if follows and end < start and not wide and follows > start:
                end, wide = follows, True
                starts.append(start | (entry >> 31) << 63)
            else:
                starts.append(start if wide else start | (entry >> 31) << 63)
            ends.append(end)
        return starts, ends


def _entries(segment: Source, offset: int, count: int) -> array[int] | None:
    """Return a table's entries, or None where their checksum is wrong."""
    raw = segment.read_at(offset, 4 * count + 4)
    if len(raw) < 4 * count + 4 or zlib.adler32(raw[: 4 * count]) != int.from_bytes(
        raw[4 * count :], "little"
    ):
        return None
    entries = array("I", raw[: 4 * count])
    if sys.byteorder == "big":
        entries.byteswap()
    return entries
