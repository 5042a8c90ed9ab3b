"""The four times of an ext inode, whichever year, and whether it is encrypted; TSK leaves both out.

Of the times it leaves out the two bits that count spans of 136 years.

A second is a signed number of 32 bits, to which ext4 adds two in the field that also holds the nanoseconds
(Linux kernel documentation, "ext4 Data Structures: Inode Timestamps"). Inodes that use them are rare, so a
page of the inode table is searched for any when the first of its inodes is met.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.protocol import NO_TIMES, Source
from safelight.model import Times, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_PAGE = 10
"""Bits of an inode's number within a page: 1,024 are looked at together."""
_SECOND = 1_000_000_000
_SOURCE = "ext:inode"
_SPAN = 1 << 32
_FLAGS, _ENCRYPTED = 0x20, 0x800
_EXTRA_SIZE = 0x80
_EXTRAS = (0x94, 0x88, 0x8C, 0x84)
"""Where an inode has the second fields of created, modified, accessed, changed."""

Epochs = tuple[int, int, int, int]
_NONE: Epochs = (0, 0, 0, 0)


class Tables(NamedTuple):
    """Where the inodes lie: the first byte of a group's table, how many are in one, and the bytes of each."""

    start: Callable[[int], int]
    per_group: int
    inode_size: int


class InodeTimes:
    """Times of inodes by TSK's idea of them and, where that is not all, by what the inode says."""

    def __init__(self, source: Source, tables: Callable[[Source], Tables]) -> None:
        self._source = source
        self._find_tables = tables
        self._tables: Tables | None = None
        self._pages: dict[int, dict[int, Epochs] | None] = {}
        """Of each page met, the inodes that use the further bits; None where the page cannot be read."""
        self.encrypted: set[int] = set()
        """Of the pages met, the inodes that the file system marks as encrypted (fscrypt)."""

    def times(self, _entry: Any, meta: Any) -> Times:
        """The times of an entry (pytsk3.File) with an inode (TSK_FS_META); none where a page cannot be read."""
        created, modified, accessed, changed = meta.crtime, meta.mtime, meta.atime, meta.ctime
        inode: int = meta.addr
        number = inode >> _PAGE
        if number not in self._pages:
            self._pages[number] = self._look(number)
        page = self._pages[number]
        if page is None:
            return NO_TIMES
        if not page and not (created | modified | accessed | changed) >> 31:
            # Nearly every inode: no further bits, and between 1970 and 2038.
            utc = stamps.utc
            return Times(
                utc(created * _SECOND + meta.crtime_nano, _SOURCE) if created else None,
                utc(modified * _SECOND + meta.mtime_nano, _SOURCE) if modified else None,
                utc(accessed * _SECOND + meta.atime_nano, _SOURCE) if accessed else None,
                utc(changed * _SECOND + meta.ctime_nano, _SOURCE) if changed else None,
            )
        born, written, read, altered = page.get(inode, _NONE) if page else _NONE
        return Times(
            _at(created, born, meta.crtime_nano) if created else None,
            _at(modified, written, meta.mtime_nano) if modified else None,
            _at(accessed, read, meta.atime_nano) if accessed else None,
            _at(changed, altered, meta.ctime_nano) if changed else None,
        )

    def _look(self, number: int) -> dict[int, Epochs] | None:
        try:
            if self._tables is None:
                self._tables = self._find_tables(self._source)
            return dict(self._using(self._tables, number << _PAGE, number + 1 << _PAGE))
        except (EvidenceError, ValueError):  # TSK has read it; which span its times lie in is not known
            return None

    def _using(self, tables: Tables, first: int, after: int) -> Iterator[tuple[int, Epochs]]:
        """Yield the inodes from `first` on that use the further bits. Raises EvidenceError, ValueError."""
        import numpy as np

        first, size = max(first, 1), tables.inode_size
        while first < after:
            group, within = divmod(first - 1, tables.per_group)
            count = min(after - first, tables.per_group - within)
            raw = self._source.read_at(tables.start(group) + within * size, count * size)
            words = np.frombuffer(raw[: len(raw) // size * size], "<u4").reshape(-1, size // 4)
            marked = np.flatnonzero(words[:, _FLAGS // 4] & _ENCRYPTED)
            if len(marked):
                self.encrypted.update(first + row for row in marked.tolist())
            if size <= _EXTRA_SIZE:
                first += count
                continue
            reach = _EXTRA_SIZE + (words[:, _EXTRA_SIZE // 4] & 0xFFFF)
            bits = np.stack([np.where(reach >= at + 4, words[:, at // 4] & 3, 0) for at in _EXTRAS], axis=1)
            for row in np.flatnonzero(bits.any(axis=1)).tolist():
                born, written, read, altered = bits[row].tolist()
                yield first + row, (born, written, read, altered)
            first += count


def _at(seconds: int, epoch: int, nanoseconds: int) -> Timestamp | None:
    if epoch or seconds >> 31:
        seconds = (seconds & _SPAN - 1) - (_SPAN if seconds >> 31 & 1 else 0) + epoch * _SPAN
    return stamps.utc(seconds * _SECOND + nanoseconds, _SOURCE)
