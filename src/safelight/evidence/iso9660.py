"""ISO 9660 (CD, DVD, `.iso`): what lies in it, with recording times and their offset from UTC."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.filesystem import Dialect, walk_file_system
from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.tsk import ISO
from safelight.model import Times, Timestamp

SECTOR = 2048
_FIRST_DESCRIPTOR = 16
_MOST_DESCRIPTORS = 64
_MOST_RECORDS = 1_000_000
_LARGEST_FOLDER = 16 << 20
_FOLDER = 0x02
_SOURCE = "iso9660:recording"


class Iso9660Reader:
    """ISO 9660 with Joliet and Rock Ridge names. Partition tables of hybrid images yield to it."""

    name = "iso9660"
    order = 30

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it a volume descriptor at sector 16?"""
        return is_iso9660(head)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry. Raises EvidenceError."""
        recorded = _recording_times(source)

        def times(entry: Any, meta: Any) -> Times:
            """TSK takes recording times for local time of this process, so the records are asked."""
            try:
                sectors = [int(run.addr) for attribute in entry for run in attribute]
            except OSError:  # the node is listed all the same; its content says what is wrong
                sectors = []
            stamp = (
                _timestamp(recorded[sectors[0]]) if sectors and sectors[0] in recorded else _undo(meta.crtime)
            )
            return Times(modified=stamp)

        return walk_file_system(source, limits, Dialect(ISO, times, reuses=False))


def is_iso9660(head: bytes) -> bool:
    """Does a medium whose first 64 KiB are `head` hold ISO 9660?"""
    return head[32769:32774] == b"CD001"


def _recording_times(source: Source) -> dict[int, bytes]:
    """Return the seven bytes of the recording time (ECMA-119, 9.1.5) by the extent's sector."""
    found: dict[int, bytes] = {}
    folders: list[tuple[int, int]] = []
    for number in range(_MOST_DESCRIPTORS):
        descriptor = source.read_at((_FIRST_DESCRIPTOR + number) * SECTOR, SECTOR)
        if len(descriptor) < SECTOR or descriptor[1:6] != b"CD001" or descriptor[0] == 255:
            break
        if descriptor[0] in (1, 2):
            folders.append(_extent(descriptor[156:190]))
    entered: set[int] = set()
    while folders and len(found) < _MOST_RECORDS:
        sector, size = folders.pop()
        if sector in entered:
            continue
        entered.add(sector)
        try:
            data = source.read_at(sector * SECTOR, min(size, _LARGEST_FOLDER))
        except EvidenceError:  # TSK's walk reports what cannot be read
            continue
        position = 0
        while position + 33 < len(data):
            length = data[position]
            if length < 34:
                position = (position // SECTOR + 1) * SECTOR  # records do not cross sectors
                continue
            record = data[position : position + length]
            position += length
            if record[25] & _FOLDER:
                folders.append(_extent(record))
            found.setdefault(_extent(record)[0], record[18:25])
    return found


def _extent(record: bytes) -> tuple[int, int]:
    return int.from_bytes(record[2:6], "little"), int.from_bytes(record[10:14], "little")


def _timestamp(raw: bytes) -> Timestamp | None:
    """Turn years since 1900, month, day, hour, minute, second and quarters of an hour from UTC into a time."""
    quarters = raw[6] - 256 if raw[6] > 127 else raw[6]
    try:
        value = datetime(1900 + raw[0], *raw[1:6]).isoformat()
    except ValueError:
        return None
    sign = "-" if quarters < 0 else "+"
    minutes = abs(quarters) * 15
    return Timestamp(value, _SOURCE, f"{sign}{minutes // 60:02}:{minutes % 60:02}")


def _undo(seconds: int) -> Timestamp | None:
    """The wall-clock time that TSK was given, where no record of its own was found."""
    if not seconds:
        return None
    try:
        return Timestamp(time.strftime("%Y-%m-%dT%H:%M:%S", time.localtime(seconds)), _SOURCE, "local")
    except (OverflowError, ValueError, OSError):
        return None
