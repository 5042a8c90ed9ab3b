"""UDF (DVDs, Blu-ray discs, camcorders, packet-written discs): entries, times, deleted names; free space is carved.

After ECMA-167 and OSTA UDF 1.02 to 2.60: physical partitions, the metadata partition, and the virtual one of write-once
media (VAT). Sparing tables of rewritable discs are not applied. A disc that is ISO 9660 too is read as that.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.marks import begins
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.source import SliceSource
from safelight.evidence.udf_entry import Entry, Place, read_entry, read_names, tag
from safelight.model import State

_AREA = 0x8000
_BLOCK_SIZES = (2048, 512, 4096, 1024)
_MOST_DESCRIPTORS = 256
_LARGEST_FOLDER = 64 << 20
_LARGEST_TABLE = 64 << 20
_DEEPEST = 1_024
_MOST_RUNS = 8_000_000
_FOLDER, _FILE, _LINK, _VAT = 4, 5, 12, 248
_KINDS = {_FOLDER: Kind.FOLDER, _FILE: Kind.FILE, _LINK: Kind.LINK, 249: Kind.FILE, 0: Kind.FILE}


class UdfReader:
    """UDF of all revisions."""

    name = "udf"
    order = 31
    marks = (begins(b"BEA01", at=_AREA + 1),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Does the volume recognition sequence begin, and name NSR?"""
        if head[_AREA + 1 : _AREA + 6] != b"BEA01":
            return False
        return any(head[_AREA + at + 1 : _AREA + at + 5] == b"NSR0" for at in range(0, 0x8000, 512))

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every entry, then what is carved."""
        volume: _Volume | None = None
        try:
            volume = _open(source)
            for problem in volume.problems:
                yield Node(b"", Kind.FINDING, error=problem)
            yield from _tree(volume)
        except EvidenceError as error:
            yield Node(b"", Kind.FINDING, error=f"UDF: {error}")
        if limits.carve and (volume is None or volume.whole):
            from safelight.evidence.allocation import complement
            from safelight.evidence.carve import carve

            used = [] if volume is None else volume.runs
            yield free_space(partial(carve, source, list(complement(used, source.size))))


@dataclass(slots=True)
class _Volume:
    """The partitions as sources, in the order that references count them, and where the root folder is described."""

    source: Source
    block: int
    partitions: list[Source] = field(default_factory=list)
    root: Place = field(default_factory=lambda: Place(0, 0, 0))
    problems: list[str] = field(default_factory=list)
    runs: list[tuple[int, int]] = field(default_factory=list)
    """(offset, length) in bytes of the medium of what files occupy."""
    starts: dict[int, int] = field(default_factory=dict)
    """Where the physical partitions begin, in bytes, by reference."""
    whole: bool = True

    def entry(self, place: Place) -> Entry:
        """The description of a file. Raises EvidenceError."""
        if place.partition >= len(self.partitions):
            raise EvidenceError(f"it lies in partition {place.partition}, which there is not")
        data = self.partitions[place.partition].read_at(place.block * self.block, max(self.block, 2048))
        entry = read_entry(data[: self.block], place.partition)
        if entry is None:
            raise EvidenceError(f"no description of a file at block {place.block:,}")
        return entry

    def content(self, entry: Entry) -> Source:
        """Its bytes. Raises EvidenceError."""
        pieces: list[Piece] = []
        left = entry.size
        for number, place in enumerate(entry.places(self._continuation)):
            length = min(place.length, left)
            left -= length
            if not place.recorded:
                pieces.append(Piece(None, 0, length))
            elif place.partition >= len(self.partitions):
                raise EvidenceError(f"it lies in partition {place.partition}, which there is not")
            else:
                offset = place.block * self.block
                pieces.append(Piece(self.partitions[place.partition], offset, length))
                if place.partition in self.starts and len(self.runs) < _MOST_RUNS:
                    self.runs.append((self.starts[place.partition] + offset, length))
            if left <= 0 or number > 1_000_000:
                break
        if entry.embedded is not None:
            from safelight.evidence.source import BytesSource

            return BytesSource(entry.embedded[: entry.size])
        if left > 0:
            pieces.append(Piece(None, 0, min(left, self.source.size)))
        return PiecesSource(pieces)

    def _continuation(self, place: Place) -> bytes:
        if place.partition >= len(self.partitions):
            return b""
        return self.partitions[place.partition].read_at(place.block * self.block, place.length)


def _open(source: Source) -> _Volume:
    """Follow the anchor to the descriptors. Raises EvidenceError."""
    for block in _BLOCK_SIZES:
        last = source.size // block
        for at in (256, last - 257, last - 1, last - 256, 512):
            anchor = source.read_at(at * block, 512) if at > 0 else b""
            if tag(anchor) == 2:
                for extent in (16, 24):  # the main sequence, then its reserve
                    length, location = struct.unpack_from("<II", anchor, extent)
                    volume = _described(source, block, location, length)
                    if volume is not None:
                        return volume
    raise EvidenceError("no anchor of it leads to a description of its volume")


def _described(source: Source, block: int, location: int, length: int) -> _Volume | None:
    physical: dict[int, tuple[int, int]] = {}
    logical = b""
    for number in range(min(length // block, _MOST_DESCRIPTORS)):
        raw = source.read_at((location + number) * block, max(block, 2048))
        kind = tag(raw)
        if kind == 5 and len(raw) >= 196:
            (which,) = struct.unpack_from("<H", raw, 22)
            physical[which] = struct.unpack_from("<II", raw, 188)
        elif kind == 6 and len(raw) >= 440:
            logical = raw
        elif kind in (8, None):
            break
    if not logical or not physical:
        return None
    (unit,) = struct.unpack_from("<I", logical, 212)
    if unit != block:
        return None
    volume = _Volume(source, block)
    _, first, reference = struct.unpack_from("<IIH", logical, 248)
    _map_partitions(volume, logical, physical)
    if reference >= len(volume.partitions):
        raise EvidenceError("its file set lies in a partition that there is not")
    described = volume.partitions[reference].read_at(first * block, 512)
    if tag(described) != 256:
        raise EvidenceError("the description of its file set is missing or damaged")
    length, at, part = struct.unpack_from("<IIH", described, 400)
    volume.root = Place(part, at, length)
    return volume


def _map_partitions(volume: _Volume, logical: bytes, physical: dict[int, tuple[int, int]]) -> None:
    source, block, at = volume.source, volume.block, 440
    (count,) = struct.unpack_from("<I", logical, 268)
    for reference in range(min(count, 16)):
        if at + 6 > len(logical) or logical[at + 1] < 6:
            break
        kind, size = logical[at], logical[at + 1]
        named = logical[at + 5 : at + 28].rstrip(b"\0") if kind == 2 else b""
        which = int.from_bytes(
            logical[at + 4 : at + 6] if kind == 1 else logical[at + 38 : at + 40], "little"
        )
        start, length = physical.get(which, (0, 0))
        base = SliceSource(source, start * block, length * block)
        if named == b"*UDF Metadata Partition":
            place = Place(reference, int.from_bytes(logical[at + 40 : at + 44], "little"), block)
            volume.partitions.append(base)  # for a moment: its own description lies in the physical one
            metadata = volume.content(volume.entry(place))
            volume.partitions[reference] = metadata
        elif named == b"*UDF Virtual Partition":
            volume.partitions.append(base)
            volume.partitions[reference] = _virtual(volume, base, reference)
        else:
            if named == b"*UDF Sparable Partition":
                volume.problems.append(
                    "UDF: blocks that the disc's sparing table moved are read at their old place"
                )
            if start * block + length * block > source.size:
                text = f"UDF: a partition of {length * block:,} bytes is not all there"
                volume.problems.append(text)
            volume.starts[reference] = start * block
            volume.partitions.append(base)
        at += size
    volume.runs.clear()


def _virtual(volume: _Volume, base: Source, reference: int) -> Source:
    """The partition of write-once media: a table, described in the last block, says where each block is now."""
    last = base.size // volume.block - 1
    for block in range(last, max(-1, last - 600), -1):
        entry = read_entry(base.read_at(block * volume.block, volume.block), reference)
        if entry is not None and entry.type in (_VAT, 0):
            table = volume.content(entry).read_at(0, _LARGEST_TABLE)
            if entry.type == _VAT:
                skip = int.from_bytes(table[:2], "little")
                numbers = table[skip:]
            else:  # UDF 1.50 has its header behind the table
                numbers = table[:-36]
            blocks = [number for (number,) in struct.iter_unpack("<I", numbers[: len(numbers) // 4 * 4])]
            pieces = [
                Piece(None if number == 0xFFFFFFFF else base, number * volume.block, volume.block)
                for number in blocks
            ]
            return PiecesSource(pieces)
    raise EvidenceError("the table of its virtual partition (VAT) is not found: is the disc cut off or open?")


def _tree(volume: _Volume) -> Iterator[Node]:
    """Yield the entries below the root; a folder's own entries come together."""
    entered = {(volume.root.partition, volume.root.block)}
    stack: list[tuple[Entry, bytes, int, State]] = [(volume.entry(volume.root), b"", 0, State.ALLOCATED)]
    while stack:
        folder, prefix, depth, state = stack.pop()
        below: list[tuple[Entry, bytes, int, State]] = []
        try:
            data = volume.content(folder).read_at(0, _LARGEST_FOLDER)
        except EvidenceError as error:
            volume.whole = False
            yield Node(prefix.rstrip(b"/"), Kind.FINDING, error=f"the folder cannot be read: {error}")
            continue
        for name in read_names(data):
            path = prefix + name.name
            own = State.DELETED if name.deleted else state
            try:
                entry = volume.entry(name.place)
                node = _node(volume, entry, path, own, name.place)
            except EvidenceError as error:
                volume.whole = volume.whole and name.deleted
                yield Node(path, Kind.FILE, own, error=str(error))
                continue
            yield node
            key = (name.place.partition, name.place.block)
            if node.kind is Kind.FOLDER and key not in entered:
                entered.add(key)
                if depth < _DEEPEST:
                    below.append((entry, path + b"/", depth + 1, own))
                else:
                    text = f"folders are nested more than {_DEEPEST:,} deep; not entered"
                    yield Node(path, Kind.FINDING, error=text)
        stack.extend(reversed(below))


def _node(volume: _Volume, entry: Entry, path: bytes, state: State, place: Place) -> Node:
    kind = _KINDS.get(entry.type, Kind.SPECIAL)
    size = entry.size if kind is Kind.FILE else None
    node = Node(path, kind, state, size, entry.times, {"block": place.block})
    if kind is Kind.FILE:
        content = volume.content(entry)
        if content.size < entry.size:
            node.error = f"it claims {entry.size:,} bytes, {content.size:,} are recorded"
        node.open = lambda: content
    return node
