"""GUID partition tables (UEFI specification, chapter 5), from the backup where the first is damaged."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.iso9660 import is_iso9660
from safelight.evidence.marks import begins
from safelight.evidence.partitions import partition_nodes
from safelight.evidence.protocol import Limits, Node, Source

_MAGIC = b"EFI PART"
_SECTORS = (512, 4096)
_MOST_ENTRIES = 4_096


class Header(NamedTuple):
    """Where the entries lie (bytes) and how many there are; `whole` when the checksums agree."""

    sector: int
    entries: int
    lines: int
    entry_size: int
    whole: bool
    medium: int
    """Bytes that the medium has, by where the header and its copy lie."""


class GptReader:
    """GUID partition table, with sectors of 512 or 4096 bytes."""

    name = "gpt"
    order = 20
    marks = (begins(b"\x55\xaa", at=510), *(begins(_MAGIC, at=sector) for sector in _SECTORS))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a header in the second sector, or a protective MBR with a header in the last one?"""
        if is_iso9660(head):
            return False
        if is_gpt(head):
            return True
        return head[510:512] == b"\x55\xaa" and 0xEE in head[450:512:16] and has_backup(source)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the partitions, what is wrong with the table, and what is carved between the partitions."""
        problems: list[str] = []
        yield from partition_nodes(source, partitions(source, problems), problems, limits)


def partitions(source: Source, problems: list[str]) -> list[tuple[int, int, int]]:
    """Return (number, offset, length in bytes) of each partition, and add what is wrong. Raises EvidenceError."""
    header = _best_header(source, problems)
    raw = source.read_at(header.entries, header.lines * header.entry_size)
    found = []
    for number in range(1, len(raw) // header.entry_size + 1):
        entry = raw[(number - 1) * header.entry_size :][:48]
        first, last = struct.unpack_from("<QQ", entry, 32)
        if any(entry[:16]) and last >= first:
            found.append((number, first * header.sector, (last + 1 - first) * header.sector))
    return found


def is_gpt(head: bytes) -> bool:
    """Is there a header in the second sector?"""
    return any(head[sector : sector + 8] == _MAGIC for sector in _SECTORS)


def has_backup(source: Source) -> bool:
    """Does the last sector hold a header? Raises EvidenceError."""
    tail = source.read_at(max(0, source.size - _SECTORS[-1]), _SECTORS[-1])
    return any(len(tail) >= sector and tail[-sector:].startswith(_MAGIC) for sector in _SECTORS)


def _best_header(source: Source, problems: list[str]) -> Header:
    """Return the first header whose checksums agree, else the first readable one. Raises EvidenceError."""
    damaged: Header | None = None
    for what in ("first", "backup"):
        for sector in _SECTORS:
            offset = sector if what == "first" else source.size - sector
            header = _read_header(source, offset, sector)
            if header is not None and header.whole:
                if header.medium > source.size:
                    problems.append(
                        f"the GUID partition table is of a medium of {header.medium:,} bytes, there are "
                        f"{source.size:,}: what lies beyond is missing"
                    )
                return header
            damaged = damaged or header
        problems.append(f"the {what} GUID partition table is missing or has a wrong checksum")
    if damaged is None:
        raise EvidenceError("no GUID partition table can be read")
    return damaged


def _read_header(source: Source, offset: int, sector: int) -> Header | None:
    """Read and check one header; None where there is none or its numbers are impossible."""
    if offset <= 0:
        return None
    raw = source.read_at(offset, 512)
    if len(raw) < 92 or raw[:8] != _MAGIC:
        return None
    size, checksum = struct.unpack_from("<II", raw, 12)
    here, other = struct.unpack_from("<QQ", raw, 24)
    (first,) = struct.unpack_from("<Q", raw, 72)
    count, entry_size, entries_checksum = struct.unpack_from("<III", raw, 80)
    if not 92 <= size <= 512 or not 128 <= entry_size <= 4096 or not 0 < count <= _MOST_ENTRIES:
        return None
    blank = raw[:16] + b"\0\0\0\0" + raw[20:size]
    entries = source.read_at(first * sector, count * entry_size)
    whole = zlib.crc32(blank) == checksum and zlib.crc32(entries) == entries_checksum
    return Header(sector, first * sector, count, entry_size, whole, (max(here, other) + 1) * sector)
