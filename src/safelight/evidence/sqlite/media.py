"""Pictures, films and documents in the values of a database: as whole values, and within larger ones."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from safelight.evidence.inner_jpeg import jpegs_in
from safelight.evidence.sniff import HEAD as SNIFFED
from safelight.evidence.sniff import is_archive, is_media, sniff
from safelight.evidence.sqlite.records import Blob

HEAD = re.compile(
    rb"\xff\xd8\xff|\x89PNG\r\n\x1a\n|GIF8[79]a|RIFF....(?:WEBP|AVI |WAVE)|BM.{4}\x00{4}|\x00\x00\x00.ftyp|\xff\x0a"
    rb"|\x00\x00\x00\x0cJXL |II\*\x00|MM\x00\*|\x1aE\xdf\xa3|FLV\x01|OggS\x00|%PDF-|PK\x03\x04|7z\xbc\xaf|Rar!\x1a"
    rb"|SQLite format 3\x00",
    re.DOTALL,
)
"""How what is looked for begins."""
_PNG = b"\x89PNG\r\n\x1a\n"
_LEAST = 512
_LARGEST = 16 << 20
"""Values up to this size are searched for pictures that do not begin with them."""
_MOST = 64
_DOCUMENTS = frozenset(("pdf", "sqlite"))


class Medium(NamedTuple):
    """A picture, film or document in a value: where, how many bytes, what its name should end in."""

    start: int
    size: int
    suffix: str


def media_in(blob: Blob) -> Iterator[Medium]:
    """What a value is, or what lies in it (a preview within a serialised object)."""
    format_ = format_of(blob)
    if format_ is not None:
        yield Medium(0, blob.size, format_)
        return
    if not _LEAST <= blob.size <= _LARGEST:
        return
    data = blob.read(blob.size)
    for start, size in jpegs_in(data):
        yield Medium(start, size, "jpeg")
    for start, size in _pngs_in(data):
        yield Medium(start, size, "png")


def _pngs_in(data: bytes) -> Iterator[tuple[int, int]]:
    """PNGs by their chunks, from the signature to the end of `IEND`."""
    start = data.find(_PNG)
    for _ in range(_MOST):
        if start < 0:
            return
        at = start + len(_PNG)
        while (kind := data[at + 4 : at + 8]).isalpha() and kind != b"IEND":
            at += 12 + int.from_bytes(data[at : at + 4], "big")
        end = at + 12
        if kind == b"IEND" and end <= len(data) and at > start + len(_PNG):
            yield start, end - start
            start = data.find(_PNG, end)
        else:
            start = data.find(_PNG, start + 4)


def format_of(blob: Blob) -> str | None:
    """The format of a value that is a medium, archive or document as a whole, else None."""
    start = blob.read(16)
    if HEAD.match(start) is None:
        return None
    format_ = sniff(blob.read(SNIFFED))
    if is_media(format_) or is_archive(format_) or format_ in _DOCUMENTS:
        return format_
    return None


def suffix(format_: str) -> str:
    """What a file of this format is usually called."""
    return {"jpeg": "jpg", "odf": "odt"}.get(format_, format_)
