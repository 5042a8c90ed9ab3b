"""ZIP: members by the central directory; by their own headers where that is missing.

After APPNOTE.TXT 6.3 (PKWARE). Python's `zipfile` is not used: it holds all entries in memory, decodes names,
opens nothing of a truncated archive, and keeps back the last piece of a member whose checksum is wrong.
"""

from __future__ import annotations

import stat
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import decompress, stamps
from safelight.evidence.decompress import Feed, Piped, Unpack
from safelight.evidence.encrypted.zip_locked import Locked, ZipLocks
from safelight.evidence.guards import Meter
from safelight.evidence.marks import begins, ends
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.segments import is_later
from safelight.evidence.source import SliceSource
from safelight.evidence.stream import IN_MEMORY, StreamSource
from safelight.model import Times

_LOCAL, _CENTRAL, _END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
_END_64, _LOCATOR_64 = b"PK\6\6", b"PK\6\7"
_LOCAL_FIELDS = struct.Struct("<4sHHHHHLLLHH")
_CENTRAL_FIELDS = struct.Struct("<4sBBHHHHHLLLHHHHHLL")
_END_FIELDS = struct.Struct("<4sHHHHLLH")
_LONGEST_END = 22 + 0xFFFF
_SMALL_TAIL = 4096
"""How far from the end a file that does not begin like a ZIP is looked at."""

_METHODS: dict[int, Unpack] = {
    0: decompress.stored,
    8: decompress.inflate,
    9: decompress.inflate64,
    12: decompress.bunzip,
    93: decompress.unzstd,
    95: decompress.unxz,
}
_NAMES = {1: "Shrink", 6: "Implode", 14: "LZMA", 96: "JPEG variant", 97: "WavPack", 98: "PPMd"}
_ENCRYPTED_METHOD = 99
_ENCRYPTED, _LATER, _STRONG = 1, 8, 64
"""Flags: a password is needed; checksum and sizes follow the data; PKWARE's own strong encryption."""


@dataclass(slots=True)
class _Entry:
    """One member as a header states it; `offset` is of its local header, from the start of the source."""

    name: bytes
    offset: int
    flags: int
    method: int
    crc: int
    packed: int | None
    """None, like `size` and `crc`: unknown, they follow the data."""
    size: int | None
    times: Times
    mode: int = 0
    clock: int = 0
    """The DOS time, by which a password is quickly checked where the checksum follows."""
    aes: tuple[int, int] | None = None
    """Version and strength of its AES encryption; `method` is then what lies under it."""
    spanned: bool = False
    """Is the archive split over several files in ZIP's own way? Then `offset` is one in another file."""


class ZipReader:
    """ZIP and what is built on it (office documents, apk, jar, epub); also behind other data."""

    name = "zip"
    order = 46  # after the archives that a signature names: a ZIP may lie stored at the end of one
    marks = (begins(_LOCAL, _END, b"PK\7\x08PK"), ends(_END, within=_SMALL_TAIL))

    def detect(self, head: bytes, source: Source) -> bool:
        """Does it begin like one, or is there an end record with a directory before it?"""
        if head.startswith((_LOCAL, _END, b"PK\7\x08PK")):
            return True
        if source.size < 22:
            return False
        whole = source.size == len(head)
        tail = (
            head[-_SMALL_TAIL:] if whole else source.read_at(max(0, source.size - _SMALL_TAIL), _SMALL_TAIL)
        )
        if _END not in tail:  # nearly all files; a search from behind is slower by much
            return False
        if len(tail) - (at := tail.rfind(_END)) < 22:
            return False
        size, offset = _END_FIELDS.unpack_from(tail, at)[5:7]
        start = source.size - len(tail) + at - size
        if start < 0 or size < 46 or source.read_at(start, 4) != _CENTRAL:
            return False
        return offset <= start or not is_later(source)  # the last segment is read with the first

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in the directory's order, then findings."""
        meter = Meter.of(limits, source)
        locks = ZipLocks(limits, meter)
        seen: set[int] = set()
        overlaps = _Overlaps(source.size, seen)
        problem = None
        try:
            for entry in _directory(source):
                meter.entry()
                node = _node(source, entry, meter, locks)
                if node.open is not None and entry.spanned:
                    node.open, node.error = (
                        None,
                        "not read: the archive is split (.z01 …), which is not put together",
                    )
                if node.open is not None and (reason := overlaps.of(entry)) is not None:
                    node.open, node.error = None, reason
                seen.add(entry.offset)
                yield node
        except _DirectoryError as error:
            problem = str(error)
        if problem is not None:
            yield Node(b"", Kind.FINDING, error=f"{problem}; members are taken from their own headers")
            yield from _salvage(source, seen, meter, locks)


