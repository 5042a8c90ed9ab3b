"""`Thumbs.db`, the thumbnails that Windows kept in each folder (2000 to XP, and Vista on network drives)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.documents.cfb import Compound, Entry
from safelight.evidence.documents.ole import members
from safelight.evidence.guards import Meter
from safelight.evidence.mail.letter import clean, say
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource
from safelight.model import Times

_PICTURE = re.compile(r"(?:\d{1,4}_)?[0-9a-f]{1,16}")
_LARGEST_CATALOG = 64 << 20
_SEARCHED = 256


class ThumbsDbReader:
    """Thumbnails of one folder; the catalogue says of which files, also of those that are gone."""

    name = "thumbs-db"
    order = 44  # before `ole`, which opens any compound file
    formats = frozenset(("ole",))

    def detect(self, head: bytes, source: Source) -> bool:
        """A catalogue, or nothing but streams that are named as thumbnails."""
        return is_thumbs_db(Compound(source))

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the thumbnails, named after the pictures they are of where that is known."""
        compound, meter = Compound(source), Meter.of(limits, source)
        catalog = compound.root.get("Catalog")
        problems: list[str] = []
        known = dict(_catalogue(compound, catalog, problems)) if catalog is not None else {}
        for entry in compound.root.children:
            if not entry.is_stream or not _PICTURE.fullmatch(entry.name):
                continue
            meter.entry()
            name, times = known.get(entry.name, ("", Times()))
            node = Node(clean(name or f"{entry.name}.jpg"), Kind.FILE, times=times, layer="member")
            node.address = {"member": entry.number}
            node.note = say(
                f"thumbnail of {name} in the folder of this file" if name else f"thumbnail {entry.name}"
            )
            try:
                content = compound.open(entry)
                start = _picture_start(content)
                node.size, node.open = (
                    content.size - start,
                    partial(SliceSource, content, start, content.size - start),
                )
            except EvidenceError as error:
                node.error = str(error)
            yield node
        for entry in compound.root.children:
            if not entry.is_stream:  # Windows puts nothing there
                yield from members(compound, entry, b"", meter)
        for problem in (*problems, *compound.problems):
            yield Node(b"", Kind.FINDING, error=problem)


def is_thumbs_db(compound: Compound) -> bool:
    """Is a compound file a store of thumbnails?"""
    streams = [child for child in compound.root.children if child.is_stream and child.name != "Catalog"]
    if compound.root.get("Catalog") is not None:
        return all(map(_is_picture, streams))
    return (
        bool(streams)
        and len(streams) == len(compound.root.children)
        and all("_" in one.name and _is_picture(one) for one in streams)
    )


def _is_picture(entry: Entry) -> bool:
    return _PICTURE.fullmatch(entry.name) is not None


def _catalogue(
    compound: Compound, catalog: Entry, problems: list[str]
) -> Iterator[tuple[str, tuple[str, Times]]]:
    """Yield the stream's name (the number backwards) with the file's name and time of change."""
    if catalog.size > _LARGEST_CATALOG:
        problems.append(f"the catalogue of {catalog.size:,} bytes is not read: names are missing")
        return
    try:
        data = compound.read(catalog, _LARGEST_CATALOG)
    except EvidenceError as error:
        problems.append(f"the catalogue cannot be read, names are missing: {error}")
        return
    if len(data) < catalog.size:
        problems.append(
            f"the catalogue ends after {len(data):,} of {catalog.size:,} bytes: names are missing"
        )
    at = int.from_bytes(data[:2], "little")
    while at + 16 <= len(data):
        length = int.from_bytes(data[at : at + 4], "little")
        if length < 16 or at + length > len(data):
            if data[at:].strip(b"\0"):
                problems.append(f"the catalogue breaks off at its byte {at:,}: names are missing")
            return
        number = int.from_bytes(data[at + 4 : at + 8], "little")
        changed = stamps.filetime(int.from_bytes(data[at + 8 : at + 16], "little"), "thumbs.db")
        name = data[at + 16 : at + length].decode("utf-16-le", "replace").partition("\0")[0]
        yield str(number)[::-1], (name, Times(modified=changed))
        at += length


def _picture_start(content: Source) -> int:
    """Where the picture begins: a short header, whose length it states, stands before it."""
    head = content.read_at(0, _SEARCHED)
    stated = int.from_bytes(head[:4], "little")
    if stated < len(head) and head.startswith((b"\xff\xd8\xff", b"\x89PNG", b"BM"), stated):
        return stated
    found = [at for mark in (b"\xff\xd8\xff", b"\x89PNG\r\n") if (at := head.find(mark)) >= 0]
    return min(found, default=0)
