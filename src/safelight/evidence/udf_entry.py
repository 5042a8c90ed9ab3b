"""UDF's descriptions of files: tags, file entries, where their bytes lie, names in folders (ECMA-167, part 4)."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from safelight.model import Times, Timestamp

_SHORT, _LONG, _EXTENDED, _EMBEDDED = 0, 1, 2, 3
_STATED = "udf"
_MOST_CONTINUATIONS = 4_096


class Place(NamedTuple):
    """`length` bytes from a block of a partition; not `recorded`: zeros."""

    partition: int
    block: int
    length: int
    recorded: bool = True


class Name(NamedTuple):
    """An entry of a folder; `name` is UTF-8."""

    name: bytes
    place: Place
    deleted: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """What a file entry states."""

    type: int
    size: int
    times: Times
    partition: int
    form: int
    descriptors: bytes

    @property
    def embedded(self) -> bytes | None:
        """The content, where it lies in the entry itself."""
        return self.descriptors if self.form == _EMBEDDED else None

    def places(self, continuation: Callable[[Place], bytes]) -> Iterator[Place]:
        """Where the content lies, in order; `continuation` reads further descriptors."""
        width = {_SHORT: 8, _LONG: 16, _EXTENDED: 20}.get(self.form)
        if width is None:
            return
        data = self.descriptors
        for _ in range(_MOST_CONTINUATIONS):
            following: Place | None = None
            for at in range(0, len(data) - width + 1, width):
                raw, block, partition = self._descriptor(data, at)
                length, kind = raw & 0x3FFFFFFF, raw >> 30
                if not length:
                    break
                if kind == 3:
                    following = Place(partition, block, length)
                    break
                yield Place(partition, block, length, kind == 0)
            if following is None:
                return
            more = continuation(following)
            if tag(more) != 258:
                return
            data = more[24 : 24 + int.from_bytes(more[20:24], "little")]

    def _descriptor(self, data: bytes, at: int) -> tuple[int, int, int]:
        if self.form == _SHORT:
            length, block = struct.unpack_from("<II", data, at)
            return length, block, self.partition
        if self.form == _LONG:
            length, block, partition = struct.unpack_from("<IIH", data, at)
            return length, block, partition
        length, block, partition = struct.unpack_from("<I8xIH", data, at)
        return length, block, partition


def tag(data: bytes) -> int | None:
    """The number of a descriptor's tag; None where its checksum is wrong."""
    if len(data) < 16 or (sum(data[:16]) - data[4]) & 0xFF != data[4]:
        return None
    return int.from_bytes(data[:2], "little") or None


def read_entry(data: bytes, partition: int) -> Entry | None:
    """A file entry or an extended one; None where it is neither."""
    kind = tag(data)
    if kind == 261 and len(data) >= 176:
        accessed, modified, changed, created = data[72:84], data[84:96], data[96:108], b""
        attributes, descriptors, begin = *struct.unpack_from("<II", data, 168), 176
    elif kind == 266 and len(data) >= 216:
        accessed, modified, created, changed = data[80:92], data[92:104], data[104:116], data[116:128]
        attributes, descriptors, begin = *struct.unpack_from("<II", data, 208), 216
    else:
        return None
    times = Times(_time(created), _time(modified), _time(accessed), _time(changed))
    begin += attributes
    form = data[34] & 7
    size = int.from_bytes(data[56:64], "little")
    return Entry(data[27], size, times, partition, form, data[begin : begin + descriptors])


def read_names(data: bytes) -> Iterator[Name]:
    """The entries of a folder's content, but for the one that leads to its parent."""
    at = 0
    while at + 38 <= len(data):
        if tag(data[at : at + 16]) != 257:
            at += 4  # they are aligned to four bytes: what lies between is damaged
            continue
        flags, name_size = data[at + 18], data[at + 19]
        _, block, partition = struct.unpack_from("<IIH", data, at + 20)
        (use,) = struct.unpack_from("<H", data, at + 36)
        raw = data[at + 38 + use : at + 38 + use + name_size]
        at += 38 + use + name_size + 3 & ~3
        if not flags & 8 and raw:
            yield Name(_name(raw), Place(partition, block, 0), bool(flags & 4))


def _name(raw: bytes) -> bytes:
    """OSTA's compressed Unicode: a first byte of 8 (Latin-1) or 16 (UTF-16, big-endian); 254, 255 of deleted names."""
    wide = raw[0] in (16, 255)
    text = raw[1:].decode("utf-16-be" if wide else "latin-1", "surrogatepass" if wide else "strict")
    return text.replace("/", ":").encode("utf-8", "surrogatepass")


def _time(raw: bytes) -> Timestamp | None:
    """A local time with its offset from UTC in minutes, where one is stated."""
    if len(raw) < 12:
        return None
    zone, year, month, day, hour, minute, second, hundredths, hundreds, units = struct.unpack(
        "<HhBBBBBBBB", raw
    )
    micro = hundredths * 10_000 + hundreds * 100 + units
    try:
        value = datetime(
            year, month, day, hour, minute, second, micro if micro < 1_000_000 else 0
        ).isoformat()
    except ValueError:
        return None
    offset = zone & 0xFFF
    offset -= 4096 if offset & 0x800 else 0
    if offset == -2047 or abs(offset) > 1440:
        return Timestamp(value, _STATED, "local")
    sign = "-" if offset < 0 else "+"
    return Timestamp(value, _STATED, f"{sign}{abs(offset) // 60:02}:{abs(offset) % 60:02}")
