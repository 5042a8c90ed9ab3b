"""Rows of a SQLite table: cells of a page, records, values; what a row keeps on further pages is read when asked for.

After sqlite.org/fileformat2.html, sections 1.6 (b-tree pages), 2.1 (record format) and 1.6.1 (overflow).
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterator
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source
from safelight.evidence.sqlite.pages import ReadPage

Follow = Callable[[int, int], tuple[int, str | None]]
"""Given a page and the one that it names as the next: the one that follows (below 0: it belongs to no such chain), and
what is wrong with it."""
LEAF, INTERIOR = 0x0D, 0x05
"""Types of the pages of tables that have row ids."""
KEY_LEAF, KEY_INTERIOR = 0x0A, 0x02
"""Types of the pages of tables that have none (`WITHOUT ROWID`), which are stored as an index is."""
LONGEST_TEXT = 1 << 20
"""Bytes of a text that are read."""
_LONGEST_HEADER = 1 << 18
_SHORTEST = 16
_KEPT = 1 << 20
"""Values up to this size are read once and kept while they are looked at."""
_SIZES = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, 0, 0)
"""By serial type; 10 and 11 are reserved and stand for nothing."""


class Layout(NamedTuple):
    """What is needed to read cells: usable bytes a page, how text is encoded, the pages there can be."""

    usable: int
    encoding: str
    pages: int


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A variable-length integer (unsigned) and where it ends. Raises IndexError beyond the end."""
    value = data[at]
    if value < 0x80:
        return value, at + 1
    value &= 0x7F
    for number in range(1, 8):
        byte = data[at + number]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + number + 1
    return value << 8 | data[at + 8], at + 9


def signed(value: int) -> int:
    """An unsigned 64-bit number as a signed one."""
    return value - (1 << 64) if value >= 1 << 63 else value


def size_of(serial: int) -> int:
    """Bytes that a value of this serial type takes."""
    return _SIZES[serial] if serial < 10 else (serial - 12) // 2 if serial >= 12 else 0


def local_size(size: int, usable: int) -> int:
    """How many bytes of a payload of `size` lie in the cell itself."""
    most = usable - 35
    if size <= most:
        return size
    least = (usable - 12) * 32 // 255 - 23
    local = least + (size - least) % (usable - 4)
    return local if local <= most else least


def key_local_size(size: int, usable: int) -> int:
    """The same in a table without row ids."""
    most, least = (usable - 12) * 64 // 255 - 23, (usable - 12) * 32 // 255 - 23
    if size <= most:
        return size
    local = least + (size - least) % (usable - 4)
    return local if local <= most else least


class Payload:
    """The bytes of one record: those in its cell, then a chain of overflow pages, followed as far as is asked."""

    __slots__ = ("_chain", "_check", "_local", "_next", "_read", "_usable", "damage", "pages", "size")

    def __init__(
        self,
        local: bytes,
        size: int,
        overflow: int,
        layout: Layout,
        read: ReadPage,
    ) -> None:
        self._local = local
        self.size = size
        self._next = overflow
        self._chain: list[int] = []
        self._read = read
        self._usable = layout.usable
        self.pages = layout.pages
        self._check: Follow | None = None
        self.damage: str | None = None

    @property
    def local(self) -> int:
        """Bytes that lie in the cell itself."""
        return len(self._local)

    def follow(self, check: Follow) -> None:
        """Ask `check` of each further page whether it can still belong here (`deleted.py`)."""
        self._check = check

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes; shorter at the end, or where the chain breaks (then `damage` says why)."""
        end = min(offset + length, self.size)
        if end <= len(self._local):
            return self._local[offset:end]
        parts = [self._local[offset:]]
        position = max(offset, len(self._local))
        piece = self._usable - 4
        while position < end:
            number, skip = divmod(position - len(self._local), piece)
            page = self._page(number)
            if page is None:
                break
            part = page[4 + skip : 4 + min(piece, skip + end - position)]
            parts.append(part)
            position += len(part)
        return b"".join(parts)

    def _page(self, number: int) -> bytes | None:
        """The `number`th overflow page, or None where the chain does not go so far."""
        while len(self._chain) <= number:
            following = self._next
            if not following or len(self._chain) > self.pages:
                self._say("it ends early: the chain of its pages breaks off")
                return None
            try:
                page = self._read(following)
            except EvidenceError as error:
                self._say(str(error))
                return None
            after = int.from_bytes(page[:4], "big")
            if self._check is not None:
                after, problem = self._check(following, after)
                if problem is not None:
                    self._say(problem)
                if after < 0:
                    return None
            self._chain.append(following)
            self._next = after
            if len(self._chain) > number:
                return page
        try:
            return self._read(self._chain[number])
        except EvidenceError as error:
            self._say(str(error))
            return None

    def _say(self, problem: str) -> None:
        if self.damage is None:
            self.damage = problem


class Blob(NamedTuple):
    """A binary value: where it lies in its record."""

    payload: Payload
    offset: int
    size: int

    def read(self, length: int, at: int = 0) -> bytes:
        """Up to `length` bytes from `at`."""
        return self.payload.read_at(self.offset + at, min(length, self.size - at))


class BlobSource:
    """A binary value as a source."""

    name = ""

    def __init__(self, blob: Blob, start: int = 0, size: int | None = None) -> None:
        self._blob = blob
        self._start = start
        self.size = blob.size - start if size is None else size
        self._data: bytes | None = None

    @property
    def damage(self) -> str | None:
        """What was found wrong while it was read."""
        return self._blob.payload.damage

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter at the end or where the rest is gone."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        if self.size <= _KEPT:
            if self._data is None:
                self._data = self._blob.read(self.size, self._start)
            data = self._data[offset : offset + length]
        else:
            data = self._blob.read(length, self._start + offset)
        if len(data) < length:  # the rest of the chain is gone
            self.size = offset + len(data)
        return data

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a value."""
        return None

    def close(self) -> None:
        """Nothing to release."""


