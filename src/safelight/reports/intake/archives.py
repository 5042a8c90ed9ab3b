"""What lies in an archive, in the order of its turns: members that stay closed are passed over, not opened.

An archive is gone through once to see its names, then once for each turn for which it has members, first of all for
what by its name surely is a report or the details of a file. Where its members are packed one after the other, those in
between are unpacked to get past them; nobody looks at what comes out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

from safelight.errors import EvidenceError
from safelight.evidence.archives.arj import ArjReader
from safelight.evidence.archives.cpio import CpioReader
from safelight.evidence.archives.rar import RarReader
from safelight.evidence.archives.unpacked import UnpackedReader
from safelight.evidence.compressed import CompressedReader
from safelight.evidence.guards import Meter
from safelight.evidence.names import SEPARATOR, show
from safelight.evidence.protocol import Kind, Limits, Node, Reader, Source
from safelight.evidence.sevenzip import SevenZipReader
from safelight.evidence.source import SliceSource
from safelight.evidence.tar import TarReader
from safelight.evidence.unsupported import UnsupportedReader
from safelight.evidence.walk import safely
from safelight.evidence.zip_ import ZipReader
from safelight.reports.intake.documents import (
    DEEPEST,
    FEW,
    LATER,
    Laid,
    Lying,
    Medium,
    Place,
    Unopened,
    document,
    head_of,
    is_to_be_told,
    kept_closed,
)
from safelight.reports.intake.naming import Says, Tally, Turn, own_name, place, stem, turn_of
from safelight.reports.intake.scope import Scope

_LIMITS = Limits(depth=DEEPEST, members=8_000_000, seconds=7_200.0)
"""Entries count once for each time that the archive is gone through."""
_FOLDERS = 100_000
"""Folders of one archive that may each be a bundle of their own; those beyond count as one."""


@cache
def _readers() -> tuple[Reader, ...]:
    found = (
        *(SevenZipReader(), TarReader(), CpioReader(), CompressedReader(), ArjReader(), RarReader()),
        *(UnpackedReader(), ZipReader(), UnsupportedReader()),
    )
    return tuple(sorted(found, key=lambda one: one.order))


def in_archive(lying: Lying, above: Scope, depth: int, limits: Limits = _LIMITS) -> Iterator[Laid]:
    """The archive's members, nested archives included. What cannot be gone through is `Unopened`."""
    if depth >= DEEPEST:
        yield Unopened(
            lying.path, f"more than {DEEPEST} messages and archives within one another", lying.path
        )
        return
    try:
        source = lying.open()
    except EvidenceError as error:
        yield Unopened(lying.path, str(error), lying.path)
        return
    try:
        reader = _reader(source)
        if reader is None:
            yield Unopened(lying.path, "it is not an archive of a kind that can be opened", lying.path)
            return
        yield from _Archive(lying, source, reader, above, depth, limits).turns()
    except EvidenceError as error:
        yield Unopened(lying.path, str(error), lying.path)
    finally:
        source.close()


def _reader(source: Source) -> Reader | None:
    head = source.read_at(0, 1 << 16)
    return next((one for one in _readers() if one.detect(head, source)), None)


@dataclass(slots=True)
class _Folder:
    """A folder within the archive."""

    scope: Scope
    tally: Tally = field(default_factory=Tally)


