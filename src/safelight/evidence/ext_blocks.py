"""Files of ext2 and ext3 whose blocks are mapped by three levels of tables: TSK goes through the whole of such a map.

Its time grows with the square of what the map could hold, whatever the file holds: five minutes do not suffice for a
file of 100 MiB in blocks of 1 KiB, nor hours for one of 5 GiB in blocks of 4 KiB, or for a folder whose size one
flipped bit has made such. So TSK is shown these inodes as empty, and their content is read here
(Linux kernel documentation, "ext4 Data Structures: Direct/Indirect Block Addressing").
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections import OrderedDict
from typing import TYPE_CHECKING

from safelight.errors import EvidenceError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from safelight.evidence.ext_inodes import Tables
    from safelight.evidence.protocol import Source

_DIRECT = 12
_MAPPED_OTHERWISE = 0x80000 | 0x10000000  # EXT4_EXTENTS_FL, EXT4_INLINE_DATA_FL
_REGULAR, _FOLDER = 0x8000, 0x4000
_KEPT = 64
"""Tables of block numbers that are kept."""


class LargeFiles:
    """The volume as TSK may see it (a `Source`), and the files that it is shown as empty."""

    def __init__(self, source: Source, block_size: int, tables: Tables, groups: int) -> None:
        self._source = source
        self._block_size = block_size
        self._inode_size = tables.inode_size
        self._per_group = tables.per_group
        each = block_size // 4
        self._most = (_DIRECT + each + each * each) * block_size
        """Bytes that two levels of tables can map."""
        stated = (tables.start(group) for group in range(groups))
        starts = [at if 0 < at < source.size else source.size for at in stated]
        self._order = array("q", sorted(range(groups), key=starts.__getitem__))
        self._starts = array("q", sorted(starts))
        self._found: dict[int, tuple[int, npt.NDArray[np.uint32]]] = {}
        self.size = source.size
        self.name = source.name

    def read_at(self, offset: int, length: int) -> bytes:
        """What lies there; large inodes are empty. Raises EvidenceError."""
        data = self._source.read_at(offset, length)
        span = self._per_group * self._inode_size
        first = bisect_left(self._starts, offset - span + 1)
        last = bisect_left(self._starts, offset + len(data), first)
        if first >= last:
            return data
        shown: bytearray | None = None
        for place in range(first, last):
            start = self._starts[place]
            number = self._order[place] * self._per_group + 1
            begin = max(0, offset - start) // self._inode_size
            after = -(-min(span, offset + len(data) - start) // self._inode_size)
            at = start + begin * self._inode_size
            end = start + after * self._inode_size
            is_whole = offset <= at and end <= offset + len(data)
            raw = data[at - offset : end - offset] if is_whole else self._source.read_at(at, end - at)
            for index, patch in self._look(raw, begin, number):
                at = start + index * self._inode_size - offset
                shown = bytearray(data) if shown is None else shown
                for where, value in ((at + 4, patch), (at + 108, 0)):
                    field = value.to_bytes(4, "little")
                    skip = max(0, -where)
                    keep = max(0, min(4, len(data) - where))
                    if skip < keep:
                        shown[where + skip : where + keep] = field[skip:keep]
        return data if shown is None else bytes(shown)

    def _look(self, raw: bytes, begin: int, number: int) -> list[tuple[int, int]]:
        """Inodes of a table, from its inode `begin` on, that are too large for TSK: index, and the size it sees."""
        import numpy as np

        size = self._inode_size
        words = np.frombuffer(raw[: len(raw) // size * size], "<u4").reshape(-1, size // 4)
        rows = np.flatnonzero(words[:, 8] & _MAPPED_OTHERWISE == 0)
        rows = rows[words[rows, 1] | words[rows, 27] != 0]
        if not len(rows):  # nearly always: ext4 has extents, and most tables inodes that are free
            return []
        words = words[rows]
        kinds = words[:, 0] & 0xF000
        sizes = words[:, 1].astype(np.uint64) | words[:, 27].astype(np.uint64) << np.uint64(32)
        sizes = np.where(kinds == _REGULAR, sizes, words[:, 1])
        found = []
        for at in np.flatnonzero(sizes > self._most).tolist():
            row = begin + int(rows[at])
            patch = 0
            if kinds[at] == _REGULAR:
                self._found[number + row] = (int(sizes[at]), words[at, 10:25].copy())
            elif kinds[at] == _FOLDER:  # never longer than the sectors that it is said to have
                patch = min(int(words[at, 7]) * 512, self._most)
                patch -= patch % self._block_size
            found.append((row, patch))
        return found

    def get(self, inode: int, beside: Source | None = None) -> BlockMapped | None:
        """The content of an inode that TSK is shown as empty; `beside` knows its siblings."""
        found = self._found.get(inode)
        return None if found is None else BlockMapped(self._source, self._block_size, *found, beside)

    def sibling(self, name: str) -> Source | None:
        """What lies beside the volume."""
        return self._source.sibling(name)

    def close(self) -> None:
        """The source is its owner's to close."""


