"""ISO 9660 (CD, DVD, `.iso`): what lies in it, with Joliet or Rock Ridge names and recording times.

TSK lists and reads. Two things it does not give are taken from the directory records here: recording times
with their offset from UTC (TSK takes them for local time of this process), and Rock Ridge names and links.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.filesystem import Dialect, walk_file_system
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.tsk import ERRORS, ISO
from safelight.model import Times, Timestamp

SECTOR = 2048
_FIRST_DESCRIPTOR = 16
_MOST_DESCRIPTORS = 64
_MOST_RECORDS = 1_000_000
_MOST_CONTINUATIONS = 16
_LARGEST_FOLDER = 16 << 20
_FOLDER, _GOES_ON = 0x02, 0x80
_SOURCE = "iso9660:recording"


class Iso9660Reader:
    """ISO 9660. Partition tables of hybrid images yield to it."""

    name = "iso9660"
    order = 30
    marks = (begins(b"CD001", at=32769),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it a volume descriptor at sector 16?"""
        return is_iso9660(head)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry. Raises EvidenceError."""
        records = read_records(source)
        begins: dict[int, int] = {}

        def times(entry: Any, meta: Any) -> Times:
            try:
                sectors = [int(run.addr) for attribute in entry for run in attribute]
            except ERRORS:  # the node is listed all the same; its content says what is wrong
                sectors = []
            raw = records.times.get(sectors[0]) if sectors else None
            if sectors and (sectors[0] in records.parts or sectors[0] in records.further):
                begins[int(meta.addr)] = sectors[0]
            return Times(modified=_undo(meta.crtime) if raw is None else _timestamp(raw))

        joined: bytes | None = None
        for node in walk_file_system(source, limits, Dialect(ISO, times, reuses=False)):
            begin = begins.get(node.address.get("inode", -1), -1)
            if begin in records.parts:
                _join(node, source, records.parts[begin])
                joined = node.name
            elif begin in records.further and node.name == joined:
                continue
            rock_ridge = records.names.get(node.name)
            if rock_ridge is None:
                yield node
            elif rock_ridge.target is None:
                yield replace(node, name=rock_ridge.path)
            else:
                size = len(rock_ridge.target)
                link = replace(node, name=rock_ridge.path, target=rock_ridge.target, size=size)
                yield replace(link, kind=Kind.LINK, open=None)


def _join(node: Node, source: Source, parts: list[tuple[int, int]]) -> None:
    """Give a file of several extents, each of which TSK lists as a file of its own, its whole content."""
    from safelight.evidence.carve import Ranges

    content = Ranges(source, [(sector * SECTOR, size) for sector, size in parts])
    node.size, node.open = sum(size for _, size in parts), lambda: content
    if content.size < node.size:
        node.error = f"the medium holds {content.size:,} of its {node.size:,} bytes"


class RockRidge(NamedTuple):
    """What Rock Ridge states of a path: the true one, and where a symbolic link points."""

    path: bytes
    target: bytes | None


@dataclass(slots=True)
class Records:
    """What the directory records state: recording time by the extent's sector, Rock Ridge by ISO path."""

    times: dict[int, bytes] = field(default_factory=dict)
    names: dict[bytes, RockRidge] = field(default_factory=dict)
    parts: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    """Of a file of several extents, by the sector of the first: sector and size of each, in order."""
    further: set[int] = field(default_factory=set)
    """The sectors at which extents after the first begin."""


def is_iso9660(head: bytes) -> bool:
    """Does a medium whose first 64 KiB are `head` hold ISO 9660?"""
    return head[32769:32774] == b"CD001"


def volume_size(head: bytes) -> int:
    """The bytes that the primary volume descriptor in the first 64 KiB states for the volume."""
    blocks, block_size = (
        int.from_bytes(head[32848:32852], "little"),
        int.from_bytes(head[32896:32898], "little"),
    )
    return blocks * (block_size or SECTOR)


