"""Mailboxes that are one file: mbox in its dialects (Unix, Thunderbird, Apple Mail, Google's takeout).

A message begins with a line `From … date` after an empty line (RFC 4155), and with headers behind it. Thunderbird
leaves deleted messages in the file until it is compacted, and marks them: those are `deleted` here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.evidence.guards import Meter
from safelight.evidence.mail.mime import Window, looks_like_headers, nodes
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.model import State

_FROM = re.compile(rb"From [^\r\n]{0,300}\d{1,2}:\d{2}(?::\d{2})?[^\r\n]{0,40}\d{4}[^\r\n]{0,40}\r?\n")
_UNDATED = re.compile(rb"From [^\r\n]{0,300}\r?\n")
"""As some exports write it: all of a mailbox's lines are then taken without a date, with headers behind them."""
_PEEKED = 1 << 13
_BEGINS = re.compile(rb">From |[!-9;-~]{1,100}[ \t]*:")
"""What follows the line: headers, or a second such line that was masked. A text may have the line, too."""
_BLANK = re.compile(rb"\r?\n\r?\n")
_STATUS = re.compile(rb"^X-Mozilla-Status: ([0-9A-Fa-f]{4})", re.MULTILINE)
_EXPUNGED = 0x0008
_STATUS_WITHIN = 4096
"""Thunderbird writes its mark before all other headers."""


class MboxReader:
    """Messages one after the other; names are `date subject/attachment`."""

    name = "mbox"
    order = 50
    marks = (begins(b"From "),)
    formats = frozenset((None,))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """A line `From …`, and header fields behind it."""
        line = _UNDATED.match(head) if head.startswith(b"From ") else None
        return line is not None and _has_headers(head[line.end() :])

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the attachments of each message in order."""
        meter = Meter.of(limits, source)
        window = Window(source)
        is_dated = _FROM.match(window.peek(0, 512)) is not None
        start = 0
        while start < source.size:
            line = _UNDATED.match(window.peek(start, 512))
            begin = start + (line.end() if line else 0)
            end = next_message(window, begin, is_dated=is_dated)
            meter.entry()
            try:
                yield from _message(source, window, begin, end, meter)
            except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
                # the library reads headers, and one odd header must not cost the messages behind it
                text = f"the message at {start:,} cannot be read to its end: {type(error).__name__}"
                yield Node(b"", Kind.FINDING, error=text)
            start = end


def next_message(window: Window, position: int, *, is_dated: bool = True) -> int:
    """Return where the next message's `From ` line begins, or the end."""
    while (at := window.find(b"\nFrom ", position)) >= 0:
        position = at + 6
        if not window.peek(max(0, at - 2), 3).endswith((b"\n\n", b"\n\r\n")):
            continue
        line = (_FROM if is_dated else _UNDATED).match(window.peek(at + 1, 512))
        if line is None:
            continue
        start = at + 1 + line.end()
        if _BEGINS.match(window.peek(start, 128)) if is_dated else _has_headers(window.peek(start, _PEEKED)):
            return at + 1
    return window.end


def _has_headers(fields: bytes) -> bool:
    """Do well-known header fields begin here, or behind a masked line of the same kind?"""
    fields = fields.rpartition(b"\n")[0] if len(fields) == _PEEKED else fields
    return looks_like_headers(fields.partition(b"\n")[2] if fields.startswith(b">From ") else fields)


def _message(source: Source, window: Window, begin: int, end: int, meter: Meter) -> Iterator[Node]:
    head = _BLANK.split(window.peek(begin, min(_STATUS_WITHIN, end - begin)), 1)[0]
    status = _STATUS.search(head)
    deleted = status is not None and int(status[1], 16) & _EXPUNGED
    state = State.DELETED if deleted else State.ALLOCATED
    return nodes(source, begin, end, meter, foldered=True, state=state)
