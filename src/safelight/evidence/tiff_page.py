"""One page of a TIFF, read from hostile bytes and put together as a TIFF of its own: bounded, in the order of the file.

Classic TIFF and BigTIFF in either byte order. A page is written as classic TIFF with the tags that decoding needs and a
few that say where it comes from; its strips and tiles follow as they are. Pages in the first, withdrawn way to put JPEG
into TIFF (compression 6) scatter their tables: of these the whole file is given, with the page made its first.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from safelight.errors import EvidenceError
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Source
from safelight.evidence.source import BytesSource

_SIZES: Final = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4,
                 16: 8, 17: 8, 18: 8}  # fmt: skip
_CODES: Final = {1: "B", 3: "H", 4: "I", 13: "I", 16: "Q", 18: "Q"}
_LONG: Final = 4
_MOST_ENTRIES: Final = 1_000
_MOST_BYTES: Final = 4 << 20
"""Of one tag's value: the offsets of half a million strips."""
_MOST_COLOURS: Final = 1 << 20
_MOST_OTHER: Final = 1 << 16
_MOST_SHARED: Final = 4
"""Strips of one page may be shared (blank ones are), so that they count for so many times the file at most."""
_MOST_PIECES: Final = 1 << 16
_MOST_SUBS: Final = 64
_SUBFILE, _COMPRESSION, _SUB, _COLOURS = 254, 259, 330, 320
_STRIPS, _STRIP_COUNTS, _TILES, _TILE_COUNTS = 273, 279, 324, 325
_OLD_JPEG: Final = 6
_KEPT: Final = frozenset(
    (254, 256, 257, 258, 259, 262, 263, 266, 269, 270, 271, 272, 274, 277, 278, 280, 281, 282, 283, 284, 285, 286, 287,
     292, 293, 296, 297, 301, 305, 306, 315, 316, 317, 318, 319, 320, 322, 323, 332, 333, 334, 336, 337, 338, 339,
     340, 341, 347, 529, 530, 531, 532, 34016, 34925)
)  # fmt: skip
"""Tags that say how to decode a page, and when, by whom and with what it was made."""
_CLASSIC_END: Final = 1 << 32


Value = tuple[int, int, bytes]
"""Type, count and raw bytes."""


@dataclass(frozen=True, slots=True)
class Directory:
    """One directory: type, count and raw value by tag; `following` is the offset of the next one, 0 for none."""

    order: str
    offset: int
    count: int
    entries: Mapping[int, Value]
    following: int

    def numbers(self, tag: int) -> Sequence[int]:
        """The whole numbers of a tag; none where it is missing or of another type."""
        kind, count, raw = self.entries.get(tag, (0, 0, b""))
        code = _CODES.get(kind)
        return struct.unpack(f"{self.order}{count}{code}", raw) if code is not None else ()

    def number(self, tag: int) -> int:
        """The first number of a tag, 0 where there is none."""
        return next(iter(self.numbers(tag)), 0)

    @property
    def kind(self) -> int:
        """The bits of NewSubfileType."""
        return self.number(_SUBFILE)

    @property
    def has_picture(self) -> bool:
        """Has it a size, and strips or tiles?"""
        return bool(
            self.number(256) and self.number(257) and (_STRIPS in self.entries or _TILES in self.entries)
        )

    @property
    def strips(self) -> int:
        """How many strips and tiles it names."""
        return sum(self.entries.get(tag, (0, 0, b""))[1] for tag in (_STRIPS, _TILES))

    def sub_directories(self) -> Sequence[int]:
        """Offsets of the directories within this one."""
        return list(dict.fromkeys(self.numbers(_SUB)))[:_MOST_SUBS]


@dataclass(frozen=True, slots=True)
class Structure:
    """The header of a TIFF: byte order, whether it is BigTIFF, where the first directory lies."""

    source: Source
    order: str
    big: bool
    first: int

    @classmethod
    def of(cls, source: Source) -> Structure | None:
        """None where there is no TIFF header."""
        head = source.read_at(0, 16)
        order = {b"II": "<", b"MM": ">"}.get(head[:2])
        if order is None or len(head) < 16:
            return None
        magic = struct.unpack_from(order + "H", head, 2)[0]
        if magic == 42:
            return cls(source, order, False, struct.unpack_from(order + "I", head, 4)[0])
        if magic == 43 and head[4:8] == struct.pack(order + "HH", 8, 0):
            return cls(source, order, True, struct.unpack_from(order + "Q", head, 8)[0])
        return None

    def has_more(self) -> bool:
        """Is there a second directory, or one within the first?"""
        page = self.directory(self.first)
        return bool(page.following or page.sub_directories())

    def chain(self, most: int) -> tuple[list[int], str | None]:
        """Offsets of the pages in their order, and why these may not be all."""
        found, seen, at = list[int](), set[int](), self.first
        while at:
            if at in seen:
                return found, f"the directory behind page {len(found):,} leads back to an earlier one"
            following = self._following(at)
            if following is None:
                return found, f"the directory behind page {len(found):,} lies outside of the file"
            if len(found) == most:
                return found, f"not looked at beyond page {most:,}"
            found.append(at)
            seen.add(at)
            at = following
        return found, None

    def _count(self, at: int) -> int | None:
        size = 8 if self.big else 2
        raw = self.source.read_at(at, size)
        return int.from_bytes(raw, "little" if self.order == "<" else "big") if len(raw) == size else None

    def _following(self, at: int) -> int | None:
        """Where the next directory lies (0: nowhere); None where there is no directory here."""
        count = self._count(at)
        if count is None or not 0 < count <= _MOST_ENTRIES or at < 8:
            return None
        head, each, size = (8, 20, 8) if self.big else (2, 12, 4)
        raw = self.source.read_at(at + head + each * count, size)
        return int.from_bytes(raw, "little" if self.order == "<" else "big") if len(raw) == size else 0

    def directory(self, at: int) -> Directory:
        """Read one directory; empty where there is none."""
        entries: dict[int, Value] = {}
        following = self._following(at)
        count = self._count(at) if following is not None else 0
        head, each, inline = (8, 20, 8) if self.big else (2, 12, 4)
        data = self.source.read_at(at + head, each * (count or 0))
        for start in range(0, len(data) - each + 1, each):
            tag, kind = struct.unpack_from(self.order + "HH", data, start)
            number = struct.unpack_from(self.order + ("Q" if self.big else "I"), data, start + 4)[0]
            size = _SIZES.get(kind, 0) * number
            if not 0 < size <= _most(tag) or tag in entries:
                continue
            raw = data[start + each - inline : start + each]
            if size > inline:
                where = struct.unpack(self.order + ("Q" if self.big else "I"), raw)[0]
                raw = self.source.read_at(where, size)
            if len(raw) >= size:
                entries[tag] = (kind, number, raw[:size])
        return Directory(self.order, at, count or 0, entries, following or 0)


