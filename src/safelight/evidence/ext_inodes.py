"""What an ext inode says that is not asked of TSK: its times in whichever year, encryption, content in one piece.

Of the times TSK leaves out the two bits that count spans of 136 years. A second is a signed number of 32 bits, to
which ext4 adds two in the field that also holds the nanoseconds (Linux kernel documentation, "ext4 Data Structures:
Inode Timestamps"). Inodes that use them are rare, so a page of the inode table is searched for any when the first of
its inodes is met. What is usual is taken from that page at once, for 1,024 inodes together: TSK tells the same of one
at a time. Nearly all files lie in one piece, and are then read from where it begins without TSK, which would read
64 KiB around it and copy it twice.
"""

from __future__ import annotations

from array import array
from collections import OrderedDict
from typing import TYPE_CHECKING, Any, NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.protocol import NO_TIMES, Source
from safelight.model import Times, Timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import numpy.typing as npt

    Fields = npt.NDArray[np.uint32]

_PAGE = 10
"""Bits of an inode's number within a page: 1,024 are looked at together."""
_ROWS = 1 << _PAGE
_KEPT = 256
"""Pages of which the usual inodes are kept (48 KiB each); of older ones TSK is asked again."""
_SECOND = 1_000_000_000
_SOURCE = "ext:inode"
_SPAN = 1 << 32
_ENCRYPTED, _EXTENTS, _INLINE = 0x800, 0x80000, 0x10000000
_EXTRA_SIZE = 0x80
_HAS_ALL = 0x98 - _EXTRA_SIZE
"""What an inode says of its further size where all the fields below are its own."""
_ALWAYS = (0x20, 0x28, 0x2C, 0x34, 0x38, 0x3C, 0x10, 0x08, 0x0C)
"""Where an inode has its flags; the head of its extents (mark and number, depth), the first one's number, length and
first block; the seconds of modified, accessed, changed."""
_LONG = (0x94, 0x88, 0x8C, 0x84, 0x90, _EXTRA_SIZE)
"""Where a longer one has the further fields of created, modified, accessed, changed; when it was created; its size."""
_EXTRAS, _REACH = slice(9, 13), 14
_SECONDS = [13, 6, 7, 8]
"""Which rows of those fields are created, modified, accessed, changed."""
_ONE_EXTENT = 0xF30A | 1 << 16
"""The mark of extents, and that there is one."""
_LONGEST = 1 << 15
"""Blocks of an extent; what claims more is allocated and not written."""
_NOT_USUAL = -1
_MODIFIED, _ACCESSED, _CHANGED, _START, _ROOM = (_ROWS * column for column in range(1, 6))
"""Where a page has these of its inodes; what was created comes first."""

Epochs = tuple[int, int, int, int]
_NONE: Epochs = (0, 0, 0, 0)
_NOTHING_USUAL = array("q", [_NOT_USUAL]) * _ROWS + array("q", [0]) * (5 * _ROWS)


class Tables(NamedTuple):
    """Where the inodes lie: the first byte of a group's table, how many are in one, and the bytes of each."""

    start: Callable[[int], int]
    per_group: int
    inode_size: int
    block_size: int
    first: int
    """The block that the first group begins with."""
    blocks: int
    """Blocks of which there is something."""


