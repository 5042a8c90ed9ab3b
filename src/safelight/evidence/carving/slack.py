"""The ends of blocks that files do not fill: what is left there of older content.

Counted is what lies between the end of a file's content and the end of the blocks that are allocated to it.
Not looked at: the ends of records (NTFS MFT records, directory entries), of files that live in their record, of
compressed files, and the part of an NTFS file beyond its valid data length.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from typing import Any

from safelight.evidence.carving.search import search_slack
from safelight.evidence.protocol import Node, Source

_LEAST = 64
"""Bytes of slack that can hold anything at all."""
_LONGEST = 1 << 30
_MOST = 1 << 24
_NO_BLOCKS = 0x03  # TSK_FS_ATTR_RUN_FLAG_FILLER | SPARSE
_SKIPPED = 0x20 | 0x04  # TSK_FS_ATTR_COMP | RES


class Slack:
    """Where slack lies: (offset, length) in bytes, at sixteen bytes of memory for each file that has some."""

    def __init__(self, block_size: int) -> None:
        self._block_size = block_size
        self._offsets = array("Q")
        self._lengths = array("Q")

    def note(self, attribute: Any, size: int) -> None:
        """Note what follows `size` bytes of content in the runs of a TSK attribute. Raises OSError."""
        if int(attribute.info.flags) & _SKIPPED:
            return
        unit = self._block_size
        for run in attribute:
            begin, length = int(run.offset) * unit, int(run.len) * unit
            if begin + length <= size or int(run.flags) & _NO_BLOCKS or not length <= _LONGEST:
                continue
            used = max(0, size - begin)
            if length - used >= _LEAST and len(self._offsets) < _MOST:
                self._offsets.append(int(run.addr) * unit + used)
                self._lengths.append(length - used)

    def __len__(self) -> int:
        return len(self._offsets)

    def carve(self, source: Source, free: Iterable[tuple[int, int]]) -> Iterator[Node]:
        """Yield what begins in slack; it may go on into free space that lies right behind (`free`, in order)."""
        starts, lengths = array("Q"), array("Q")
        for offset, length in free:
            starts.append(offset)
            lengths.append(length)
        order = sorted(range(len(self._offsets)), key=self._offsets.__getitem__)
        reach = array("Q")
        for number in order:
            end = self._offsets[number] + self._lengths[number]
            at = bisect_left(starts, end)
            reach.append(end + (lengths[at] if at < len(starts) and starts[at] == end else 0))
        ranges = [(self._offsets[number], self._lengths[number]) for number in order]
        yield from search_slack(source, ranges, reach)