Value = int | float | str | Blob | None


class Row:
    """One record: its row id, and its values when they are asked for."""

    __slots__ = ("_encoding", "_offsets", "payload", "rowid", "serials")

    def __init__(self, rowid: int | None, payload: Payload, encoding: str) -> None:
        """Raises EvidenceError where the payload is no record."""
        self.rowid = rowid
        self.payload = payload
        self._encoding = encoding
        self.serials, self._offsets = _header(payload)

    def __len__(self) -> int:
        return len(self.serials)

    def value(self, column: int) -> Value:
        """The value in a column; None for NULL and for a column that was added after the row was written."""
        if column >= len(self.serials):
            return None
        serial, offset = self.serials[column], self._offsets[column]
        if serial >= 12:
            size = size_of(serial)
            if serial & 1 == 0:
                return Blob(self.payload, offset, size)
            data = self.payload.read_at(offset, min(size, LONGEST_TEXT))
            return data.decode(self._encoding, "surrogateescape" if self._encoding == "utf-8" else "replace")
        if serial in (8, 9):
            return serial - 8
        data = self.payload.read_at(offset, _SIZES[serial])
        if len(data) < _SIZES[serial] or serial in (0, 10, 11):
            return None
        if serial == 7:
            number = float(struct.unpack(">d", data)[0])
            return None if number != number else number
        return int.from_bytes(data, "big", signed=True)

    def blobs(self, texts: re.Pattern[bytes]) -> Iterator[tuple[int, Blob]]:
        """The binary values with their columns; texts too that begin as `texts` says: programs store bytes as text."""
        for column, serial in enumerate(self.serials):
            if serial >= 14:
                blob = Blob(self.payload, self._offsets[column], size_of(serial))
                if serial & 1 == 0 or (blob.size >= _SHORTEST and texts.match(blob.read(16)) is not None):
                    yield column, blob


def _header(payload: Payload) -> tuple[list[int], list[int]]:
    try:
        start = payload.read_at(0, 256)
        length, at = varint(start, 0)
        if length > len(start):
            start = payload.read_at(0, min(length, _LONGEST_HEADER))
        if not at <= length <= len(start):
            raise EvidenceError("the header of a row does not fit it")
        serials, offsets, offset = [], [], length
        while at < length:
            serial, at = varint(start, at)
            serials.append(serial)
            offsets.append(offset)
            offset += size_of(serial)
    except IndexError as error:
        raise EvidenceError("the header of a row breaks off") from error
    if offset > payload.size:
        raise EvidenceError(f"a row states values of {offset:,} bytes and has {payload.size:,}")
    return serials, offsets


def cells(page: bytes, start: int, head: int) -> list[int]:
    """Where the cells of a page lie; `start` is of its header, which has `head` bytes. Those beyond it are left out."""
    count = int.from_bytes(page[start + 3 : start + 5], "big")
    first = start + head
    count = max(0, min(count, (len(page) - first) // 2))
    return [
        at for at in struct.unpack_from(f">{count}H", page, first) if first + 2 * count <= at < len(page) - 3
    ]


def leaf_row(page: bytes, at: int, layout: Layout, read: ReadPage) -> Row:
    """The row in a leaf's cell. Raises EvidenceError where there is none."""
    try:
        size, at = varint(page, at)
        rowid, at = varint(page, at)
    except IndexError as error:
        raise EvidenceError("a cell lies across the end of its page") from error
    return _row(signed(rowid), page, at, size, local_size, layout, read)


def key_row(page: bytes, at: int, number: int, layout: Layout, read: ReadPage) -> Row:
    """The `number`th row of a table without row ids; `at` is where its size stands. Raises EvidenceError."""
    try:
        size, at = varint(page, at)
    except IndexError as error:
        raise EvidenceError("a cell lies across the end of its page") from error
    return _row(number, page, at, size, key_local_size, layout, read)


def _row(
    number: int,
    page: bytes,
    at: int,
    size: int,
    local_of: Callable[[int, int], int],
    layout: Layout,
    read: ReadPage,
) -> Row:
    """The row of `size` bytes that begin at `at`; those beyond `local_of` lie in pages of their own."""
    if size > layout.pages * layout.usable or size < 1:
        raise EvidenceError(f"a row states {size:,} bytes, more than the database has")
    local = local_of(size, layout.usable)
    overflow = 0
    if local < size:
        overflow = int.from_bytes(page[at + local : at + local + 4], "big")
    return Row(number, Payload(page[at : at + local], size, overflow, layout, read), layout.encoding)
