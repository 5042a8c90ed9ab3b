"""JPEGs inside files: where one ends, what its header points to, and the previews in TIFF structures.

Pure functions over a `Source`: nothing is decoded, what is wrong is the same as absent, and each is bounded by a count
of what it follows. Sources: ITU-T T.81 annex B; TIFF 6.0; EXIF 2.32 (CIPA DC-008); MPF (CIPA DC-007).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from safelight.evidence.protocol import Source
from safelight.evidence.source import BytesSource

Span = tuple[int, int]
"""Offset and length in bytes."""

START: Final = b"\xff\xd8\xff"
_END: Final = b"\xff\xd9"
_STEP: Final = 1 << 20
_BREAK: Final = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")
_MOST_SEGMENTS: Final = 2_000
_FRAMES: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_DECODED: Final = frozenset((0xC0, 0xC1, 0xC2))
"""Baseline, extended and progressive; a lossless one holds sensor data."""
_MOST_DIRECTORIES: Final = 32
_MOST_ENTRIES: Final = 512
_MOST_NUMBERS: Final = 64
_SIZES: Final = {1: "B", 3: "H", 4: "I", 13: "I"}
_BLOBS: Final = (2, 7)
_MAGIC: Final = frozenset((42, 0x4F52, 0x5352, 0x55))
"""TIFF; Olympus, twice; Panasonic."""
_SUB, _EXIF, _MAKE, _DNG = 0x014A, 0x8769, 0x010F, 0xC612
_STRIPS, _COMPRESSION, _COUNTS, _OFFSET, _LENGTH, _PANASONIC = 0x0111, 0x0103, 0x0117, 0x0201, 0x0202, 0x002E
_JPEG_COMPRESSIONS: Final = frozenset((6, 7))
_MOST_SEARCHED: Final = 64


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory of a TIFF structure: whole numbers by tag, and where its blobs lie."""

    first: bool
    """Is it the main one?"""
    numbers: Mapping[int, Sequence[int]]
    blobs: Mapping[int, Span]


@dataclass(frozen=True, slots=True)
class Header:
    """What stands before the first scan of a JPEG: spans of its segments' contents, the frame's kind and size."""

    segments: Sequence[tuple[int, int, int]]
    """Marker, offset and length of the content of each."""
    frame: int | None
    width: int
    height: int
    scan: int
    """Offset of the first start-of-scan marker; 0 where there is none."""


def header(source: Source, start: int = 0, window: bytes = b"") -> Header:
    """Walk the segments up to the first scan; `window` are the source's first bytes where they are at hand."""
    found: list[tuple[int, int, int]] = []
    frame, width, height = None, 0, 0
    at = start + 2
    for _ in range(_MOST_SEGMENTS):
        head = window[at : at + 10] if at + 10 <= len(window) else source.read_at(at, 10)
        if len(head) < 4 or head[0] != 0xFF:
            break
        marker = head[1]
        if marker == 0xFF:
            at += 1
            continue
        if marker == 0xDA:
            return Header(found, frame, width, height, at)
        length = head[2] << 8 | head[3]
        if length < 2 or marker in (0xD8, 0xD9):
            break
        if marker in _FRAMES and len(head) >= 9:
            frame, height, width = marker, head[5] << 8 | head[6], head[7] << 8 | head[8]
        found.append((marker, at + 4, length - 2))
        at += 2 + length
    return Header(found, frame, width, height, 0)


def end_of_jpeg(source: Source, start: int = 0) -> int | None:
    """The offset behind the end-of-image marker; None where the picture is cut, or no JPEG. Reads all of it."""
    head = header(source, start)
    at = head.scan
    if at and _has_one_scan(source, head):
        return _first_end(source, at)
    for _ in range(_MOST_SEGMENTS):
        if not at:
            return None
        mark = source.read_at(at, 4)
        if mark[:2] == b"\xff\xd9":
            return at + 2
        if len(mark) < 4 or mark[0] != 0xFF or mark[1] == 0xD8:
            return None
        at = at + 1 if mark[1] == 0xFF else at + 2 + (mark[2] << 8 | mark[3])
        if mark[1] == 0xDA:
            at = _after_scan(source, at)
    return None


def _has_one_scan(source: Source, head: Header) -> bool:
    """Is it not progressive, and are all components in the first scan? Then no other marker comes before the end."""
    if head.frame not in (0xC0, 0xC1):
        return False
    frame = next(at for marker, at, _ in reversed(head.segments) if marker == head.frame)
    return source.read_at(frame + 5, 1) == source.read_at(head.scan + 4, 1) != b""


def _first_end(source: Source, at: int) -> int | None:
    """Search for the first end-of-image marker: ten times as fast as looking at every marker."""
    while data := source.read_at(at, _STEP):
        if (found := data.find(_END)) >= 0:
            return at + found + 2
        at += max(1, len(data) - 1) if len(data) == _STEP else len(data)
    return None


def _after_scan(source: Source, at: int) -> int:
    """Offset of the first marker behind entropy-coded data that is no restart; 0 where there is none."""
    while data := source.read_at(at, _STEP):
        if found := _BREAK.search(data):
            return at + found.end() - 2
        if len(data) < 2:
            return 0
        at += len(data) - (data[-1] == 0xFF)
    return 0


def is_shown(source: Source, span: Span) -> bool:
    """Does a JPEG that can be shown begin there? Lossless ones hold sensor data."""
    offset, length = span
    if length < 64 or offset < 0 or offset + length > source.size or source.read_at(offset, 3) != START:
        return False
    return header(source, offset).frame in _DECODED


