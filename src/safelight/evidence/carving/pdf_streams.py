"""Check the streams of a PDF (ISO 32000-1, 7.3.8): deflated ones must inflate, pictures in them must decode."""

from __future__ import annotations

import re
import zlib

from safelight.evidence.protocol import Source
from safelight.evidence.source import SliceSource

_STEP = 1 << 18
_OVERLAP = 4_096
_MOST_OUT = 256 << 20
_STREAM = re.compile(rb">>\s{0,8}stream(\r\n|\n)")
_LENGTH = re.compile(rb"/Length\s+(\d{1,10})(?!\s+\d+\s+R)\b")
_FILTER = re.compile(rb"/Filter\s*(?:\[\s*)?/(\w+)\s*(\])?")
_ENCRYPTED = re.compile(rb"/Encrypt\s")
_END = re.compile(rb"\s{0,4}endstream")


def wrong_stream(source: Source, start: int, size: int) -> int | None:
    """Return where the first stream begins that is not what it says, from `start`; None where all are sound.

    Streams without a direct length or with other filters are passed over; an encrypted file is not looked into.
    """
    tail = source.read_at(max(start, start + size - _OVERLAP), min(size, _OVERLAP))
    if _ENCRYPTED.search(tail):
        return None
    position, pending, out = start, b"", 0
    while position < start + size:
        data = pending + source.read_at(position, min(_STEP, start + size - position))
        base = position - len(pending)
        after = base + len(data)
        found = _STREAM.search(data)
        if found is None:
            pending = data[-_OVERLAP:]
            position = after
            if not data[len(pending) :] and position >= start + size:
                break
            continue
        content = base + found.end()
        head = data[max(0, found.start() - _OVERLAP) : found.end()]
        head = head[max(0, head.rfind(b" obj")) :]
        length, filter_ = _LENGTH.search(head), _FILTER.search(head)
        if length is None:
            position, pending = content, b""
            continue
        held = int(length[1])
        if content + held > start + size or not _END.match(source.read_at(content + held, 16)):
            return content - start
        if filter_ is not None and out < _MOST_OUT:
            if filter_[1] == b"FlateDecode":
                given = _inflates(source, content, held)
                if given is None:
                    return content - start
                out += given
            elif filter_[1] == b"DCTDecode" and not _decodes(source, content, held):
                return content - start
        position, pending = content + held, b""
    return None


def _inflates(source: Source, position: int, length: int) -> int | None:
    """Return how much came out; None where it is no sound deflate stream."""
    inflate = zlib.decompressobj()
    out = 0
    for done in range(0, length, _STEP):
        data = source.read_at(position + done, min(_STEP, length - done))
        try:
            while data and not inflate.eof and out < _MOST_OUT:
                out += len(inflate.decompress(data, 1 << 20))
                data = inflate.unconsumed_tail
        except zlib.error:
            return None
        if inflate.eof or out >= _MOST_OUT:
            return out
    return None if length else 0


def _decodes(source: Source, position: int, length: int) -> bool:
    from safelight.evidence.carving.jpeg import JpegWalk

    return JpegWalk(SliceSource(source, position, length), length).run()
