"""The block headers of RAR 1.5 to 4 and of RAR 5: what each member is called, how long it is, how it is packed.

After "RAR 5.0 archive format" (rarlab.com/technote.htm) and the technote of RAR 2.02 to 4. `rar.py` is the reader.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.encrypted.rar_locked import ClearSource, Key, Seal
from safelight.evidence.protocol import Source
from safelight.model import Times

OLD, NEW = b"Rar!\x1a\x07\x00", b"Rar!\x1a\x07\x01\x00"
END = {False: bytes.fromhex("c43d7b00400700"), True: bytes.fromhex("1d77565103050400")}
"""The block that ends an archive, of RAR 3 and of RAR 5."""
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
    seal: Seal | None = None
    """How it is encrypted, where that is known here."""
    plain: bytes = b""
    """Of an encrypted one: its header as it would be without, for libarchive (of RAR 5: what follows the lengths)."""


@dataclass(slots=True)
class Archive:
    """What the main header states; `start` is where the blocks of members begin."""

    new: bool
    start: int = 0
    solid: bool = False
    volume: bool = False
    part: int | None = None
    """The volume's number from 0 on; None where RAR before 5 does not state that it is the first."""
    numbered: bool = True
    """Are the volumes called `.part1.rar`, `.part2.rar` …, and not `.rar`, `.r00` …?"""
    encrypted: bool = False
    ended: bool = field(default=False)
    """Has the end-of-archive block been met?"""
    more: bool = False
    """Does that block say that another volume follows?"""
    seal: Seal | None = None
    """Of RAR 5: how the names are encrypted."""
    head: bytes = b""
    """What comes before the blocks of members, in clear."""
    names: Callable[[bytes], Key | None] | None = None
    """From a block's salt (RAR 3) or vector (RAR 5) to the key of encrypted headers, once a password opened it."""

    @property
    def before(self) -> int:
        """Bytes before an encrypted header: salt or vector."""
        return (16 if self.new else 8) if self.names is not None else 0


def read_archive(source: Source) -> Archive:
    """Read the signature and the main header. Raises EvidenceError."""
    if source.read_at(0, 8) == NEW:
        archive = Archive(True)
        block = _new_block(source, archive, len(NEW))
        if block is not None and block.type == 4:
            archive.encrypted, archive.start, archive.seal = (
                True,
                block.end,
                _new_seal(block.body, names=True),
            )
            return archive
        _main(archive, block)
        return archive
    archive = Archive(False)
    head = source.read_at(len(OLD), 13)
    if len(head) < 7 or head[2] != 0x73:
        raise EvidenceError("the RAR archive has no main header")
    flags, size = struct.unpack_from("<HH", head, 3)
    archive.volume, archive.solid, archive.encrypted = bool(flags & 1), bool(flags & 8), bool(flags & 0x80)
    archive.part, archive.numbered = 0 if flags & 0x100 else None, bool(flags & 0x10)
    archive.start = len(OLD) + size
    archive.head = source.read_at(0, archive.start)
    if archive.encrypted:
        crc_and_flags = struct.pack("<BHH", 0x73, flags & ~0x80, size) + archive.head[len(OLD) + 7 :]
        archive.head = OLD + (zlib.crc32(crc_and_flags) & 0xFFFF).to_bytes(2, "little") + crc_and_flags
    return archive


def opened(source: Source, archive: Archive, names: Callable[[bytes], Key | None]) -> Archive | None:
    """An archive with encrypted names as a key shows them; None where it is another's. Raises EvidenceError."""
    found = replace(archive, names=names, encrypted=False)
    if not archive.new:  # only a block's checksum shows that the key is right
        clear, at = _header(source, found, found.start)
        raw = clear.read_at(at, 7)
        size = int.from_bytes(raw[5:7], "little")
        raw = clear.read_at(at, size) if 7 <= size < _LONGEST_HEADER else b""
        is_right = (
            len(raw) == size and size and zlib.crc32(raw[2:]) & 0xFFFF == int.from_bytes(raw[:2], "little")
        )
        return found if is_right else None
    _main(found, _new_block(source, found, found.start))
    return found