class Inodes:
    """Times of inodes and where their content lies, by the inode table, and by TSK where that is not all."""

    def __init__(self, source: Source, tables: Callable[[], Tables]) -> None:
        self._source = source
        self._tables = tables
        self._number = -1
        self._page: array[int] | None = None
        """The page at hand; None where it cannot be read."""
        self._kept: OrderedDict[int, array[int]] = OrderedDict()
        self._further: dict[int, dict[int, Epochs] | None] = {}
        """Of each page met, the inodes that use the further bits; None where the page cannot be read."""
        self.encrypted: set[int] = set()
        """Of the pages met, the inodes that the file system marks as encrypted (fscrypt)."""

    def times(self, entry: Any, meta: Any) -> Times:
        """The times of an entry (pytsk3.File) with an inode (TSK_FS_META); none where a page cannot be read."""
        inode: int = meta.addr
        if inode >> _PAGE != self._number:
            self._turn_to(inode >> _PAGE, entry, meta)
        page, row = self._page, inode & _ROWS - 1
        if page is None:
            return NO_TIMES
        born = page[row]
        if born == _NOT_USUAL:
            return self._by_tsk(inode, meta)
        written, read, altered = page[row + _MODIFIED], page[row + _ACCESSED], page[row + _CHANGED]
        utc = stamps.utc
        time = utc(written, _SOURCE) if written else None
        return stamps.four_times(
            time if born == written else utc(born, _SOURCE) if born else None,
            time,
            time if read == written else utc(read, _SOURCE) if read else None,
            time if altered == written else utc(altered, _SOURCE) if altered else None,
        )

    def place(self, inode: int, size: int) -> int:
        """Where the content of an inode of `size` bytes begins in the volume, if it lies in one piece; else 0.

        Its times were asked for last.
        """
        page, row = self._page, inode & _ROWS - 1
        return page[row + _START] if page is not None and 0 < size <= page[row + _ROOM] else 0

    def _turn_to(self, number: int, entry: Any, meta: Any) -> None:
        self._number = number
        page = self._kept.get(number)
        if page is not None:
            self._kept.move_to_end(number)
        elif number in self._further:  # it was kept once, or cannot be read
            page = _NOTHING_USUAL if self._further[number] is not None else None
        else:
            page = self._look(number, int(entry.info.fs_info.ftype) == _ext4())
            if page is not None:
                if not _agree(page, meta):
                    page = _NOTHING_USUAL
                self._kept[number] = page
                if len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
        self._page = page

    def _look(self, number: int, has_extras: bool) -> array[int] | None:
        """Read a page: which of its inodes are usual, and what the others need beside what TSK says."""
        page = array("q", _NOTHING_USUAL)
        further: dict[int, Epochs] = {}
        self._further[number] = None
        try:
            tables = self._tables()
            for inode, fields in self._parts(tables, number << _PAGE, number + 1 << _PAGE):
                marked = fields[0] & _ENCRYPTED
                if marked.any():
                    self.encrypted.update(inode + row for row in marked.nonzero()[0].tolist())
                if len(fields) > len(_ALWAYS):
                    further.update(_epochs(fields, inode))
                    if has_extras:
                        _fill_times(page, fields, inode & _ROWS - 1)
                _fill_places(page, fields, inode & _ROWS - 1, tables)
        except (EvidenceError, ValueError):  # TSK has read it; which span its times lie in is not known
            return None
        self._further[number] = further
        return page

    def _parts(self, tables: Tables, first: int, after: int) -> Iterator[tuple[int, Fields]]:
        """Yield the inodes from `first` on by group: the first one's number, and a row of each field.

        Raises EvidenceError, ValueError.
        """
        import numpy as np

        first, size = max(first, 1), tables.inode_size
        wanted = [at // 4 for at in (_ALWAYS if size <= _EXTRA_SIZE else _ALWAYS + _LONG)]
        while first < after:
            group, within = divmod(first - 1, tables.per_group)
            count = min(after - first, tables.per_group - within)
            if (start := tables.start(group)) > 0:  # else there is no such group
                raw = self._source.read_at(start + within * size, count * size)
                words = np.frombuffer(raw[: len(raw) // size * size], "<u4").reshape(-1, size // 4)
                yield first, words.T[wanted]
            first += count

    def _by_tsk(self, inode: int, meta: Any) -> Times:
        """The times as TSK tells them, with the further bits."""
        further = self._further[self._number]
        born, written, read, altered = further.get(inode, _NONE) if further else _NONE
        created, modified, accessed, changed = meta.crtime, meta.mtime, meta.atime, meta.ctime
        return Times(
            _at(created, born, meta.crtime_nano) if created else None,
            _at(modified, written, meta.mtime_nano) if modified else None,
            _at(accessed, read, meta.atime_nano) if accessed else None,
            _at(changed, altered, meta.ctime_nano) if changed else None,
        )


def _epochs(fields: Fields, first: int) -> Iterator[tuple[int, Epochs]]:
    """Yield the inodes, numbered from `first` on, that use the further bits."""
    import numpy as np

    bits = fields[_EXTRAS] & 3
    if not bits.any():
        return
    reach = _EXTRA_SIZE + (fields[_REACH] & 0xFFFF)
    bits = np.where(reach >= np.array([[at + 4] for at in _LONG[:4]]), bits, 0)
    for row in np.flatnonzero(bits.any(axis=0)).tolist():
        born, written, read, altered = bits[:, row].tolist()
        yield first + row, (born, written, read, altered)


def _fill_times(page: array[int], fields: Fields, first: int) -> None:
    """Enter nanoseconds since 1970, 0 where there is none, for inodes without further bits, between 1970 and 2038."""
    import numpy as np

    seconds, extras = fields[_SECONDS], fields[_EXTRAS]
    usual = ~((seconds >> 31 | extras & 3).any(axis=0) | (fields[_REACH] & 0xFFFF < _HAS_ALL))
    times = (seconds.astype(np.int64) * _SECOND + (extras >> 2)) * (seconds != 0)
    times[0, ~usual] = _NOT_USUAL
    rows = np.frombuffer(page, np.int64).reshape(6, _ROWS)
    rows[:4, first : first + fields.shape[1]] = times


def _fill_places(page: array[int], fields: Fields, first: int, tables: Tables) -> None:
    """Enter where the content of inodes with a single extent begins, and how many bytes it has there."""
    import numpy as np

    flags, head, tree, begin, length, start = fields[:6]
    single = (flags & (_EXTENTS | _INLINE) == _EXTENTS) & (head == _ONE_EXTENT)
    single &= (tree >> 16 == 0) & (begin == 0) & (length <= _LONGEST) & (start > tables.first)
    single &= start.astype(np.int64) + length <= tables.blocks
    rows = np.frombuffer(page, np.int64).reshape(6, _ROWS)
    rows[4, first : first + fields.shape[1]] = start.astype(np.int64) * tables.block_size
    rows[5, first : first + fields.shape[1]] = (length * single).astype(np.int64) * tables.block_size


def _agree(page: array[int], meta: Any) -> bool:
    """Does TSK find the same in the first inode that is met of a page? Else it has the tables lie elsewhere."""
    found = page[_MODIFIED + (meta.addr & _ROWS - 1) : _START : _ROWS]
    stated = (meta.mtime, meta.atime, meta.ctime)
    return all(here // _SECOND == there for here, there in zip(found, stated, strict=True))


def _ext4() -> int:
    import pytsk3

    return int(pytsk3.TSK_FS_TYPE_EXT4)


def _at(seconds: int, epoch: int, nanoseconds: int) -> Timestamp | None:
    if epoch or seconds >> 31:
        seconds = (seconds & _SPAN - 1) - (_SPAN if seconds >> 31 & 1 else 0) + epoch * _SPAN
    return stamps.utc(seconds * _SECOND + nanoseconds, _SOURCE)