class BlockMapped:
    """A file by its 15 block numbers: 12 of blocks, then those of tables, of tables of tables, of a third level."""

    def __init__(
        self,
        source: Source,
        block_size: int,
        size: int,
        numbers: npt.NDArray[np.uint32],
        beside: Source | None = None,
    ) -> None:
        self._source = source
        self._unit = block_size
        self._each = block_size // 4
        self._numbers = numbers
        self._beside = beside
        self._kept: OrderedDict[int, npt.NDArray[np.uint32]] = OrderedDict()
        self.size = size
        self.name = "" if beside is None else beside.name

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        out = bytearray()
        block, skip = divmod(offset, self._unit)
        while len(out) < length:
            begin, numbers = self._numbers_at(block)
            run = self._run(numbers, block - begin)
            wanted = min(run * self._unit - skip, length - len(out))
            first = int(numbers[block - begin])
            if first == 0:
                out += bytes(wanted)
            else:
                where = first * self._unit + skip
                piece = self._source.read_at(where, wanted)
                if len(piece) < wanted:
                    raise EvidenceError(
                        f"its blocks lie beyond the end of the volume at offset {offset + len(out):,}"
                    )
                out += piece
            block, skip = block + run, 0
        return bytes(out)

    def _run(self, numbers: npt.NDArray[np.uint32], at: int) -> int:
        """How many blocks from here on follow each other on the medium, or are holes (at most 1 MiB of them)."""
        import numpy as np

        part = numbers[at : at + max(1, (1 << 20) // self._unit)].astype(np.int64)
        together = np.diff(part) == (1 if part[0] else 0)
        return int(np.argmin(together)) + 1 if not together.all() else len(part)

    def _numbers_at(self, block: int) -> tuple[int, npt.NDArray[np.uint32]]:
        """The first block of the lowest table that has `block`, and the numbers in it."""
        if block < _DIRECT:
            return 0, self._numbers[:_DIRECT]
        each, rest = self._each, block - _DIRECT
        for level in range(3):
            reach = each ** (level + 1)
            if rest < reach:
                table = self._table(int(self._numbers[_DIRECT + level]))
                within = rest
                for above in range(level, 0, -1):
                    index, within = divmod(within, each**above)
                    table = self._table(int(table[index]))
                return block - within, table
            rest -= reach
        raise EvidenceError("it is longer than its map of blocks can be")

    def _table(self, number: int) -> npt.NDArray[np.uint32]:
        import numpy as np

        if not number:
            return np.zeros(self._each, np.uint32)
        table = self._kept.get(number)
        if table is None:
            raw = self._source.read_at(number * self._unit, self._unit)
            if len(raw) < self._unit:
                raise EvidenceError("a table of its blocks lies beyond the end of the volume")
            table = self._kept[number] = np.frombuffer(raw, "<u4").astype(np.uint32)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        else:
            self._kept.move_to_end(number)
        return table

    def sibling(self, name: str) -> Source | None:
        """Open the file `name` in the same folder, or None."""
        return None if self._beside is None else self._beside.sibling(name)

    def close(self) -> None:
        """Release what is kept."""
        self._kept.clear()
        if self._beside is not None:
            self._beside.close()
