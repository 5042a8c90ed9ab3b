"""OLE compound files ([MS-CFB]): a small file system within a file, as legacy Office, MSG and Thumbs.db use it.

The allocation table is read sector by sector as chains are followed; a chain is as long as its stream's size
allows, so that a loop in it ends there. Storages are listed once, whatever their tree says.
"""

from __future__ import annotations

import struct
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.protocol import Source
from safelight.evidence.source import BytesSource
from safelight.model import Times

MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_NONE = 0xFFFFFFFA
"""Sector numbers from here on are marks: end of chain, free, table."""
_ENTRY = struct.Struct("<64sHBBIII16sIQQIQ")
_STORAGE, _STREAM, _ROOT = 1, 2, 5
_MOST_ENTRIES = 500_000
_KEPT = 256


@dataclass(slots=True)
class Entry:
    """One storage or stream."""

    name: str
    kind: int
    left: int
    right: int
    child: int
    start: int
    size: int
    times: Times
    number: int
    path: tuple[str, ...] = ()
    children: list[Entry] = field(default_factory=list)

    @property
    def is_stream(self) -> bool:
        """Does it have content?"""
        return self.kind == _STREAM

    def get(self, name: str) -> Entry | None:
        """The child of that name, in either case."""
        wanted = name.lower()
        return next((child for child in self.children if child.name.lower() == wanted), None)


