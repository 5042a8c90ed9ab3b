"""Pages (HTML, SVG): pictures and films that are written into them as `data:` addresses (RFC 2397).

Browsers' add-ons save a page as one such file, and mails have pictures that way. Nothing of a page is run or fetched.
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Iterator
from functools import partial

from safelight.evidence.guards import Meter
from safelight.evidence.mail import transfer
from safelight.evidence.mail.mime import Window
from safelight.evidence.marks import holds
from safelight.evidence.protocol import Kind, Limits, Node, Source

MARK = b";base64,"
"""Without it there is nothing to be read in a page."""
_ADDRESS = re.compile(
    rb"data:([a-zA-Z]{1,20}/[a-zA-Z0-9.+-]{1,60}(?:;[a-zA-Z0-9=._-]{1,40}){0,3})?;base64,(?=[A-Za-z0-9+/\s]{300})"
)
_LONGEST = 600
_AFTER = re.compile(rb"[^A-Za-z0-9+/=\s]")
_TAGS = re.compile(
    rb"<(?:!doctype\s+html|html|head|body|div|p|img|table|span|meta|style|svg|a|font|br)[\s/>]", re.IGNORECASE
)
_NO_PICTURE = re.compile(r"text/|font/|application/(?:.*font|.*javascript|.*json|.*css)")
_FIRST = 4096


class HtmlReader:
    """A page with what is written into it."""

    name = "html"
    order = 86
    marks = (holds(b"<", within=_FIRST),)
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its first tag, or its name and a tag; a short page that holds no such address is none."""
        start = head[:_FIRST].lstrip(b"\xef\xbb\xbf \t\r\n")
        is_page = start.startswith(b"<") or source.name.lower().endswith((".html", ".htm", ".xhtml", ".svg"))
        return is_page and _TAGS.search(start) is not None and (MARK in head or len(head) < source.size)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what is more than an icon, in order."""
        meter = Meter.of(limits, source)
        window = Window(source)
        number, position = 0, 0
        while (at := window.search(_ADDRESS, _LONGEST, position)) >= 0:
            found = _ADDRESS.match(window.peek(at, _LONGEST))
            if found is None:
                return
            start = at + found.end()
            end = window.search(_AFTER, 1, start)
            end = source.size if end < 0 else end
            position = end
            kind = (found[1] or b"").partition(b";")[0].decode("ascii").lower()
            if _NO_PICTURE.match(kind) is not None:
                continue
            number += 1
            meter.entry()
            node = Node(
                f"picture {number}{mimetypes.guess_extension(kind) or '.bin'}".encode(),
                Kind.FILE,
                address={"offset": start},
                layer="member",
                open=partial(transfer.stream, source, start, end, transfer.base64, meter),
            )
            if window.peek(end, 1) == b"%":
                node.error = "it goes on with characters written as numbers (%2B), which is not read"
            yield node
