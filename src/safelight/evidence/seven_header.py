"""The header of a 7z archive: where packed streams lie, how they are coded, which files come out of them.

After 7zFormat.txt of the LZMA SDK. Files are yielded, not kept; every count is bounded by what is there.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

SIGNATURE = b"7z\xbc\xaf\x27\x1c"
START = 32
"""Where packed streams begin."""
LONGEST = 64 << 20
"""The longest header that is read, in bytes: about a million names."""
_MOST_FOLDERS = 1 << 18
_MOST_CODERS = 32
_MOST_CONTENTS = 1 << 21

_END, _HEADER, _PROPERTIES, _ADDITIONAL, _MAIN, _FILES = range(6)
_PACK, _UNPACK, _SUBSTREAMS, _SIZE, _CRC, _FOLDER, _UNPACK_SIZES, _COUNTS = range(6, 14)
_EMPTY_STREAM, _EMPTY_FILE, _ANTI, _NAME, _CREATED, _ACCESSED, _MODIFIED, _ATTRIBUTES = range(14, 22)
_ENCODED = 23


@dataclass(slots=True)
class Coder:
    """One method of a chain; nearly all have one stream in and one out."""

    method: bytes
    ins: int
    outs: int
    properties: bytes


@dataclass(slots=True)
class Folder:
    """Packed streams that are decoded together, and the files that come out, one after the other."""

    coders: list[Coder]
    bonds: list[tuple[int, int]]
    """Which stream in is fed by which stream out."""
    packed: list[int]
    """Streams in that are fed by packed streams."""
    sizes: list[int] = field(default_factory=list)
    """Size of each stream out, in bytes."""
    crc: int | None = None
    offset: int = 0
    """Where its first packed stream lies, from the start of the archive."""
    packed_size: int = 0
    contents: list[tuple[int, int | None]] = field(default_factory=list)
    """Size and CRC-32 of each file."""


@dataclass(frozen=True, slots=True)
class File:
    """One entry. `has_content`: it is the next one out of the folders. Times are FILETIMEs."""

    name: bytes
    has_content: bool
    is_folder: bool
    attributes: int
    created: int
    accessed: int
    modified: int


class Reader:
    """Reads numbers and bit fields. Raises ValueError at the end of the header."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, length: int) -> bytes:
        """The next `length` bytes."""
        data = self.data[self.at : self.at + length]
        if len(data) < length or length < 0:
            raise ValueError("its header ends early")
        self.at += length
        return data

    def byte(self) -> int:
        """One byte."""
        return self.take(1)[0]

    def number(self) -> int:
        """The format's own integers: as many ones lead the first byte as bytes follow it."""
        first = self.byte()
        mask, value = 0x80, 0
        for place in range(8):
            if not first & mask:
                return value | (first & mask - 1) << 8 * place
            value |= self.byte() << 8 * place
            mask >>= 1
        return value

    def count(self, most: int | None = None) -> int:
        """A number of things of which each takes a byte or more of the header."""
        value = self.number()
        if value > (len(self.data) - self.at if most is None else most):
            raise ValueError(f"its header states {value:,} of something")
        return value

    def little(self, length: int) -> int:
        """A plain little-endian integer."""
        return int.from_bytes(self.take(length), "little")

    def bits(self, count: int) -> bytes:
        """`count` flags, as one byte each."""
        packed = self.take((count + 7) // 8)
        return bytes(packed[number >> 3] >> (7 - (number & 7)) & 1 for number in range(count))

    def flags(self, count: int) -> bytes:
        """The same, where a first byte may say that all are set."""
        return b"\1" * count if self.byte() else self.bits(count)

    def crcs(self, count: int) -> list[int | None]:
        """`count` checksums, of which some may not be stated."""
        if count > len(self.data):
            raise ValueError("its header states too many checksums")
        return [self.little(4) if defined else None for defined in self.flags(count)]

    def expect(self, property: int) -> None:
        """The next byte must be this."""
        if self.byte() != property:
            raise ValueError("its header is damaged")


def next_header(head: bytes) -> tuple[int, int, int]:
    """Offset, size and CRC-32 of the header, from the archive's first 32 bytes. Raises ValueError."""
    if len(head) < START or int.from_bytes(head[8:12], "little") != zlib.crc32(head[12:32]):
        raise ValueError("its first 32 bytes are damaged")
    reader = Reader(head[12:32])
    return START + reader.little(8), reader.little(8), reader.little(4)


def packed_header(data: bytes) -> Folder | None:
    """How the real header is coded, where `data` only says that; None where `data` is the real one."""
    if not data or data[0] != _ENCODED:
        return None
    reader = Reader(data)
    reader.byte()
    folders = _streams(reader)
    if not folders:
        raise ValueError("its header is damaged")
    return folders[0]


def parse(data: bytes) -> tuple[list[Folder], Iterator[File]]:
    """Return the folders, and the entries in order. Raises ValueError (while iterating, too)."""
    reader = Reader(data)
    if not data:
        return [], iter(())
    reader.expect(_HEADER)
    folders: list[Folder] = []
    property = reader.byte()
    if property == _PROPERTIES:
        while reader.byte() != _END:
            reader.take(reader.number())
        property = reader.byte()
    if property == _ADDITIONAL:
        _streams(reader)
        property = reader.byte()
    if property == _MAIN:
        folders = _streams(reader)
        property = reader.byte()
    return folders, _files(reader) if property == _FILES else iter(())


def _streams(reader: Reader) -> list[Folder]:
    offset, sizes, folders = START, list[int](), list[Folder]()
    property = reader.byte()
    if property == _PACK:
        offset += reader.number()
        count = reader.count(4 * _MOST_FOLDERS)
        while (property := reader.byte()) != _END:
            if property == _SIZE:
                sizes = [reader.number() for _ in range(count)]
            elif property == _CRC:
                reader.crcs(count)
            else:
                raise ValueError("its header is damaged")
        property = reader.byte()
    if property == _UNPACK:
        folders = _folders(reader)
        property = reader.byte()
    first = 0
    for folder in folders:
        own = sizes[first : first + len(folder.packed)]
        folder.offset, folder.packed_size = offset, sum(own)
        first, offset = first + len(own), offset + sum(own)
    if property == _SUBSTREAMS:
        _substreams(reader, folders)
        property = reader.byte()
    else:
        for folder in folders:
            folder.contents = [(unpacked_size(folder), folder.crc)]
    if property != _END:
        raise ValueError("its header is damaged")
    return folders


def _folders(reader: Reader) -> list[Folder]:
    reader.expect(_FOLDER)
    count = reader.count(_MOST_FOLDERS)
    if reader.byte():
        raise ValueError("its folders are described elsewhere")
    folders = [_folder(reader) for _ in range(count)]
    reader.expect(_UNPACK_SIZES)
    for folder in folders:
        folder.sizes = [reader.number() for coder in folder.coders for _ in range(coder.outs)]
    while (property := reader.byte()) != _END:
        if property != _CRC:
            raise ValueError("its header is damaged")
        for folder, crc in zip(folders, reader.crcs(count), strict=True):
            folder.crc = crc
    return folders


def _folder(reader: Reader) -> Folder:
    coders = []
    for _ in range(reader.count(_MOST_CODERS)):
        flags = reader.byte()
        method = reader.take(flags & 15)
        ins, outs = (reader.count(_MOST_CODERS), reader.count(_MOST_CODERS)) if flags & 16 else (1, 1)
        properties = reader.take(reader.count()) if flags & 32 else b""
        coders.append(Coder(method, ins, outs, properties))
    ins, outs = sum(coder.ins for coder in coders), sum(coder.outs for coder in coders)
    if not outs or ins > 4 * _MOST_CODERS:
        raise ValueError("a folder has no methods, or too many")
    bonds = [(reader.number(), reader.number()) for _ in range(outs - 1)]
    bound = {stream for stream, _ in bonds}
    if ins - len(bonds) == 1:
        packed = [stream for stream in range(ins) if stream not in bound]
    else:
        packed = [reader.number() for _ in range(ins - len(bonds))]
    return Folder(coders, bonds, packed)


def unpacked_size(folder: Folder) -> int:
    """The size of what comes out in the end: of the stream out that feeds no other."""
    feeding = {stream for _, stream in folder.bonds}
    return next((size for stream, size in enumerate(folder.sizes) if stream not in feeding), 0)


def _substreams(reader: Reader, folders: list[Folder]) -> None:
    counts = [1] * len(folders)
    property = reader.byte()
    if property == _COUNTS:
        counts = [reader.count(_MOST_CONTENTS) for _ in folders]
        property = reader.byte()
    if sum(counts) > _MOST_CONTENTS:
        raise ValueError(f"its header states {sum(counts):,} contents")
    for folder, count in zip(folders, counts, strict=True):
        sizes = [reader.number() for _ in range(count - 1)] if property == _SIZE else []
        rest = unpacked_size(folder) - sum(sizes)
        if rest < 0 or len(sizes) < count - 1:
            raise ValueError("the sizes in its header do not add up")
        folder.contents = [(size, None) for size in [*sizes, rest][:count]]
    if property == _SIZE:
        property = reader.byte()
    known = [folder.crc if count == 1 else None for folder, count in zip(folders, counts, strict=True)]
    if property == _CRC:
        missing = sum(count for count, crc in zip(counts, known, strict=True) if crc is None)
        crcs = iter(reader.crcs(missing))
        property = reader.byte()
    else:
        crcs = iter(())
    for folder, crc in zip(folders, known, strict=True):
        folder.contents = [(size, next(crcs, None) if crc is None else crc) for size, _ in folder.contents]
    if property != _END:
        raise ValueError("its header is damaged")


def _files(reader: Reader) -> Iterator[File]:
    count = reader.count()
    empty_stream, empty_file = bytes(count), b""
    names: Iterator[bytes] = iter(())
    times: dict[int, Iterator[int]] = {}
    attributes: Iterator[int] = iter(())
    while (property := reader.byte()) != _END:
        body = Reader(reader.take(reader.count()))
        if property == _EMPTY_STREAM:
            empty_stream = body.bits(count)
        elif property == _EMPTY_FILE:
            empty_file = body.bits(empty_stream.count(1))
        elif property == _NAME and not body.byte():
            names = _names(body)
        elif property in (_CREATED, _ACCESSED, _MODIFIED):
            times[property] = _numbers(body, count, 8)
        elif property == _ATTRIBUTES:
            attributes = _numbers(body, count, 4)
    created, accessed, modified = (times.get(which, iter(())) for which in (_CREATED, _ACCESSED, _MODIFIED))
    empties = 0
    for number in range(count):
        is_empty, is_folder = bool(empty_stream[number]), False
        if is_empty:
            is_folder = not empty_file[empties : empties + 1].strip(b"\0")
            empties += 1
        yield File(
            next(names, b""), not is_empty, is_folder, next(attributes, 0),
            next(created, 0), next(accessed, 0), next(modified, 0),
        )  # fmt: skip


def _names(body: Reader) -> Iterator[bytes]:
    """UTF-16 names as UTF-8; half a surrogate pair, which Windows allows, in the bytes it would have."""
    while body.at < len(body.data):
        end = body.data.find(b"\0\0", body.at)
        while end >= 0 and (end - body.at) % 2:
            end = body.data.find(b"\0\0", end + 1)
        if end < 0:
            raise ValueError("a name in its header has no end")
        yield body.take(end - body.at).decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")
        body.take(2)


def _numbers(body: Reader, count: int, length: int) -> Iterator[int]:
    defined = body.flags(count)
    if body.byte():
        return
    for one in defined:
        yield body.little(length) if one else 0