class Compound:
    """A compound file opened: `root` is its storage of storages. Raises EvidenceError where it is none."""

    def __init__(self, source: Source) -> None:
        head = source.read_at(0, 512)
        if len(head) < 512 or not head.startswith(MAGIC):
            raise EvidenceError("the header of the compound file is cut short")
        self.source = source
        version, _, shift, mini_shift = struct.unpack_from("<HHHH", head, 26)
        if shift not in (9, 12) or mini_shift != 6:
            raise EvidenceError("the header of the compound file is damaged")
        self.sector = 1 << shift
        self._wide = version >= 4
        (self._tables, directory, _, self._cutoff, self._mini_table, _, self._more, _) = struct.unpack_from(
            "<IIIIIIII", head, 44
        )
        self._listed: list[int] = list(struct.unpack_from("<109I", head, 76))
        self._seen_more: set[int] = set()
        self._kept: OrderedDict[int, tuple[int, ...]] = OrderedDict()
        self._mini_entries: tuple[int, ...] | None = None
        self.problems: list[str] = []
        self._entries = self._directory(directory)
        self.root = self._entries[0]
        self._mini = Chain(self, self.root.start, self.root.size)
        self._link()

    def streams(self, below: Entry | None = None) -> Iterator[Entry]:
        """Yield all streams below a storage, depth first."""
        stack = list(reversed((below or self.root).children))
        while stack:
            entry = stack.pop()
            if entry.is_stream:
                yield entry
            else:
                stack.extend(reversed(entry.children))

    def open(self, entry: Entry) -> Source:
        """Open a stream. Raises EvidenceError."""
        if entry.size > self.source.size:
            raise EvidenceError(f"claims {entry.size:,} bytes, more than the file it lies in")
        if entry.size >= self._cutoff:
            return Chain(self, entry.start, entry.size)
        return BytesSource(self._small(entry))

    def read(self, entry: Entry, most: int = 1 << 20) -> bytes:
        """Return the beginning of a stream. Raises EvidenceError."""
        return self.open(entry).read_at(0, most)

    def following(self, sector: int) -> int:
        """The sector that comes after one in its chain. Raises EvidenceError."""
        number, at = divmod(sector, self.sector // 4)
        table = self._kept.get(number)
        if table is None:
            data = self.read_sector(self._table(number))
            table = self._kept[number] = struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        if at >= len(table):
            raise EvidenceError("its chain of sectors leads beyond the end")
        following: int = table[at]
        return following

    def read_sector(self, sector: int) -> bytes:
        """Return one sector."""
        return self.source.read_at((sector + 1) * self.sector, self.sector)

    def _table(self, number: int) -> int:
        """The sector in which a part of the allocation table lies."""
        while number >= len(self._listed):
            if self._more >= _NONE or self._more in self._seen_more:
                raise EvidenceError("its chain of sectors is not in the allocation table")
            self._seen_more.add(self._more)
            data = self.read_sector(self._more)
            if len(data) < self.sector:
                raise EvidenceError("the allocation table is cut short")
            *listed, self._more = struct.unpack(f"<{self.sector // 4}I", data)
            self._listed += listed
        sector: int = self._listed[number]
        if sector >= _NONE:
            raise EvidenceError("its chain of sectors is not in the allocation table")
        return sector

    def _directory(self, start: int) -> list[Entry]:
        entries: list[Entry] = []
        sector, seen = start, set[int]()
        while sector < _NONE and sector not in seen and len(entries) < _MOST_ENTRIES:
            seen.add(sector)
            data = self.read_sector(sector)
            entries += [
                self._entry(data[at : at + 128], len(entries) + at // 128)
                for at in range(0, len(data) - 127, 128)
            ]
            try:
                sector = self.following(sector)
            except EvidenceError as error:
                self.problems.append(f"its directory breaks off: {error}")
                break
        if not entries or entries[0].kind != _ROOT:
            raise EvidenceError("the directory of the compound file is damaged")
        return entries

    def _entry(self, data: bytes, number: int) -> Entry:
        name, length, kind, _, left, right, child, _, _, created, changed, start, size = _ENTRY.unpack(data)
        text = name[: max(0, min(length, 64) - 2)].decode("utf-16-le", "replace")
        times = Times(created=stamps.filetime(created, "ole"), modified=stamps.filetime(changed, "ole"))
        size = size if self._wide else size & 0xFFFFFFFF
        return Entry(text, kind, left, right, child, start, size, times, number)

    def _link(self) -> None:
        """Give each storage its children: a tree of siblings, walked in order, each entry once."""
        seen = {0}
        storages = [self.root]
        while storages:
            storage = storages.pop()
            stack, at = list[int](), storage.child
            while stack or at < len(self._entries):
                if at < len(self._entries) and at not in seen:
                    seen.add(at)
                    stack.append(at)
                    at = self._entries[at].left
                    continue
                if not stack:
                    break
                entry = self._entries[stack.pop()]
                if entry.kind in (_STORAGE, _STREAM):
                    entry.path = (*storage.path, entry.name)[-32:]
                    storage.children.append(entry)
                    if entry.kind == _STORAGE:
                        storages.append(entry)
                at = entry.right

    def _small(self, entry: Entry) -> bytes:
        """The content of a stream that lies in the small sectors of the root's own stream."""
        if self._mini_entries is None:
            chain = Chain(self, self._mini_table, min(self.source.size, self.root.size // 16 + self.sector))
            data = chain.read_at(0, chain.size)
            self._mini_entries = struct.unpack(f"<{len(data) // 4}I", data[: len(data) // 4 * 4])
        out, sector = bytearray(), entry.start
        while len(out) < entry.size and sector < len(self._mini_entries):
            out += self._mini.read_at(sector * 64, 64)
            sector = self._mini_entries[sector]
        if len(out) < entry.size:
            raise EvidenceError(f"ends after {len(out):,} of {entry.size:,} bytes")
        return bytes(out[: entry.size])


class Chain:
    """A chain of sectors as a source; followed as far as it is read."""

    name = ""

    def __init__(self, compound: Compound, start: int, size: int) -> None:
        self._compound = compound
        self._next = start
        self._starts: list[int] = []
        self._places: list[int] = []
        """Runs of neighbouring sectors: where each begins in the chain, and in the file."""
        self._known = 0
        self.damage: str | None = None
        self.size = size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        self._follow(offset + length)
        length = min(length, self.size - offset)
        out = bytearray()
        while len(out) < length:
            at = offset + len(out)
            run = bisect_right(self._starts, at) - 1
            after = self._starts[run + 1] if run + 1 < len(self._starts) else self._known
            wanted = min(after - at, length - len(out))
            data = self._compound.source.read_at(self._places[run] + at - self._starts[run], wanted)
            out += data
            if len(data) < wanted:
                self.damage = self.damage or "the file ends within it"
                break
        return bytes(out)

    def _follow(self, end: int) -> None:
        """Follow the chain until it covers `end`; where it breaks off, the stream ends."""
        sector = self._compound.sector
        while self._known < end:
            if self._next >= _NONE or (self._next + 1) * sector >= self._compound.source.size:
                self.damage = self.damage or f"its chain ends after {self._known:,} of {self.size:,} bytes"
                self.size = min(self.size, self._known)
                return
            place = (self._next + 1) * sector
            if not self._starts or self._places[-1] + self._known - self._starts[-1] != place:
                self._starts.append(self._known)
                self._places.append(place)
            self._known += sector
            try:
                self._next = self._compound.following(self._next)
            except EvidenceError:
                self._next = _NONE

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a stream."""
        return None

    def close(self) -> None:
        """Nothing to release: the file is its owner's."""
