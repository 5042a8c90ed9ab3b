"""EWF version 1 (`.E01`, `.s01`) with all its segments; what is wrong with them is said, and read as zeros."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.ewf import MOST_FINDINGS, SIGNATURE, Image, parse
from safelight.evidence.ewf_medium import E01Medium, damaged_places
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source

_OTHERS = {
    b"EVF2\x0d\x0a\x81\x00": "EnCase 7 (Ex01, EWF version 2)",
    b"LEF2\x0d\x0a\x81\x00": "EnCase 7 logical (Lx01)",
    b"LVF\x09\x0d\x0a\xff\x00": "EnCase logical (L01)",
}


class E01Reader:
    """`.E01` and its further segments, found beside it."""

    name = "e01"
    order = 10
    marks = (begins(SIGNATURE, *_OTHERS),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it the first segment (or a relative that is not read, and said to be so)?"""
        return head[:8] in _OTHERS or (head[:8] == SIGNATURE and head[9:11] == b"\x01\x00")

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the decoded medium, then, once it has been read, a finding for each damaged place."""
        if other := _OTHERS.get(source.read_at(0, 8)):
            raise EvidenceError(f"{other} is not read", "Convert it to E01 or raw first.")
        image = parse(source)
        yield from image_nodes(image, partial(E01Medium, source, image))


def image_nodes(image: Image, medium: Callable[[], E01Medium]) -> Iterator[Node]:
    """Yield what is wrong with an image, its medium, and then, once that was read, its damaged places."""
    for problem in image.problems[:MOST_FINDINGS]:
        yield Node(b"", Kind.FINDING, error=problem)
    yield Node(b"", Kind.LAYER, size=image.size, layer="medium", open=medium, digests=image.digests)
    places = damaged_places(image)
    for offset, text in places[:MOST_FINDINGS]:
        yield Node(b"", Kind.FINDING, error=f"the medium: {text}", address={"offset": offset})
    if len(places) > MOST_FINDINGS:
        more = len(places) - MOST_FINDINGS
        yield Node(b"", Kind.FINDING, error=f"{more:,} more places of the medium are damaged")