class _Archive:
    """One archive while it is gone through."""

    def __init__(
        self, lying: Lying, source: Source, reader: Reader, above: Scope, depth: int, limits: Limits
    ) -> None:
        self._lying, self._reader, self._depth = lying, reader, depth
        self._source = SliceSource(source, 0, source.size, own_name(lying.name))
        self._limits = limits
        self._looked_at: dict[str, bool] = {}
        """Of members of which no name tells: does a report begin there?"""
        self._folders: dict[str, _Folder] = {
            "": _Folder(Scope(above, own=True, below=lambda: self._names_below("")))
        }

    def turns(self) -> Iterator[Laid]:
        """First the names and what is wrong, then each turn."""
        places: set[Place] = set()
        waiting: list[Place] = []
        count = 0
        media: list[str] = []
        path = self._lying.path
        for name, node in self._members():
            turn = turn_of(own_name(name))
            where = self._shown(name)
            if node.kind is Kind.FINDING or not name:
                yield Unopened(path, node.error or "it has a member without a name", path)
            elif node.kind in (Kind.LINK, Kind.SPECIAL):
                what = (
                    "a link, which is not followed"
                    if node.kind is Kind.LINK
                    else "neither a file nor a folder"
                )
                yield Unopened(where, f"it is {what}", path)
            elif node.kind is not Kind.FILE:
                continue
            elif turn is Turn.NEVER:
                media.append(name)
            elif node.open is None:
                yield Unopened(where, node.error or "there is no content to be had", path)
            else:
                count += 1
                places.add(self._place(name))
                if count <= FEW:
                    waiting.append(self._place(name))
                folder = self._folder(name)
                folder.tally.count(own_name(name), turn)
                folder.scope.hold(own_name(name))
        for name in media:
            bundle, *around = self._bundles_of_medium(name)
            own = show(os.fsencode(own_name(name)))
            yield Medium(self._shown(name), own, bundle, path, around=tuple(around))
        del media
        if count <= FEW:
            yield from self._turns({one for one in places if one[0] < Says.HINT})
            yield from self._turns(self._told([one for one in waiting if one[0] >= Says.HINT]))
            return
        # Among very many reports the details stay beside theirs: they are gone through twice.
        if any(one[0] == Says.DETAILS for one in places):
            yield from self._turn(lambda name: self._place(name)[0] == Says.DETAILS, ahead=True)
        yield from self._turn(lambda name: self._place(name)[0] < Says.HINT)
        yield from self._turns({one for one in places if one[0] >= Says.HINT})

    def _turns(self, places: set[Place]) -> Iterator[Laid]:
        for place_ in sorted(places):
            yield from self._turn(lambda name, place_=place_: self._place(name) == place_)  # type: ignore[misc]

    def _place(self, name: str) -> Place:
        return place(own_name(name), self._name_of(name)) if self._looked_at.get(name, True) else LATER

    def _told(self, places: Sequence[Place]) -> set[Place]:
        """Look at the first bytes of what no name tells of, where several documents may state one another.

        `places` are those of all members that are still to come; given are their places as they are known then.
        """
        if not is_to_be_told(places):
            return set(places)
        left: set[Place] = set()
        for name, node in self._members():
            own = own_name(name)
            if node.kind is not Kind.FILE or node.open is None or turn_of(own) is Turn.NEVER:
                continue
            if self._place(name)[0] < Says.HINT:
                continue
            scope = self._folder(name).scope
            if turn_of(own) is Turn.STRUCTURED and scope.closes(own) is None:
                self._looked_at[name] = scope.begins(head_of(Lying(own, self._shown(name), node.open)))
            left.add(self._place(name))
        return left

    def _turn(self, wanted: Callable[[str], bool], *, ahead: bool = False) -> Iterator[Laid]:
        """The members that are wanted, in the archive's order."""
        for name, node in self._members():
            own = own_name(name)
            turn = turn_of(own)
            if node.kind is not Kind.FILE or node.open is None or turn is Turn.NEVER or not wanted(name):
                continue
            folder, bundle = self._folder(name), self._bundle(name)
            lying = Lying(own, self._shown(name), node.open)
            closed = folder.scope.closes(own, partial(head_of, lying))
            if closed is not None:
                if not ahead:
                    looked_at = name in self._looked_at
                    yield kept_closed(lying, bundle, self._lying.path, closed, looked_at=looked_at)
            elif turn is Turn.ARCHIVE:
                yield from in_archive(lying, folder.scope, self._depth + 1, self._nested)
            else:
                named = folder.tally.names(own, turn)
                fallback = self._name_of(name) if named else stem(own)
                yield document(
                    lying, bundle, fallback, folder.scope, self._depth, self._lying.path, ahead=ahead
                )

    def _members(self) -> Iterator[tuple[str, Node]]:
        """Every entry with its name as text, guarded anew each time."""
        self._nested = replace(self._limits, meter=Meter(self._limits, self._source.size))
        return self._walked(self._nested)

    def _walked(self, limits: Limits) -> Iterator[tuple[str, Node]]:
        for node in safely(self._reader.walk(self._source, limits), self._reader.name):
            yield os.fsdecode(node.name).replace("\\", "/"), node

    def _names_below(self, folder: str) -> Iterator[str]:
        """Names of all members in a folder and below that may be opened."""
        limits = replace(self._limits, meter=Meter(self._limits, self._source.size))
        for name, node in self._walked(limits):
            own = own_name(name)
            if node.kind is Kind.FILE and name.startswith(folder) and turn_of(own) is not Turn.NEVER:
                yield own

    def _shown(self, name: str) -> str:
        return f"{self._lying.path}{SEPARATOR}{show(os.fsencode(name))}"

    def _bundle(self, name: str) -> str:
        folder = name.rpartition("/")[0]
        return self._shown(folder) if folder else self._lying.path

    def _bundles_of_medium(self, name: str) -> list[str]:
        """Its folder, or the nearest above that holds documents; and what else is around it."""
        found = []
        folder = name.rpartition("/")[0]
        while folder:
            if (here := self._folders.get(folder)) and here.tally.documents:
                found.append(self._shown(folder))
            folder = folder.rpartition("/")[0]
        return [*found, self._lying.path]

    def _name_of(self, name: str) -> str:
        """The name of the member's folder, at the top that of the archive."""
        folder = own_name(name.rpartition("/")[0])
        return folder if folder not in ("", ".", "..") else stem(own_name(self._lying.name))

    def _folder(self, name: str) -> _Folder:
        """The folder of a member: statements made in it hold for what lies below."""
        path = name.rpartition("/")[0]
        found = self._folders.get(path)
        if found is not None:
            return found
        parts = path.split("/")
        if len(parts) > 32 or len(self._folders) > _FOLDERS:
            return self._folders[""]
        above = self._folders[""]
        for number in range(1, len(parts) + 1):
            here = "/".join(parts[:number])
            if here not in self._folders:
                below = lambda here=here: self._names_below(f"{here}/")  # noqa: E731
                self._folders[here] = _Folder(Scope(above.scope, below=below))
            above = self._folders[here]
        return above
