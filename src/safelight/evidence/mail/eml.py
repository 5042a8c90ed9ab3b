"""One message to a file: EML, Maildir, Apple Mail's emlx, web pages saved as MHTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.evidence.guards import Meter
from safelight.evidence.mail.mime import looks_like_headers, nodes
from safelight.evidence.protocol import Limits, Node, Source

_COUNT = re.compile(rb"(\d{1,12})[ \t]*\r?\n")
"""emlx begins with the length of the message; a property list follows it."""


class EmlReader:
    """A message with its attachments; the text itself is no member."""

    name = "eml"
    order = 50
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its first lines: header fields, two of them well-known ones."""
        count = _COUNT.match(head)
        return looks_like_headers(head[count.end() :] if count else head)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the attachments, nested messages among them as files."""
        count = _COUNT.match(source.read_at(0, 16))
        start, end = (count.end(), count.end() + int(count[1])) if count else (0, source.size)
        yield from nodes(source, start, min(end, source.size), Meter.of(limits, source))
