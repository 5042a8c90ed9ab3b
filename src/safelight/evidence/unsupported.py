"""Containers that are recognised and cannot be opened by this version: said as a finding, never passed over."""

from __future__ import annotations

from collections.abc import Iterator

from safelight.evidence.marks import begins, sniffed
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
_MARKS = {
    bytes.fromhex("cfad12fec5fd746f"): "mail folder of Outlook Express (DBX)",
    bytes.fromhex("1a0000040000"): "database of Lotus Notes (NSF)",
}
"""What no other part of the program needs to know by its first bytes."""


class UnsupportedReader:
    """Asked last: a finding instead of silence."""

    name = "unsupported"
    order = 90
    marks = (sniffed(*_NAMES), begins(*_MARKS))
    formats = frozenset((*_NAMES, None))

    def detect(self, head: bytes, source: Source) -> bool:
        """By content."""
        return _what(head[:HEAD]) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the one finding."""
        what = _what(source.read_at(0, HEAD))
        yield Node(b"", Kind.FINDING, error=f"{what}: what lies inside cannot be opened by this version")


def _what(head: bytes) -> str | None:
    known = _NAMES.get(sniff(head) or "")
    return known or next((what for mark, what in _MARKS.items() if head.startswith(mark)), None)
