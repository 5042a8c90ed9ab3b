"""Mailboxes that are one file: mbox in its dialects (Unix, Thunderbird, Apple Mail, Google's takeout).

A message begins with a line `From … date` after an empty line (RFC 4155). Thunderbird leaves deleted messages in
the file until it is compacted, and marks them: those are `deleted` here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.evidence.guards import Meter
from safelight.evidence.mail.mime import Window, looks_like_headers, nodes
from safelight.evidence.protocol import Limits, Node, Source
from safelight.model import State

_FROM = re.compile(rb"From [^\r\n]{0,300}\d{1,2}:\d{2}(?::\d{2})?[^\r\n]{0,40}\d{4}[^\r\n]{0,40}\r?\n")
_STATUS = re.compile(rb"^X-Mozilla-Status: ([0-9A-Fa-f]{4})", re.MULTILINE)
_EXPUNGED = 0x0008
_STATUS_WITHIN = 4096
"""Thunderbird writes its mark before all other headers."""


class MboxReader:
    """Messages one after the other; names are `date subject/attachment`."""

    name = "mbox"
    order = 50
    formats = frozenset((None,))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """A line `From … date`, and header fields behind it."""
        line = _FROM.match(head) if head.startswith(b"From ") else None
        if line is None:
            return False
        fields = head[line.end() :]
        return looks_like_headers(fields.partition(b"\n")[2] if fields.startswith(b">From ") else fields)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the attachments of each message in order."""
        meter = Meter.of(limits, source)
        window = Window(source)
        start = 0
        while start < source.size:
            line = _FROM.match(window.peek(start, 512))
            begin = start + (line.end() if line else 0)
            end = next_message(window, begin)
            meter.entry()
            yield from _message(source, window, begin, end, meter)
            start = end


def next_message(window: Window, position: int) -> int:
    """Return where the next message's `From ` line begins, or the end."""
    while (at := window.find(b"\nFrom ", position)) >= 0:
        position = at + 6
        before = window.peek(max(0, at - 2), 3)
        if before.endswith((b"\n\n", b"\n\r\n")) and _FROM.match(window.peek(at + 1, 512)):
            return at + 1
    return window.end


def _message(source: Source, window: Window, begin: int, end: int, meter: Meter) -> Iterator[Node]:
    head = window.peek(begin, min(_STATUS_WITHIN, end - begin)).partition(b"\n\n")[0]
    status = _STATUS.search(head)
    deleted = status is not None and int(status[1], 16) & _EXPUNGED
    state = State.DELETED if deleted else State.ALLOCATED
    return nodes(source, begin, end, meter, foldered=True, state=state)
