"""Media inside pictures: previews, further pictures, the film of a motion photo, and what follows the picture's end.

Each is a member of its picture, with a trail of its own, and is then sniffed, read and looked at like any file. Nothing
is decoded here, and most pictures have nothing inside: what is asked of them is a walk over a few markers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from safelight.evidence import appended
from safelight.evidence.inner_jpeg import Further, Header, Span, exif_thumbnail, further_pictures, header
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import SliceSource
from safelight.evidence.zip_ import ZipReader

PREVIEW: Final = "preview"
"""The layer of what a picture holds to be shown in its place."""
_MEMBER: Final = "member"
_GAIN_MAP: Final = b"hdrgm:"
_SUFFIXES: Final = {"jpeg": "jpg", "gzip": "gz", "tiff": "tif"}


@dataclass(frozen=True, slots=True)
class Part:
    """Something inside a picture."""

    name: str
    span: Span
    layer: str
    note: str


class EmbeddedMediaReader:
    """JPEG, PNG, GIF, WebP, HEIC and AVIF that hold other media."""

    name = "embedded-media"
    order = 45  # before ZIP, which finds archives at the end of anything: it is asked for these from here
    formats = frozenset(("jpeg", "png", "gif", "webp", "heic", "avif"))

    def __init__(self) -> None:
        self._asked: tuple[Source, list[Part]] | None = None
        """The source that was asked about last, and what is in it: it is gone through right after."""

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there anything inside?"""
        found = parts(source, sniff(head[:HEAD]) or "", head)
        self._asked = (source, found) if found else None
        return bool(found)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what is inside; the members of a ZIP behind the picture as they are, not as an archive in between."""
        for part in self._parts(source):
            offset, length = part.span
            rest = SliceSource(source, offset, length)
            if part.layer == _MEMBER and _is_zip(rest):
                yield from ZipReader().walk(source, limits)
                continue
            yield Node(
                part.name.encode(),
                Kind.FILE,
                size=length,
                address={"offset": offset},
                layer=part.layer,
                open=partial(SliceSource, source, offset, length),
                note=part.note,
            )

    def _parts(self, source: Source) -> list[Part]:
        asked, self._asked = self._asked, None
        if asked is not None and (asked[0] is source or asked[0] is getattr(source, "_source", None)):
            return asked[1]
        return parts(source, sniff(source.read_at(0, HEAD)) or "")


def parts(source: Source, format: str, head: bytes = b"") -> list[Part]:
    """What lies inside a picture of this format, in the order of the file."""
    if format == "jpeg":
        return _in_jpeg(source, head)
    if format not in EmbeddedMediaReader.formats:
        return []
    tail = appended.tail_of(source, format)
    return [] if tail is None else _behind(source, tail)


def previews(source: Source) -> list[Part]:
    """What a JPEG holds to be shown in its place."""
    segments = header(source)
    return [
        part
        for part in _pointed_at(source, segments, further_pictures(source, segments))
        if part.layer == PREVIEW
    ]


def _in_jpeg(source: Source, head: bytes) -> list[Part]:
    segments = header(source, 0, head)
    further = further_pictures(source, segments)
    found = _pointed_at(source, segments, further)
    tail = appended.tail_of_jpeg(source, segments, [one.span for one in further])
    return found if tail is None else [*found, *_behind(source, tail)]


def _pointed_at(source: Source, segments: Header, further: Sequence[Further]) -> list[Part]:
    """What the header of a JPEG points to."""
    found: list[Part] = []
    if (thumbnail := exif_thumbnail(source, segments)) is not None:
        found.append(Part("thumbnail.jpg", thumbnail, PREVIEW, "the thumbnail in the picture's EXIF"))
    for number, one in enumerate(further, 2):
        if one.preview:
            said = "a large preview that the picture's index names (MPF)"
            found.append(Part(f"preview-{number}.jpg", one.span, PREVIEW, said))
        elif not _is_gain_map(source, one.span):
            found.append(
                Part(f"picture-{number}.jpg", one.span, _MEMBER, f"picture {number} of the same file (MPF)")
            )
    return found


def _is_gain_map(source: Source, span: Span) -> bool:
    """Does it say how bright a picture is to be shown on screens that can (Ultra HDR)? It shows nothing of its own."""
    return _GAIN_MAP in source.read_at(span[0], min(span[1], HEAD))


def _behind(source: Source, tail: appended.Tail) -> list[Part]:
    found = []
    if tail.film is not None:
        found.append(Part("motion.mp4", tail.film, _MEMBER, "a film inside the picture: a motion photo"))
    for offset, length in tail.rest:
        note = f"{length:,} bytes behind the end of the picture, which ends after {tail.end:,}"
        found.append(Part(_name(source, offset, length), (offset, length), _MEMBER, note))
    return sorted(found, key=lambda part: part.span)


def _name(source: Source, offset: int, length: int) -> str:
    """A name with the ending of what it is: under another one it would look as if somebody hid its type."""
    format = sniff(source.read_at(offset, min(HEAD, length)))
    return f"appended-{offset}" + (f".{_SUFFIXES.get(format, format)}" if format else "")


def _is_zip(source: Source) -> bool:
    head = source.read_at(0, 1 << 16)
    return ZipReader().detect(head, source)
