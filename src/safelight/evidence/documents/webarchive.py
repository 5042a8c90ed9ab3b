"""Web pages that Safari saved as one file (.webarchive): a property list with the page and everything it was made of.

Source: Apple's `WebArchive` and `WebResource` (WebKit); the keys as WebKit writes them.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from functools import partial
from typing import Any, Final
from xml.parsers.expat import ExpatError

from safelight.errors import EvidenceError
from safelight.evidence.caches.http import name_of
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import say
from safelight.evidence.marks import begins, holds
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import BytesSource

_MAIN: Final = "WebMainResource"
_LARGEST: Final = 256 << 20
"""Bytes of a file that are read: a property list can only be read as a whole."""
_DEEPEST: Final = 8
_ERRORS: Final = (
    plistlib.InvalidFileException, ExpatError, ValueError, KeyError, TypeError, OverflowError, RecursionError,
    IndexError, AttributeError, MemoryError,
)  # fmt: skip
"""What `plistlib` raises about damaged input."""


class WebArchiveReader:
    """A saved page: the page itself, pictures and frames, each under its address."""

    name = "webarchive"
    order = 46
    marks = (begins(b"bplist0"), holds(b"<plist", within=1024))
    formats = frozenset(("bplist", None))

    def detect(self, head: bytes, source: Source) -> bool:
        """By the name of its first key, in a binary or an XML property list."""
        return (head.startswith(b"bplist0") or b"<plist" in head[:1024]) and _MAIN.encode() in head

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the resources, frames within frames too. Raises EvidenceError."""
        if source.size > _LARGEST:
            raise EvidenceError(
                f"the saved page has more than {_LARGEST >> 20} MiB, and can only be read as a whole"
            )
        try:
            archive: Any = plistlib.loads(source.read_at(0, source.size))
        except _ERRORS as error:
            raise EvidenceError(
                f"the property list of the saved page is damaged: {type(error).__name__}"
            ) from None
        yield from _resources(archive, Meter.of(limits, source), 0)


def _resources(archive: Any, meter: Meter, depth: int) -> Iterator[Node]:
    if not isinstance(archive, dict):
        raise EvidenceError("the property list is not that of a saved page")
    if depth > _DEEPEST:
        yield Node(b"", Kind.FINDING, error=f"frames are nested more than {_DEEPEST} deep; not entered")
        return
    others = archive.get("WebSubresources")
    for resource in [archive.get(_MAIN), *(others if isinstance(others, list) else ())]:
        data = resource.get("WebResourceData") if isinstance(resource, dict) else None
        if not isinstance(data, bytes):
            continue
        meter.entry()
        address = str(resource.get("WebResourceURL", ""))
        yield Node(
            name_of(address),
            Kind.FILE,
            size=len(data),
            layer="member",
            note=say(f"fetched from {address}"),
            open=partial(BytesSource, data),
        )
    frames = archive.get("WebSubframeArchives")
    for frame in frames if isinstance(frames, list) else ():
        yield from _resources(frame, meter, depth + 1)
