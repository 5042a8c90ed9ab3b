"""RAR archives in several volumes (`.part1.rar`, `.part2.rar` …; `.rar`, `.r00` …), made one again.

What the volumes hold is put together as if it had never been cut: each member under one header, its packed bytes one
after the other, as its compression and its cipher go on from volume to volume. `rar.py` reads that like any archive.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from safelight.errors import EvidenceError
from safelight.evidence.archives.rar_headers import END, Archive, Member, members
from safelight.evidence.archives.rar_rewrite import head_alone, header_alone
from safelight.evidence.neighbour import neighbour
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Limits, Source
from safelight.evidence.source import BytesSource

_MOST = 10_000
"""Volumes of one archive."""
_NUMBERED = re.compile(r"(.*?)(\d+)(\D*\.(?:rar|RAR|Rar))", re.DOTALL)
_OLD = re.compile(r"(.*\.)([r-zR-Z])(\d\d)", re.DOTALL)
_OLD_FIRST = re.compile(r"(.*\.)(r|R)(ar|AR)", re.DOTALL)

Opener = Callable[[Source], Archive | None]
"""What a volume states, its names in clear; None where it is no archive, or no password opens it."""


@dataclass(slots=True)
class Joined:
    """Volumes that lie beside each other, as one archive."""

    source: Source
    last: Archive
    """What the last volume states."""
    parts: list[Source] = field(default_factory=list)
    """The volumes after the first, to be closed."""
    places: list[dict[str, int]] = field(default_factory=list)
    """Where each member begins: `volume` (counted from the first that is here) and `offset` in it."""
    problems: list[str] = field(default_factory=list)
    """What is wrong with the volumes: one is missing, or breaks off."""

    def close(self) -> None:
        """Close the volumes after the first; safe to call twice."""
        while self.parts:
            self.parts.pop().close()


def name_after(name: str, archive: Archive) -> str:
    """The name of the volume after `name`; empty where it has none."""
    if archive.numbered:
        match = _NUMBERED.fullmatch(name)
        if match is None:
            return ""
        return f"{match[1]}{str(int(match[2]) + 1).zfill(len(match[2]))}{match[3]}"
    if match := _OLD_FIRST.fullmatch(name):
        return f"{match[1]}{match[2]}00"
    if (match := _OLD.fullmatch(name)) is None:
        return ""
    letter, number = (match[2], int(match[3]) + 1) if match[3] != "99" else (chr(ord(match[2]) + 1), 0)
    return f"{match[1]}{letter}{number:02}" if letter.isalpha() else ""


def names_before(name: str, archive: Archive) -> list[str]:
    """What the volume before `name` may be called."""
    if archive.numbered:
        match = _NUMBERED.fullmatch(name)
        number = 0 if match is None else int(match[2]) - 1
        if match is None or number < 0:
            return []
        return [f"{match[1]}{str(number).zfill(len(match[2]))}{match[3]}"]
    if (match := _OLD.fullmatch(name)) is None:
        return []
    letter, number = match[2], int(match[3]) - 1
    if number < 0 and letter in "rR":
        return [f"{match[1]}{ending}" for ending in ("rar", "RAR")]
    letter, number = (letter, number) if number >= 0 else (chr(ord(letter) - 1), 99)
    return [f"{match[1]}{letter}{number:02}"]


def before(source: Source, archive: Archive, limits: Limits, opener: Opener) -> str | None:
    """The name of the volume before this one, if it lies beside it. Raises EvidenceError."""
    if archive.part == 0:
        return None
    for name in names_before(source.name, archive):
        found = neighbour(source, limits, name, part=True)
        if found is not None:
            other = _read(opener, found)
            found.close()
            if other is not None and _follows(other, archive):
                return name
    return None


def _follows(one: Archive, other: Archive) -> bool:
    if not (one.volume and other.volume) or one.new != other.new or other.part == 0:
        return False
    return one.part is None or other.part is None or other.part == one.part + 1


def join(source: Source, archive: Archive, limits: Limits, opener: Opener) -> Joined:
    """Put the volumes from this one on together: until the last, or the first that is missing or breaks off."""
    joined = Joined(source, archive)
    made = _Made(archive, limits.members, joined.places)
    volume, name = source, source.name
    for number in range(1, _MOST + 1):
        try:
            made.add(volume, archive, number)
        except TooManyError as error:
            joined.problems.append(str(error))
            break
        except EvidenceError as error:  # the next one is read, as it says that it is read with this one
            joined.problems.append(f"{name}: {error}")
        if archive.ended and not archive.more and not made.is_open:
            break
        following = name_after(name, archive)
        found = neighbour(source, limits, following, part=True) if following else None
        if found is not None:
            joined.parts.append(found)
        other = None if found is None else _read(opener, found)
        if found is None or other is None or not _follows(archive, other):
            if archive.more or made.is_open:
                named = f"the volume {following}" if following else "another volume"
                said = f"the archive goes on in {named}, which is not beside it, or is none of its volumes"
                joined.problems.append(said)
            break
        volume, archive, name = found, other, following
        joined.last = archive
    else:
        joined.problems.append(f"more than {_MOST:,} volumes")
    try:
        made.end()
    except EvidenceError as error:
        joined.problems.append(str(error))
    joined.source = made.source()
    return joined


def _read(opener: Opener, source: Source) -> Archive | None:
    try:
        return opener(source)
    except EvidenceError:
        return None


@dataclass(slots=True)
class _Begun:
    """A member that goes on in the next volume."""

    before: bool
    """Does it begin in a volume that is not here?"""
    place: dict[str, int]
    pieces: list[Piece] = field(default_factory=list)
    last: int = 0
    """The volume in which it was met last."""


class TooManyError(EvidenceError):
    """There is more in the volumes than an archive may have."""


class _Made:
    """The archive that is put together: pieces of the volumes, with headers that do not speak of volumes."""

    def __init__(self, archive: Archive, most: int, places: list[dict[str, int]]) -> None:
        self._new, self._most, self._places = archive.new, most, places
        self._pieces = [_piece(head_alone(archive))]
        self._marked = archive.new
        """Has every volume a block that ends it? RAR wrote none before version 3."""
        self._open: tuple[Source, Archive, Member, _Begun] | None = None

    @property
    def is_open(self) -> bool:
        """Does the last member go on in a volume that was not added yet?"""
        return self._open is not None

    def add(self, volume: Source, archive: Archive, number: int) -> None:
        """Add the members of the next volume. Raises EvidenceError where its blocks break off."""
        for member in members(volume, archive):
            held = max(0, min(member.packed, volume.size - member.data))
            begun = self._open[3] if self._open is not None and member.before else None
            if begun is None or begun.last != number - 1:
                self.end()
                begun = _Begun(member.before, {"volume": number, "offset": member.begin})
            begun.last = number
            begun.pieces.append(Piece(volume, member.data, held))
            self._open = volume, archive, member, begun
            if not member.after or held < member.packed:
                self.end()
            if held < member.packed:
                raise EvidenceError(
                    f"it ends within a member: {held:,} of {member.packed:,} packed bytes are there"
                )
        if not archive.ended and self._marked:
            raise EvidenceError("it ends without its end mark (is it truncated?)")
        self._marked = archive.ended

    def end(self) -> None:
        """Write the member at hand: its last header states its checksum. Raises EvidenceError."""
        if self._open is None:
            return
        volume, archive, last, begun = self._open
        self._open = None
        if len(self._places) >= self._most:
            raise TooManyError(f"more than {self._most:,} members")
        packed = sum(piece.length for piece in begun.pieces)
        header = header_alone(volume, archive, last, packed, before=begun.before, after=last.after)
        self._pieces += [_piece(header), *begun.pieces]
        self._places.append(begun.place)

    def source(self) -> Source:
        """All of it."""
        return PiecesSource([*self._pieces, _piece(END[self._new])])


def _piece(data: bytes) -> Piece:
    return Piece(BytesSource(data), 0, len(data))
