"""What lies at a path: documents that may hold reports, bundle by bundle, and media that nobody opens here.

Names decide what is opened. A file that a report of its bundle states, without stating that a person at the provider
viewed it, is never opened, not even its first bytes (`scope.py`): so what by its name surely is a report or the details
of a file has its turn first, and states which of the others stay closed, before any of them is opened. Of XML and JSON
whose names tell nothing the first bytes are looked at then: what begins like a report has its turn before the others,
which it may state. Of two that both do, or of two prints, nothing tells which to open first: what was read of a file
that turns out to be stated is dropped (`pieces.py`), and said. Archives come after the other documents, and folders
below at the very end. What the user names is opened whatever its name is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import BinaryIO

from safelight.errors import EvidenceError
from safelight.evidence.names import SEPARATOR, show
from safelight.evidence.protocol import Source
from safelight.evidence.sniff import ARCHIVES, HEAD, sniff
from safelight.evidence.source import BytesSource, FileSource, SourceFile
from safelight.reports.intake.naming import Says, Tally, Turn, own_name, place, stem, turn_of
from safelight.reports.intake.scope import GLANCE, NO_ROOT, Begins, Scope

DEEPEST = 5
"""Messages and archives within one another."""


@dataclass(frozen=True, slots=True)
class Document:
    """A file that may hold reports. `open` gives its bytes, valid until the next one is asked for."""

    path: str
    """For people: as the contract joins containers and members."""
    name: str
    bundle: str
    """The folder or archive it lies in: what describes one another lies together."""
    fallback_id: str
    """The id of a report in it that states none."""
    open: Callable[[], BinaryIO]
    unit: str = ""
    """What is read in one go: a folder's own files, or all of an archive."""
    scope: Scope = field(default_factory=Scope, repr=False)
    """Where to state the files of the reports in it, before the next document is asked for."""
    depth: int = 0
    """Messages and archives around it."""
    surely: bool = True
    """Is it meant to hold reports? Of a text file that holds none nothing is to be said."""
    beside: bool = True
    """May media lie in its bundle? Where they cannot, nobody needs to remember which files its reports state."""
    ahead: bool = False
    """Is it only to be asked which files it states? It comes again, in its place."""


NOT_A_REPORT = "it is not a report"
"""`Medium.why` of a text that was opened, and holds none."""


@dataclass(frozen=True, slots=True)
class Medium:
    """A file of a bundle that is no document by its name, or one that must stay closed. Nobody has opened it."""

    path: str
    name: str
    bundle: str
    """The folder or archive of the documents that may state it: its own, or the nearest above with documents."""
    unit: str = ""
    why: str = ""
    """Why it is not looked at, where that does not depend on what is stated of it."""
    around: tuple[str, ...] = ()
    """Other bundles that it lies in, whose reports may mean it by its name as well."""


@dataclass(frozen=True, slots=True)
class Unopened:
    """Something that could not be opened or gone through, and why."""

    path: str
    reason: str
    unit: str = ""
    bundle: str = ""
    """Of a file that could be opened and must not be: the bundle that it is a file of."""


Laid = Document | Medium | Unopened


@dataclass(frozen=True, slots=True)
class Lying:
    """One file of a folder or message: its name, its path for people, and its bytes when they are asked for."""

    name: str
    path: str
    open: Callable[[], Source]


def laid_out(path: Path, begins: Begins | None = None) -> Iterator[Laid]:
    """Everything at `path`, one thing after the other: each is to be read before the next is asked for.

    `begins` says whether a report begins with the bytes of a file that may be none.
    """
    from safelight.reports.intake.archives import in_archive
    from safelight.reports.intake.folders import in_folders

    if path.is_dir():
        yield from in_folders(path, begins)
        return

    named = Lying(path.name, show(os.fsencode(path)), lambda: FileSource(path.resolve()))
    try:
        source = named.open()
        try:
            is_archive = sniff(source.read_at(0, HEAD)) in ARCHIVES
        finally:
            source.close()
    except EvidenceError as error:
        yield Unopened(named.path, str(error), named.path)
        return
    if is_archive:
        yield from in_archive(named, Scope(begins=begins), 0)
    else:
        # A message brings files of its own; beside any other document there is nothing.
        scope = Scope(nested=turn_of(path.name) not in STRUCTURED, begins=begins)
        yield document(named, show(os.fsencode(path.parent)), stem(path.name), scope, 0, beside=False)


def document(
    lying: Lying,
    bundle: str,
    fallback: str,
    scope: Scope,
    depth: int,
    unit: str = "",
    *,
    beside: bool = True,
    ahead: bool = False,
) -> Document:
    """The document that a file is taken for."""
    surely = turn_of(lying.name) is not Turn.TEXT or not unit
    name, fallback = (show(os.fsencode(text)) for text in (lying.name, fallback))
    return Document(
        lying.path,
        name,
        bundle,
        fallback,
        lambda: opened(lying.open()),
        unit or bundle,
        scope,
        depth,
        surely,
        beside,
        ahead,
    )


def opened(source: Source) -> BinaryIO:
    """A source as a file that closes it; what is found wrong with its content while it is read is its `damage`."""
    return io.BufferedReader(_Closing(source), 1 << 16)


class _Closing(SourceFile):
    """A file over a source of its own."""

    def __init__(self, source: Source) -> None:
        super().__init__(source)
        self._own = source

    @property
    def damage(self) -> str | None:
        """What is wrong with the content, as far as it was read."""
        return getattr(self._own, "damage", None)

    def close(self) -> None:
        """Close the source too."""
        if not self.closed:
            self._own.close()
        super().close()