class _DirectoryError(Exception):
    """The central directory is missing or damaged."""


class _Overlaps:
    """Refuses entries that share their bytes with others: that is how a small archive claims to hold very much."""

    _MOST = 1_000
    _TIMES = 4
    """How often the size of the archive its entries may claim: one that lies must not hide those behind it."""

    def __init__(self, size: int, seen: set[int]) -> None:
        self._left = size * self._TIMES
        self._seen = seen
        self._count = 0

    def of(self, entry: _Entry) -> str | None:
        """Why an entry is not read, if so; `seen` has the offsets before it. Raises EvidenceError after many."""
        self._left -= entry.packed or 0
        reason = None
        if entry.offset in self._seen:
            reason = "not read: it shares its bytes with an entry before it, which was read"
        elif self._left < 0:
            reason = "not read: the entries overlap, they claim several times the size of the archive"
        if reason is not None:
            self._count += 1
            if self._count > self._MOST:
                raise EvidenceError(f"more than {self._MOST:,} entries overlap; what follows is not listed")
        return reason


def _directory(source: Source) -> Iterator[_Entry]:
    """Yield the central directory's entries at constant memory. Raises _DirectoryError."""
    start, end, stated, shift, spanned = _find_directory(source)
    position, found = start, 0
    buffer, base = b"", start
    while position + 46 <= end:
        if position - base + 46 + 3 * 0xFFFF > len(buffer) and base + len(buffer) < end:
            buffer, base = source.read_at(position, min(1 << 20, end - position)), position
        at = position - base
        if buffer[at : at + 4] != _CENTRAL or at + 46 > len(buffer):
            raise _DirectoryError(f"the directory is damaged after {found:,} entries")
        fields = _CENTRAL_FIELDS.unpack_from(buffer, at)
        (_, _, host, _, flags, method, clock, day, crc, packed, size, n, m, k, _, _, attributes, offset) = (
            fields
        )
        name = buffer[at + 46 : at + 46 + n]
        extra = _extra(buffer[at + 46 + n : at + 46 + n + m])
        size, packed, offset = _sizes_64(extra.get(1), size, packed, offset)
        mode = attributes >> 16 if host in (3, 19) else 0
        times = _times(extra, day, clock)
        method, aes = _under(method, extra)
        yield _Entry(name, offset + shift, flags, method, crc, packed, size, times, mode, clock, aes, spanned)
        found += 1
        position += 46 + n + m + k
    if found & 0xFFFF != stated & 0xFFFF:
        raise _DirectoryError(f"the directory has {found:,} entries where {stated:,} are stated")


def _find_directory(source: Source) -> tuple[int, int, int, int, bool]:
    """Return start, end, stated entries of the directory, by how much a prefix shifts all, and whether it is split."""
    tail_at = max(0, source.size - _LONGEST_END)
    tail = source.read_at(tail_at, _LONGEST_END)
    at = tail.rfind(_END)
    while at >= 0:
        if len(tail) - at >= 22:
            _, disk, _, _, count, size, offset, _ = _END_FIELDS.unpack_from(tail, at)
            end = tail_at + at
            locator = source.read_at(end - 20, 20) if end >= 20 else b""
            if locator.startswith(_LOCATOR_64):
                end_64 = _find_end_64(source, locator, end)
                if end_64 is not None:
                    end, count, size, offset = end_64
            start = end - size
            if start >= 0 and (size == 0 or source.read_at(start, 4) == _CENTRAL):
                return start, end, count, start - offset, 0 < disk < 0xFFFF
            if offset + size <= end and source.read_at(offset, 4) == _CENTRAL:
                return offset, offset + size, count, 0, False
        at = tail.rfind(_END, 0, at)
    raise _DirectoryError("the directory is missing (is it truncated?)")


