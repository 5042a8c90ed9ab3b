"""FAT12, FAT16, FAT32 and exFAT: what lies in them, deleted entries included, and carved media.

TSK converts a directory entry's local times through this process's time zone, which loses an hour a year.
So the times are taken from the raw entry, whose place follows from TSK's inode number.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.fat_slack import BehindEnd
from safelight.evidence.filesystem import Dialect, walk_file_system
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.tsk import FAT
from safelight.model import Times, Timestamp

if TYPE_CHECKING:
    from safelight.evidence.allocation import Allocation

_ENTRY = 32
_FIRST_INODE = 3
"""TSK numbers the 32-byte entries of all sectors from the first data (or root) sector on, from 3."""
_LONG_NAME, _LABEL = 0x0F, 0x08
_FILE, _BITMAP = 0x85, 0x81
_PAGE = 4096


@dataclass(frozen=True, slots=True)
class Layout:
    """Where things lie: all in bytes from the start of the volume, except `bits` and `clusters`."""

    bits: int
    sector: int
    entries: int
    """Where TSK begins to number directory entries: the root folder of FAT12/16, else the first cluster."""
    tables: int
    table_size: int
    data: int
    cluster: int
    clusters: int
    root: int
    exfat: bool


class FatReader:
    """FAT12, FAT16, FAT32, exFAT."""

    name = "fat"
    order = 30
    marks = (begins(b"\x55\xaa", at=510),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a boot sector with a sane layout? (55 AA alone also ends a partition table.)"""
        return layout(head, source.size) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry, deleted ones included, then what is carved. Raises EvidenceError."""
        volume = layout(source.read_at(0, 512), source.size)
        if volume is None:
            raise EvidenceError("the boot sector is damaged")
        entries = _Entries(source, volume)
        behind = BehindEnd(source, volume.entries, _FIRST_INODE)
        dialect = Dialect(
            FAT,
            entries.times,
            reuses=False,
            allocation=lambda fs, source: _opened(fs, source, volume, behind),
        )
        for node in walk_file_system(source, limits, dialect):
            if node.kind is Kind.FILE and not node.size and node.name.endswith(b" (Volume Label Entry)"):
                node.kind, node.open = Kind.SPECIAL, None
            behind.look(node)
            yield node


def _opened(fs: Any, source: Source, volume: Layout, behind: BehindEnd) -> Allocation | None:
    behind.opened(fs)
    return (_exfat_bitmap if volume.exfat else _file_table)(source, volume)


def layout(head: bytes, size: int) -> Layout | None:
    """Return the layout a boot sector describes, or None where it is none of FAT or exFAT.

    After "Microsoft FAT Specification" (2005) and "exFAT file system specification" (2019).
    """
    if len(head) < 512 or head[510:512] != b"\x55\xaa":
        return None
    if head[3:11] == b"EXFAT   ":
        table, table_sectors, data, clusters, root = struct.unpack_from("<5I", head, 80)
        sector_bits, cluster_bits = head[108], head[109]
        if not 9 <= sector_bits <= 12 or cluster_bits > 25 - sector_bits:
            return None
        sector, cluster = 1 << sector_bits, 1 << sector_bits + cluster_bits
        begin = data * sector
        clusters = min(clusters, max(0, size - begin) // cluster + 1)
        return Layout(
            32, sector, begin, table * sector, table_sectors * sector, begin, cluster, clusters, root, True
        )
    sector, per_cluster, reserved, tables, roots = struct.unpack_from("<HBHBH", head, 11)
    if sector not in (512, 1024, 2048, 4096) or per_cluster == 0 or per_cluster & (per_cluster - 1):
        return None
    table_sectors = int.from_bytes(head[22:24], "little") or int.from_bytes(head[36:40], "little")
    sectors = int.from_bytes(head[19:21], "little") or int.from_bytes(head[32:36], "little")
    if (
        not reserved
        or tables not in (1, 2)
        or not table_sectors
        or head[0] not in (0xEB, 0xE9)
        or not sectors
    ):
        return None
    root_at = reserved + tables * table_sectors
    data = root_at + -(-roots * _ENTRY // sector)
    clusters = (sectors - data) // per_cluster
    if clusters <= 0 or head[21] < 0xF0:
        return None
    bits = 32 if not roots else (12 if clusters < 4085 else 16)
    return Layout(
        bits,
        sector,
        root_at * sector,
        reserved * sector,
        table_sectors * sector,
        data * sector,
        per_cluster * sector,
        min(clusters, max(0, size - data * sector) // (per_cluster * sector) + 1),
        int.from_bytes(head[44:48], "little"),
        False,
    )


class _Entries:
    """Raw directory entries by TSK's inode number, read through one page that is kept."""

    def __init__(self, source: Source, volume: Layout) -> None:
        self._source = source
        self._volume = volume
        self._start = 0
        self._data = b""

    def times(self, _entry: Any, meta: Any) -> Times:
        """The times as the entry states them; none for the root and TSK's virtual files."""
        number = int(meta.addr) - _FIRST_INODE
        if number < 0 or int(meta.type) >= 10:
            return Times()
        offset = self._volume.entries + number * _ENTRY
        if not self._start <= offset <= self._start + len(self._data) - 2 * _ENTRY:
            try:
                self._data, self._start = self._source.read_at(offset, _PAGE), offset
            except EvidenceError:  # TSK has read it a moment ago; without it there is no time to tell
                return Times()
        entry = self._data[offset - self._start :][:_ENTRY]
        if len(entry) < _ENTRY:
            return Times()
        return _exfat_times(entry) if self._volume.exfat else _fat_times(entry)


