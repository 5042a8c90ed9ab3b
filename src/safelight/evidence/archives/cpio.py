"""cpio: the binary form of either byte order, the portable ASCII form (`odc`), `newc` and `crc`.

After POSIX.1-1988 (odc) and cpio(5). Several archives one after the other, as an initramfs has them, are read as one;
what follows the last is listed as a file of its own.
"""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.guards import Meter
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import SliceSource
from safelight.model import Times

_LONGEST_NAME = 64 << 10
_END = b"TRAILER!!!"
_MOST_PADDING = 1 << 20
_KINDS = {0: Kind.FILE, stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.LINK}


@dataclass(frozen=True, slots=True)
class _Header:
    """One entry: where its name and content lie, and where the next entry begins (bytes)."""

    at: int
    mode: int
    inode: int
    links: int
    modified: int
    name_at: int
    name_size: int
    size: int
    align: int
    checksum: int | None = None

    @property
    def content_at(self) -> int:
        return self._aligned(self.name_at + self.name_size)

    @property
    def end(self) -> int:
        return self._aligned(self.content_at + self.size)

    def _aligned(self, position: int) -> int:
        return self.at + -(-(position - self.at) // self.align) * self.align


class CpioReader:
    """cpio archives; members are parts of the archive."""

    name = "cpio"
    order = 43
    formats = frozenset(("cpio",))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By content."""
        return sniff(head[:HEAD]) in self.formats and _header(source, 0) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order. Raises EvidenceError where the archive breaks off."""
        meter = Meter.of(limits, source)
        at, ended = 0, False
        while at < source.size:
            header = _header(source, at)
            if header is None and ended:
                yield from _rest(source, at)
                return
            if header is None:
                raise EvidenceError(f"the cpio archive is damaged at byte {at:,}: no header there")
            meter.entry()
            name = source.read_at(header.name_at, header.name_size)
            if len(name) < header.name_size:
                break
            name = name.rstrip(b"\0")
            if name == _END:
                ended, at = True, _after_zeros(source, header.end)
                continue
            ended = False
            yield _node(source, header, name, at)
            at = header.end
        if not ended:
            raise EvidenceError("the cpio archive ends without its trailer (is it truncated?)")


def _node(source: Source, header: _Header, name: bytes, at: int) -> Node:
    kind = _KINDS.get(stat.S_IFMT(header.mode), Kind.SPECIAL)
    times = Times(modified=stamps.utc_seconds(header.modified, "cpio"))
    node = Node(name.lstrip(b"/") or name, kind, times=times, address={"offset": at}, layer="member")
    if kind is Kind.LINK:
        node.target = source.read_at(header.content_at, min(header.size, _LONGEST_NAME))
    elif kind is Kind.FILE:
        node.size = header.size
        held = min(header.size, max(0, source.size - header.content_at))
        if held < header.size:
            node.error = f"the archive holds {held:,} of its {header.size:,} bytes"
        elif not header.size and header.links > 1:
            node.note = f"a hard link: inode {header.inode} has {header.links} names, its content lies with one of them"
        elif header.checksum is not None and (wrong := _wrong(source, header)):
            node.error = wrong
        node.open = partial(SliceSource, source, header.content_at, held)
    return node


def _wrong(source: Source, header: _Header) -> str | None:
    """What the sum of all bytes, which the `crc` form states, says of the content."""
    total, at, end = 0, header.content_at, header.content_at + header.size
    while at < end:
        data = source.read_at(at, min(1 << 20, end - at))
        total += sum(data)
        at += len(data)
    return None if total & 0xFFFFFFFF == header.checksum else "its checksum is wrong"


def _after_zeros(source: Source, at: int) -> int:
    """The first byte behind padding, in steps of four as `newc` is aligned; the end where zeros go on."""
    start = at
    while at < source.size and at - start < _MOST_PADDING:
        data = source.read_at(at, 1 << 16)
        stripped = data.lstrip(b"\0")
        if stripped:
            return at + len(data) - len(stripped)
        at += len(data)
    return at if at < source.size else source.size


def _rest(source: Source, at: int) -> Iterator[Node]:
    """What follows the trailer and is no cpio: a compressed archive of an initramfs, or something hidden."""
    size = source.size - at
    content = partial(SliceSource, source, at, size)
    note = f"{size:,} bytes that follow the end of the cpio archive"
    yield Node(
        b"after-the-trailer",
        Kind.FILE,
        size=size,
        address={"offset": at},
        layer="member",
        open=content,
        note=note,
    )


def _header(source: Source, at: int) -> _Header | None:
    """Read the header at `at`; None where there is none. Raises EvidenceError."""
    head = source.read_at(at, 110)
    try:
        if head[:6] in (b"070701", b"070702"):
            return _new(head, at)
        if head[:6] == b"070707":
            return _portable(head, at)
        if head[:2] in (b"\x71\xc7", b"\xc7\x71"):
            return _binary(head, at)
    except ValueError:
        return None
    return None


def _checked(header: _Header) -> _Header | None:
    return header if 0 < header.name_size <= _LONGEST_NAME else None


def _new(head: bytes, at: int) -> _Header | None:
    if len(head) < 110:
        return None
    values = [int(head[6 + 8 * field : 14 + 8 * field], 16) for field in range(13)]
    inode, mode, _, _, links, modified, size, _, _, _, _, name_size, checksum = values
    stated = checksum if head[:6] == b"070702" else None
    return _checked(_Header(at, mode, inode, links, modified, at + 110, name_size, size, 4, stated))


def _portable(head: bytes, at: int) -> _Header | None:
    if len(head) < 76:
        return None

    def octal(start: int, length: int) -> int:
        return int(head[start : start + length], 8)

    return _checked(
        _Header(
            at,
            octal(18, 6),
            octal(12, 6),
            octal(36, 6),
            octal(48, 11),
            at + 76,
            octal(59, 6),
            octal(65, 11),
            1,
        )
    )


def _binary(head: bytes, at: int) -> _Header | None:
    if len(head) < 26:
        return None
    order: Literal["big", "little"] = "little" if head[0] == 0xC7 else "big"
    words = [int.from_bytes(head[start : start + 2], order) for start in range(0, 26, 2)]
    modified, size = words[8] << 16 | words[9], words[11] << 16 | words[12]
    return _checked(_Header(at, words[3], words[2], words[6], modified, at + 26, words[10], size, 2))
