"""Read the sections of EWF version 1: segments, chunk tables, stored digests (`e01.py` is the reader).

After "Expert Witness Compression Format specification" (J. Metz). A medium is a run of chunks (mostly
32 KiB), each a zlib stream or raw bytes with an Adler-32; tables of chunk offsets lie between them, twice.
"""

from __future__ import annotations

import struct
import zlib
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
_ZLIB_RATIO = 1_100  # deflate cannot do better than 1,032 : 1


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
