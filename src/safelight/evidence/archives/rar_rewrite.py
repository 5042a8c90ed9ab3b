"""Headers of RAR as they would be without encryption and without volumes, for libarchive and for what is joined."""

from __future__ import annotations

import struct
import zlib

from safelight.errors import EvidenceError
from safelight.evidence.archives.rar_headers import NEW, OLD, Archive, Member, as_vint, raw_header, vint
from safelight.evidence.protocol import Source

_HIGH = 0x100
"""RAR before 5: the upper halves of both sizes are stated, too."""


def without_seal(archive: Archive, member: Member, packed: int) -> bytes:
    """The header of an encrypted member as it would be without, before `packed` bytes of data."""
    if not archive.new:
        return member.plain
    return _new(b"".join(as_vint(one) for one in (2, 2, packed)) + member.plain)


def head_alone(archive: Archive) -> bytes:
    """What comes before the members of an archive, as if it were no volume."""
    if archive.new:
        return NEW + _new(b"".join(map(as_vint, (1, 0, 4 * archive.solid))))
    head = archive.head[len(OLD) :]
    (flags,) = struct.unpack_from("<H", head, 3)
    return OLD + _old(head[:3] + struct.pack("<H", flags & ~0x111) + head[5:])


def header_alone(
    source: Source, archive: Archive, member: Member, packed: int, *, before: bool, after: bool
) -> bytes:
    """The header of a member before `packed` bytes, and whether it begins before, or goes on after, what is there.

    Raises EvidenceError.
    """
    raw = raw_header(source, archive, member.begin)
    if not archive.new:
        return _old_alone(raw, packed, 1 * before | 2 * after)
    _, start = vint(raw, 4)
    kind, at = vint(raw, start)
    flags, at = vint(raw, at)
    extra, at = vint(raw, at) if flags & 1 else (0, at)
    if flags & 2:
        _, at = vint(raw, at)
    flags = flags & ~0x18 | 2 | 8 * before | 16 * after
    sizes = (kind, flags, extra, packed) if flags & 1 else (kind, flags, packed)
    return _new(b"".join(map(as_vint, sizes)) + raw[at:])


def _old_alone(raw: bytes, packed: int, cut: int) -> bytes:
    if len(raw) < 32:
        raise EvidenceError("the header of a member is cut off")
    (flags,) = struct.unpack_from("<H", raw, 3)
    flags = flags & ~3 | cut
    high = raw[36:40] if flags & _HIGH else bytes(4)
    behind = raw[40:] if flags & _HIGH else raw[32:]
    if packed >> 32:
        flags |= _HIGH
    sizes = struct.pack("<I", packed >> 32) + high if flags & _HIGH else b""
    body = raw[11:32] + sizes + behind
    return _old(raw[:3] + struct.pack("<HHI", flags, 11 + len(body), packed & 0xFFFFFFFF) + body)


def _old(header: bytes) -> bytes:
    """A header with its checksum."""
    return (zlib.crc32(header[2:]) & 0xFFFF).to_bytes(2, "little") + header[2:]


def _new(fields: bytes) -> bytes:
    """A header with its size and checksum."""
    sized = as_vint(len(fields)) + fields
    return zlib.crc32(sized).to_bytes(4, "little") + sized
