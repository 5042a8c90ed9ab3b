"""Pages of a SQLite database and its write-ahead log: as the database stands, and as it stood before.

After the SQLite file format (sqlite.org/fileformat2.html) and the WAL format (section 4 there). The SQLite library
is never used on evidence: it would write a journal, replay the log and drop it.
"""

from __future__ import annotations

import struct
from array import array
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source
from safelight.evidence.sqlite.journal import Journal

MAGIC = b"SQLite format 3\0"
HEADER = 100
MOST_PAGES = 1 << 26
"""Pages of a database that is read (a quarter of a terabyte at the usual page size)."""
_MOST_FRAMES = 1 << 22
_CACHED = 64
_WAL_MAGIC = (0x377F0682, 0x377F0683)
_FRAME_HEAD = 24
ENCODINGS = {1: "utf-8", 2: "utf-16-le", 3: "utf-16-be"}

ReadPage = Callable[[int], bytes]
Decode = Callable[[int, bytes], bytes]
"""Given the number of a page and its bytes in the log: the page in clear (`cipher.py`)."""


class Stale(NamedTuple):
    """A page as it stood before: where that lies, the page, and how to read the pages it belonged with."""

    origin: str
    """`wal frame 12`, `before the wal`."""
    number: int
    data: bytes
    read: ReadPage
    order: int
    """Frame in the log, 0 for the database file."""


