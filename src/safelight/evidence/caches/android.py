"""Thumbnails of Android: `.thumbdata…` of the media store, and the picture cache of the old gallery (`imgcache.0`).

`.thumbdata` has a slot of 10,000 bytes for each picture that ever was in the media store, found by its number
(MiniThumbFile); the gallery's blobs state the path of the picture (BlobCache).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import say
from safelight.evidence.mail.mime import Window
from safelight.evidence.marks import begins, named
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource

_SLOT = 10_000
_SLOT_HEADER = 13
BLOBS = b"\x10\x85\x24\xbd"
_BLOB_HEADER = 20
_LARGEST_BLOB = 64 << 20


class ThumbdataReader:
    """Thumbnails by the number of the picture in the media store."""

    name = "thumbdata"
    order = 45
    marks = (begins(b"\xff\xd8\xff", at=_SLOT_HEADER), named(".thumbdata*"))
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its name, as it begins with zeros where the first are gone; else by a picture in its first slot."""
        if head[:1] == b"\1" and head.startswith(b"\xff\xd8\xff", _SLOT_HEADER):
            return True
        return source.name.startswith(".thumbdata")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the thumbnails in the order of their numbers."""
        meter = Meter.of(limits, source)
        window = Window(source)
        for number in range(-(-source.size // _SLOT)):
            at = number * _SLOT
            head = window.peek(at, _SLOT_HEADER)
            length = int.from_bytes(head[9:13], "big")
            if len(head) < _SLOT_HEADER and head[:1] == b"\1":
                yield Node(
                    b"", Kind.FINDING, error=f"ends within the head of the thumbnail of picture {number:,}"
                )
            if len(head) < _SLOT_HEADER or head[0] != 1 or not 0 < length <= _SLOT - _SLOT_HEADER:
                continue
            meter.entry()
            kept = min(length, source.size - at - _SLOT_HEADER)
            yield Node(
                b"%d.jpg" % number,
                Kind.FILE,
                size=kept,
                address={"offset": at + _SLOT_HEADER},
                layer="member",
                open=partial(SliceSource, source, at + _SLOT_HEADER, kept),
                error=None if kept == length else f"the file ends after {kept:,} of its {length:,} bytes",
                note=say(f"thumbnail of picture {number:,} of the media store"),
            )


class BlobCacheReader:
    """Pictures that the gallery kept, with the path they were of."""

    name = "blobcache"
    order = 45
    formats = frozenset(("blobcache",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its signature."""
        return head.startswith(BLOBS)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the blobs that hold a picture; a header that lies ends the list with a finding."""
        meter = Meter.of(limits, source)
        at = 4
        while at + _BLOB_HEADER <= source.size:
            head = source.read_at(at, _BLOB_HEADER)
            offset, length = int.from_bytes(head[12:16], "little"), int.from_bytes(head[16:20], "little")
            start = at + _BLOB_HEADER
            if offset != at or length > _LARGEST_BLOB or start + length > source.size:
                if head.strip(b"\0"):
                    yield Node(b"", Kind.FINDING, error=f"the blobs from offset {at:,} on cannot be read")
                return
            meter.entry()
            first = source.read_at(start, min(length, 8192))
            found = [where for mark in (b"\xff\xd8\xff", b"\x89PNG\r\n") if (where := first.find(mark)) >= 0]
            if found:
                path = first[: min(found)].decode("utf-16-le", "replace")
                yield Node(
                    b"%d.jpg" % at,
                    Kind.FILE,
                    size=length - min(found),
                    address={"offset": start + min(found)},
                    layer="member",
                    open=partial(SliceSource, source, start + min(found), length - min(found)),
                    note=say(f"kept by the gallery for {path}") if path else None,
                )
            at = start + length
        if source.read_at(at, source.size - at).strip(b"\0"):
            yield Node(b"", Kind.FINDING, error=f"ends within the head of the blob at offset {at:,}")
