"""Check the media of an MP4 against its index: every sample must begin as its coding wants it (ISO/IEC 14496-12, -15).

Video of H.264 and H.265 is a chain of units with their lengths before them, MPEG-4 and H.263 begin with a start
code, Motion JPEG with a picture. Sound says nothing about where it breaks.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from safelight.evidence.protocol import Source

_MOST_SAMPLES = 200_000
_MOST_UNITS = 4_096
_MOST_TRACKS = 64
_LARGEST_TABLE = 32 << 20
_UNITS = frozenset((b"avc1", b"avc3", b"hvc1", b"hev1"))
_PARENTS = frozenset((b"trak", b"mdia", b"minf", b"stbl"))


class Sample(NamedTuple):
    """Where a sample lies, from the file's first byte, and how it is coded."""

    offset: int
    size: int
    coding: bytes


class Checked(NamedTuple):
    """What came of it: whether all video was looked at, and where the first sample that is wrong lies (or -1)."""

    all: bool
    wrong: int


def check_samples(source: Source, start: int, index: int, end: int) -> Checked:
    """Check all samples that the index (`moov`, its content from `index` to `end`) lists of the file at `start`."""
    samples: list[Sample] = []
    looked_at = False
    for number, track in enumerate(_tracks(source, index, end)):
        if number >= _MOST_TRACKS:
            return Checked(False, -1)
        found = _samples(source, track)
        looked_at = looked_at or bool(found)
        samples += found
        if len(samples) > _MOST_SAMPLES:
            return Checked(False, -1)
    for sample in sorted(samples):
        if not _begins_well(source, start, sample):
            return Checked(True, sample.offset)
    return Checked(looked_at, -1)


def _children(source: Source, position: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    while position + 8 <= end:
        head = source.read_at(position, 8)
        size = int.from_bytes(head[:4], "big")
        if size < 8 or position + size > end:
            return
        yield head[4:8], position + 8, position + size
        position += size


def _tracks(source: Source, position: int, end: int) -> Iterator[dict[bytes, tuple[int, int]]]:
    """The tables of each track: (begin, end) of the content of each box of its `stbl`."""
    for kind, begin, after in _children(source, position, end):
        if kind == b"trak":
            tables: dict[bytes, tuple[int, int]] = {}
            parents = [(begin, after)]
            while parents:
                for inner, first, last in _children(source, *parents.pop()):
                    tables[inner] = (first, last)
                    if inner in _PARENTS:
                        parents.append((first, last))
            yield tables


def _table(source: Source, place: tuple[int, int] | None, width: int, skip: int = 8) -> list[int]:
    """The numbers of a table whose count comes before it; `width` is their size in bytes."""
    if place is None or place[1] - place[0] > _LARGEST_TABLE:
        return []
    body = source.read_at(place[0], place[1] - place[0])[skip:]
    return [
        number
        for (number,) in struct.iter_unpack(">I" if width == 4 else ">Q", body[: len(body) // width * width])
    ]


def _samples(source: Source, tables: dict[bytes, tuple[int, int]]) -> list[Sample]:
    """The samples of a track of video that is looked at; none of any other."""
    description = tables.get(b"stsd")
    if description is None:
        return []
    coding = source.read_at(description[0] + 12, 4)
    if coding not in _UNITS and coding not in (b"mp4v", b"s263", b"h263", b"jpeg", b"mjpa"):
        return []
    sizes_at = tables.get(b"stsz")
    if sizes_at is None:
        return []
    same, count = struct.unpack(">II", source.read_at(sizes_at[0] + 4, 8).ljust(8, b"\0"))
    sizes = [same] * min(count, _MOST_SAMPLES + 1) if same else _table(source, sizes_at, 4, 12)[:count]
    chunks = _table(source, tables.get(b"stco"), 4) or _table(source, tables.get(b"co64"), 8)
    runs = _table(source, tables.get(b"stsc"), 4)
    found: list[Sample] = []
    taken = 0
    for number in range(0, len(runs) - 2, 3):
        first, each = runs[number], runs[number + 1]
        after = runs[number + 3] if number + 3 < len(runs) else len(chunks) + 1
        for chunk in range(first, min(after, len(chunks) + 1)):
            if chunk < 1 or taken >= len(sizes):
                break
            offset = chunks[chunk - 1]
            for size in sizes[taken : taken + each]:
                found.append(Sample(offset, size, coding))
                offset += size
            taken += each
    return found


def _begins_well(source: Source, start: int, sample: Sample) -> bool:
    offset, size, coding = sample
    if start + offset + size > source.size or size < 5:
        return size < 5
    if coding in _UNITS:
        return units_fill(source, start + offset, size)
    head = source.read_at(start + offset, 4)
    if coding in (b"jpeg", b"mjpa"):
        return head[:2] == b"\xff\xd8"
    if coding == b"mp4v":
        return head[:3] == b"\0\0\1"
    return head[:2] == b"\0\0" and head[2] & 0xFC == 0x80


def units_fill(source: Source, position: int, size: int) -> bool:
    """Do units, each after its length in four bytes, fill `size` bytes exactly? (NALs: ISO/IEC 14496-15)"""
    end = position + size
    for _ in range(_MOST_UNITS):
        if position + 5 > end:
            return position == end
        head = source.read_at(position, 5)
        length = int.from_bytes(head[:4], "big")
        if not length or head[4] & 0x80:  # the forbidden zero bit
            return False
        position += 4 + length
        if position >= end:
            return position == end
    return True
