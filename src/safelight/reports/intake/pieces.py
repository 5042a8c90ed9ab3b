"""Read what lies at a path, document by document: the parts of each, put together bundle by bundle, numbered."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Protocol

from safelight.errors import EvidenceError
from safelight.reports.intake.assemble import Piece, assemble, enveloped
from safelight.reports.intake.documents import (
    Document,
    Laid,
    Medium,
    Unopened,
    damage_of,
    in_message,
    laid_out,
)
from safelight.reports.protocol import Annex, Attachment, Part, ReadOptions, ReportReader
from safelight.reports.report import Report, Unreadable

_HEAD = 64 << 10
_ATTACHED = 10_000
"""Attachments of one message."""


class Seen(Protocol):
    """Who counts what was seen on the way."""

    files: int
    media: list[Medium]


def pieces(
    path: Path, readers: Sequence[ReportReader], columns: Mapping[str, object], seen: Seen
) -> Iterator[Piece]:
    """All parts of a source, in an order that is the same each time, numbered by their place in it."""
    reading = _Reading(readers, columns, seen)
    number = 0
    for _, laid in groupby(laid_out(path), key=lambda one: one.unit):
        for piece in assemble(reading.each(laid)):
            yield replace(piece, arrival=number)
            number += 1


class _Reading:
    """The readers, and what they are told."""

    def __init__(self, readers: Sequence[ReportReader], columns: Mapping[str, object], seen: Seen) -> None:
        self._readers, self._columns, self._seen = readers, columns, seen

    def each(self, laid: Iterator[Laid]) -> Iterator[Piece]:
        """The pieces of all documents; media are noted, what could not be opened is a finding."""
        for one in laid:
            if isinstance(one, Medium):
                self._seen.media.append(one)
            elif isinstance(one, Unopened):
                yield Piece(Unreadable("", one.reason), one.path)
            else:
                yield from self._document(one)

    def _document(self, document: Document) -> Iterator[Piece]:
        """The pieces of one document, and what is attached to it around or behind them."""
        self._seen.files += 1
        attached: list[tuple[str, bytes]] = []
        cover: Piece | None = None
        for part in self._parts(document):
            if isinstance(part, Attachment):
                if len(attached) < _ATTACHED:
                    attached.append((part.name, part.data))
                continue
            if isinstance(part, Report | Annex):
                document.scope.state(part.files)
            piece = Piece(part, document.path, 0, _states_id(part, document), document.bundle)
            if cover is None and isinstance(part, Report) and part.format == "eml":
                cover = piece  # its attachments come after it
            else:
                yield piece
        if cover is None:
            return
        media: list[str] = []
        inside = self._inside(document, attached, media)
        yield from enveloped(cover, assemble(inside), media)

    def _inside(
        self, document: Document, attached: list[tuple[str, bytes]], media: list[str]
    ) -> Iterator[Piece]:
        """What is attached to a message, read on as files that lie together."""
        before = len(self._seen.media)
        laid = in_message(attached, document.path, document.fallback_id, document.scope, document.depth)
        yield from self.each(laid)
        media += [one.name for one in self._seen.media[before:]]

    def _parts(self, document: Document) -> Iterator[Part]:
        """What the reader that knows the document makes of it; a document that nobody knows is a finding."""
        try:
            with document.open() as source:
                head = source.read(_HEAD)
                if not head:
                    yield Unreadable("", damage_of(source) or "it is empty")
                    return
                reader = next((one for one in self._readers if one.detects(head, document.name)), None)
                if reader is None and len(self._readers) == 1 and document.surely:
                    reader = self._readers[0]
                if reader is None:
                    yield from self._unknown(document)
                    return
                source.seek(0)
                count = 0
                for part in reader.read(
                    source, ReadOptions(document.name, document.fallback_id, self._columns)
                ):
                    count += 1
                    yield part
                if (damage := damage_of(source)) is not None:
                    yield Unreadable("", f"it is damaged: {damage}")
                elif not count:
                    yield Unreadable("", f"it holds no report, though it looks like {reader.name}")
        except (OSError, EvidenceError) as error:
            yield Unreadable("", f"it cannot be read: {getattr(error, 'strerror', None) or error}")

    def _unknown(self, document: Document) -> Iterator[Part]:
        if document.surely:
            yield Unreadable("", "it is not a report of a known format")
        else:
            self._seen.media.append(Medium(document.path, document.name, document.bundle, document.unit))


def _states_id(part: object, document: Document) -> bool:
    """Does the report state its id, or was it named after its document?"""
    if not isinstance(part, Report):
        return True
    fallback = document.fallback_id
    return part.report_id != fallback and not part.report_id.startswith(f"{fallback}#")
