"""What lies at a path: documents that may hold reports, bundle by bundle, and media that nobody opens here.

Names decide what is opened. A file that a report of its bundle states, without stating that a person at the provider
viewed it, is never opened, not even its first bytes (`scope.py`): so documents that are named like reports have their
turn first, other documents after them, PDF, text and archives last, and folders below at the very end. What the
user names is opened whatever its name is.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from safelight.errors import EvidenceError
from safelight.evidence.names import SEPARATOR, show
from safelight.evidence.protocol import Source
from safelight.evidence.sniff import ARCHIVES, HEAD, sniff
from safelight.evidence.source import BytesSource, FileSource, SourceFile
from safelight.reports.intake.naming import Tally, Turn, own_name, stem, turn_of
from safelight.reports.intake.scope import Scope

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


@dataclass(frozen=True, slots=True)
class Medium:
    """A file of a bundle that is no document by its name, or one that must stay closed. Nobody has opened it."""

    path: str
    name: str
    bundle: str
    """The folder or archive of the documents that may state it: its own, or the nearest above with documents."""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Unopened:
    """Something that could not be opened or gone through, and why."""

    path: str
    reason: str
    unit: str = ""


Laid = Document | Medium | Unopened


@dataclass(frozen=True, slots=True)
class Lying:
    """One file of a folder or message: its name, its path for people, and its bytes when they are asked for."""

    name: str
    path: str
    open: Callable[[], Source]


def laid_out(path: Path) -> Iterator[Laid]:
    """Everything at `path`, one thing after the other: each is to be read before the next is asked for."""
    if path.is_dir():
        yield from _folders(path)
        return
    from safelight.reports.intake.archives import in_archive

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
        yield from in_archive(named, Scope(), 0)
    else:
        yield document(named, show(os.fsencode(path.parent)), stem(path.name), Scope(), 0)


def document(lying: Lying, bundle: str, fallback: str, scope: Scope, depth: int, unit: str = "") -> Document:
    """The document that a file is taken for."""
    surely = turn_of(lying.name) is not Turn.TEXT or not unit
    name, fallback = (show(os.fsencode(text)) for text in (lying.name, fallback))
    return Document(
        lying.path, name, bundle, fallback, lambda: opened(lying.open()), unit or bundle, scope, depth, surely
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


def _folders(top: Path) -> Iterator[Laid]:
    """The folder and all below, each as a bundle of its own; links are never followed."""
    waiting: list[tuple[str, Scope | None, str]] = [(str(top), None, "")]
    while waiting:
        folder, above, bundle_above = waiting.pop()
        shown = show(os.fsencode(folder))
        files: list[Lying] = []
        below: list[str] = []
        try:
            with os.scandir(folder) as listed:
                entries = sorted(listed, key=lambda entry: os.fsencode(entry.name))
        except OSError as error:
            yield Unopened(shown, f"the folder cannot be listed: {error.strerror}", shown)
            continue
        for entry in entries:
            path, where = entry.path, show(os.fsencode(entry.path))
            if entry.is_symlink():
                yield Unopened(where, "it is a link, which is not followed", shown)
            elif entry.is_dir(follow_symlinks=False):
                below.append(path)
            elif entry.is_file(follow_symlinks=False):
                files.append(Lying(entry.name, where, lambda path=path: FileSource(path)))  # type: ignore[misc]
            else:
                yield Unopened(where, "it is neither a file nor a folder", shown)
        scope = Scope(above, (one.name for one in files))
        # A folder that holds media alone belongs to the bundle that it lies in.
        holds_documents = any(turn_of(one.name) is not Turn.NEVER for one in files)
        bundle = shown if holds_documents else bundle_above
        name = os.path.basename(os.path.abspath(folder))  # noqa: PTH100, PTH119
        yield from lying_together(files, shown, name, scope, 0, bundle or shown)
        # Folders with documents go first: their reports may name what lies in a folder of media beside them.
        below.sort(key=_holds_documents)
        waiting += [(path, scope, bundle) for path in reversed(below)]


def _holds_documents(folder: str) -> bool:
    """False (which comes first) where a document that may be a report lies in it."""
    try:
        with os.scandir(folder) as entries:
            return not any(turn_of(entry.name) <= Turn.MAIL for entry in entries)
    except OSError:
        return True


def lying_together(
    files: list[Lying], unit: str, name: str, scope: Scope, depth: int, bundle: str = ""
) -> Iterator[Laid]:
    """The files of one folder or message in the order of their turns. `name` is a report's id where it states none."""
    bundle = bundle or unit
    from safelight.reports.intake.archives import in_archive

    tally = Tally()
    turns = []
    for number, one in enumerate(files):
        turn = turn_of(one.name)
        tally.count(one.name, turn)
        if turn is Turn.NEVER:
            yield Medium(one.path, show(os.fsencode(one.name)), bundle, unit)
        else:
            turns.append((turn, number))
    # A folder of very many reports keeps the order of names, so that each finds the details of its files beside it.
    if len(turns) > FEW:
        turns.sort(key=lambda one: (max(one[0], Turn.LIST), one[1]))
    else:
        turns.sort()
    for turn, number in turns:
        one = files[number]
        closed = scope.closes(one.name)
        if closed is not None:
            yield kept_closed(one, bundle, unit, closed)
        elif turn is Turn.ARCHIVE:
            yield from in_archive(one, scope, depth)
        else:
            fallback = name if tally.names(one.name, turn) else stem(own_name(one.name))
            yield document(one, bundle, fallback, scope, depth, unit)


FEW = 1_000
"""Documents of a folder that is a bundle of one or a few reports."""


def kept_closed(one: Lying, bundle: str, unit: str, why: str) -> Laid:
    """A file that could be opened and must not be. A doubtful one is said, so that a person can look."""
    if why:
        return Unopened(one.path, why, unit)
    return Medium(one.path, show(os.fsencode(one.name)), bundle, unit)


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
    scope = Scope(above, (one.name for one in lying))
    yield from lying_together(lying, path, fallback, scope, depth + 1)
