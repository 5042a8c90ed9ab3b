"""From the parts that documents hold to whole reports: file details find their report, at bounded memory."""

from __future__ import annotations

from bisect import bisect
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from safelight.reports.keep.columns import sender_of
from safelight.reports.protocol import Annex, Retraction
from safelight.reports.report import Annotation, FreeText, Report, ReportFile, Unreadable

BUFFER = 2_000
"""Parts of one bundle that wait for one another; then they go on, and details become a later version."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part with where it came from: the document's path, and whether it states its own id."""

    part: Report | Annex | Retraction | Unreadable
    path: str
    arrival: int = 0
    """Position among what is handed on of its source, which is stored with it."""
    states_id: bool = True
    bundle: str = ""
    """The folder that its document lies in, within a source that is read in one go."""
    beside: bool = True
    """May media lie there?"""


@dataclass(slots=True)
class _Waiting:
    pieces: list[Piece] = field(default_factory=list)
    joining: int = 0
    """How many are more than findings, which only keep their place."""


def assemble(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Whole reports, what is left of details and retractions, and findings: in order of arrival.

    Details that name the id of a report go into it. One report without an id of its own takes the id its details name
    (the bundle's only one). The PDF of a report that also came in a form for machines adds what only it says.
    """
    waiting = _Waiting()
    for piece in pieces:
        waiting.pieces.append(piece)
        waiting.joining += not isinstance(piece.part, Unreadable)
        if len(waiting.pieces) >= BUFFER:
            yield from _joined(waiting.pieces, last=False)
            waiting = _Waiting()
        elif not waiting.joining:  # nothing waits for anything
            yield from waiting.pieces
            waiting = _Waiting()
    yield from _joined(waiting.pieces, last=True)


def _joined(pieces: list[Piece], *, last: bool) -> Iterator[Piece]:
    """The pieces with details and PDFs joined to their reports; the others stay in their places."""
    held: list[Piece | None] = list(pieces)
    if last:
        _name_by_details(held)
    by_id: dict[str, list[int]] = {}
    by_bundle: dict[str, list[int]] = {}
    for number, piece in enumerate(held):
        if piece is not None and isinstance(piece.part, Report):
            by_id.setdefault(piece.part.report_id, []).append(number)
            if piece.part.format not in _OTHER_FORMS:
                by_bundle.setdefault(piece.bundle, []).append(number)
    for number, piece in enumerate(held):
        part = None if piece is None else piece.part
        if (
            piece is None
            or not isinstance(part, Annex | Report)
            or not (isinstance(part, Annex) or _is_print(part))
        ):
            continue
        # Details of no report, and a PDF without a number, are of the one report that lies in the same folder.
        stated = part.report_id if isinstance(part, Annex) or piece.states_id else None
        homes = by_id.get(stated, []) if stated else by_bundle.get(piece.bundle, [])
        if stated or (len(homes) == 1 and last):
            _join(held, number, homes)
    left = [piece for piece in held if piece is not None]
    # A report is taken back after it has come, whichever lies first in the folder.
    yield from (piece for piece in left if not isinstance(piece.part, Retraction))
    yield from _retractions(left)


def _retractions(pieces: list[Piece]) -> Iterator[Piece]:
    """The retractions; one that names no sender is of the sender of its report where one document holds both."""
    senders = {
        (piece.path, piece.part.report_id): sender_of(piece.part)
        for piece in pieces
        if isinstance(piece.part, Report)
    }
    for piece in pieces:
        if isinstance(part := piece.part, Retraction):
            sender = part.sender or senders.get((piece.path, part.report_id)) or None
            yield replace(piece, part=replace(part, sender=sender))


def _join(held: list[Piece | None], number: int, homes: list[int]) -> None:
    """Put details or a print into their report. Of several versions, details are of the one before them."""
    piece = held[number]
    assert piece is not None
    part = piece.part
    if isinstance(part, Annex):
        homes = [homes[max(bisect(homes, number) - 1, 0)]] if homes else []
    for home in homes:
        host = held[home]
        if home == number or host is None or not isinstance(host.part, Report):
            continue
        if isinstance(part, Annex):
            whole = with_files(host.part, part)
        elif isinstance(part, Report) and not _is_print(host.part):
            whole = with_form(host.part, part)
        else:
            continue
        held[home], held[number] = replace(host, part=whole), None
        return


_OTHER_FORMS = ("pdf", "eml")
"""What is joined to a report of its bundle, and nothing to it."""


def _is_print(report: Report) -> bool:
    return report.format == "pdf"


def _name_by_details(held: list[Piece | None]) -> None:
    """A bundle's only report that states no id takes the only one that the details beside it name."""
    reports: dict[str, list[int]] = {}
    named: dict[str, set[str]] = {}
    for number, piece in enumerate(held):
        if piece is None:
            continue
        if isinstance(piece.part, Report) and piece.part.format not in _OTHER_FORMS:
            reports.setdefault(piece.bundle, []).append(number)
        elif isinstance(piece.part, Annex) and piece.part.report_id:
            named.setdefault(piece.bundle, set()).add(piece.part.report_id)
    for bundle, numbers in reports.items():
        piece = held[numbers[0]]
        assert piece is not None and isinstance(piece.part, Report)
        if len(numbers) == 1 and len(ids := named.get(bundle, set())) == 1 and not piece.states_id:
            held[numbers[0]] = replace(piece, part=replace(piece.part, report_id=min(ids)), states_id=True)


def with_files(report: Report, annex: Annex) -> Report:
    """The report with the files that an annex describes; one described twice keeps the fuller description's place."""
    return replace(
        report,
        files=_files(report.files, annex.files),
        unknown=(*report.unknown, *annex.unknown),
        problems=(*report.problems, *annex.problems),
    )


def with_form(report: Report, other: Report) -> Report:
    """The report with what only another form of it says: its PDF, the JSON that police receive.

    People and their identifiers are the report's own, not said twice. It is taken back only in its own form.
    """
    known = {" ".join(one.text.split()) for one in report.texts}
    stated = {one.value.casefold() for party in report.parties for one in party.identifiers}
    parties = []
    for party in other.parties:
        more = tuple(one for one in party.identifiers if one.value.casefold() not in stated)
        if more:
            parties.append(replace(party, identifiers=more))
    taken_back_there = (
        [f"it is taken back in its form as {other.format} only"]
        if Annotation.RETRACTED in other.annotations - report.annotations
        else []
    )
    texts = [one for one in other.texts if " ".join(one.text.split()) not in known]
    return replace(
        report,
        provider=report.provider or other.provider,
        service=report.service or other.service,
        received=report.received or other.received,
        incident=report.incident or other.incident,
        occurred=report.occurred or other.occurred,
        escalation=other.escalation if report.escalation is None else report.escalation,
        annotations=report.annotations | (other.annotations - {Annotation.RETRACTED}),
        parties=(*report.parties, *parties),
        files=_files(report.files, other.files),
        texts=(*report.texts, *(FreeText(_of_form(other, one.where), one.text) for one in texts)),
        spots=(*report.spots, *(one for one in other.spots if one not in report.spots)),
        groups=(*report.groups, *(one for one in other.groups if one not in report.groups)),
        related=tuple(dict.fromkeys((*report.related, *other.related))),
        unknown=(*report.unknown, *((_of_form(other, where), said) for where, said in other.unknown)),
        problems=tuple(dict.fromkeys((*report.problems, *other.problems, *taken_back_there))),
    )


def _of_form(report: Report, where: str) -> str:
    """Where something stood in another form of a report, which is said once."""
    return where if where.startswith(f"{report.format}/") else f"{report.format}/{where}"


def enveloped(cover: Piece, inside: Iterable[Piece], media: list[str]) -> Iterator[Piece]:
    """What a message brings. Around one report its words are that report's; else it is a report of its own.

    `media` gets the names of what is attached and stays closed while `inside` is read.
    """
    letter = cover.part
    assert isinstance(letter, Report)
    first: Piece | None = None
    ids: list[str] = []
    for piece in inside:
        if isinstance(piece.part, Report):
            ids.append(piece.part.report_id)
            if len(ids) == 1:
                first = piece
                continue
            if len(ids) == 2 and first is not None:
                yield first
        yield piece
    if first is not None and len(ids) == 1:
        assert isinstance(first.part, Report)
        yield replace(first, part=with_letter(first.part, letter))
        return
    files = tuple(ReportFile(name=name) for name in media[:1000])
    yield replace(
        cover, part=replace(letter, related=(*letter.related, *ids[:1000]), files=(*letter.files, *files))
    )


def with_letter(report: Report, letter: Report) -> Report:
    """The report with the words of the message that brought it. Who sent the message is nobody of the report's."""
    senders = [one.value for party in letter.parties for one in party.identifiers]
    around = [("From", " ".join(senders)), ("Message-ID", letter.report_id)]
    return replace(
        report,
        received=report.received or letter.received,
        texts=(*report.texts, *(FreeText(f"e-mail/{one.where}", one.text) for one in letter.texts)),
        unknown=(
            *report.unknown,
            *((f"e-mail/{name}", said) for name, said in (*around, *letter.unknown) if said),
        ),
        problems=(*report.problems, *letter.problems),
    )


def _files(known: tuple[ReportFile, ...], more: tuple[ReportFile, ...]) -> tuple[ReportFile, ...]:
    """Files of two descriptions; what both describe once, found by id, digest or name."""
    files = list(known)
    places: dict[tuple[str, str], int] = {}
    for number, one in enumerate(files):
        for key in _keys(one):
            places.setdefault(key, number)
    for one in more:
        same = next(
            (places[key] for key in _keys(one) if key in places and _same(files[places[key]], one)), None
        )
        if same is None:
            same = len(files)
            files.append(one)
        else:
            files[same] = _fuller(files[same], one)
        for key in _keys(one):
            places.setdefault(key, same)
    return tuple(files)


def _keys(file: ReportFile) -> Iterator[tuple[str, str]]:
    if file.file_id:
        yield "id", file.file_id
    for kind, value in file.digests.items():
        yield kind, value.casefold()
    for name in (file.name, file.original_name):
        if name:
            yield "name", name


def _same(a: ReportFile, b: ReportFile) -> bool:
    """Two descriptions of one file? Ids decide, then digests; a name does where nothing else can."""
    if a.file_id and b.file_id:
        return a.file_id == b.file_id
    named, others = ({one.name, one.original_name} - {None} for one in (a, b))
    shared = a.digests.keys() & b.digests.keys()
    if shared:
        equal = any(a.digests[kind].casefold() == b.digests[kind].casefold() for kind in shared)
        return equal and (not named or not others or bool(named & others))  # one picture may lie there twice
    return bool(named & others)


def _fuller(known: ReportFile, later: ReportFile) -> ReportFile:
    """What either says. Two statements on whether it was viewed that differ mean: not."""
    viewed = known.viewed if later.viewed is None else later.viewed
    if False in (known.viewed, later.viewed):
        viewed = False
    return ReportFile(
        file_id=later.file_id or known.file_id,
        name=later.name or known.name,
        original_name=later.original_name or known.original_name,
        digests={**known.digests, **later.digests},
        viewed=viewed,
        public=known.public if later.public is None else later.public,
        supplemental=later.supplemental or known.supplemental,
        classification=later.classification or known.classification,
        annotations=known.annotations | later.annotations,
        exif={**known.exif, **later.exif},
        identifiers=(*known.identifiers, *(one for one in later.identifiers if one not in known.identifiers)),
        uploaded=later.uploaded or known.uploaded,
        texts=tuple(dict.fromkeys((*known.texts, *later.texts))),
    )


def alone(annex: Annex, stem: str) -> Report:
    """Details whose report did not come: a report of its own, so that its files are seen."""
    return Report(
        report_id=annex.report_id or stem,
        format="cybertip",
        files=annex.files,
        unknown=annex.unknown,
        problems=(*annex.problems, "only details of files; the report itself is not here"),
    )