def _fat_times(entry: bytes) -> Times:
    if entry[11] & 0x3F == _LONG_NAME:
        return Times()
    tenths, create_time, create_day, access_day = struct.unpack_from("<BHHH", entry, 13)
    write_time, write_day = struct.unpack_from("<HH", entry, 22)
    created = stamps.dos(create_day, create_time, "fat") if create_day else None
    accessed = stamps.dos(access_day, 0, "fat") if access_day else None
    return Times(
        _with_hundredths(created, tenths),
        stamps.dos(write_day, write_time, "fat") if write_day else None,
        None
        if accessed is None
        else Timestamp(accessed.value[:10], "fat", "local"),  # FAT keeps the day only
    )


def _exfat_times(entry: bytes) -> Times:
    if entry[0] & 0x7F != _FILE & 0x7F:
        return Times()
    created, modified, accessed = struct.unpack_from("<III", entry, 8)
    return Times(
        _zoned(_with_hundredths(_exfat_time(created), entry[20]), entry[22]),
        _zoned(_with_hundredths(_exfat_time(modified), entry[21]), entry[23]),
        _zoned(_exfat_time(accessed), entry[24]),
    )


def _exfat_time(value: int) -> Timestamp | None:
    return stamps.dos(value >> 16, value & 0xFFFF, "exfat") if value else None


def _with_hundredths(time: Timestamp | None, hundredths: int) -> Timestamp | None:
    """Add the 0 to 199 hundredths of a second that refine a time of two seconds' resolution."""
    if time is None or not 0 < hundredths < 200:
        return time
    second = int(time.value[17:19]) + hundredths // 100
    if second > 59:
        return time
    rest = f".{hundredths % 100:02}" if hundredths % 100 else ""
    return Timestamp(f"{time.value[:17]}{second:02}{rest}", time.source, time.zone)


def _zoned(time: Timestamp | None, offset: int) -> Timestamp | None:
    """Name the offset from UTC that exFAT stores beside a time, in quarters of an hour."""
    if time is None or not offset & 0x80:
        return time
    quarters = (offset & 0x7F) - (0x80 if offset & 0x40 else 0)
    minutes = abs(quarters) * 15
    sign = "-" if quarters < 0 else "+"
    return Timestamp(time.value, time.source, f"{sign}{minutes // 60:02}:{minutes % 60:02}")


def _file_table(source: Source, volume: Layout) -> Allocation:
    """Read the first file allocation table: an entry of 0 is a free cluster."""
    import numpy as np

    from safelight.evidence.allocation import Allocation

    count = volume.clusters + 2
    raw = source.read_at(volume.tables, min(volume.table_size, -(-count * volume.bits // 8) + 3))
    if volume.bits == 12:
        whole = np.frombuffer(raw[: len(raw) // 3 * 3], np.uint8).reshape(-1, 3).astype(np.uint16)
        even = whole[:, 0] | (whole[:, 1] & 0x0F) << 8
        odd = whole[:, 1] >> 4 | whole[:, 2] << 4
        used = np.stack((even, odd), axis=1).reshape(-1) != 0
    elif volume.bits == 16:
        used = np.frombuffer(raw[: len(raw) // 2 * 2], "<u2") != 0
    else:
        used = np.frombuffer(raw[: len(raw) // 4 * 4], "<u4") & 0x0FFFFFFF != 0
    packed = np.packbits(used[2:count], bitorder="little")
    return Allocation(packed, min(len(used) - 2, volume.clusters), volume.cluster, volume.data)


def _exfat_bitmap(source: Source, volume: Layout) -> Allocation:
    """Read the allocation bitmap, whose place an entry of the root folder tells."""
    import numpy as np

    from safelight.evidence.allocation import Allocation

    root = source.read_at(volume.data + (volume.root - 2) * volume.cluster, min(volume.cluster, 1 << 16))
    for position in range(0, len(root) - _ENTRY + 1, _ENTRY):
        if root[position] == _BITMAP:
            cluster, size = struct.unpack_from("<IQ", root, position + 20)
            size = min(size, -(-volume.clusters // 8))
            bits = source.read_at(volume.data + (cluster - 2) * volume.cluster, size)
            return Allocation(np.frombuffer(bits, np.uint8), volume.clusters, volume.cluster, volume.data)
    raise EvidenceError("the allocation bitmap is not in the root folder")