def damage_of(file: BinaryIO) -> str | None:
    """What was found wrong with a document's content while it was read."""
    return getattr(getattr(file, "raw", None), "damage", None)


def lying_together(
    files: list[Lying],
    unit: str,
    name: str,
    scope: Scope,
    depth: int,
    bundle: str = "",
    around: tuple[str, ...] = (),
    *,
    beside: bool = True,
) -> Iterator[Laid]:
    """The files of one folder or message in the order of their turns. `name` is a report's id where it states none."""
    bundle = bundle or unit
    from safelight.reports.intake.archives import in_archive

    tally = Tally()
    documents: list[Lying] = []
    for one in files:
        turn = turn_of(one.name)
        tally.count(one.name, turn)
        if turn is Turn.NEVER:
            yield Medium(one.path, show(os.fsencode(one.name)), bundle, unit, around=around)
        else:
            documents.append(one)
    looked_at: set[str] = set()
    for one, ahead in _in_turn(documents, name, scope, looked_at):
        turn = turn_of(one.name)
        closed = scope.closes(one.name, partial(head_of, one))
        if closed is not None:
            if not ahead:
                yield kept_closed(one, bundle, unit, closed, looked_at=one.path in looked_at)
        elif turn is Turn.ARCHIVE:
            yield from in_archive(one, scope, depth)
        else:
            fallback = name if tally.names(one.name, turn) else stem(own_name(one.name))
            yield document(one, bundle, fallback, scope, depth, unit, beside=beside, ahead=ahead)


def _in_turn(
    documents: list[Lying], home: str, scope: Scope, looked_at: set[str]
) -> Iterator[tuple[Lying, bool]]:
    """The documents, what surely is a report or details first; those that are only to be asked what they state: True.

    Among very many reports the details stay beside theirs, so that each finds its own: they are gone through twice.
    Otherwise the first bytes of what no name tells of are looked at, and `looked_at` gets its paths.
    """
    placed = [(place(one.name, home), number) for number, one in enumerate(documents)]
    if len(documents) > FEW:
        yield from ((documents[number], True) for at, number in placed if at[0] == Says.DETAILS)
        # What is sure keeps the order of names.
        placed = [((0, 0, 0, 0) if at[0] < Says.HINT else at, number) for at, number in placed]
        yield from ((documents[number], False) for _, number in sorted(placed))
        return
    yield from ((documents[number], False) for at, number in sorted(placed) if at[0] < Says.HINT)
    others = [(at, number) for at, number in placed if at[0] >= Says.HINT]
    if is_to_be_told([at for at, _ in others]):
        for position, (at, number) in enumerate(others):
            one = documents[number]
            if at[1] is Turn.STRUCTURED and scope.closes(one.name) is None:
                looked_at.add(one.path)
                if not scope.begins(head_of(one)):
                    others[position] = LATER, number
    yield from ((documents[number], False) for _, number in sorted(others))


Place = tuple[int, int, int, int]
LATER: Place = (Says.NOTHING, Turn.STRUCTURED, 0, 0)
"""Where XML and JSON stand that begin like no report: behind all that may state them, before archives."""


def is_to_be_told(places: Sequence[Place]) -> bool:
    """Is there XML or JSON at these places that another document may state?"""
    several = sum(at[1] < Turn.ARCHIVE for at in places) > 1
    return several and any(at[1] == Turn.STRUCTURED for at in places)


def head_of(one: Lying) -> bytes:
    """The first bytes of a file, no more than tell whether a report begins; none where it cannot be read."""
    try:
        source = one.open()
        try:
            return source.read_at(0, GLANCE)
        finally:
            source.close()
    except (OSError, EvidenceError):  # said when it has its turn
        return b""


FEW = 1_000
"""Documents of a folder or archive whose parts can all wait for one another."""
STRUCTURED = frozenset({Turn.STRUCTURED, Turn.LIST})
"""Documents that carry no other files."""


GLANCED = (
    "a report beside it states it as a file that nobody has viewed, which was known only when its first bytes had been "
    "looked at: nothing else of it was read"
)
_ALSO_GLANCED = " (its first bytes were looked at, to see whether it is a report)"


def kept_closed(one: Lying, bundle: str, unit: str, why: str, *, looked_at: bool = False) -> Laid:
    """A file that could be opened and must not be. A doubtful one is said, so that a person can look.

    So is one whose first bytes were looked at.
    """
    if looked_at and why != NO_ROOT:
        return Unopened(one.path, f"{why}{_ALSO_GLANCED}" if why else GLANCED, unit, bundle)
    if why and turn_of(one.name) is not Turn.TEXT:
        return Unopened(one.path, why, unit, bundle)
    return Medium(one.path, show(os.fsencode(one.name)), bundle, unit, why)


def in_message(
    files: list[tuple[str, bytes]], path: str, fallback: str, above: Scope, depth: int
) -> Iterator[Laid]:
    """What is attached to the message at `path`, as files that lie together."""
    lying = [
        Lying(name, f"{path}{SEPARATOR}{show(os.fsencode(name))}", lambda data=data: BytesSource(data))  # type: ignore[misc]
        for name, data in files
    ]
    if depth >= DEEPEST:
        for one in lying:
            yield Unopened(one.path, f"more than {DEEPEST} messages and archives within one another", path)
        return
    scope = Scope(
        above,
        (one.name for one in lying),
        own=True,
        below=lambda: (one.name for one in lying if turn_of(one.name) is not Turn.NEVER),
    )
    yield from lying_together(lying, path, fallback, scope, depth + 1)
