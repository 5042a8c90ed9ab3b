"""Thumbnails of Linux desktops (`~/.cache/thumbnails`): the PNG itself says of which file it is, and of what date.

Nothing lies inside: the reader only notes what the picture states (freedesktop.org, Thumbnail Managing Standard).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.evidence import stamps
from safelight.evidence.mail.letter import say
from safelight.evidence.protocol import Kind, Limits, Node, Source

_TEXT = re.compile(rb"tEXtThumb::(URI|MTime|Size|Mimetype)\0")
_HEAD = 1 << 16


class PngThumbnailReader:
    """A note on a thumbnail."""

    name = "png-thumbnail"
    order = 60
    formats = frozenset(("png",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its text."""
        return b"tEXtThumb::URI\0" in head

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the one note."""
        said = texts(source.read_at(0, _HEAD))
        seconds = said.get("MTime", "")
        changed = (
            stamps.utc_seconds(int(seconds.partition(".")[0]), "thumbnail")
            if seconds[:12].isdigit()
            else None
        )
        size = f" of {int(said['Size']):,} bytes" if said.get("Size", "")[:18].isdigit() else ""
        when = f", last changed {changed.value}" if changed else ""
        yield Node(b"", Kind.NOTE, note=say(f"thumbnail of {said.get('URI', 'a file')}{size}{when}"))


def texts(head: bytes) -> dict[str, str]:
    """The fields that begin with `Thumb::`."""
    found: dict[str, str] = {}
    for match in _TEXT.finditer(head):
        length = int.from_bytes(head[match.start() - 4 : match.start()], "big")
        value = head[match.end() : match.start() + 4 + length]
        found.setdefault(match[1].decode(), value.decode("utf-8", "surrogateescape"))
    return found
