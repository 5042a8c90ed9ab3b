"""Walk an exhibit: every file of every file system, archive and image in it, each with its full trail.

Depth first and in order: what was found is handed out, and once the caller has done with it, the walk looks
whether it is a container and goes on inside. A reader knows its own format only; here is the recursion,
the order's scope, the depth guard, and the rule that nothing a parser throws ends a run: it becomes a
finding on the container, and the walk goes on beside it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from safelight import plugins
from safelight.errors import EvidenceError
from safelight.evidence.agenda import Agenda
from safelight.evidence.beside import Listing
from safelight.evidence.folder import Root, file_node, walk_folder
from safelight.evidence.found import Found
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.marks import Index
from safelight.evidence.names import join_path
from safelight.evidence.peeked import Peeked
from safelight.evidence.promise import AT_ONCE
from safelight.evidence.protocol import FREE_SPACE, Kind, Limits, Node, Reader, Source, free_space, pause
from safelight.evidence.raw import UNKNOWN, RawReader, may_be_medium
from safelight.evidence.recycle import RecycleBin
from safelight.evidence.scope import EVERYTHING, Scope
from safelight.evidence.sniff import STILL, is_archive
from safelight.evidence.source import SliceSource
from safelight.evidence.unlock import MayBeLockedError
from safelight.model import Place, State

PARTITIONS = 20
"""Readers below this order decode a medium; from it on they read partitions and file systems."""
ARCHIVE = 40
"""Readers of this order and above open archives and documents: what lies inside is embedded."""
_RAW = RawReader()
LAYERS = 32
"""Elements of a trail: a medium within a medium within …, beyond what any real exhibit has."""
_NO_MEDIUM = STILL | {
    "mp4",
    "mov",
    "3gp",
    "mkv",
    "webm",
    "avi",
    "wmv",
    "flv",
    "pdf",
    "sqlite",
    "bplist",
    "mbdb",
    "ab",
    "ole",
    "pst",
    "rtf",
}
"""Formats that no disk image begins like, so that only the readers of archives are asked (appended ZIPs)."""
_NO_FILE_SYSTEM = 16 << 10
"""Files below this size hold no partitions and no file system: the smallest FAT has some 20 KiB."""
_BLANK = 256 << 20
"""The largest partition that is read through to see whether it is blank."""

Enter = Callable[[Found], bool]
Left = Callable[[Found], None]


@cache
def readers() -> tuple[Reader, ...]:
    """All installed readers, in the order they are asked."""
    found: list[Reader] = list(plugins.load("evidence").values())
    return tuple(sorted(found, key=lambda reader: (reader.order, reader.name)))


def walk(
    path: Path,
    *,
    scope: Scope = EVERYTHING,
    limits: Limits | None = None,
    enter: Enter | None = None,
    left: Left | None = None,
    readers: Sequence[Reader] | None = None,
    agenda: Agenda | None = None,
) -> Iterator[Found]:
    """Yield everything in the exhibit at `path` (a folder, a file, a disk; a link given as path is followed).

    In a folder the trail starts with the path below it, else with the file's own name. A disk image given
    as `path` is not listed itself; an archive is. `enter` is asked before a container or layer is opened:
    False leaves out what lies inside (`Found.descend = False` does the same for one file). `left` is told of
    each file whose inside was gone through to the end without being cut off by an error, so that nobody needs to
    go there again.
    Without an `agenda` everything comes in the order of the folders. With one, all is listed first, and files come by
    what they promise; what they need stays open until the caller closes the agenda.
    Raises EvidenceError where `path` itself cannot be opened.
    """
    installed = _installed() if readers is None else readers
    walker = _Walk(scope, limits or Limits(), enter, left, installed, agenda)
    return walker.folder(path) if path.is_dir() else walker.file(path)


_installed = readers


def recognise(node: Node) -> Found:
    """One file as the walk would see it at the top of an exhibit; its `reader` is asked for when wanted."""
    walker = _Walk(EVERYTHING, Limits(), None, None, _installed())
    place = Place((node.name,), (node.layer,), node.state, node.size, node.times, node.address)
    return Found(place, node, True, walker._exhibit)


@dataclass(frozen=True, slots=True)
class _Container:
    """Where the walk is: what comes before the names found here, and what holds for them."""

    limits: Limits
    trail: tuple[bytes, ...] = ()
    layers: tuple[str, ...] = ()
    roots: tuple[int, ...] = (0,)
    """Elements of the trail from which a path rule may start: the exhibit's root, file systems' roots."""
    embedded: bool = False
    depth: int = 0
    cut: list[str] = field(default_factory=list)
    """Errors that ended a listing in the file at hand, its layers included: what lay beyond was not seen."""
    is_medium: bool = False
    """Does a reader decode a medium here, which is one layer and what was met while it was read?"""
    agenda: Agenda | None = None
    """Where the files found here wait for their turn; None where they are read as they come."""
    listing: Listing | None = None
    """The files found here, by name, for readers whose files refer to others (`Limits.beside`)."""


class _Walk:
    """One walk over one exhibit."""

    def __init__(
        self,
        scope: Scope,
        limits: Limits,
        enter: Enter | None,
        left: Left | None,
        readers: Sequence[Reader],
        agenda: Agenda | None = None,
    ) -> None:
        self._scope = scope
        self._limits = limits
        self._enter = enter
        self._left = left
        self._readers = readers
        self._agenda = agenda
        """Of the exhibit; None where everything is read in the order of the folders."""
        self._asked: dict[tuple[str | None, bool, bool], Index] = {}

    def folder(self, path: Path) -> Iterator[Found]:
        agenda, root = self._agenda, None
        if agenda is not None:
            root = Root(path)
            agenda.keep(root)
        at = _Container(self._limits, agenda=agenda)
        beside = Root(path)
        at = replace(at, listing=Listing(partial(walk_folder, path, beside), self._allows(at)))
        try:
            yield from self._each(safely(walk_folder(path, root), "folder"), at)
            if agenda is not None:
                yield from self._by_promise(agenda)
        finally:
            beside.close()

    def file(self, path: Path) -> Iterator[Found]:
        """The exhibit itself is passed through whatever the scope says, if it is a container."""
        node = file_node(path, bytes(path.absolute()).rpartition(b"/")[2])
        at = _Container(self._limits)
        found = Found(self._place(node, at), node, True, self._exhibit)
        try:
            reader = found.reader()
        except EvidenceError:
            reader = None
        if reader is None:
            found.close()
            yield from self._each(iter((node,)), at)
            return
        try:
            if reader.order >= ARCHIVE:
                yield found
            yield from self._inside(found, replace(at, roots=(0, 1)), self._agenda)
        finally:
            _close(found, self._agenda)

    def _each(self, nodes: Iterator[Node], at: _Container) -> Iterator[Found]:
        scope, recognise, recycled = self._scope, self._recognise, RecycleBin(at.listing)
        for node in nodes:
            kind = node.kind
            place = self._place(node, at)
            if kind is Kind.FILE:
                examined = not node.outside and (not scope or self._allowed(node, place, at))
                if b"$" in node.name:
                    recycled.look(node, examined)
                if not examined:  # who wrote to whom is none of the order's business either
                    node.note = None
                agenda = at.agenda
                if agenda is None or node.open is None or not examined:
                    yield from self._one(Found(place, node, examined, recognise), at)
                    continue
                promised = agenda.learned.promise(node)
                if promised >= AT_ONCE:
                    yield from self._one(
                        Found(place, node, True, recognise, lasting=agenda is self._agenda), at
                    )
                    continue
                agenda.push(node, place.trail, at, promised)
                if len(agenda) > agenda.horizon:
                    yield from self._next(agenda)
            elif node.more is not None:
                yield from self._more(node, at)
            elif kind is Kind.LAYER:
                yield from self._layer(Found(place, node, True, recognise), at)
                if at.is_medium and at.agenda is not None:
                    # What its reader says then is what the reading has shown: damaged chunks.
                    at.agenda.later.append((partial(iter, nodes), at, node.layer))
                    return
            else:
                found = Found(place, node)
                yield found
                if kind is Kind.PAUSE and not found.descend:
                    return  # no more of this search: what comes behind it is still to be listed

    def _one(self, found: Found, at: _Container) -> Iterator[Found]:
        """Hand out a file, and go on inside it if it is a container."""
        try:
            yield found
            if found.descend and found.readable and not found.node.refers and not found.is_plain:
                yield from self._inside(found, at)
        finally:
            found.close()

    def _next(self, agenda: Agenda) -> Iterator[Found]:
        node, at = agenda.pop()
        found = Found(self._place(node, at), node, True, self._recognise, lasting=agenda is self._agenda)
        yield from self._one(found, at)

    def _by_promise(self, agenda: Agenda) -> Iterator[Found]:
        """Everything that waits, the most promising first, and then what comes after all."""
        while agenda or agenda.later:
            if agenda:
                yield from self._next(agenda)
                continue
            begin, at, name = agenda.later.pop(0)
            if name == FREE_SPACE:  # what waits for its look goes before a search of hours
                yield Found(self._place(pause(), at), pause())
            yield from self._each(safely(begin(), name, at.cut), replace(at, agenda=None))

    def _more(self, node: Node, at: _Container) -> Iterator[Found]:
        """A further listing: after everything else, or at once where all comes in order."""
        assert node.more is not None
        if at.agenda is not None:
            at.agenda.later.append((node.more, at, node.layer))
        else:
            yield from self._each(safely(node.more(), node.layer, at.cut), at)

    def _place(self, node: Node, at: _Container) -> Place:
        state = State.EMBEDDED if at.embedded and node.state is State.ALLOCATED else node.state
        if not node.name and node.kind in (Kind.LAYER, Kind.FINDING, Kind.NOTE, Kind.PAUSE):
            return Place(at.trail, at.layers, state, node.size, node.times, node.address)
        trail, layers = (*at.trail, node.name), (*at.layers, node.layer)
        return Place(trail, layers, state, node.size, node.times, node.address)

    def _allowed(self, node: Node, place: Place, at: _Container) -> bool:
        """A stream is judged by its own name and by that of the file it belongs to."""
        trails = [place.trail] if node.owner is None else [place.trail, (*at.trail, node.owner)]
        names = []
        for trail in trails:
            paths = [join_path(trail[root:], place.layers[root:]) for root in at.roots]
            names.append((paths, paths[-1].rpartition("/")[2]))
        (paths, name), *owner = names
        return self._scope.allows(paths, name, place.times, *owner)

    def _allows(self, at: _Container) -> Callable[[Node], bool]:
        """Whether the order allows a file that lies in this container."""
        return lambda node: not self._scope or self._allowed(node, self._place(node, at), at)

    def _listing(self, reader: Reader, source: Source, at: _Container) -> Listing:
        """The files of a container by their names: another listing of it, made when a reader asks for one."""
        is_tar = reader.name == "tar"
        can = is_tar or reader.name == "zip" or getattr(reader, "lasting", False)
        limits = replace(at.limits, meter=None)
        return Listing(partial(reader.walk, source, limits), self._allows(at), is_tar, not can)

    def _layer(self, found: Found, at: _Container) -> Iterator[Found]:
        """Pass through a decoded medium, a partition or a file system; what is in it counts, not itself."""
        if found.error is not None:
            yield _finding(found.place, found.error)
        if not found.readable:
            return
        try:
            if found.reader() is not None:
                roots = tuple(dict.fromkeys((*at.roots, len(found.place.trail))))
                yield from self._inside(found, replace(at, roots=roots))
            elif not _blank(found):
                yield _finding(found.place, UNKNOWN)
                if at.limits.carve:
                    yield from self._carved(found, at)
        except EvidenceError as error:
            at.cut.append(str(error))
            yield _finding(found.place, str(error))
        finally:
            _close(found, at.agenda)

    def _carved(self, found: Found, at: _Container) -> Iterator[Found]:
        """What can be carved from a medium or partition that nobody can list."""
        from safelight.evidence.carve import carve

        source, place = found.content(), found.place
        node = free_space(partial(carve, source, [(0, source.size)]))
        yield from self._more(node, replace(at, trail=place.trail, layers=place.layers, cut=[]))

    def _recognise(self, found: Found) -> Reader | None:
        """Ask the readers, in their order. Raises EvidenceError where one failed and no other knows it."""
        head = found.head()
        if not head:
            return None
        source = _named(found) if found.kind is Kind.FILE else found.content()
        if found.kind is Kind.FILE and found.format is None:  # nearly all readers are asked
            source = Peeked(source, head)
        key = (found.format, found.kind is Kind.FILE, len(head) < _NO_FILE_SYSTEM)
        asked = self._asked.get(key)
        if asked is None:
            asked = self._asked[key] = self._to_ask(*key)
        failed: EvidenceError | None = None
        for reader, detect in asked.asked(head, source):
            try:
                if detect(head, source):
                    return reader
            except EvidenceError as error:
                failed = failed or error
            except Exception as error:  # noqa: BLE001 -- why: parsers may raise anything on hostile bytes
                failed = EvidenceError(f"the {reader.name} reader failed: {_what(error)}")
        if failed is not None:
            raise failed
        return None

    def _exhibit(self, found: Found) -> Reader | None:
        """The same for an exhibit: a disk, and what may be an image of one, is never left at a file of its own."""
        reader = self._recognise(found)
        if reader is None and (head := found.head()):
            is_disk = found.node.size is None
            if is_disk or may_be_medium(head, found.content(), found.format):
                return _RAW
        return reader

    def _to_ask(self, format: str | None, is_file: bool, is_small: bool) -> Index:
        """The readers that may know something of this format."""
        asked: list[Reader] = []
        for reader in self._readers:
            formats = getattr(reader, "formats", None)
            if formats is not None and format not in formats:
                continue
            known = format in _NO_MEDIUM or (is_archive(format) and not getattr(reader, "joins", False))
            if is_file and reader.order < ARCHIVE and known:
                continue
            if is_file and is_small and PARTITIONS <= reader.order < ARCHIVE:
                continue
            asked.append(reader)
        return Index(asked, format)

    def _inside(self, found: Found, at: _Container, given: Agenda | None = None) -> Iterator[Found]:
        """What lies in a container, if it is one; `given` is the agenda that its caller closes."""
        was_opened = found.opened
        try:
            reader = found.reader()
        except EvidenceError as error:
            if found.error is None or not was_opened:  # else the caller has met the same error
                yield _finding(found.place, str(error))
            return
        if reader is None or not (self._enter is None or self._enter(found)):
            return
        place, limits, depth = found.place, at.limits, at.depth
        if reader.order >= ARCHIVE:
            depth += 1
            if depth > self._limits.depth:
                guard = GuardError("depth", f"more than {self._limits.depth} archives within each other")
                yield _finding(place, str(guard))
                return
            limits = replace(limits, meter=Meter(limits, found.content().size))
            if at.listing is not None and found.kind is Kind.FILE:
                limits = replace(limits, beside=at.listing.near(found.node.name))
        elif len(place.trail) > LAYERS:
            yield _finding(place, f"more than {LAYERS} containers within each other")
            return
        source = _named(found)
        cut = at.cut if found.kind is Kind.LAYER else []
        nodes = safely(reader.walk(source, limits), reader.name, cut)
        embedded = at.embedded or ARCHIVE <= reader.order < _RAW.order
        roots = at.roots
        if getattr(reader, "is_device", False):  # its names are paths from the root of the device
            roots = tuple(dict.fromkeys((*roots, len(place.trail))))
        inside = _Container(limits, place.trail, place.layers, roots, embedded, depth, cut)
        listing = self._listing(reader, source, inside)
        inside = replace(inside, listing=listing, is_medium=reader.order < PARTITIONS)
        shared = at.agenda if found.kind is Kind.LAYER else given
        if self._agenda is None or not getattr(reader, "lasting", False):
            yield from self._each(nodes, inside)
        elif shared is not None:
            yield from self._each(nodes, replace(inside, agenda=shared))
        else:
            with self._agenda.inner() as own:
                yield from self._each(nodes, replace(inside, agenda=own))
                yield from self._by_promise(own)
        if given is not None:
            yield from self._by_promise(given)
        if self._left is not None and found.kind is Kind.FILE and not cut:
            self._left(found)


def safely(nodes: Iterator[Node], reader: str, cut: list[str] | None = None) -> Iterator[Node]:
    """Turn whatever a reader throws into a finding, the last of its nodes; `cut` then gets the reason."""
    try:
        yield from nodes
        return
    except MayBeLockedError as error:
        if cut is not None:
            cut.append(str(error))
        yield Node(b"", Kind.NOTE, note=str(error))
        return
    except EvidenceError as error:
        reason = str(error)
    except Exception as error:  # noqa: BLE001 -- why: parsers may raise anything on hostile bytes
        reason = f"the {reader} reader failed: {_what(error)}"
    if cut is not None:
        cut.append(reason)
    yield Node(b"", Kind.FINDING, error=reason)


def _named(found: Found) -> Source:
    """The content of a file or layer by its name: a member is named as in its archive, a layer after its file."""
    source, trail = found.content(), found.place.trail
    if source.name or not trail:
        return source
    return SliceSource(source, 0, source.size, os.fsdecode(trail[-1].rpartition(b"/")[2]))


def _close(found: Found, agenda: Agenda | None) -> None:
    """Close a layer now, or with the agenda in which files of it may wait."""
    if agenda is None:
        found.close()
    else:
        agenda.keep(found)


def _what(error: Exception) -> str:
    if isinstance(error, EvidenceError):
        return str(error)
    return f"{type(error).__name__}: {error}" if str(error) else type(error).__name__


def _finding(place: Place, error: str) -> Found:
    return Found(place, Node(b"", Kind.FINDING, error=error))


def _blank(found: Found) -> bool:
    """Is a partition nothing but zeros (such as Microsoft's reserved one)? Large ones are taken as not."""
    if found.head().strip(b"\0") or found.content().size > _BLANK:
        return False
    return not any(chunk.strip(b"\0") for chunk in found.chunks())
