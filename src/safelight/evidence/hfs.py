"""HFS+ and HFSX: what lies in them, with resource forks, and carved media from free blocks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.filesystem import Dialect, walk_file_system
from safelight.evidence.hfs_trees import check
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.tsk import HFS, read_file
from safelight.model import Times

if TYPE_CHECKING:
    from safelight.evidence.allocation import Allocation

_DATA_FORK, _RESOURCE_FORK = 4352, 4353  # TSK_FS_ATTR_TYPE_HFS_DATA, _RSRC
_ALLOCATION_FILE = 6
_SECOND = 1_000_000_000


class HfsReader:
    """HFS+, HFSX."""

    name = "hfs"
    order = 30
    marks = (begins(b"H+\0\4", b"HX\0\5", at=1024),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the volume header's signature and version?"""
        return head[1024:1028] in (b"H+\0\4", b"HX\0\5")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry and resource fork, then what is carved. Raises EvidenceError."""
        dialect = Dialect(
            HFS,
            _times,
            streams=frozenset((_RESOURCE_FORK,)),
            content=_DATA_FORK,
            check=check,
            allocation=_allocation,
        )
        return walk_file_system(source, limits, dialect)


def _times(_entry: Any, meta: Any) -> Times:
    """The four times of a catalogue record, which HFS+ keeps in UTC to the second."""
    utc, source = stamps.utc, "hfs+:catalog"
    created, modified, accessed, changed = meta.crtime, meta.mtime, meta.atime, meta.ctime
    return Times(
        utc(created * _SECOND, source) if created else None,
        utc(modified * _SECOND, source) if modified else None,
        utc(accessed * _SECOND, source) if accessed else None,
        utc(changed * _SECOND, source) if changed else None,
    )


def _allocation(fs: Any, source: Source) -> Allocation | None:
    """Read `$AllocationFile`: one bit a block, the highest first."""
    import numpy as np

    from safelight.evidence.allocation import Allocation

    unit = int(fs.info.block_size)
    blocks = min(int(fs.info.block_count), source.size // max(1, unit))
    raw = read_file(fs, _ALLOCATION_FILE, blocks // 8 + 1)
    if not raw:
        raise EvidenceError("the allocation file is empty")
    bits = np.packbits(np.unpackbits(np.frombuffer(raw, np.uint8)), bitorder="little")
    return Allocation(bits, blocks, unit)
