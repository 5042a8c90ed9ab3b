"""Legacy Office and everything else that is an OLE compound file: pictures, embedded files and documents.

Streams whose content is a known format are members as they are; drawings are searched for pictures; packages give
the file that was dropped in. The text itself is no member.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.documents import blips, locked
from safelight.evidence.documents.cfb import MAGIC, Compound, Entry
from safelight.evidence.documents.packager import ole10native
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.mail.letter import clean, clean_path, say
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import SliceSource
from safelight.evidence.stream import StreamSource

_DRAWINGS = frozenset(("pictures", "data", "worddocument", "1table", "0table", "powerpoint document"))
_SHEETS = frozenset(("workbook", "book"))
_STORED_OBJECT = b"\x10\x00\x11\x10"
"""The record of PowerPoint that holds an embedded document, deflated (ExOleObjStg)."""
_PLAIN_OBJECT = b"\x00\x00\x11\x10"
_LARGEST_DRAWING = 512 << 20
_WINDOW = 1 << 20


class OleReader:
    """A compound file that is neither a message nor a thumbnail store."""

    name = "ole"
    order = 45
    formats = frozenset(("ole",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature; asked after the readers of what else is built on it."""
        return len(head) >= 512 and head.startswith(MAGIC)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what is embedded; of an encrypted document, the document. Raises LockedError."""
        compound = Compound(source)
        if (opened := locked.unlock(compound, source, limits)) is not None:
            note, document = opened
            yield Node(b"", Kind.NOTE, note=note)
            name = os.fsencode(source.name) or b"document"
            yield Node(name, Kind.FILE, size=document.size, layer="member", open=lambda: document)
            return
        yield from members(compound, compound.root, b"", Meter.of(limits, source))
        for problem in compound.problems:
            yield Node(b"", Kind.FINDING, error=problem)


def members(
    compound: Compound, storage: Entry, prefix: bytes, meter: Meter, *, leave: str | None = None
) -> Iterator[Node]:
    """Yield what the streams below a storage hold; a stream that cannot be read is a finding.

    `leave`: what lies under a name at the root that begins so is another reader's.
    """
    for entry in compound.streams(storage):
        if leave is not None and entry.path and entry.path[0].startswith(leave):
            continue
        try:
            yield from _stream(compound, entry, prefix, meter)
        except GuardError:
            raise
        except EvidenceError as error:
            yield Node(prefix + _path(entry), Kind.FINDING, error=str(error), layer="member")


def _path(entry: Entry) -> bytes:
    return clean_path("/".join(part.lstrip("\1\2\3\4\5\6").replace("/", "_") for part in entry.path))


def _stream(compound: Compound, entry: Entry, prefix: bytes, meter: Meter) -> Iterator[Node]:
    meter.entry()
    if not entry.size:
        return
    content = compound.open(entry)
    head = content.read_at(0, HEAD)
    name, address = entry.name.lower(), {"member": entry.number}
    path = prefix + _path(entry)
    if name == "\1ole10native":
        yield from _package(content, path, address)
    elif name in _SHEETS:
        yield from blips.nodes(_drawing_group(content), path + b"/", meter, address)
    elif name in _DRAWINGS:
        yield from blips.nodes(content, path + b"/", meter, address)
        if name == "powerpoint document":
            yield from _objects(content, path + b"/", meter, address)
    elif (format_ := sniff(head)) is not None:
        if b"." not in path[-5:]:
            path += b"." + format_.encode()
        yield Node(path, Kind.FILE, size=content.size, address=address, layer="member", open=lambda: content)


def _package(content: Source, path: bytes, address: dict[str, int]) -> Iterator[Node]:
    package = ole10native(content.read_at(0, 1 << 14), content.size)
    folder = path.rpartition(b"/")[0]
    folder = folder + b"/" if folder else b""
    if package is None:  # the object of a program that is not the packager: its bytes follow the length
        node = Node(path, Kind.FILE, size=content.size - 4, address=address, layer="member")
        node.open = partial(SliceSource, content, 4, content.size - 4)
        if content.size > 4 and sniff(content.read_at(4, HEAD)) is not None:
            yield node
        return
    yield Node(
        folder + clean(package.name),
        Kind.FILE,
        size=package.size,
        address=address,
        layer="member",
        open=partial(SliceSource, content, package.start, package.size),
        note=say(f"was {package.path} when it was put into the document") if package.path else None,
    )


def _drawing_group(content: Source) -> Source:
    """The drawings of a workbook, whose records hold at most some KiB each, put together."""
    return StreamSource(_drawing_records(content), None)


def _drawing_records(content: Source) -> Iterator[bytes]:
    at, within, given = 0, False, 0
    window, start = b"", 0
    while at + 4 <= content.size and given < _LARGEST_DRAWING:
        if at < start or at + 4 > start + len(window):
            window, start = content.read_at(at, _WINDOW), at
        head = window[at - start : at - start + 4]
        if len(head) < 4:
            return
        kind, length = int.from_bytes(head[:2], "little"), int.from_bytes(head[2:], "little")
        within = kind == 0xEB or (within and kind == 0x3C)
        if within:
            data = content.read_at(at + 4, length)
            given += len(data)
            yield data
        at += 4 + length


def _objects(content: Source, prefix: bytes, meter: Meter, address: dict[str, int]) -> Iterator[Node]:
    """Yield the documents that are embedded in a presentation."""
    position, number = 0, 0
    while position < content.size:
        data = content.read_at(position, _WINDOW)
        for mark in (_STORED_OBJECT, _PLAIN_OBJECT):
            at = data.find(mark)
            while at >= 0:
                node = _object(content, position + at, mark == _STORED_OBJECT, meter)
                if node is not None:
                    number += 1
                    node.name, node.address = prefix + b"object %d.ole" % number, {**address, **node.address}
                    yield node
                at = data.find(mark, at + 4)
        if len(data) < _WINDOW:
            return
        position += len(data) - 16


def _object(content: Source, at: int, packed: bool, meter: Meter) -> Node | None:
    head = content.read_at(at, 20)
    length = int.from_bytes(head[4:8], "little")
    if length < 16 or at + 8 + length > content.size:
        return None
    if not packed:
        if not head[8:].startswith(b"\xd0\xcf\x11\xe0"):
            return None
        opening = partial(SliceSource, content, at + 8, length)
        return Node(b"", Kind.FILE, size=length, address={"offset": at}, layer="member", open=opening)
    if head[12] != 0x78:
        return None
    blip = blips.Blip(at + 12, length - 4, ".ole", True)
    inflated = partial(blips.open_blip, content, blip, meter)
    return Node(b"", Kind.FILE, address={"offset": at}, layer="member", open=inflated)
