"""The block headers of RAR 1.5 to 4 and of RAR 5: what each member is called, how long it is, how it is packed.

After "RAR 5.0 archive format" (rarlab.com/technote.htm) and the technote of RAR 2.02 to 4. `rar.py` is the reader.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.protocol import Source
from safelight.model import Times

OLD, NEW = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
_LONGEST_HEADER = 2 << 20
_MOST_BLOCKS = 2_000_000


@dataclass(frozen=True, slots=True)
class Member:
    """One file or folder; `begin` is its header's offset, `data` that of its packed bytes."""

    name: bytes
    begin: int
    data: int
    packed: int
    size: int | None
    times: Times
    stored: bool
    folder: bool = False
    encrypted: bool = False
    solid: bool = False
    before: bool = False
    """Does it begin in an earlier volume?"""
    after: bool = False
    """Does it go on in a later volume?"""
    target: bytes | None = None
    copies: bool = False
    """Is it a hard link to, or a copy of, another member, without content of its own?"""
    crc: int | None = None
    """The CRC-32 that is stated of its content."""


@dataclass(slots=True)
class Archive:
    """What the main header states; `start` is where the blocks of members begin."""

    new: bool
    start: int = 0
    solid: bool = False
    volume: bool = False
    encrypted: bool = False
    ended: bool = field(default=False)
    """Has the end-of-archive block been met?"""
    more: bool = False
    """Does that block say that another volume follows?"""


def read_archive(source: Source) -> Archive:
    """Read the signature and the main header. Raises EvidenceError."""
    if source.read_at(0, 8) == NEW:
        archive = Archive(True)
        block = _new_block(source, len(NEW))
        if block is not None and block.type == 4:
            archive.encrypted = True
            return archive
        if block is None or block.type != 1:
            raise EvidenceError("the RAR archive has no main header")
        flags, _ = _vint(block.body, 0)
        archive.volume, archive.solid, archive.start = bool(flags & 1), bool(flags & 4), block.end
        return archive
    archive = Archive(False)
    head = source.read_at(len(OLD), 13)
    if len(head) < 7 or head[2] != 0x73:
        raise EvidenceError("the RAR archive has no main header")
    flags, size = struct.unpack_from("<HH", head, 3)
    archive.volume, archive.solid, archive.encrypted = bool(flags & 1), bool(flags & 8), bool(flags & 0x80)
    archive.start = len(OLD) + size
    return archive


def members(source: Source, archive: Archive) -> Iterator[Member]:
    """Yield the members in order. Raises EvidenceError where the blocks break off."""
    at = archive.start
    read = _new_member if archive.new else _old_member
    for _ in range(_MOST_BLOCKS):
        if at >= source.size:
            return
        member, at = read(source, archive, at)
        if member is not None:
            yield member
        if archive.ended:
            return


def _old_member(source: Source, archive: Archive, at: int) -> tuple[Member | None, int]:
    head = source.read_at(at, 32)
    if len(head) < 7:
        raise EvidenceError(f"the RAR archive ends within a header, at {at:,}")
    kind = head[2]
    flags, size = struct.unpack_from("<HH", head, 3)
    if not 0x72 <= kind <= 0x7B or size < 7:
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: no block there")
    if kind == 0x7B:
        archive.ended, archive.more = True, bool(flags & 1)
        return None, at + size
    if kind not in (0x74, 0x7A) or len(head) < 32:
        extra = int.from_bytes(head[7:11], "little") if flags & 0x8000 else 0
        return None, at + size + extra
    raw = source.read_at(at, size)
    if len(raw) < max(size, 32):
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: its header is cut off")
    packed, unpacked = struct.unpack_from("<II", raw, 7)
    clock, _, method, name_size = struct.unpack_from("<IBBH", raw, 20)
    position = 32
    if flags & 0x100:
        if len(raw) < 40:
            raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: its header is too short")
        high_packed, high_unpacked = struct.unpack_from("<II", raw, 32)
        packed, unpacked, position = packed | high_packed << 32, unpacked | high_unpacked << 32, 40
    end = at + size + packed
    if kind == 0x7A:
        return None, end
    name = raw[position : position + name_size]
    name = _unicode_name(name) if flags & 0x200 else name
    known = not (unpacked == 0xFFFFFFFF and not flags & 0x100)
    return (
        Member(
            name.replace(b"\\", b"/"),
            at,
            at + size,
            packed,
            unpacked if known else None,
            Times(modified=stamps.dos(clock >> 16, clock & 0xFFFF, "rar")),
            method == 0x30,
            folder=flags & 0xE0 == 0xE0,
            encrypted=bool(flags & 4),
            solid=bool(flags & 0x10),
            before=bool(flags & 1),
            after=bool(flags & 2),
            crc=int.from_bytes(raw[16:20], "little"),
        ),
        end,
    )


