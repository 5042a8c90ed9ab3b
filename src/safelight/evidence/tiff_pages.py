"""The pages of a TIFF behind the first, and its smaller pictures: each a member, a TIFF of one page.

A fax or a scanner's file has many pages, and a picture can hide on the second. Each is put together from the tags that
say how to decode it and from its own strips or tiles, still compressed; nothing is decoded here. What stands beside
(sub-directories, thumbnails) is a member too. Of camera RAW the previews are, but for the largest, which is what the
decoder shows.

Sources: TIFF 6.0; TIFF Technical Notes 1 (SubIFDs) and 2 (JPEG); BigTIFF.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Final

from safelight.errors import EvidenceError
from safelight.evidence.inner_jpeg import Span, directories, is_camera_raw, is_shown, previews_of_tiff
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import SliceSource
from safelight.evidence.tiff_page import Directory, Structure, assembled
from safelight.evidence.zip_ import ZipReader

MOST_PAGES: Final = 1_000
"""Listed of one file, smaller pictures included."""
_MOST_TIMES: Final = 8
"""All pages together may be so many times as large as the file: strips may be shared, but not without end."""
_LEAST_BYTES: Final = 64 << 20
_MOST_STRIPS: Final = 4_000_000
_REDUCED, _MASK = 1, 4
"""Bits of NewSubfileType: a smaller copy of another page; a mask of transparency, which shows nothing."""
_THUMBNAIL, _THUMBNAIL_LENGTH = 0x0201, 0x0202
_PREVIEW: Final = "preview"
_ZIP_HEAD: Final = 1 << 16


class TiffPagesReader:
    """TIFF with more than one picture, and camera RAW with more than one preview."""

    name = "tiff-pages"
    order = 45
    formats = frozenset(("tiff", "raw"))

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there anything but the picture that is shown?"""
        if is_raw(head):
            return bool(smaller_previews(source))
        structure = Structure.of(source)
        return structure is not None and structure.has_more()

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the pages in their order, each with its smaller pictures; what is left out is a finding."""
        if is_raw(source.read_at(0, HEAD)):
            for number, (offset, length) in enumerate(smaller_previews(source), 1):
                yield _node(f"preview-{number}.jpg", SliceSource(source, offset, length), offset, True,
                            "a smaller preview in the camera's file")  # fmt: skip
        else:
            structure = Structure.of(source)
            if structure is None:
                raise EvidenceError("the TIFF structure is damaged")
            yield from _pages(source, structure)
        if ZipReader().detect(source.read_at(0, _ZIP_HEAD), source):  # behind its end
            yield from ZipReader().walk(source, limits)


def is_raw(head: bytes) -> bool:
    """Does a camera's RAW file begin like this?"""
    found = sniff(head[:HEAD])
    return found == "raw" or (found == "tiff" and is_camera_raw(head[:HEAD]))


def smaller_previews(source: Source) -> list[Span]:
    """The JPEGs that the directories of a RAW file name, in their order, without the largest."""
    spans = [span for span in previews_of_tiff(directories(source)) if is_shown(source, span)]
    found = list(dict.fromkeys(spans))
    if found:
        found.remove(max(found, key=lambda span: span[1]))
    return found


def _pages(source: Source, structure: Structure) -> Iterator[Node]:
    offsets, broken = structure.chain(MOST_PAGES)
    left, strips, count = max(_LEAST_BYTES, _MOST_TIMES * source.size), _MOST_STRIPS, 0
    for number, offset in enumerate(offsets, 1):
        page = structure.directory(offset)
        inner = [(sub, structure.directory(sub)) for sub in page.sub_directories()]
        wanted = [] if number == 1 else [(offset, page, f"page-{number}", f"page {number} of {len(offsets)}")]
        for nth, (at, sub) in enumerate(inner, 1):
            wanted.append((at, sub, f"page-{number}-{nth}", f"picture {nth} within page {number}"))
        for at, one, name, what in wanted:
            count, strips = count + 1, strips - one.strips
            if count > MOST_PAGES or strips < 0:
                said = (
                    f"more than {MOST_PAGES:,} pictures in it"
                    if strips >= 0
                    else "more strips than are followed"
                )
                yield Node(b"", Kind.FINDING, error=f"{said}: not looked at beyond page {number - 1:,}")
                return
            for node in _nodes(source, structure, at, one, name, what):
                left -= node.size or 0
                if left < 0:
                    said = "the pages are together far larger than the file: not looked at beyond"
                    yield Node(b"", Kind.FINDING, error=f"{said} page {number - 1:,}")
                    return
                yield node
    if broken is not None:
        yield Node(b"", Kind.FINDING, error=broken)


def _nodes(
    source: Source, structure: Structure, at: int, page: Directory, name: str, what: str
) -> Iterator[Node]:
    """What one directory holds: a JPEG that it points to, and its own strips or tiles."""
    span = (page.number(_THUMBNAIL), page.number(_THUMBNAIL_LENGTH))
    if span[1] and is_shown(source, span):
        jpeg = SliceSource(source, *span)
        yield _node(f"{name}.jpg", jpeg, span[0], True, f"a thumbnail in the same file ({what})")
        return
    if not page.has_picture or page.kind & _MASK:
        return
    reduced = bool(page.kind & _REDUCED)
    note = f"a smaller copy in the same file ({what})" if reduced else f"{what} of the same file"
    try:
        content = assembled(source, structure, page)
    except EvidenceError as error:
        yield Node(
            f"{name}.tif".encode(), Kind.FILE, address={"offset": at}, layer="member", error=str(error)
        )
        return
    yield _node(f"{name}.tif", content, at, reduced, note)


def _node(name: str, content: Source, offset: int, preview: bool, note: str) -> Node:
    return Node(
        name.encode(),
        Kind.FILE,
        size=content.size,
        address={"offset": offset},
        layer=_PREVIEW if preview else "member",
        open=partial(SliceSource, content, 0, content.size),
        note=note,
    )
