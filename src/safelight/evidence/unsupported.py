"""Containers that are recognised and cannot be opened by this version: said as a finding, never passed over."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff

_NAMES = {
    "rar": "RAR archive",
    "cab": "cabinet archive",
    "cpio": "cpio archive",
    "compress": "file compressed with `compress`",
    "lzh": "LZH archive",
    "arj": "ARJ archive",
    "pst": "Outlook mail store",
}


class UnsupportedReader:
    """Asked last: a finding instead of silence."""

    name = "unsupported"
    order = 90
    formats = frozenset(_NAMES)

    def detect(self, head: bytes, source: Source) -> bool:
        """By content."""
        return sniff(head[:HEAD]) in self.formats

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the one finding."""
        what = _NAMES[sniff(source.read_at(0, HEAD)) or ""]
        yield Node(b"", Kind.FINDING, error=f"{what}: what lies inside cannot be opened by this version")
