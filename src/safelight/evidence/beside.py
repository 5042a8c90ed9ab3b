"""Other files of the same folder, file system or archive: where a database says that a picture lies.

Nothing outside the exhibit is ever opened, links are not followed, and what the order leaves out stays shut.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.scope import kind_by_name

MOST = 500_000
"""Files of one container that are kept in mind."""
_ALSO = frozenset(
    b"db db-wal db-journal sqlite sqlite-wal sqlite-journal sqlite3 sqlite3-wal plist mbdb thumb mms".split()
)
"""Extensions of what else is asked for: databases and their logs, manifests, previews and parts of messages."""
_LONGEST_EXTENSION = 8
"""A longer one is a part of a name: Telegram's and Signal's files have ids."""
_NO_ADDRESS: dict[str, int] = {}
_NO_DIGESTS: dict[str, str] = {}


def keeps(name: bytes) -> bool:
    """Is a file of this name kept in mind? Programs, fonts, scripts and the like are not: nothing refers to them."""
    stem, dot, extension = name.rpartition(b".")
    if not dot or not stem or len(extension) > _LONGEST_EXTENSION:
        return True
    return kind_by_name(name.decode("utf-8", "replace")) is not None or extension.lower() in _ALSO


class Neighbour(NamedTuple):
    """A file found by its path: its node, which can be opened at any time, and whether the order allows it."""

    node: Node
    allowed: bool


@dataclass(slots=True)
class Listing:
    """The files of one folder, file system or archive by their names; listed when first asked for."""

    nodes: Callable[[], Iterator[Node]]
    allowed: Callable[[Node], bool]
    opens_at_once: bool = False
    """Must a file be opened when it is listed (a plain tar, where that reads nothing)?"""
    in_order: bool = False
    """Can its files only be read one after the other? Then none can be opened beside another."""
    _index: dict[bytes, list[Node]] | None = None
    cut: str | None = None
    """Why not all of it could be listed."""

    def near(self, path: bytes) -> Beside:
        """What lies around the file at `path`."""
        return Beside(self, path)

    def named(self, name: bytes) -> list[Node]:
        """The files with this name, in the container's order."""
        if self._index is None:
            self._index = self._listed()
        return self._index.get(name, [])

    def _listed(self) -> dict[bytes, list[Node]]:
        index: dict[bytes, list[Node]] = {}
        if self.in_order:
            return index
        kept = 0
        try:
            for node in self.nodes():
                if node.kind is not Kind.FILE or node.open is None:
                    continue
                name = node.name.rpartition(b"/")[2]
                if not keeps(name):
                    continue
                kept += 1
                if kept > MOST:
                    self.cut = f"more than {MOST:,} files lie there: those after them are not looked for"
                    break
                node = replace(node, address=_NO_ADDRESS, digests=_NO_DIGESTS)
                if self.opens_at_once:
                    content = node.open() if node.open is not None else None
                    node.open = None if content is None else (lambda content=content: content)
                index.setdefault(name, []).append(node)
        except EvidenceError as error:
            self.cut = str(error)
        except Exception as error:  # noqa: BLE001 -- why: parsers may raise anything on hostile bytes
            self.cut = f"{type(error).__name__}: {error}"
        return index


@dataclass(frozen=True, slots=True)
class Beside:
    """What lies around one file of a container."""

    listing: Listing
    path: bytes
    """Of the file, from the container's root."""

    @property
    def in_order(self) -> bool:
        """Can nothing be opened beside it, because its archive is read in order?"""
        return self.listing.in_order

    def exact(self, name: bytes, *, part: bool = False) -> Source | None:
        """Open the file at `name`, from the same folder on, where the order allows it. Raises EvidenceError.

        `part`: it is a part of the container at hand (a file of a backup under the name that its manifest gives), so
        that the order judges what lies in it, not its own name.
        """
        folder = self.path.rpartition(b"/")[0]
        wanted = folder + b"/" + name if folder else name
        for node in self.listing.named(name.rpartition(b"/")[2]):
            if node.name == wanted and node.open is not None and (part or self.listing.allowed(node)):
                return node.open()
        return None

    def find(self, path: bytes, *, by_name: bool = False) -> Neighbour | None:
        """Find the file that a database means by `path`.

        A relative path must end that of the file, whole; of one from the device's root (`/storage/…`) the last
        folder and the name must, as a container's root is another; with `by_name` the name alone, where it is one
        that occurs once in the world. Of several, the one whose path has most in common with this file's.
        """
        parts = [part for part in path.replace(b"\\", b"/").split(b"/") if part not in (b"", b".", b"~")]
        if not parts or b".." in parts:
            return None
        least = 1 if by_name else min(2, len(parts)) if path[:1] in (b"/", b"\\") else len(parts)
        best: tuple[tuple[int, int], Node] | None = None
        for node in self.listing.named(parts[-1]):
            own = node.name.split(b"/")
            alike = _alike(own[::-1], parts[::-1])
            if alike < least:
                continue
            rank = (alike, _alike(own, self.path.split(b"/")))
            if best is None or rank > best[0]:
                best = (rank, node)
        return None if best is None else Neighbour(best[1], self.listing.allowed(best[1]))


def _alike(one: list[bytes], other: list[bytes]) -> int:
    """How many parts agree from the start."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
