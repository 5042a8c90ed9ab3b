"""RTF: pictures and embedded objects, hexadecimal or binary, found by their control words and decoded as read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from safelight.evidence.decompress import Feed
from safelight.evidence.documents import blips
from safelight.evidence.documents.packager import packaged
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import clean, say
from safelight.evidence.mail.mime import Window
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import SliceSource
from safelight.evidence.stream import StreamSource

_STEP = 1 << 18
_WORDS = (1 << 10, 1 << 14, 1 << 18)
"""Bytes of control words before the data of one picture."""
_LONGEST = 9
_MOST_WITHIN = 8
"""Pictures that begin before the data of one: more are no pictures within a picture."""
_START = re.compile(rb"\\(pict|objdata)(?![a-z])")
_TOKEN = re.compile(rb"\\([a-z]+)(-?\d+)? ?|\\[^a-z]|([{}])|([0-9A-Fa-f]+)|[^\\{}0-9A-Fa-f]+")
_AFTER_HEX = re.compile(rb"[}\\]")
_NOT_HEX = bytes(set(range(256)) - set(b"0123456789abcdefABCDEF"))
_KINDS = {
    b"pngblip": b".png", b"jpegblip": b".jpg", b"emfblip": b".emf", b"wmetafile": b".wmf", b"dibitmap": b".bmp",
    b"macpict": b".pict",
}  # fmt: skip


class RtfReader:
    """A text document with what is embedded in it."""

    name = "rtf"
    order = 45
    formats = frozenset(("rtf",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its first control word."""
        return head.startswith(b"{\\rtf")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield pictures and objects in order."""
        meter = Meter.of(limits, source)
        window = Window(source)
        number, position = 0, 0
        while position < source.size:
            at = window.search(_START, _LONGEST, position)
            found = _START.match(window.peek(at, _LONGEST)) if at >= 0 else None
            if found is None:
                return
            number += 1
            meter.entry()
            node, position = _group(source, window, at + found.end(), found[1], number, meter)
            if node is not None:
                yield node


def _group(
    source: Source, window: Window, at: int, word: bytes, number: int, meter: Meter
) -> tuple[Node | None, int]:
    """Return what one group holds, and where to go on."""
    for length in _WORDS:
        words = window.peek(at, length)
        head = _head(words)
        if head.start >= 0 or head.is_over or len(words) < length:
            break
    after = at + head.within if head.within >= 0 else 0
    if head.start < 0:
        return None, after or at + head.end
    suffix, start, binary = head.suffix, at + head.start, head.binary
    if binary > 0:
        end = min(source.size, start + binary)
        content: Source = SliceSource(source, start, end - start)
        opening = partial(_plain, content)
    else:
        end = window.search(_AFTER_HEX, 1, start)
        end = source.size if end < 0 else end
        opening = partial(_hex, source, start, end, meter)
    name = b"picture %d%s" % (number, suffix)
    node = Node(name, Kind.FILE, address={"offset": start}, layer="member", open=opening)
    if word == b"objdata":
        _object(node, opening, number)
    elif suffix == b".bmp":
        node.open = partial(_bitmap, opening)
    return node, after or max(end, at)


class _Head(NamedTuple):
    """The control words of one group: where its data begin (-1: they were not met), and what they are."""

    start: int
    binary: int
    suffix: bytes
    within: int
    """Where a further picture begins within this one; -1 where none does."""
    end: int
    """How far was looked."""
    is_over: bool
    """Does the group end without data, or can it be none?"""


def _head(words: bytes) -> _Head:
    suffix, depth, within, further = b".bin", 0, -1, 0
    for token in _TOKEN.finditer(words):
        if token[1] in (b"pict", b"objdata"):
            within, further = token.start() if within < 0 else within, further + 1
            if further > _MOST_WITHIN:
                return _Head(-1, 0, suffix, within, token.start(), True)
        elif token[1] == b"bin" and depth == 0:
            return _Head(token.end(), int(token[2] or 0), suffix, within, token.end(), False)
        elif token[1] and depth == 0:
            suffix = _KINDS.get(token[1], suffix)
        elif token[3]:
            depth += 1 if token[3] == b"{" else -1
            if depth < 0:
                return _Head(-1, 0, suffix, within, token.end(), True)
        elif token[4] and depth == 0 and len(token[4]) > 1:
            return _Head(token.start(), 0, suffix, within, token.start(), False)
    return _Head(-1, 0, suffix, within, len(words), False)


def _plain(content: Source) -> Source:
    return content


def _bitmap(opening: partial[Source]) -> Source:
    return blips.bitmap_file(opening())


def _hex(
    source: Source, start: int, end: int, meter: Meter, skip: int = 0, size: int | None = None
) -> Source:
    """Open hexadecimal digits as the bytes they stand for."""
    feed = Feed(source, start, end)
    stream = StreamSource(meter.guarded(_bytes(feed), lambda: max(1, feed.position - start)), None)
    return stream if not skip else SliceSource(stream, skip, stream.size if size is None else size)


def _bytes(feed: Feed) -> Iterator[bytes]:
    rest = b""
    while data := feed.take(_STEP):
        digits = rest + data.translate(None, _NOT_HEX)
        whole = len(digits) // 2 * 2
        if whole:
            yield bytes.fromhex(digits[:whole].decode("ascii"))
        rest = digits[whole:]


def _object(node: Node, opening: partial[Source], number: int) -> None:
    """Name an OLE 1 object ([MS-OLEDS] 2.2.5) and leave out its header; a package is the file in it."""
    content = opening()
    head = content.read_at(0, 1 << 14)
    at = 8
    names = []
    for _ in range(3):
        length = int.from_bytes(head[at : at + 4], "little")
        names.append(head[at + 4 : at + 4 + length].rstrip(b"\0"))
        at += 4 + length
    size = int.from_bytes(head[at : at + 4], "little")
    at += 4
    if head[4:8] != b"\2\0\0\0" or at > len(head) or size > content.size:
        node.name, node.open = b"object %d.bin" % number, partial(_plain, content)
        return
    package = packaged(head[at:], size, at) if names[0].lower() == b"package" else None
    if package is not None:
        node.name, node.size = clean(package.name), package.size
        node.note = say(f"was {package.path} when it was put into the document") if package.path else None
        node.open = partial(SliceSource, content, package.start, package.size)
        return
    format_ = sniff(content.read_at(at, HEAD)) or "bin"
    node.name, node.size = b"object %d.%s" % (number, format_.encode()), size
    node.note = say(f"an object of {names[0].decode('cp1252', 'replace')}") if names[0] else None
    node.open = partial(SliceSource, content, at, size)
