"""Other files of the same folder, file system or archive: where a database says that a picture lies.

Nothing outside the exhibit is ever opened, links are not followed, and what the order leaves out stays shut.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
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
_VOLUME = re.compile(rb"[r-z]\d\d", re.IGNORECASE)
"""Volumes of a RAR archive after the first, as they were called before `.part2.rar`."""
_LONGEST_EXTENSION = 8
"""A longer one is a part of a name: Telegram's and Signal's files have ids."""
_MOST_ALIKE = 1_000
"""Files that a path fits equally well, of which the nearest is looked for."""
_ROOTS = re.compile(
    rb"/(?:storage/(?:emulated/\d+|self/primary|[0-9A-F]{4}-[0-9A-F]{4})|(?:mnt/)?sdcard|data/(?:user|user_de|media)/\d+"
    rb"|data/data|(?:private/)?var/mobile)/"
)
"""Roots of a phone's storage, which have another name in an extraction."""
_NO_ADDRESS: dict[str, int] = {}
_NO_DIGESTS: dict[str, str] = {}

Parts = tuple[bytes, ...]


def keeps(name: bytes) -> bool:
    """Is a file of this name kept in mind? Programs, fonts, scripts and the like are not: nothing refers to them."""
    if name.startswith(b"$I"):  # a record of the recycle bin: it has the extension of what was deleted
        return True
    stem, dot, extension = name.rpartition(b".")
    if not dot or not stem or len(extension) > _LONGEST_EXTENSION:
        return True
    if kind_by_name(name.decode("utf-8", "replace")) is not None or extension.lower() in _ALSO:
        return True
    return _VOLUME.fullmatch(extension) is not None


class Neighbour(NamedTuple):
    """A file found by its path: its node, which can be opened at any time, and whether the order allows it."""

    node: Node
    allowed: bool
    others: int = 0
    """Further files that the path fits as well."""
    is_partial: bool = False
    """Does only the end of the path agree, and not all of it from the storage's root on?"""


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
    _backwards: dict[bytes, tuple[list[Parts], list[Node]]] = field(default_factory=dict)
    """Of a name: the files that have it in the order of their paths, read from the end."""
    kept: dict[str, object] = field(default_factory=dict)
    """What a reader has made of the files once and asks for again."""
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

    def ending(self, parts: Parts) -> tuple[int, list[Node]]:
        """The files whose paths agree most with `parts` (the last part first), and in how many of them."""
        name = parts[0]
        if name not in self._backwards:
            nodes = sorted(self.named(name), key=_backwards)
            self._backwards[name] = ([_backwards(node) for node in nodes], nodes)
        keys, nodes = self._backwards[name]
        at = bisect_left(keys, parts)
        alike = max((_alike(key, parts) for key in keys[max(0, at - 1) : at + 1]), default=0)
        if not alike:
            return 0, []
        first = bisect_left(keys, parts[:alike])
        after = bisect_left(keys, (*parts[: alike - 1], parts[alike - 1] + b"\0"), first)
        return alike, nodes[first:after]

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

    def has(self, name: bytes) -> bool:
        """Is there a file at `name`, from the same folder on, whether or not the order allows it?"""
        folder = self.path.rpartition(b"/")[0]
        wanted = folder + b"/" + name if folder else name
        return any(node.name == wanted for node in self.listing.named(name.rpartition(b"/")[2]))

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
        that hardly occurs twice. A path that is nothing but a name means a file in the database's own folder.
        Of several, the one whose path has most in common with this file's.
        """
        parts = [part for part in path.replace(b"\\", b"/").split(b"/") if part not in (b"", b".", b"~")]
        if not parts or b".." in parts:
            return None
        folder, _, _ = self.path.rpartition(b"/")
        least = 1 if by_name else min(2, len(parts)) if path[:1] in (b"/", b"\\") else len(parts)
        alike, nodes = self.listing.ending(tuple(reversed(parts)))
        if not by_name and len(parts) == 1:
            nodes = [node for node in nodes if node.name.rpartition(b"/")[0] == folder]
        if alike < least or not nodes:
            return None
        own = self.path.split(b"/")
        near = [_alike(node.name.split(b"/"), own) for node in nodes[:_MOST_ALIKE]]
        others = near.count(max(near)) - 1 + max(0, len(nodes) - _MOST_ALIKE)
        root = _ROOTS.match(path)
        whole = (
            len([part for part in path[root.end() :].split(b"/") if part]) if root is not None else len(parts)
        )
        node = nodes[near.index(max(near))]
        return Neighbour(node, self.listing.allowed(node), others, not by_name and alike < whole)


def _backwards(node: Node) -> Parts:
    return tuple(reversed(node.name.split(b"/")))


def _alike(one: Sequence[bytes], other: Sequence[bytes]) -> int:
    """How many parts agree from the start."""
    count = 0
    for mine, theirs in zip(one, other, strict=False):
        if mine != theirs:
            break
        count += 1
    return count
