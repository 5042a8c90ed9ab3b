"""Partition tables of the PC (MBR): primary partitions 1 to 4, logical ones from 5 on, as Linux counts them."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.fat import layout
from safelight.evidence.iso9660 import is_iso9660
from safelight.evidence.marks import begins
from safelight.evidence.partitions import partition_nodes
from safelight.evidence.protocol import Limits, Node, Source

_EXTENDED = frozenset((0x05, 0x0F, 0x85))
_MOST_LOGICAL = 256
_ENTRY = struct.Struct("<B3xB3xII")


class Entry(NamedTuple):
    """One line of a table; `start` and `length` in sectors."""

    status: int
    type: int
    start: int
    length: int


class MbrReader:
    """Master boot record with extended partitions."""

    name = "mbr"
    order = 21
    marks = (begins(b"\x55\xaa", at=510),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a table with at least one partition that begins inside, and nothing more specific?"""
        if head[510:512] != b"\x55\xaa" or head[3:11] in (b"NTFS    ", b"EXFAT   ") or is_iso9660(head):
            return False
        if layout(head, source.size) is not None:
            return False
        entries = _entries(head)
        if any(entry.status not in (0x00, 0x80) for entry in entries) and not _fit(entries, source.size):
            return False
        return any(entry.type and entry.length and 0 < entry.start * 512 < source.size for entry in entries)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the partitions, what is wrong with the table, and what is carved between the partitions."""
        problems: list[str] = []
        yield from partition_nodes(source, partitions(source, problems), problems, limits)


def partitions(source: Source, problems: list[str]) -> list[tuple[int, int, int]]:
    """Return (number, offset, length in bytes) of each partition, and add what is wrong. Raises EvidenceError."""
    unit = sector_size(source)
    found: list[tuple[int, Entry]] = []
    extended: list[Entry] = []
    for number, entry in enumerate(_entries(source.read_at(0, 512)), 1):
        if entry.type in _EXTENDED:
            extended.append(entry)
        elif entry.type and entry.length:
            found.append((number, entry))
    number = 5
    for container in extended:
        for entry in _logical(source, container, unit, problems):
            found.append((number, entry))
            number += 1
    return [(number, entry.start * unit, entry.length * unit) for number, entry in found]


def sector_size(source: Source) -> int:
    """Return 512, or 4096 where only that makes a partition begin with something known.

    The table counts in sectors and does not say how long they are.
    """
    entries = [entry for entry in _entries(source.read_at(0, 512)) if entry.type and entry.length]
    for unit in (512, 4096):
        for entry in entries:
            try:
                if entry.start and source.read_at(entry.start * unit, 512)[510:512] == b"\x55\xaa":
                    return unit
                if source.read_at(entry.start * unit + 1080, 2) == b"\x53\xef":
                    return unit
            except EvidenceError:  # what cannot be read decides nothing here
                continue
    return 512


def _entries(sector: bytes) -> list[Entry]:
    if len(sector) < 512:
        return []
    return [Entry(*_ENTRY.unpack_from(sector, 446 + 16 * number)) for number in range(4)]


def _fit(entries: list[Entry], size: int) -> bool:
    """Do all partitions lie on the medium and beside each other? The code of a boot sector does not read so.

    That makes a table of one whose status bytes, which say what to boot from, are not what they should be.
    """
    used = sorted((e.start, e.length) for e in entries if e.type and e.length)
    position = 1
    for start, length in used:
        if start < position:
            return False
        position = start + length
    return bool(used) and position * 512 <= size


def _logical(source: Source, container: Entry, unit: int, problems: list[str]) -> Iterator[Entry]:
    """Follow the chain of extended boot records; one that comes back to itself is cut and said."""
    seen: set[int] = set()
    where = container.start
    while where not in seen and len(seen) < _MOST_LOGICAL:
        seen.add(where)
        try:
            sector = source.read_at(where * unit, 512)
        except EvidenceError as error:
            problems.append(f"the extended partition table at sector {where:,} cannot be read: {error}")
            return
        if sector[510:512] != b"\x55\xaa":
            problems.append(f"the extended partition table at sector {where:,} has no signature")
            return
        following = None
        for entry in _entries(sector):
            if entry.type in _EXTENDED:
                following = entry
            elif entry.type and entry.length:
                yield entry._replace(start=where + entry.start)
        if following is None or not following.length:
            return
        where = container.start + following.start
    problems.append(f"the chain of extended partition tables never ends (cut at sector {where:,})")