class Pages:
    """The pages of one database. Raises EvidenceError where the header is no database's."""

    def __init__(
        self,
        source: Source,
        wal: Source | None = None,
        decode: Decode | None = None,
        journal: Source | None = None,
    ) -> None:
        head = source.read_at(0, HEADER)
        if len(head) < HEADER or not head.startswith(MAGIC):
            raise EvidenceError("it does not begin with the header of a SQLite database")
        self.size = _page_size(head)
        self.usable = self.size - head[20]
        if self.usable < 480:
            raise EvidenceError(f"the header reserves {head[20]} of {self.size} bytes a page")
        self.uses_wal = head[18] == 2 or head[19] == 2
        self._source = source
        self._wal: _Wal | None = None
        self.problems: list[str] = []
        in_file = -(-source.size // self.size)
        if wal is not None and wal.size > 32:
            try:
                self._wal = _Wal(wal, self.size, decode)
            except EvidenceError as error:
                self.problems.append(f"its write-ahead log is not read: {error}")
        stated = self._wal.pages if self._wal is not None else 0
        if not stated and source.size < _stated_pages(head) * self.size:
            self.problems.append(
                f"its header states {_stated_pages(head):,} pages, of which {source.size // self.size:,} are there"
            )
        self.count = stated or in_file
        if max(self.count, in_file) > MOST_PAGES:
            raise EvidenceError(f"it has more than {MOST_PAGES:,} pages")
        if self._wal is not None and self._wal.highest > MOST_PAGES:
            raise EvidenceError("its write-ahead log names a page beyond any database that is read")
        self.most = max(self.count, in_file, self._wal.highest if self._wal is not None else 0)
        """The highest number a page may have, in any state of the database."""
        self.owner = np.zeros(self.most + 1, np.uint32)
        """Root page of the tree that each page was seen in; 0 where none was."""
        self.tick: Callable[[], None] = _nothing
        """Called for each page that is read: whoever counts time may raise an error in it."""
        self._journal = (
            Journal(journal, self.size, self.most) if journal is not None and decode is None else None
        )
        self._cache: dict[int, bytes] = {}
        first = self.page(1)  # the log may have a newer one than the file
        self.encoding = ENCODINGS.get(int.from_bytes(first[56:60], "big"), "utf-8")

    def page(self, number: int) -> bytes:
        """A page as the database stands, padded to its size. Raises EvidenceError where it is not there."""
        self.tick()
        kept = self._cache.get(number)
        if kept is not None:
            return kept
        frame = self._wal.current.get(number) if self._wal is not None else None
        if frame is not None and self._wal is not None:
            data = self._wal.page(frame)
        elif 0 < number <= self.count:
            data = self._in_file(number)
        else:
            raise EvidenceError(f"page {number:,} lies beyond the end of the database ({self.count:,} pages)")
        if len(self._cache) >= _CACHED:
            self._cache.pop(next(iter(self._cache)))
        self._cache[number] = data
        return data

    def _in_file(self, number: int) -> bytes:
        data = self._source.read_at((number - 1) * self.size, self.size)
        if not data:
            raise EvidenceError(f"page {number:,} is missing: the database is cut short")
        return data if len(data) == self.size else data + bytes(self.size - len(data))

    def before(self, number: int) -> bytes:
        """A page as the database file has it, whatever the log says. Raises EvidenceError."""
        if not 0 < number <= self.most:
            raise EvidenceError(f"there is no page {number:,}")
        return self._in_file(number)

    def stale(self) -> Iterator[Stale]:
        """Every page that the log holds or has replaced and that is not in force, oldest first."""
        if self._journal is not None:
            for number, data in self._journal.pages(self.tick):
                yield Stale("journal", number, data, self._before_journal, 0)
        wal = self._wal
        if wal is None:
            return
        for number in sorted(wal.current):
            try:
                data = self.before(number)
            except EvidenceError:
                continue  # the log has added it
            yield Stale("before the wal", number, data, self.before, 0)
        for frame in range(wal.count):
            self.tick()
            number = wal.numbers[frame]
            if wal.current.get(number) == frame or not number:
                continue
            yield Stale(f"wal frame {frame + 1}", number, wal.page(frame), self._as_of(frame), frame + 1)

    def _before_journal(self, number: int) -> bytes:
        data = self._journal.page(number, self.tick) if self._journal is not None else None
        return self.before(number) if data is None else data

    def _as_of(self, frame: int) -> ReadPage:
        wal = self._wal
        assert wal is not None
        end = wal.end_of_transaction(frame)

        def read(number: int) -> bytes:
            found = wal.latest(number, end)
            return self.before(number) if found is None else wal.page(found)

        return read

    def freelist(self, problems: list[str]) -> tuple[dict[int, tuple[int, int]], npt.NDArray[np.bool_]]:
        """Trunk pages of the freelist, with the first leaf of each and their count; and which pages are free.

        What is wrong is added to `problems`.
        """
        trunks: dict[int, tuple[int, int]] = {}
        free = np.zeros(self.most + 1, np.bool_)
        seen = 0
        try:
            number = int.from_bytes(self.page(1)[32:36], "big")
            while number:
                if number in trunks or seen > self.most:
                    raise EvidenceError("the list of free pages is a loop")
                data = self.page(number)
                following, held = struct.unpack_from(">II", data)
                held = min(held, self.usable // 4 - 2)
                leaves = np.frombuffer(data, ">u4", held, 8)
                leaves = leaves[(leaves > 0) & (leaves <= self.most)]
                trunks[number] = (int(leaves[0]) if len(leaves) else 0, held)
                free[leaves] = free[number] = True
                seen += 1 + held
                number = following
        except EvidenceError as error:
            problems.append(f"the list of free pages cannot be followed: {error}")
        return trunks, free


def _stated_pages(head: bytes) -> int:
    """How many pages the header says there are; 0 where a program that does not keep count wrote last."""
    return int.from_bytes(head[28:32], "big") if head[24:28] == head[92:96] else 0


@dataclass(slots=True)
class _Wal:
    """A write-ahead log: which frame of each page is in force, and all others."""

    source: Source
    page_size: int
    decode: Decode | None
    numbers: array[int] = field(default_factory=lambda: array("I"))
    """Page of each frame."""
    current: dict[int, int] = field(default_factory=dict)
    pages: int = 0
    """Pages of the database after the last commit; 0 where nothing was committed."""
    count: int = 0
    highest: int = 0
    _frames: dict[int, array[int]] = field(default_factory=dict)
    _ends: array[int] = field(default_factory=lambda: array("I"))
    """Last frame of each transaction, and of each generation of the log."""

    def __post_init__(self) -> None:
        head = self.source.read_at(0, 32)
        if len(head) < 32:
            raise EvidenceError("its head is cut off")
        magic, _, size, _ = struct.unpack_from(">IIII", head)
        if magic not in _WAL_MAGIC:
            raise EvidenceError("its first bytes are not those of a log")
        if size != self.page_size:
            raise EvidenceError(f"its pages have {size:,} bytes, those of the database {self.page_size:,}")
        order = ">" if magic & 1 else "<"
        sums = _checksum(head[:24], (0, 0), order)
        valid = sums == struct.unpack_from(">II", head, 24)
        self._read(head[16:24], valid, sums, order)

    def _read(self, salts: bytes, valid: bool, sums: tuple[int, int], order: str) -> None:
        step = _FRAME_HEAD + self.page_size
        total = min((self.source.size - 32) // step, _MOST_FRAMES)
        pending: dict[int, int] = {}
        before = salts
        for frame in range(total):
            data = self.source.read_at(32 + frame * step, step)
            if len(data) < step:
                break
            number, after_commit = struct.unpack_from(">II", data)
            if data[8:16] != before:
                if frame and (not self._ends or self._ends[-1] < frame - 1):
                    self._ends.append(frame - 1)
                before = data[8:16]
            if valid:
                sums = _checksum(data[24:], _checksum(data[:8], sums, order), order)
                valid = data[8:16] == salts and sums == struct.unpack_from(">II", data, 16) and number > 0
            number = number if number <= MOST_PAGES else 0
            self.numbers.append(number)
            self.highest = max(self.highest, number)
            self._frames.setdefault(number, array("I")).append(frame)
            if valid:
                pending[number] = frame
                if after_commit:
                    self.current.update(pending)
                    self.pages = after_commit
                    pending.clear()
            if after_commit:
                self._ends.append(frame)
        self.count = len(self.numbers)
        if self.count and (not self._ends or self._ends[-1] < self.count - 1):
            self._ends.append(self.count - 1)
        if self.pages:
            self.current = {number: frame for number, frame in self.current.items() if number <= self.pages}

    def page(self, frame: int) -> bytes:
        """The page in a frame."""
        step = _FRAME_HEAD + self.page_size
        data = self.source.read_at(32 + frame * step + _FRAME_HEAD, self.page_size)
        return data if self.decode is None else self.decode(self.numbers[frame], data)

    def end_of_transaction(self, frame: int) -> int:
        """The last frame that was written together with this one."""
        at = bisect_left(self._ends, frame)
        return self._ends[at] if at < len(self._ends) else frame

    def latest(self, number: int, end: int) -> int | None:
        """The last frame of a page up to and with `end`, in the same generation of the log."""
        frames = self._frames.get(number)
        if frames is None:
            return None
        at = bisect_right(frames, end)
        return frames[at - 1] if at else None


def _nothing() -> None:
    """Nobody counts."""


def _page_size(head: bytes) -> int:
    size = int.from_bytes(head[16:18], "big")
    size = 65536 if size == 1 else size
    if size < 512 or size & size - 1:
        raise EvidenceError(f"the header states pages of {size:,} bytes")
    return size


def _checksum(data: bytes, sums: tuple[int, int], order: str) -> tuple[int, int]:
    """The log's checksum over eight bytes at a time (section 4.2)."""
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    first, second = sums
    for even, odd in zip(words[::2], words[1::2], strict=True):
        first = (first + even + second) & 0xFFFFFFFF
        second = (second + odd + first) & 0xFFFFFFFF
    return first, second
