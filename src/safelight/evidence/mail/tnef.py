"""`winmail.dat`: the attachments that Outlook packs into one, TNEF ([MS-OXTNEF])."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial

from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import clean
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource
from safelight.model import Times, Timestamp

MAGIC = b"\x78\x9f\x3e\x22"
_DATA, _TITLE, _RENDERING, _PROPERTIES = 0x0006800F, 0x00018010, 0x00069002, 0x00069005
_CREATED, _CHANGED = 0x00038012, 0x00038013
_LONG_NAME, _OBJECT = 0x3707, 0x3701
_FIXED = {2: 4, 3: 4, 4: 4, 5: 8, 6: 8, 7: 8, 0xA: 4, 0xB: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = frozenset((0x0D, 0x1E, 0x1F, 0x102))
_MOST = 1 << 20


@dataclass(slots=True)
class _Attachment:
    """One attachment as far as its attributes were read."""

    name: bytes = b""
    start: int = 0
    size: int | None = None
    created: Timestamp | None = None
    modified: Timestamp | None = None
    long_name: str = ""
    inner: tuple[int, int] | None = field(default=None)


class TnefReader:
    """The attachments of one message."""

    name = "tnef"
    order = 45
    formats = frozenset(("tnef",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature."""
        return head.startswith(MAGIC)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the attachments in order; then a finding where the file breaks off."""
        meter = Meter.of(limits, source)
        at, current = 6, None
        while at + 9 <= source.size:
            _, kind, length = struct.unpack("<BII", source.read_at(at, 9))
            start = at + 9
            if start + length > source.size:
                if kind == _DATA and current is not None:
                    current.start, current.size = start, source.size - start
                    yield _node(source, current, "it ends early: the file is cut short within it")
                    current = None
                yield Node(b"", Kind.FINDING, error=f"cut short after {at:,} bytes")
                break
            if kind == _RENDERING:
                if current is not None and (current.size is not None or current.inner):
                    yield _node(source, current)
                meter.entry()
                current = _Attachment()
            elif current is not None:
                _attribute(source, current, kind, start, length)
            at = start + length + 2
        if current is not None and (current.size is not None or current.inner):
            yield _node(source, current)


def _attribute(source: Source, current: _Attachment, kind: int, start: int, length: int) -> None:
    if kind == _DATA:
        current.start, current.size = start, length
    elif kind == _TITLE:
        current.name = source.read_at(start, min(length, 1024)).rstrip(b"\0")
    elif kind in (_CREATED, _CHANGED):
        stamp = _date(source.read_at(start, 14))
        if kind == _CREATED:
            current.created = stamp
        else:
            current.modified = stamp
    elif kind == _PROPERTIES:
        _properties(source, current, start, start + length)


def _properties(source: Source, current: _Attachment, at: int, end: int) -> None:
    """Read the long name and where an attached message or object lies ([MS-OXTNEF] 2.1.3.4)."""
    count = int.from_bytes(source.read_at(at, 4), "little")
    at += 4
    for _ in range(min(count, 1000)):
        head = source.read_at(at, 4)
        if len(head) < 4 or at >= end:
            return
        kind, number = struct.unpack("<HH", head)
        at += 4
        if number >= 0x8000:
            at += 16
            named = int.from_bytes(source.read_at(at, 4), "little")
            at += 4
            if named:
                length = int.from_bytes(source.read_at(at, 4), "little")
                at += 4 + -(-length // 4) * 4
            else:
                at += 4
        many = kind & 0x1000
        kind &= 0xFFF
        if kind not in _VARIABLE and kind not in _FIXED:
            return
        values = 1
        if many or kind in _VARIABLE:
            values = int.from_bytes(source.read_at(at, 4), "little")
            at += 4
        for _value in range(min(values, 10_000)):
            if at >= end:
                return
            if kind in _FIXED:
                at += _FIXED[kind]
                continue
            length = int.from_bytes(source.read_at(at, 4), "little")
            at += 4
            if number == _LONG_NAME and length <= 4096:
                text = source.read_at(at, length)
                current.long_name = text.decode("utf-16-le" if kind == 0x1F else "cp1252", "replace").rstrip(
                    "\0"
                )
            elif number == _OBJECT and kind in (0x0D, 0x102) and at + length <= end:
                skip = 16 if kind == 0x0D else 0  # the interface that the object speaks
                current.inner = (at + skip, max(0, length - skip))
            at += -(-length // 4) * 4


def _node(source: Source, current: _Attachment, error: str | None = None) -> Node:
    start, size = (current.start, current.size or 0) if current.size is not None else current.inner or (0, 0)
    if current.inner and source.read_at(current.inner[0], 4) == MAGIC:
        start, size = current.inner  # an attached message is TNEF again
    name = current.long_name or current.name.decode("utf-8", "surrogateescape") or "attachment"
    times = Times(created=current.created, modified=current.modified)
    return Node(
        clean(name.replace("\\", "/").rpartition("/")[2]), Kind.FILE, size=size, times=times,
        address={"offset": start}, layer="member", open=partial(SliceSource, source, start, size), error=error,
    )  # fmt: skip


def _date(data: bytes) -> Timestamp | None:
    """Seven numbers, the clock of the sender."""
    if len(data) < 12:
        return None
    try:
        return Timestamp(datetime(*struct.unpack_from("<6H", data)).isoformat(), "tnef", "local")
    except ValueError:
        return None