def _unicode_name(field_: bytes) -> bytes:
    """Return the name in UTF-8: behind a name in the system's own code lies how its UTF-16 differs from that."""
    plain, separator, packed = field_.partition(b"\0")
    if not separator:
        return plain  # already UTF-8
    if len(packed) < 2:
        return plain
    high, at, flags, left = packed[0], 1, 0, 0
    units: list[int] = []
    while at < len(packed) and len(units) < 4096:
        if not left:
            flags, left, at = packed[at], 8, at + 1
            continue
        left -= 2
        how = flags >> left & 3
        step = packed[at : at + 2]
        if how == 0 or how == 1:
            units.append(step[0] | (high << 8 if how else 0))
            at += 1
        elif how == 2 and len(step) == 2:
            units.append(step[0] | step[1] << 8)
            at += 2
        elif how == 3:
            count, at = (step[0] & 0x7F) + 2, at + 1
            change = None
            if step[0] & 0x80 and at < len(packed):
                change, at = packed[at], at + 1
            for _ in range(count):
                byte = plain[len(units)] if len(units) < len(plain) else 0x5F
                units.append(byte if change is None else (byte + change & 0xFF) | high << 8)
        else:
            break
    text = b"".join(unit.to_bytes(2, "little") for unit in units)
    return text.decode("utf-16-le", "surrogatepass").encode("utf-8", "surrogatepass")


@dataclass(frozen=True, slots=True)
class _Block:
    type: int
    flags: int
    body: bytes
    extra: bytes
    data: int
    packed: int
    end: int


def _new_block(source: Source, at: int) -> _Block | None:
    """The block at `at`; None where the archive is at its end. Raises EvidenceError."""
    head = source.read_at(at, 7)
    if not head:
        return None
    size, used = _vint(head, 4)
    start = at + used
    if not 2 <= size <= _LONGEST_HEADER:
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: no block there")
    raw = source.read_at(start, size)
    if len(raw) < size:
        raise EvidenceError(f"the RAR archive ends within a header, at {at:,}")
    kind, position = _vint(raw, 0)
    flags, position = _vint(raw, position)
    extra_size, packed = 0, 0
    if flags & 1:
        extra_size, position = _vint(raw, position)
    if flags & 2:
        packed, position = _vint(raw, position)
    if kind == 0 or extra_size > size - position:
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: no block there")
    body_end = size - extra_size
    data = start + size
    return _Block(kind, flags, raw[position:body_end], raw[body_end:], data, packed, data + packed)


def _new_member(source: Source, archive: Archive, at: int) -> tuple[Member | None, int]:
    block = _new_block(source, at)
    if block is None:
        return None, source.size
    if block.type == 5:
        archive.ended, archive.more = True, bool(_vint(block.body, 0)[0] & 1)
    if block.type == 4:
        archive.encrypted = archive.ended = True
    if block.type != 2:
        return None, block.end
    body = block.body
    flags, position = _vint(body, 0)
    size, position = _vint(body, position)
    _, position = _vint(body, position)
    modified = None
    if flags & 2:
        modified = stamps.utc_seconds(int.from_bytes(body[position : position + 4], "little"), "rar")
        position += 4
    crc = None
    if flags & 4:
        crc = int.from_bytes(body[position : position + 4], "little")
        position += 4
    packing, position = _vint(body, position)
    _, position = _vint(body, position)
    length, position = _vint(body, position)
    times, encrypted, target, copies = Times(modified=modified), False, None, False
    for kind, record in _records(block.extra):
        if kind == 1:
            encrypted = True
        elif kind == 3:
            times = _new_times(record, times)
        elif kind == 5:
            how, target = _redirection(record)
            copies = how in (4, 5)
    return (
        Member(
            body[position : position + length],
            at,
            block.data,
            block.packed,
            None if flags & 8 else size,
            times,
            packing >> 7 & 7 == 0,
            folder=bool(flags & 1),
            encrypted=encrypted,
            solid=bool(packing & 0x40),
            before=bool(block.flags & 8),
            after=bool(block.flags & 16),
            target=target,
            copies=copies,
            crc=crc,
        ),
        block.end,
    )


def _records(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(extra):
        size, at = _vint(extra, at)
        end = at + size
        kind, start = _vint(extra, at)
        yield kind, extra[start:end]
        if size <= 0:
            return
        at = end


def _new_times(record: bytes, times: Times) -> Times:
    """Modification, creation and access as UNIX or Windows times."""
    flags, at = _vint(record, 0)
    found = {}
    for bit, name in ((2, "modified"), (4, "created"), (8, "accessed")):
        if flags & bit:
            wide = 4 if flags & 1 else 8
            value, at = int.from_bytes(record[at : at + wide], "little"), at + wide
            found[name] = stamps.utc_seconds(value, "rar") if flags & 1 else stamps.filetime(value, "rar")
    return Times(
        created=found.get("created"),
        modified=found.get("modified") or times.modified,
        accessed=found.get("accessed"),
    )


def _redirection(record: bytes) -> tuple[int, bytes]:
    how, at = _vint(record, 0)
    _, at = _vint(record, at)
    length, at = _vint(record, at)
    return how, record[at : at + length]


def _vint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the least significant first; returns it and the position behind it."""
    value = 0
    for index in range(10):
        byte = data[at + index] if at + index < len(data) else 0
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    raise EvidenceError("the RAR archive is damaged: a number that does not end")