def _main(archive: Archive, block: _Block | None) -> None:
    if block is None or block.type != 1:
        raise EvidenceError("the RAR archive has no main header")
    flags, at = vint(block.body, 0)
    archive.part = vint(block.body, at)[0] if flags & 2 else 0
    archive.volume, archive.solid, archive.start = bool(flags & 1), bool(flags & 4), block.end
    archive.head = NEW + block.raw


def _header(source: Source, archive: Archive, at: int) -> tuple[Source, int]:
    """Where the header of the block at `at` can be read in clear. Raises EvidenceError."""
    if archive.names is None:
        return source, at
    before = archive.before
    key = archive.names(source.read_at(at, before))
    if key is None:
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: its header is cut off")
    at += before
    return ClearSource(source, at, min(source.size - at, _LONGEST_HEADER), key), 0


def raw_header(source: Source, archive: Archive, at: int) -> bytes:
    """The header of the block at `at` in clear, its checksum included. Raises EvidenceError."""
    if archive.new:
        block = _new_block(source, archive, at)
        return b"" if block is None else block.raw
    clear, begin = _header(source, archive, at)
    return clear.read_at(begin, int.from_bytes(clear.read_at(begin + 5, 2), "little"))


def _behind(archive: Archive, at: int, length: int) -> int:
    """Where the data of the block at `at` begin: an encrypted header fills whole blocks of the cipher."""
    return at + archive.before + (-(-length // 16) * 16 if archive.names is not None else length)


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
    clear, begin = _header(source, archive, at)
    head = clear.read_at(begin, 32)
    if len(head) < 7:
        raise EvidenceError(f"the RAR archive ends within a header, at {at:,}")
    kind = head[2]
    flags, size = struct.unpack_from("<HH", head, 3)
    if not 0x72 <= kind <= 0x7B or size < 7:
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: no block there")
    if kind == 0x7B:
        archive.ended, archive.more = True, bool(flags & 1)
        return None, _behind(archive, at, size)
    if kind in (0x74, 0x7A) and len(head) < 32:
        raise EvidenceError(f"the RAR archive ends within a header, at {at:,}")
    if kind not in (0x74, 0x7A):
        extra = int.from_bytes(head[7:11], "little") if flags & 0x8000 else 0
        return None, _behind(archive, at, size) + extra
    raw = clear.read_at(begin, size)
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
    end = _behind(archive, at, size) + packed
    if kind == 0x7A:
        return None, end
    seal, plain = _old_seal(raw, flags, position + name_size)
    name = raw[position : position + name_size]
    name = _unicode_name(name) if flags & 0x200 else name
    known = not (unpacked == 0xFFFFFFFF and not flags & 0x100)
    return (
        Member(
            name.replace(b"\\", b"/"),
            at,
            end - packed,
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
            seal=seal,
            plain=plain,
        ),
        end,
    )


def _old_seal(raw: bytes, flags: int, salt_at: int) -> tuple[Seal | None, bytes]:
    """How a member of RAR 2.9 to 4 is encrypted, and its header without that."""
    salt = raw[salt_at : salt_at + 8]
    if not flags & 4 or not flags & 0x400 or len(salt) < 8 or raw[24] < 29:
        return None, b""
    head = raw[2:3] + struct.pack("<HH", flags & ~0x404, len(raw) - 8) + raw[7:salt_at] + raw[salt_at + 8 :]
    return Seal(salt), (zlib.crc32(head) & 0xFFFF).to_bytes(2, "little") + head


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
    raw: bytes
    """The header as it lies there, in clear."""


def _new_block(source: Source, archive: Archive, at: int) -> _Block | None:
    """The block at `at`; None where the archive is at its end. Raises EvidenceError."""
    if at >= source.size:
        return None
    clear, begin = _header(source, archive, at)
    head = clear.read_at(begin, 7)
    if not head:
        return None
    size, used = vint(head, 4)
    start = begin + used
    if not 2 <= size <= _LONGEST_HEADER:
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: no block there")
    raw = clear.read_at(start, size)
    if len(raw) < size:
        raise EvidenceError(f"the RAR archive ends within a header, at {at:,}")
    kind, position = vint(raw, 0)
    flags, position = vint(raw, position)
    extra_size, packed = 0, 0
    if flags & 1:
        extra_size, position = vint(raw, position)
    if flags & 2:
        packed, position = vint(raw, position)
    if kind == 0 or extra_size > size - position:
        raise EvidenceError(f"the RAR archive is damaged at byte {at:,}: no block there")
    body_end = size - extra_size
    data = _behind(archive, at, used + size)
    return _Block(
        kind, flags, raw[position:body_end], raw[body_end:], data, packed, data + packed, head[:used] + raw
    )


def _new_member(source: Source, archive: Archive, at: int) -> tuple[Member | None, int]:
    block = _new_block(source, archive, at)
    if block is None:
        return None, source.size
    if block.type == 5:
        archive.ended, archive.more = True, bool(vint(block.body, 0)[0] & 1)
    if block.type == 4:
        archive.encrypted = archive.ended = True
    if block.type != 2:
        return None, block.end
    body = block.body
    flags, position = vint(body, 0)
    size, position = vint(body, position)
    _, position = vint(body, position)
    modified = None
    if flags & 2:
        modified = stamps.utc_seconds(int.from_bytes(body[position : position + 4], "little"), "rar")
        position += 4
    crc = None
    if flags & 4:
        crc = int.from_bytes(body[position : position + 4], "little")
        position += 4
    packing, position = vint(body, position)
    system, position = vint(body, position)
    length, position = vint(body, position)
    seal = None
    name, plain = body[position : position + length], b""
    times, encrypted, target, copies = Times(modified=modified), False, None, False
    for kind, record in _records(block.extra):
        if kind == 1:
            encrypted, seal = True, _new_seal(record)
            fields = (flags & 9, size, 0, packing, system, len(name))  # no checksum, no times
            plain = b"".join(as_vint(one) for one in fields) + name
        elif kind == 3:
            times = _new_times(record, times)
        elif kind == 5:
            how, target = _redirection(record)
            copies = how in (4, 5)
    return (
        Member(
            name,
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
            seal=seal,
            plain=plain,
        ),
        block.end,
    )


def _new_seal(record: bytes, *, names: bool = False) -> Seal | None:
    """How a member of RAR 5 is encrypted, or the names of all; None where that is not known here."""
    version, at = vint(record, 0)
    flags, at = vint(record, at)
    rounds, salt, at = record[at] if at < len(record) else 0, record[at + 1 : at + 17], at + 17
    vector = b"" if names else record[at : at + 16]
    at += len(vector)
    check = record[at : at + 12] if flags & 1 else b""
    if version or len(salt) < 16 or not rounds or (not names and len(vector) < 16):
        return None
    if len(check) < 12 or hashlib.sha256(check[:8]).digest()[:4] != check[8:]:
        check = b""  # damaged: it would refuse the right password
    return Seal(salt, rounds, vector, check[:8], bool(flags & 2))


def as_vint(value: int) -> bytes:
    """A number of seven bits a byte."""
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*out, value))


def _records(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at < len(extra):
        size, at = vint(extra, at)
        end = at + size
        kind, start = vint(extra, at)
        yield kind, extra[start:end]
        if size <= 0:
            return
        at = end


def _new_times(record: bytes, times: Times) -> Times:
    """Modification, creation and access as UNIX or Windows times."""
    flags, at = vint(record, 0)
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
    how, at = vint(record, 0)
    _, at = vint(record, at)
    length, at = vint(record, at)
    return how, record[at : at + length]


def vint(data: bytes, at: int) -> tuple[int, int]:
    """A number of seven bits a byte, the least significant first; returns it and the position behind it."""
    value = 0
    for index in range(10):
        byte = data[at + index] if at + index < len(data) else 0
        value |= (byte & 0x7F) << 7 * index
        if not byte & 0x80:
            return value, at + index + 1
    raise EvidenceError("the RAR archive is damaged: a number that does not end")
