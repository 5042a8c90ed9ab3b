"""Apple disk images (`.dmg`, UDIF) through libmodi."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.evidence.libyal import Medium, medium_node, open_handle
from safelight.evidence.marks import ends
from safelight.evidence.protocol import Limits, Node, Source

_TRAILER = 512
_LEAST = 1_024


class DmgReader:
    """UDIF images: uncompressed, zlib, bzip2, ADC, LZFSE."""

    name = "dmg"
    order = 10
    marks = (ends(b"koly", within=_TRAILER),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the trailer's signature?"""
        return source.size > _LEAST and source.read_at(source.size - _TRAILER, 4) == b"koly"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium. Raises EvidenceError."""
        return medium_node(partial(_open, source))


def _open(source: Source) -> Source:
    import pymodi

    return Medium(open_handle(pymodi.handle, source))