def read_records(source: Source) -> Records:
    """Walk the directory records of all volume descriptors (ECMA-119, 9.1). Raises EvidenceError."""
    records = Records()
    roots: list[tuple[int, int]] = []
    joliet = False
    for number in range(_MOST_DESCRIPTORS):
        descriptor = source.read_at((_FIRST_DESCRIPTOR + number) * SECTOR, SECTOR)
        if len(descriptor) < SECTOR or descriptor[1:6] != b"CD001" or descriptor[0] == 255:
            break
        if descriptor[0] in (1, 2):
            roots.append(_extent(descriptor[156:190]))
            joliet = joliet or (descriptor[0] == 2 and descriptor[88:90] == b"%/")
    entered: set[int] = set()
    for root in roots:
        folders = [(root, b"", b"")]
        while folders and len(records.times) < _MOST_RECORDS:
            extent, iso_path, path = folders.pop()
            if extent[0] in entered:
                continue
            entered.add(extent[0])
            parts: list[tuple[int, int]] = []
            for record in _folder(source, extent):
                records.times.setdefault(_extent(record)[0], record[18:25])
                if parts or record[25] & _GOES_ON:
                    parts.append(_extent(record))
                    if not record[25] & _GOES_ON:
                        records.parts[parts[0][0]] = parts
                        records.further.update(sector for sector, _ in parts[1:])
                        parts = []
                name = record[33 : 33 + record[32]]
                if name in (b"\0", b"\1"):
                    continue
                iso_name = iso_path + name.partition(b";")[0].rstrip(b".")
                true_name, target = (None, None) if joliet else _rock_ridge(source, record)
                true_path = path + (true_name or name.partition(b";")[0])
                if true_name is not None:
                    records.names[iso_name] = RockRidge(true_path, target)
                if record[25] & _FOLDER:
                    folders.append((_extent(record), iso_name + b"/", true_path + b"/"))
    return records


def _folder(source: Source, extent: tuple[int, int]) -> Iterator[bytes]:
    """Yield the records of one folder; they do not cross sectors."""
    try:
        data = source.read_at(extent[0] * SECTOR, min(extent[1], _LARGEST_FOLDER))
    except EvidenceError:  # TSK's walk reports what cannot be read
        return
    position = 0
    while position + 33 < len(data):
        length = data[position]
        if length < 34:
            position = (position // SECTOR + 1) * SECTOR
            continue
        yield data[position : position + length]
        position += length


def _extent(record: bytes) -> tuple[int, int]:
    """Sector and size in bytes."""
    return int.from_bytes(record[2:6], "little"), int.from_bytes(record[10:14], "little")


def _rock_ridge(source: Source, record: bytes) -> tuple[bytes | None, bytes | None]:
    """Return the name (NM) and the link's target (SL) of IEEE P1282, None where there is none."""
    name: list[bytes] = []
    parts: list[bytes] = []
    area = record[33 + record[32] + (1 - record[32] % 2) :]
    for _ in range(_MOST_CONTINUATIONS):
        following = None
        while len(area) >= 4 and area[2] >= 4:
            kind, body, area = area[:2], area[4 : area[2]], area[area[2] :]
            if kind == b"NM" and body and not body[0] & 6:
                name.append(body[1:])
            elif kind == b"SL":
                parts.extend(_link_parts(body[1:]))
            elif kind == b"CE" and len(body) >= 20:
                fields = [int.from_bytes(body[at : at + 4], "little") for at in (0, 8, 16)]
                following = (fields[0] * SECTOR + fields[1], min(fields[2], SECTOR))
        if following is None:
            break
        try:
            area = source.read_at(*following)
        except EvidenceError:  # what has been read of the name so far is better than none
            break
    true_name = b"".join(name).replace(b"/", b":")
    return true_name or None, b"/".join(parts) if parts else None


def _link_parts(components: bytes) -> Iterator[bytes]:
    while len(components) >= 2:
        flags, length = components[0], components[1]
        yield {2: b".", 4: b"..", 8: b""}.get(flags & 14, components[2 : 2 + length])
        components = components[2 + length :]


def _timestamp(raw: bytes) -> Timestamp | None:
    """Turn years since 1900, month, day, hour, minute, second and quarters of an hour from UTC into a time."""
    quarters = raw[6] - 256 if raw[6] > 127 else raw[6]
    try:
        value = datetime(1900 + raw[0], raw[1], raw[2], raw[3], raw[4], raw[5]).isoformat()
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
