"""Apple partition maps, as older Macs, iPods and disk images have them (Inside Macintosh: Devices, chapter 3)."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from safelight.evidence.iso9660 import is_iso9660
from safelight.evidence.marks import begins
from safelight.evidence.partitions import partition_nodes
from safelight.evidence.protocol import Limits, Node, Source

_UNITS = (512, 1024, 2048, 4096)
_MOST_ENTRIES = 1_024
_ENTRY = struct.Struct(">2s2xIII32s32s")
_NONE = (b"Apple_partition_map", b"Apple_Free", b"Apple_Void", b"Apple_Scratch")
_DRIVERS = (b"Apple_Driver", b"Apple_Patches", b"Apple_FWDriver")
"""Code of the machine that reads it, in no file system."""


class ApmReader:
    """Apple partition map. Hybrid discs, which are ISO 9660 as well, are read as that."""

    name = "apm"
    order = 20
    marks = tuple(begins(b"PM", at=unit) for unit in _UNITS)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there an entry that describes the map itself, in the first block behind the driver descriptor?"""
        return not is_iso9660(head) and _unit(head) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the partitions, what is wrong with the map, and what is carved between the partitions."""
        problems: list[str] = []
        yield from partition_nodes(source, partitions(source, problems), problems, limits)


def partitions(source: Source, problems: list[str]) -> list[tuple[int, int, int]]:
    """Return (number, offset, length in bytes) of each partition, and add what is wrong. Raises EvidenceError."""
    unit = _unit(source.read_at(0, 8192)) or 512
    found = []
    count = 1
    number = 0
    while number < min(count, _MOST_ENTRIES):
        number += 1
        raw = source.read_at(number * unit, _ENTRY.size)
        if len(raw) < _ENTRY.size or raw[:2] != b"PM":
            problems.append(f"entry {number} of the Apple partition map is missing or damaged")
            break
        _, entries, start, length, _, kind = _ENTRY.unpack(raw)
        if number == 1:
            count = entries
        if length and not kind.startswith((*_NONE, *_DRIVERS)):
            found.append((number, start * unit, length * unit))
    if count > _MOST_ENTRIES:
        problems.append(f"the Apple partition map states {count:,} entries, {_MOST_ENTRIES:,} were read")
    return found


def _unit(head: bytes) -> int | None:
    """The bytes of a block: where the first entry lies."""
    for unit in _UNITS:
        raw = head[unit : unit + _ENTRY.size]
        if len(raw) == _ENTRY.size and raw[:2] == b"PM":
            _, entries, start, _, _, kind = _ENTRY.unpack(raw)
            if entries and (start == 1 or kind.startswith(b"Apple_partition_map")):
                return unit
    return None
