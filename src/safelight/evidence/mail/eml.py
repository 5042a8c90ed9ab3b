"""One message to a file: EML, Maildir, Apple Mail's emlx, web pages saved as MHTML."""

from __future__ import annotations

import re
from collections.abc import Iterator

from safelight.evidence.guards import Meter
from safelight.evidence.mail.mime import looks_like_headers, nodes
from safelight.evidence.marks import begins, holds
from safelight.evidence.protocol import Kind, Limits, Node, Source

_COUNT = re.compile(rb"(\d{1,12})[ \t]*\r?\n")
"""emlx begins with the length of the message; a property list follows it."""
_FLAGS = re.compile(rb"<key>flags</key>\s*<integer>(\d{1,19})</integer>")
_DELETED = 2
_MAILDIR = re.compile(r"[:;!]2,([A-Za-z]*)\Z")
_LONGEST_LIST = 1 << 16


class EmlReader:
    """A message with its attachments; the text itself is no member."""

    name = "eml"
    order = 50
    marks = (holds(b":", within=80), begins(*(b"%d" % digit for digit in range(10))))
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its first lines: header fields, two of them well-known ones."""
        count = _COUNT.match(head)
        return looks_like_headers(head[count.end() :] if count else head)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the attachments, nested messages among them as files."""
        count = _COUNT.match(source.read_at(0, 16))
        start, end = (count.end(), count.end() + int(count[1])) if count else (0, source.size)
        if end > source.size:
            text = f"the message ends after {source.size - start:,} of {end - start:,} bytes"
            yield Node(b"", Kind.FINDING, error=text)
            end = source.size
        marks = _marks(source, end if count else None)
        yield from nodes(source, start, end, Meter.of(limits, source), marks=marks)


def _marks(source: Source, behind: int | None) -> str:
    """What the mailbox says of it: a Maildir by the file's name, Apple Mail by the list `behind` the message."""
    found = _MAILDIR.search(source.name)
    if found is not None and "T" in found[1]:
        return "trashed (by the file's name)"
    if behind is not None:
        flags = _FLAGS.search(source.read_at(behind, _LONGEST_LIST))
        if flags is not None and int(flags[1]) & _DELETED:
            return "deleted (by Apple Mail's flags)"
    return ""