def _most(tag: int) -> int:
    """Bytes of a tag's value that are read."""
    if tag in (_STRIPS, _STRIP_COUNTS, _TILES, _TILE_COUNTS):
        return _MOST_BYTES
    return _MOST_COLOURS if tag == _COLOURS else _MOST_OTHER


def assembled(source: Source, structure: Structure, page: Directory) -> Source:
    """A TIFF of this page alone. Raises EvidenceError where its directory does not say where its data lie."""
    if page.number(_COMPRESSION) == _OLD_JPEG:
        return _made_first(source, structure, page)
    tags = (_TILES, _TILE_COUNTS) if _TILES in page.entries else (_STRIPS, _STRIP_COUNTS)
    at, sizes = page.numbers(tags[0]), page.numbers(tags[1])
    if len(at) == 1 and not sizes:
        sizes = (max(0, source.size - at[0]),)
    if not at or len(at) != len(sizes):
        raise EvidenceError("the page does not say where its data lie")
    sizes = [max(0, min(size, source.size - offset)) for offset, size in zip(at, sizes, strict=True)]
    total = sum(sizes)
    if total > max(_MOST_BYTES, _MOST_SHARED * source.size):
        raise EvidenceError("the page claims far more data than the file has")
    order = page.order
    kept = {tag: _classic(order, value) for tag, value in page.entries.items() if tag in _KEPT}

    def head(start: int) -> bytes:
        offsets = accumulate(sizes[:-1], initial=start)
        return _head(order, {
            **kept,
            tags[0]: (_LONG, len(at), struct.pack(f"{order}{len(at)}I", *offsets)),
            tags[1]: (_LONG, len(at), struct.pack(f"{order}{len(at)}I", *sizes)),
        })  # fmt: skip

    start = len(head(0)) if total < _CLASSIC_END else 0
    if start + total >= _CLASSIC_END:
        raise EvidenceError("the page has more than 4 GiB of data")
    first = BytesSource(head(start))
    pieces = [Piece(first, 0, first.size)]
    for piece in _joined(source, at, sizes):
        if len(pieces) > _MOST_PIECES:
            raise EvidenceError(f"the page is scattered over more than {_MOST_PIECES:,} places")
        pieces.append(piece)
    return PiecesSource(pieces)


def _classic(order: str, value: Value) -> Value:
    """A value in a type that classic TIFF has: BigTIFF's numbers of eight bytes are sizes and the like, and small."""
    kind, count, raw = value
    if kind not in (16, 17, 18):
        return value
    numbers = struct.unpack(f"{order}{count}Q", raw)
    return _LONG, count, struct.pack(f"{order}{count}I", *(number & 0xFFFFFFFF for number in numbers))


def _head(order: str, entries: Mapping[int, Value]) -> bytes:
    """Header, directory, and the values that do not fit into it."""
    fields, values = bytearray(), bytearray()
    behind = 8 + 2 + 12 * len(entries) + 4
    for tag, (kind, count, raw) in sorted(entries.items()):
        fields += struct.pack(order + "HHI", tag, kind, count)
        if len(raw) <= 4:
            fields += raw.ljust(4, b"\0")
        else:
            fields += struct.pack(order + "I", behind + len(values))
            values += raw + bytes(len(raw) % 2)
    magic = b"II*\0" if order == "<" else b"MM\0*"
    return magic + struct.pack(order + "IH", 8, len(entries)) + bytes(fields) + bytes(4) + bytes(values)


def _joined(source: Source, offsets: Sequence[int], sizes: Sequence[int]) -> Iterator[Piece]:
    """The strips as pieces; those that follow on each other as one."""
    start, end = -1, -1
    for offset, size in zip(offsets, sizes, strict=True):
        if not size:
            continue
        if offset != end:
            if end > start >= 0:
                yield Piece(source, start, end - start)
            start = offset
        end = offset + size
    if end > start >= 0:
        yield Piece(source, start, end - start)


def _made_first(source: Source, structure: Structure, page: Directory) -> Source:
    """The whole file, its header leading to this page, which is then its last. Raises EvidenceError."""
    behind = page.offset + 2 + 12 * page.count
    if structure.big or behind + 4 > source.size or page.sub_directories():
        raise EvidenceError("the page has JPEG in the withdrawn way, within a structure that is not read")
    head = BytesSource(source.read_at(0, 4) + struct.pack(page.order + "I", page.offset))
    return PiecesSource(
        (
            Piece(head, 0, 8),
            Piece(source, 8, behind - 8),
            Piece(None, 0, 4),
            Piece(source, behind + 4, source.size - behind - 4),
        )
    )