def directories(source: Source, start: int = 0) -> list[Directory]:
    """The directories of a TIFF structure that begins at `start`: the chain, sub-directories, EXIF; each once.

    Offsets in it count from `start`; those of the blobs are the source's own. Empty where it is none.
    """
    head = source.read_at(start, 8)
    order = {b"II": "<", b"MM": ">"}.get(head[:2])
    if order is None or len(head) < 8 or struct.unpack_from(order + "H", head, 2)[0] not in _MAGIC:
        return []
    todo, seen = [int(struct.unpack_from(order + "I", head, 4)[0])], set[int]()
    found: list[Directory] = []
    while todo and len(found) < _MOST_DIRECTORIES:
        at = todo.pop(0)
        if at < 8 or at in seen:
            continue
        seen.add(at)
        directory, following = _directory(source, start, at, order, first=not found)
        found.append(directory)
        todo += [following, *directory.numbers.get(_SUB, ()), *directory.numbers.get(_EXIF, ())]
    return found


def _directory(source: Source, start: int, at: int, order: str, *, first: bool) -> tuple[Directory, int]:
    numbers: dict[int, Sequence[int]] = {}
    blobs: dict[int, Span] = {}
    count = int.from_bytes(source.read_at(start + at, 2), "little" if order == "<" else "big")
    count = min(count, _MOST_ENTRIES)
    data = source.read_at(start + at + 2, 12 * count + 4)
    for number in range(min(count, len(data) // 12)):
        tag, kind, length, value = struct.unpack_from(order + "HHII", data, 12 * number)
        if kind in _BLOBS:
            blobs.setdefault(
                tag, (start + value, length) if length > 4 else (start + at + 10 + 12 * number, length)
            )
        elif kind in _SIZES:
            code = _SIZES[kind]
            length = min(length, _MOST_NUMBERS)
            size = length * struct.calcsize(code)
            raw = (
                data[12 * number + 8 : 12 * number + 8 + size]
                if size <= 4
                else source.read_at(start + value, size)
            )
            if len(raw) == size:
                numbers.setdefault(tag, struct.unpack(f"{order}{length}{code}", raw))
    following = data[12 * count : 12 * count + 4]
    return Directory(first, numbers, blobs), struct.unpack(order + "I", following)[0] if len(
        following
    ) == 4 else 0


def is_camera_raw(head: bytes) -> bool:
    """Is a TIFF file (its first 4 KiB) one that a camera wrote as RAW: DNG, or with a maker and sub-directories?"""
    if head[8:10] == b"CR":
        return True
    main = directories(BytesSource(head))[:1]
    return bool(main) and (
        _DNG in main[0].numbers
        or (_MAKE in main[0].blobs and (_SUB in main[0].numbers or _OFFSET in main[0].numbers))
    )


def previews_of_tiff(found: Sequence[Directory], start: int = 0) -> list[Span]:
    """Where directories say that JPEGs lie; not yet looked at."""
    spans: list[Span] = []
    for one in found:
        for offsets, lengths in ((_OFFSET, _LENGTH), (_STRIPS, _COUNTS)):
            at, size = one.numbers.get(offsets, ()), one.numbers.get(lengths, ())
            is_jpeg = offsets == _OFFSET or _JPEG_COMPRESSIONS.intersection(one.numbers.get(_COMPRESSION, ()))
            if len(at) == len(size) == 1 and is_jpeg:
                spans.append((start + at[0], size[0]))
        if _PANASONIC in one.blobs:
            spans.append(one.blobs[_PANASONIC])
    return spans


def jpegs_in(data: bytes) -> list[Span]:
    """JPEGs found by searching and followed to their end, those within another one left out."""
    source = BytesSource(data)
    found: list[Span] = []
    at = data.find(START)
    for _ in range(_MOST_SEARCHED):
        if at < 0:
            break
        end = end_of_jpeg(source, at)
        if end is not None and is_shown(source, (at, end - at)):
            found.append((at, end - at))
        at = data.find(START, at + 3 if end is None else end)
    return found


def exif_thumbnail(source: Source, head: Header) -> Span | None:
    """The thumbnail that a JPEG's EXIF points to, if a JPEG lies there."""
    for marker, at, length in head.segments:
        if marker == 0xE1 and source.read_at(at, 6) == b"Exif\0\0":
            found = previews_of_tiff([one for one in directories(source, at + 6) if not one.first], at + 6)
            inside = (
                one for one in found if at < one[0] and sum(one) <= at + length and is_shown(source, one)
            )
            return next(inside, None)
    return None


@dataclass(frozen=True, slots=True)
class Further:
    """A picture that the index of a Multi-Picture file names."""

    span: Span
    preview: bool
    """Does the index call it a large thumbnail of the first one?"""


def further_pictures(source: Source, head: Header) -> list[Further]:
    """The pictures behind the first one that the MPF segment of a JPEG names (DC-007, 5.2.3)."""
    for marker, at, length in head.segments:
        if marker != 0xE2 or source.read_at(at, 4) != b"MPF\0":
            continue
        index = directories(source, at + 4)[:1]
        where = index[0].blobs.get(0xB002) if index else None
        if where is None:
            return []
        order = "<" if source.read_at(at + 4, 2) == b"II" else ">"
        raw = source.read_at(where[0], min(where[1], 16 * _MOST_NUMBERS, length))
        found = []
        for number in range(1, len(raw) // 16):
            kind, size, offset = struct.unpack_from(order + "III", raw, 16 * number)
            span = (at + 4 + offset, size)
            if offset and is_shown(source, span):
                found.append(Further(span, kind & 0xFFFFFF in (0x010001, 0x010002)))
        return found
    return []
