"""NTFS: what lies in it, with alternate data streams, deleted records, and carved media from free clusters."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from safelight.evidence import stamps
from safelight.evidence.filesystem import Dialect, walk_file_system
from safelight.evidence.marks import begins
from safelight.evidence.ntfs_index import names_left
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.tsk import NTFS, read_file
from safelight.evidence.volumes.shadow import Seen, has_shadows, snapshots
from safelight.model import Times

if TYPE_CHECKING:
    from safelight.evidence.allocation import Allocation

_DATA, _INDEX = 128, 144  # $DATA, $INDEX_ROOT
_BITMAP, _BAD_CLUSTERS = 6, 8  # records of the MFT
_SECOND = 1_000_000_000
_SHADOW_COPY = re.compile(
    rb"System Volume Information/\{[0-9a-f-]{36}\}\{3808876b-c176-4e48-b7ae-04046e6cc752\}", re.IGNORECASE
)
"""The file of one shadow copy: its own identifier, then that of the service that writes them."""
_SHADOW_COPY_LENGTH = 102


class NtfsReader:
    """NTFS of all versions."""

    name = "ntfs"
    order = 30
    marks = (begins(b"NTFS    ", at=3),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the boot sector's OEM id? (`$Boot`, a file of 8 KiB inside every NTFS, has it too.)"""
        return head[3:11] == b"NTFS    " and source.size > 1 << 16

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry and stream, deleted ones included, then what is carved, then the shadow copies.

        Raises EvidenceError.
        """
        if not has_shadows(source):
            yield from _list(source, limits)
            return
        seen = Seen()
        for node in _list(source, limits):
            seen.is_new(node)
            yield node
        yield from snapshots(source, seen, _list)


def _list(source: Source, limits: Limits) -> Iterator[Node]:
    """One volume, without what its shadow copies keep."""
    dialect = Dialect(
        NTFS, _times, streams=frozenset((_DATA, _INDEX)), allocation=_allocation, left=names_left
    )
    for node in walk_file_system(source, limits, dialect):
        if node.layer == "stream" and node.address.get("inode") == _BAD_CLUSTERS:
            node.kind, node.open, node.error = Kind.SPECIAL, None, None  # a volume's worth of zeros
        yield node
        if len(node.name) != _SHADOW_COPY_LENGTH or node.layer != "file":
            continue
        if _SHADOW_COPY.fullmatch(node.name) and not has_shadows(source):
            text = "a shadow copy, to which the volume has no catalogue: what it keeps is not read"
            yield Node(node.name, Kind.FINDING, node.state, address=node.address, error=text)


def _times(_entry: Any, meta: Any) -> Times:
    """The four times of $STANDARD_INFORMATION, which are UTC."""
    utc, source = stamps.utc, "ntfs:$STANDARD_INFORMATION"
    born, written, read, altered = meta.crtime, meta.mtime, meta.atime, meta.ctime
    born = born * _SECOND + meta.crtime_nano if born else 0
    written = written * _SECOND + meta.mtime_nano if written else 0
    read = read * _SECOND + meta.atime_nano if read else 0
    altered = altered * _SECOND + meta.ctime_nano if altered else 0
    created = utc(born, source) if born else None
    modified = created if written == born else utc(written, source) if written else None
    return stamps.four_times(
        created,
        modified,
        modified if read == written else created if read == born else utc(read, source) if read else None,
        modified if altered == written else utc(altered, source) if altered else None,
    )


def _allocation(fs: Any, source: Source) -> Allocation | None:
    """Read `$Bitmap`: one bit a cluster."""
    import numpy as np

    from safelight.evidence.allocation import Allocation

    unit = int(fs.info.block_size)
    clusters = min(int(fs.info.block_count), source.size // max(1, unit))
    bits = np.frombuffer(read_file(fs, _BITMAP, clusters // 8 + 1), np.uint8)
    return Allocation(bits, clusters, unit)
