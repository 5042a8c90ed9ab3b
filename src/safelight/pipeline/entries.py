"""One file, read in one pass: its digests, its line in the inventory, the item and place that are made of a medium."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic

import sqlalchemy as sa

from safelight.errors import EvidenceError
from safelight.evidence.embedded_media import PREVIEW
from safelight.evidence.found import HEAD_BYTES, Found
from safelight.evidence.protocol import Source
from safelight.evidence.sniff import HEAD, is_media, sniff
from safelight.model import Digests, Place
from safelight.pipeline.salvage import Salvage
from safelight.pipeline.waiting import TimeOverError
from safelight.signals.digest import PIECE, Digester, digest
from safelight.store.inventory import Entry
from safelight.store.tables import item, place

WHOLE = 4 << 20
"""Files up to this size are read with one call."""


def add_items(connection: sa.Connection, case_id: str, page_id: int, found: list[tuple[int, Entry]]) -> None:
    """Make items (new ones only) and their places of entries `(number within the page, entry)`."""
    rows: Mapping[bytes, dict[str, object]] = {
        entry.digests.sha256: {
            "case_id": case_id,
            "sha256": entry.digests.sha256,
            "md5": entry.digests.md5,
            "sha1": entry.digests.sha1,
            "size": entry.place.size or 0,
            "format": PREVIEW if is_preview(entry.place) else entry.format or "unknown",
        }
        for _, entry in found
        if entry.digests is not None
    }
    places = [
        {"page": page_id, "number": number, "case_id": case_id, "sha256": entry.digests.sha256}
        for number, entry in found
        if entry.digests is not None
    ]
    if rows:
        connection.execute(item.insert().prefix_with("OR IGNORE"), list(rows.values()))
        connection.execute(place.insert().prefix_with("OR IGNORE"), places)


def is_preview(place: Place) -> bool:
    """Is it what a picture holds to be shown in its place? It is looked at with that picture, not by itself."""
    return place.layers[-1:] == (PREVIEW,)


def salvage(found: Found, keep: int) -> tuple[Salvage, tuple[bytes, Digests, bytes | None]] | None:
    """What can be had of a file that fails while it is read, read once more; None where that is nothing."""
    try:
        source = Salvage(found.content())
        read = read_whole(source, keep)
    except EvidenceError:
        return None
    return None if source.nothing else (source, read)


def as_listed(found: Found) -> Entry:
    """The entry of what is listed without being read: folders, links, devices, findings, out of scope."""
    return Entry(
        found.place,
        found.kind,
        error=found.error,
        examined=found.examined,
        target=found.node.target,
        note=found.node.note,
    )


def read_whole(
    source: Source, keep: int, head: bytes = b"", until: float | None = None
) -> tuple[bytes, Digests, bytes | None]:
    """Head, digests, and the whole content where it is small, or a medium of up to `keep` bytes.

    `head` are the first `HEAD_BYTES`, where they were read before; fewer are the whole content. Raises TimeOverError
    where `until` (`monotonic`) comes before the end of a large one.
    """
    if head and len(head) < HEAD_BYTES:
        return head[:HEAD], digest(head), head
    if source.size <= WHOLE:
        data = source.read_at(0, WHOLE + 1)
        if len(data) <= WHOLE:
            return data[:HEAD], digest(data), data
    head = (head or source.read_at(0, HEAD))[:HEAD]
    format_ = sniff(head)
    kept: list[bytes] | None = [] if format_ and is_media(format_) and source.size <= keep else None
    with Digester() as digester:
        offset = 0
        while piece := source.read_at(offset, PIECE):  # a container may understate the size
            if until is not None and monotonic() >= until:
                raise TimeOverError
            offset += len(piece)
            digester.update(piece)
            if kept is not None and offset <= keep:
                kept.append(piece)
        digests = digester.finish()
    return head, digests, b"".join(kept) if kept is not None and offset <= keep else None
