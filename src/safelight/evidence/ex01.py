"""EWF version 2 (`.Ex01`) with its segments: sections from the back, chunks by zlib or bzip2, pattern fill.

After "Expert Witness Compression Format 2 (EWF2) specification" (J. Metz). Unverified against an image of EnCase's own.
"""

from __future__ import annotations

import bz2
import struct
import zlib
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.e01 import image_nodes
from safelight.evidence.ewf import MOST_FINDINGS, Image, Table
from safelight.evidence.ewf_medium import E01Medium
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.unlock import NO_KEYS, LockedError

SIGNATURE = b"EVF2\x0d\x0a\x81\x00"
_SECTION = struct.Struct("<IIQQII")
_ENTRY = struct.Struct("<QII")
_DEVICE, _CASE, _TABLE, _ERRORS, _MD5, _SHA1, _NEXT, _DONE = 1, 2, 4, 5, 8, 9, 0xD, 0xF
_ENCRYPTED = 2
_COMPRESSED, _CHECKED, _PATTERN = 1, 2, 4
_ZLIB, _BZIP2 = 1, 2
_MOST_SECTIONS = 1 << 20
_MOST_SEGMENTS = 2_127  # Ex01..Ex99, ExAA..EzZZ
_LONGEST_CHUNK = 64 << 20
_LONGEST_TEXT = 4 << 20
_MOST_SIZE = 1 << 60


