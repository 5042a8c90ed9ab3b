"""Read what lies at a path, document by document: the parts of each, put together bundle by bundle, numbered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path
from typing import Protocol

from safelight.errors import EvidenceError
from safelight.reports.detection import reader_of, why_unknown
from safelight.reports.intake.assemble import Piece, assemble, enveloped
from safelight.reports.intake.documents import (
    NOT_A_REPORT,
    Document,
    Laid,
    Medium,
    Unopened,
    damage_of,
    in_message,
    laid_out,
)
from safelight.reports.intake.naming import keys_of, own_name, stated_keys
from safelight.reports.intake.scope import ALIKE, NEARBY, NO_ROOT, UNSAID
from safelight.reports.protocol import Annex, Attachment, Part, ReadOptions, ReportReader, RootedReader
from safelight.reports.report import Report, ReportFile, Unreadable

_HEAD = 64 << 10
_ATTACHED = 10_000
"""Attachments of one message."""
HELD = 4_000
"""Parts of one folder, archive or message that wait until all that lies there has stated its files."""
_REMEMBERED = 20_000
"""Documents whose parts could not wait, and of which it is said if they turn out to be such a file."""
UNNAMED = "unnamed"
"""The mark of a `ReportFile` that no report names: it lies in the bundle of the report, closed."""
_UNNAMED_AT_MOST = 1_000
_OPENED = (
    "a report beside it states it as a file that nobody has viewed, which was known only when it was open: "
)
DROPPED = f"{_OPENED}what was read of it was dropped"
KEPT = f"{_OPENED}some of what was read of it had been taken in by then, and has to be looked at"


class Seen(Protocol):
    """Who counts what was seen on the way."""

    files: int
    media: list[Medium]

    def enter(self, unit: str) -> None:
        """All that lies outside of this folder, archive or file, and of what it lies in, has been seen."""


def pieces(
    path: Path, readers: Sequence[ReportReader], columns: Mapping[str, object], seen: Seen
) -> Iterator[Piece]:
    """All parts of a source, in an order that is the same each time, numbered by their place in it."""
    reading = _Reading(readers, columns, seen)
    number = 0
    for unit, laid in groupby(laid_out(path, reading.begins), key=lambda one: one.unit):
        seen.enter(unit)
        for piece in assemble(reading.together(laid)):
            # Made anew by hand: `replace` takes three times as long, for every report.
            yield Piece(piece.part, piece.path, number, piece.states_id, piece.bundle, piece.beside)
            number += 1


class _Reading:
    """The readers, and what they are told."""

    def __init__(self, readers: Sequence[ReportReader], columns: Mapping[str, object], seen: Seen) -> None:
        self._readers, self._columns, self._seen = readers, columns, seen

    def begins(self, head: bytes, formats: frozenset[str]) -> bool:
        """Does a report begin here: one with a root of its own, or of a format that was read beside it?

        Other lists read like many things: a conversation has ids and texts as well.
        """
        reader = reader_of(self._readers, head, "", self._columns)
        if isinstance(reader, RootedReader):
            return reader.detects_root(head)
        return reader is not None and (reader.name in formats or len(self._readers) == 1)

    def together(self, laid: Iterator[Laid]) -> Iterator[Piece]:
        """The pieces of what lies together, held until it is known which files the reports there state.

        A document that was opened before another stated it as a file that nobody has viewed is dropped then. The only
        report of a bundle gets the files of the bundle that nobody names.
        """
        held: list[_Held] = []
        count = gone = 0
        begun = len(self._seen.media)
        for one, pieces in self._each(laid):
            if isinstance(one, Document) and one.scope.is_alone:
                yield from pieces
                continue
            mine = _Held(one)
            held.append(mine)
            for piece in pieces:
                mine.pieces.append(piece)
                count += 1
                if count >= HELD:
                    yield from _let_go(held)
                    count, gone = 0, gone + 1
                    del held[:-_REMEMBERED]
            mine.is_read()
        kept = list(_let_go(held))
        yield from kept if gone else _with_unnamed(kept, self._seen.media[begun:])

    def _each(self, laid: Iterator[Laid]) -> Iterator[tuple[Laid, Iterable[Piece]]]:
        """The pieces of all documents, one after the other; media are noted, what could not be opened is a finding."""
        for one in laid:
            if isinstance(one, Medium):
                self._seen.media.append(one)
            elif isinstance(one, Unopened):
                yield one, [Piece(Unreadable("", one.reason), one.path, bundle=one.bundle)]
            elif one.ahead:
                self._ask(one)
            else:
                yield one, self._document(one)

    def _ask(self, document: Document) -> None:
        """Only take in which files the document states."""
        for part in self._parts(document):
            if isinstance(part, Report | Annex):
                document.scope.state(part.files, part.report_id)

    def _document(self, document: Document) -> Iterator[Piece]:
        """The pieces of one document, and what is attached to it around or behind them."""
        self._seen.files += 1
        attached: list[tuple[str, bytes]] = []
        cover: Piece | None = None
        read: set[type] = set()
        formats: set[str] = set()
        for part in self._parts(document):
            if isinstance(part, Attachment):
                if len(attached) < _ATTACHED:
                    attached.append((part.name, part.data))
                continue
            states_id = True
            if isinstance(part, Report):
                part, states_id = _named(part)
                formats.add(part.format)
            if isinstance(part, Report | Annex):
                document.scope.state(part.files, part.report_id)
            piece = Piece(part, document.path, 0, states_id, document.bundle, document.beside)
            if cover is None and isinstance(part, Report) and part.format == "eml":
                cover = piece  # its attachments come after it
            else:
                if not isinstance(part, Unreadable):
                    read.add(type(part))
                yield piece
        if read:
            document.scope.read(document.name, formats, details=read == {Annex})
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
        yield from self.together(laid)
        media += [one.name for one in self._seen.media[before:]]

    def _parts(self, document: Document) -> Iterator[Part]:
        """What the reader that knows the document makes of it; a document that nobody knows is a finding."""
        try:
            with document.open() as source:
                head = source.read(_HEAD)
                if not head:
                    yield Unreadable("", damage_of(source) or "it is empty")
                    return
                reader = reader_of(self._readers, head, document.name, self._columns)
                if reader is None and len(self._readers) == 1 and document.surely:
                    reader = self._readers[0]
                if reader is None:
                    yield from self._unknown(document, head)
                    return
                source.seek(0)
                count = 0
                for part in reader.read(
                    source, ReadOptions(document.name, _UNNAMED + document.fallback_id, self._columns)
                ):
                    count += 1
                    yield part
                if (damage := damage_of(source)) is not None:
                    yield Unreadable("", f"it is damaged: {damage}")
                elif not count:
                    yield Unreadable("", f"it holds no report, though it looks like {reader.name}")
        except (OSError, EvidenceError) as error:
            yield Unreadable("", f"it cannot be read: {getattr(error, 'strerror', None) or error}")

    def _unknown(self, document: Document, head: bytes) -> Iterator[Part]:
        if document.surely:
            yield Unreadable("", why_unknown(head, self._columns))
        else:
            medium = Medium(document.path, document.name, document.bundle, document.unit, NOT_A_REPORT)
            self._seen.media.append(medium)


_UNNAMED = "\0"
"""Begins the id that readers are given for a report that states none: what begins so was not stated."""


def _named(part: Report) -> tuple[Report, bool]:
    """The report, named after its document where it states no id; and whether it states one."""
    if not part.report_id.startswith(_UNNAMED):
        return part, True
    return replace(part, report_id=part.report_id.removeprefix(_UNNAMED)), False


@dataclass(slots=True)
class _Held:
    """What was read of one document, or a finding, while the others are read that may state it."""

    of: Laid
    pieces: list[Piece] = field(default_factory=list)
    gone: bool = False
    """Could some of it not wait?"""
    is_said: bool = False
    names_itself: bool = False

    def is_read(self) -> None:
        """It is read to its end. That a report states its own document tells nothing."""
        self.names_itself = self._is_stated()

    @property
    def is_dropped(self) -> bool:
        """Does another report state its document as a file that nobody has viewed?"""
        return not self.names_itself and self._is_stated()

    def _is_stated(self) -> bool:
        return isinstance(self.of, Document) and self.of.scope.states(self.of.name)


def _let_go(held: list[_Held]) -> Iterator[Piece]:
    """What may be kept as far as is known now, and once a finding for each document that was opened and is dropped."""
    for one in held:
        if not one.is_dropped:
            one.gone = one.gone or bool(one.pieces)
            yield from one.pieces
        elif not one.is_said:
            one.is_said = True
            assert isinstance(one.of, Document)
            yield Piece(Unreadable("", KEPT if one.gone else DROPPED), one.of.path)
        one.pieces.clear()


_CLOSED = (NEARBY, ALIKE, UNSAID, NO_ROOT)
"""How findings begin of files that could be opened and must not be."""


def _with_unnamed(pieces: list[Piece], media: Sequence[Medium]) -> list[Piece]:
    """The pieces; a bundle's only report with the files beside it that no report names, so that a person sees them."""
    lying: dict[str, list[str]] = {}
    for one in media:
        if one.why != NOT_A_REPORT:
            lying.setdefault(one.bundle, []).append(one.name)
    here: dict[str, list[int]] = {}
    for number, piece in enumerate(pieces):
        if isinstance(piece.part, Report | Annex):
            here.setdefault(piece.bundle, []).append(number)
        elif isinstance(piece.part, Unreadable) and piece.part.reason.startswith(_CLOSED):
            lying.setdefault(piece.bundle, []).append(own_name(piece.path))
    for bundle in here.keys() & lying.keys():
        place = _only_report(pieces, here[bundle])
        if place is None:
            continue
        report = pieces[place].part
        assert isinstance(report, Report)
        known = _stated_names([pieces[one] for one in here[bundle]])
        more = [name for name in dict.fromkeys(lying[bundle]) if known.isdisjoint(keys_of(name))]
        files = (ReportFile(name=name, annotations=frozenset({UNNAMED})) for name in more[:_UNNAMED_AT_MOST])
        pieces[place] = replace(pieces[place], part=replace(report, files=(*report.files, *files)))
    return pieces


def _stated_names(pieces: Iterable[Piece]) -> set[str]:
    """Every key of a file that these state."""
    return {
        key
        for piece in pieces
        if isinstance(piece.part, Report | Annex)
        for file in piece.part.files
        for key in stated_keys((file.name, file.original_name), (file.file_id, *file.digests.values()))
    }


def _only_report(pieces: Sequence[Piece], numbers: Iterable[int]) -> int | None:
    """Where the only report of a bundle stands, prints of it and letters around it aside; None where several are."""
    found = [(number, part) for number in numbers if isinstance(part := pieces[number].part, Report)]
    for others in (("pdf", "eml"), ("eml",)):
        if chosen := [(number, one) for number, one in found if one.format not in others]:
            return chosen[0][0] if len({one.report_id for _, one in chosen}) == 1 else None
    return None
