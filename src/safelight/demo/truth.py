"""What is true of the demonstration's exhibits: what lies where, and what a scan must say about it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from safelight.model import State


class Role(StrEnum):
    """Why a file was planted."""

    KNOWN = "known"
    """Its digest is on the known-illegal list."""
    NEAR_KNOWN = "near-known"
    """A changed copy of such a picture: another digest, PDQ within 31 bits."""
    DISPUTED = "disputed"
    """On the known-illegal list and on the known-good list."""
    KNOWN_GOOD = "known-good"
    """On the known-good list only."""
    CAMERA = "camera-original"
    """Unknown, and straight from a camera by its EXIF."""
    SAME_CAMERA = "same-camera"
    """Unknown, from the camera (by its serial number) that made a known picture."""
    PICTURE = "picture"
    """An unknown picture or video without anything special about it."""
    DAMAGED = "damaged"
    """Part of a picture: shows as far as it goes."""
    UNREADABLE = "unreadable"
    """Claims to be a medium or an archive and cannot be opened: must be listed with a reason."""
    CONTAINER = "container"
    """An archive or a document with members."""
    OTHER = "other"
    """No medium: text, data base, empty file."""
    LINK = "link"
    """A symbolic link or a special file: listed, never followed or opened."""


@dataclass(frozen=True, slots=True)
class Piece:
    """The content of one file and what is true of it.

    `family` is shared by copies of one picture; `members` are the files inside an archive, by name.
    """

    data: bytes
    role: Role
    family: str | None = None
    note: str = ""
    members: Mapping[bytes, Piece] = field(default_factory=dict)

    @property
    def sha256(self) -> str:
        """Hex digest of the content."""
        return hashlib.sha256(self.data).hexdigest()


@dataclass(frozen=True, slots=True)
class Planted:
    """One file in one place, as a scan should find it.

    `trail` is as in `safelight.model.Place`: raw bytes, one element for each container. The last element of
    what must be carved is empty: it has no name.
    """

    trail: tuple[bytes, ...]
    state: State
    role: Role
    size: int
    sha256: str
    family: str | None
    note: str

    @property
    def exhibit(self) -> str:
        """File name of the exhibit it lies in."""
        return self.trail[0].decode()


@dataclass(frozen=True, slots=True)
class DemoExhibit:
    """The demonstration's files and the truth about them."""

    folder: Path
    exhibits: tuple[Path, ...]
    """Disk images to scan."""
    known_illegal: Path
    """A VICS 2.0 set. Its entries stand in for known material; they are drawn landscapes and towns."""
    known_good: Path
    """A plain list of SHA-1 digests."""
    pdq: Path
    """A PDQ list of the same stand-ins."""
    planted: tuple[Planted, ...]

    def with_role(self, *roles: Role) -> tuple[Planted, ...]:
        """Everything that was planted for one of these reasons."""
        return tuple(one for one in self.planted if one.role in roles)

    def digests(self, *roles: Role) -> frozenset[str]:
        """The distinct SHA-256 digests of what was planted for one of these reasons."""
        return frozenset(one.sha256 for one in self.with_role(*roles))

    def families(self) -> dict[str, frozenset[str]]:
        """SHA-256 digests of the copies of each picture of which there are several."""
        found: dict[str, set[str]] = {}
        for one in self.planted:
            if one.family:
                found.setdefault(one.family, set()).add(one.sha256)
        return {name: frozenset(copies) for name, copies in found.items() if len(copies) > 1}


def planted(trail: tuple[bytes, ...], state: State, piece: Piece) -> Iterable[Planted]:
    """The file at `trail` and, inside it, everything it contains."""
    yield Planted(trail, state, piece.role, len(piece.data), piece.sha256, piece.family, piece.note)
    for name, member in piece.members.items():
        yield from planted((*trail, name), State.EMBEDDED, member)