def is_whole_zip(source: Source) -> bool:
    """Does it begin like a ZIP and end with its directory, or is that in another segment?"""
    try:
        return source.read_at(0, 4) == _LOCAL and _find_directory(source) is not None
    except _DirectoryError:
        return False


def _find_end_64(source: Source, locator: bytes, end: int) -> tuple[int, int, int, int] | None:
    for at in (struct.unpack_from("<Q", locator, 8)[0], end - 20 - 56):
        record = source.read_at(at, 56)
        if len(record) == 56 and record.startswith(_END_64):
            count, size, offset = struct.unpack_from("<QQQ", record, 32)
            return at, count, size, offset
    return None


def _sizes_64(extra: bytes | None, size: int, packed: int, offset: int) -> tuple[int, int, int]:
    """Take the fields that are at their maximum from the ZIP64 field, in this order."""
    values = list(struct.unpack(f"<{len(extra) // 8}Q", extra[: len(extra) // 8 * 8])) if extra else []
    if size == 0xFFFFFFFF and values:
        size = values.pop(0)
    if packed == 0xFFFFFFFF and values:
        packed = values.pop(0)
    if offset == 0xFFFFFFFF and values:
        offset = values.pop(0)
    return size, packed, offset


def _extra(data: bytes) -> dict[int, bytes]:
    fields: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        tag, length = struct.unpack_from("<HH", data, at)
        fields.setdefault(tag, data[at + 4 : at + 4 + length])
        at += 4 + length
    return fields


def _under(method: int, extra: dict[int, bytes]) -> tuple[int, tuple[int, int] | None]:
    """The method under AES encryption, and the version and strength of that, where a member has it."""
    field = extra.get(0x9901, b"")
    if method != _ENCRYPTED_METHOD or len(field) < 7:
        return method, None
    version, _, strength, method = struct.unpack_from("<H2sBH", field)
    return (method, (version, strength)) if strength in (1, 2, 3) else (_ENCRYPTED_METHOD, None)


def _times(extra: dict[int, bytes], day: int, clock: int) -> Times:
    """The best times stated: NTFS, then UNIX seconds (both UTC), then the local DOS time."""
    ntfs = extra.get(0x000A, b"")
    if len(ntfs) >= 32 and ntfs[4:8] == b"\x01\x00\x18\x00":
        modified, accessed, created = struct.unpack_from("<QQQ", ntfs, 8)
        at = partial(stamps.filetime, source="zip:ntfs")
        return Times(created=at(created), modified=at(modified), accessed=at(accessed))
    unix = extra.get(0x5455, b"")
    if len(unix) >= 5 and unix[0] & 1:
        seconds = int.from_bytes(unix[1:5], "little", signed=True)
        return Times(modified=stamps.utc(seconds * 1_000_000_000, "zip:unix"))
    return Times(modified=stamps.dos(day, clock, "zip"))


def _node(source: Source, entry: _Entry, meter: Meter, locks: ZipLocks) -> Node:
    kind = Kind.FILE
    if entry.name.endswith(b"/") or stat.S_ISDIR(entry.mode):
        kind = Kind.FOLDER
    elif stat.S_ISLNK(entry.mode):
        kind = Kind.LINK
    elif entry.mode and stat.S_IFMT(entry.mode) not in (0, stat.S_IFREG):
        kind = Kind.SPECIAL
    name = entry.name.rstrip(b"/") if kind is Kind.FOLDER else entry.name
    node = Node(
        name, kind, size=entry.size, times=entry.times, address={"offset": entry.offset}, layer="member"
    )
    if kind is Kind.FOLDER:
        node.size = None
    elif entry.flags & _STRONG or entry.method == _ENCRYPTED_METHOD:
        node.error = "encrypted in a way that is not opened here (PKWARE's strong encryption or another)"
    elif entry.method not in _METHODS and entry.method != 14:
        method = _NAMES.get(entry.method, "unknown")
        node.error = f"cannot be decompressed: method {entry.method} ({method})"
    elif entry.flags & _ENCRYPTED:
        _lock(node, source, entry, meter, locks)
    elif kind is Kind.LINK:
        try:
            node.target = _open(source, entry, meter).read_at(0, 4096)
        except EvidenceError as error:
            node.error = str(error)
    elif kind is Kind.FILE:
        node.open = partial(_open, source, entry, meter)
        if entry.packed is None and entry.method == 0:
            node.error = "its length is not stated: what follows it in the archive is part of it here"
        elif entry.packed is not None and entry.offset + 30 + len(entry.name) + entry.packed > source.size:
            node.error = "it ends early: the archive is cut short within it"
    return node


def _lock(node: Node, source: Source, entry: _Entry, meter: Meter, locks: ZipLocks) -> None:
    """An encrypted member: nothing is decrypted before somebody asks for its content."""
    if not locks:
        node.error = locks.refusal(_method(entry))
    elif entry.packed is None:
        node.error = "encrypted, and its length is not stated: it cannot be opened"
    elif node.kind is Kind.FILE:
        node.open = partial(_open_locked, source, entry, meter, locks, node)
    elif node.kind is Kind.LINK:
        try:
            node.target = _open_locked(source, entry, meter, locks, node).read_at(0, 4096)
        except EvidenceError as error:
            node.error = str(error)


def _method(entry: _Entry) -> str:
    return "ZipCrypto" if entry.aes is None else f"AES-{64 + 64 * entry.aes[1]}"


def _open_locked(source: Source, entry: _Entry, meter: Meter, locks: ZipLocks, node: Node) -> Source:
    start = _data_start(source, entry.offset)
    member = Locked(
        start,
        start + (entry.packed or 0),
        entry.crc,
        entry.size,
        entry.clock if entry.flags & _LATER else None,
        None if entry.aes is None else entry.aes[1],
    )
    pieces = locks.open(source, member, lambda given: _unpacked(Piped(given), entry), node)
    return StreamSource(_chunks(Piped(pieces()), entry, meter), entry.size)


def _open(source: Source, entry: _Entry, meter: Meter) -> Source:
    """Open a member: a part of the archive where it is large and stored as it is, else a stream."""
    start = _data_start(source, entry.offset)
    if entry.method == 0 and entry.size is not None and entry.size == entry.packed and entry.size > IN_MEMORY:
        return _Stored(source, start, entry, meter)
    feed = Feed(source, start, None if entry.packed is None else start + entry.packed)
    return StreamSource(_chunks(feed, entry, meter), entry.size)


class _Stored(SliceSource):
    """A member that is a part of the archive: what is read of it in order is counted, and checked at the end."""

    def __init__(self, source: Source, start: int, entry: _Entry, meter: Meter) -> None:
        super().__init__(source, start, entry.size or 0)
        self.damage: str | None = None
        self._meter = meter
        self._stated = entry
        self._read = 0
        """Bytes from the start that were counted: its head is read twice."""
        self._crc = 0

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError, GuardError."""
        begun = time.monotonic()
        data = super().read_at(offset, length)
        if offset <= self._read < offset + len(data):
            fresh = memoryview(data)[self._read - offset :]
            self._crc = zlib.crc32(fresh, self._crc)
            self._read += len(fresh)
            self._meter.give(len(fresh), time.monotonic() - begun)
            if self._read == self._stated.size and self._crc != self._stated.crc:
                self.damage = "its checksum (CRC-32) does not match"
        return data


def _chunks(feed: Feed, entry: _Entry, meter: Meter) -> Iterator[bytes]:
    start = feed.position
    crc = 0
    for chunk in meter.guarded(_unpacked(feed, entry), lambda: feed.position - start):
        crc = zlib.crc32(chunk, crc)
        yield chunk
    states_none = entry.packed is None or (entry.aes is not None and entry.aes[0] == 2 and not entry.crc)
    if not states_none and crc != entry.crc:
        raise EvidenceError("its checksum (CRC-32) does not match")


def _unpacked(feed: Feed, entry: _Entry) -> Iterator[bytes]:
    unpack = _lzma(feed) if entry.method == 14 else _METHODS[entry.method]
    yield from unpack(feed)


def _lzma(feed: Feed) -> Unpack:
    """Method 14: version, length of the properties, properties, then raw LZMA."""
    length = int.from_bytes(feed.exactly(4)[2:], "little")
    properties = feed.exactly(length)
    if length != 5 or properties[0] >= 225:
        raise EvidenceError("its LZMA properties are wrong")
    rest, pb = properties[0] // 9, properties[0] // 45
    dictionary = int.from_bytes(properties[1:5], "little")
    return decompress.unlzma_raw(lc=properties[0] % 9, lp=rest % 5, pb=pb, dictionary=dictionary)


def _data_start(source: Source, offset: int) -> int:
    header = source.read_at(offset, 30)
    if len(header) < 30 or not header.startswith(_LOCAL):
        raise EvidenceError(f"its header at {offset:,} is missing")
    name, extra = struct.unpack_from("<HH", header, 26)
    return offset + 30 + int(name) + int(extra)


def _salvage(source: Source, seen: set[int], meter: Meter, locks: ZipLocks) -> Iterator[Node]:
    """Yield the members whose local headers are found by searching, except those in `seen`."""
    search = _Search(source, meter)
    position = 0
    while (offset := search.next_header(position)) is not None:
        header = search.peek(offset, 30)
        if len(header) < 30:
            return
        _, _, flags, method, clock, day, crc, packed, size, n, m = _LOCAL_FIELDS.unpack(header)
        position = start = offset + 30 + n + m
        if offset in seen or not n or (method not in _METHODS and method not in _NAMES and method != 99):
            position = offset + 4 if offset not in seen else start
            continue
        meter.entry()
        rest = source.read_at(offset + 30, n + m)
        extra = _extra(rest[n:])
        size, packed, _ = _sizes_64(extra.get(1), size, packed, 0)
        unknown = bool(flags & _LATER) and not packed
        method, aes = _under(method, extra)
        entry = _Entry(
            rest[:n], offset, flags, method, crc, None if unknown else packed, None if unknown else size,
            _times(extra, day, clock), clock=clock, aes=aes,
        )  # fmt: skip
        node = _node(source, entry, meter, locks)
        if node.open is not None and unknown:  # only reading it shows where the next one may begin
            feed = Feed(source, start)
            stream = StreamSource(_chunks(feed, entry, meter), None)
            node.open = partial(_itself, stream)
            yield node
            position = max(start, feed.position)
        else:
            yield node
            position = start if unknown else start + packed


def _itself(source: Source) -> Source:
    return source


class _Search:
    """Looks for local headers through one window, so that many false ones cost no more than one read."""

    _WINDOW = 1 << 20

    def __init__(self, source: Source, meter: Meter) -> None:
        self._source = source
        self._meter = meter
        self._start = 0
        self._data = b""

    def next_header(self, position: int) -> int | None:
        """The offset of the first mark of a local header from `position` on. Raises GuardError."""
        while position < self._source.size:
            if not self._start <= position < self._start + len(self._data) - 3:
                begun = time.monotonic()
                self._start, self._data = position, self._source.read_at(position, self._WINDOW)
                self._meter.give(0, time.monotonic() - begun)
            if (at := self._data.find(_LOCAL, position - self._start)) >= 0:
                return self._start + at
            if len(self._data) < self._WINDOW:
                return None
            position = self._start + len(self._data) - 3
        return None

    def peek(self, offset: int, length: int) -> bytes:
        """Bytes at `offset`, out of the window where it holds them."""
        at = offset - self._start
        if at >= 0 and at + length <= len(self._data):
            return self._data[at : at + length]
        return self._source.read_at(offset, length)