class Ex01Reader:
    """`.Ex01` and its further segments, found beside it."""

    name = "ex01"
    order = 9
    marks = (begins(SIGNATURE),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it the first segment?"""
        return head[:8] == SIGNATURE and head[12:16] == b"\1\0\0\0" and len(head) >= 96

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium, then, once it has been read, a finding for each damaged place."""
        try:
            image = parse(source)
        except LockedError as error:
            raise LockedError(_WHAT, limits.keys, opens=_OPENS, tries=False) from error
        yield from image_nodes(image, partial(Ex01Medium, source, image))


_WHAT = "EnCase 7 image (Ex01), encrypted (its sections say so)"
_OPENS = "its password, in EnCase: how it is encrypted was never published"


class Ex01Medium(E01Medium):
    """The decoded medium. Damaged chunks are read as zeros and noted in `image.damage`."""

    def _decode(self, number: int, expected: int) -> bytes:
        from bisect import bisect_right

        which = bisect_right(self._firsts, number) - 1
        table = self.image.tables[max(0, which)]
        index = number - table.first
        if not 0 <= index < table.chunks:
            raise EvidenceError("no table says where it lies")
        segment = self._segment(table.segment)
        raw = segment.read_at(table.entries + index * _ENTRY.size, _ENTRY.size)
        if len(raw) < _ENTRY.size:
            raise EvidenceError("its table is cut off")
        offset, size, flags = _ENTRY.unpack(raw)
        chunk = self.image.chunk_size
        if flags & _COMPRESSED and flags & _PATTERN:
            return (raw[:8] * (-(-expected // 8)))[:expected]
        data = segment.read_at(offset, min(size, 2 * chunk + 1024))
        if flags & _COMPRESSED:
            data = _unpacked(data, table.base, chunk)
        else:
            stored = data[expected:] if size >= expected + 4 else segment.read_at(offset + size, 4)
            data = data[:expected]
            if flags & _CHECKED and zlib.adler32(data) != int.from_bytes(stored[:4], "little"):
                raise EvidenceError("its checksum is wrong")
        if len(data) < expected:
            raise EvidenceError("it is too short")
        return data[:expected]


def _unpacked(data: bytes, method: int, chunk: int) -> bytes:
    """One chunk. Raises EvidenceError or zlib.error."""
    if method == _BZIP2:
        decoder = bz2.BZ2Decompressor()
        try:
            return decoder.decompress(data, chunk + 1)
        except (OSError, ValueError) as error:
            raise EvidenceError("its bzip2 stream is damaged") from error
    inflate = zlib.decompressobj()
    out = inflate.decompress(data, chunk + 1)
    if not inflate.eof:
        raise EvidenceError("its zlib stream does not end")
    return out


def parse(source: Source) -> Image:
    """Read the sections of all segments. Raises EvidenceError where no chunk can be had."""
    image = Image()
    facts: dict[str, int] = {}
    name, segment = source.name, source
    set_of = source.read_at(16, 16)
    while True:
        image.names.append(name)
        number = len(image.names)
        try:
            last = _segment(segment, number, set_of, image, facts)
        finally:
            if segment is not source:
                segment.close()
        if last or number >= _MOST_SEGMENTS:
            break
        name = next_segment(name) if name else ""
        following = source.sibling(name) if name else None
        if following is None:
            image.problems.append(f"segment {number + 1} ({name or 'name unknown'}) is missing")
            break
        segment = following
    image.tables.sort()
    sector = facts.get("bp", 512)
    image.chunk_size, image.size = facts.get("sb", 0) * sector, facts.get("ts", 0) * sector
    if image.chunk_size > _LONGEST_CHUNK:
        raise EvidenceError(f"the Ex01 claims chunks of {image.chunk_size:,} bytes")
    if not image.chunk_size or not image.tables:
        raise EvidenceError("the Ex01 has no readable case data or sector table")
    held = (image.tables[-1].first + image.tables[-1].chunks) * image.chunk_size
    if held < image.size:
        image.problems.append(f"it holds the first {held:,} of {image.size:,} bytes; the rest is missing")
    image.size = min(image.size or held, held)
    return image


def next_segment(name: str) -> str:
    """The file name of the next segment: `Ex01` … `Ex99`, `ExAA` … `EzZZ`; empty after that."""
    stem, _, suffix = name.rpartition(".")
    if len(suffix) != 4 or suffix[0] not in "Ee" or suffix[1] not in "xyzXYZ":
        return ""
    if suffix[2:].isdecimal():
        number = int(suffix[2:]) + 1
        tail = f"{number:02}" if number < 100 else "AA" if suffix[0].isupper() else "aa"
        return f"{stem}.{suffix[:2]}{tail}"
    base = ord("A" if suffix[2:].isupper() else "a")
    value = 26 * (ord(suffix[2]) - base) + ord(suffix[3]) - base + 1
    if not 0 < value < 26 * 26:
        if value != 26 * 26 or suffix[1] in "zZ":
            return ""
        return f"{stem}.{suffix[0]}{chr(ord(suffix[1]) + 1)}{chr(base) * 2}"
    return f"{stem}.{suffix[:2]}{chr(base + value // 26)}{chr(base + value % 26)}"


def _segment(segment: Source, number: int, set_of: bytes, image: Image, facts: dict[str, int]) -> bool:
    """Add what one segment says; True when no other can follow."""
    head = segment.read_at(0, 32)
    if head[:8] != SIGNATURE or head[12:16] != number.to_bytes(4, "little") or head[16:32] != set_of:
        image.problems.append(f"segment {number} is not one of this Ex01")
        return True
    method = int.from_bytes(head[10:12], "little")
    descriptor, last = segment.size - 64, True
    for step in range(_MOST_SECTIONS):
        raw = segment.read_at(descriptor, 64) if descriptor >= 32 else b""
        if len(raw) < 64 or zlib.adler32(raw[:60]) != int.from_bytes(raw[60:], "little"):
            where = "is cut off" if step == 0 else f"has a damaged section at byte {descriptor:,}"
            image.problems.append(f"segment {number} {where}: what lies before it is not read")
            return last
        kind, flags, previous, size, _, _ = _SECTION.unpack(raw[:32])
        begin = descriptor - size
        if flags & _ENCRYPTED:
            raise LockedError(_WHAT, NO_KEYS, opens=_OPENS, tries=False)
        if step == 0:
            last = kind != _NEXT
        if begin >= 32:
            _section(segment, kind, begin, size, number, method, image, facts)
        if not previous or previous >= descriptor:
            return last
        descriptor = previous
    return last


def _section(
    segment: Source,
    kind: int,
    begin: int,
    size: int,
    number: int,
    method: int,
    image: Image,
    facts: dict[str, int],
) -> None:
    if kind == _TABLE:
        _table(segment, begin, size, number - 1, method, image)
    elif kind in (_DEVICE, _CASE) and number == 1:
        facts.update(_facts(segment.read_at(begin, min(size, _LONGEST_TEXT)), image))
    elif kind in (_MD5, _SHA1):
        length, name = (16, "md5") if kind == _MD5 else (20, "sha1")
        data = segment.read_at(begin, length + 4)
        if zlib.adler32(data[:length]) != int.from_bytes(data[length:], "little"):
            image.problems.append(f"the section with the stored {name} has a wrong checksum")
        elif any(data[:length]):
            image.digests.setdefault(name, data[:length].hex())
    elif kind == _ERRORS:
        data = segment.read_at(begin, min(size, 1 << 16))
        count = int.from_bytes(data[:4], "little")
        for index in range(min(count, MOST_FINDINGS, max(0, len(data) - 32) // 16)):
            sector, length = struct.unpack_from("<QI", data, 32 + 16 * index)
            image.problems.append(f"{length:,} sectors from {sector:,} on could not be read at acquisition")


def _table(segment: Source, begin: int, size: int, index: int, method: int, image: Image) -> None:
    """Note where a table's entries lie; they are read when a chunk is asked for."""
    head = segment.read_at(begin, 20)
    if len(head) < 20 or size < 32:
        return
    first, count = struct.unpack_from("<QI", head)
    room = (size - 32) // _ENTRY.size
    if zlib.adler32(head[:16]) != int.from_bytes(head[16:], "little") or count > room:
        image.problems.append(f"a sector table of segment {index + 1} at byte {begin:,} is damaged")
        return
    entries = segment.read_at(begin + 32, count * _ENTRY.size + 4)
    if zlib.adler32(entries[:-4]) != int.from_bytes(entries[-4:], "little"):
        image.problems.append(f"the entries of a sector table of segment {index + 1} have a wrong checksum")
    if count and first < _MOST_SIZE:
        image.tables.append(Table(first, count, index, method, begin + 32, None, begin))


def _facts(data: bytes, image: Image) -> dict[str, int]:
    """Numbers of an object written as lines of tabs: tags, then values."""
    try:
        kind = _BZIP2 if data[:3] == b"BZh" else _ZLIB  # zlib, whatever packs the chunks, as libewf reads it
        text = data if data[:2] in (b"\xff\xfe", b"1\0") else _unpacked(data, kind, _LONGEST_TEXT)
    except (EvidenceError, zlib.error):
        image.problems.append("the description of the medium is damaged")
        return {}
    lines = text.decode("utf-16", "replace").splitlines()
    if len(lines) < 4 or lines[1] != "main":
        return {}
    stated = zip(lines[2].split("\t"), lines[3].split("\t"), strict=False)
    return {
        tag: int(value) for tag, value in stated if value.isascii() and value.isdigit() and len(value) < 19
    }
