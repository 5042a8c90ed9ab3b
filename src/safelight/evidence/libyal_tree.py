"""List a file system that a libyal module opens (APFS, XFS): allocated entries only, these know no others.

libyal objects hold on to the ones they came from, so a node can be opened as long as it is kept, and
everything is freed with the last of them.
"""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.libyal import ERRORS, first_line
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.model import Times

_DEEPEST = 1_024
_MOST_RUNS = 8_000_000
_SPARSE = 1
_RESOURCE_FORK = "com.apple.ResourceFork"
_KINDS = {stat.S_IFREG: Kind.FILE, stat.S_IFDIR: Kind.FOLDER, stat.S_IFLNK: Kind.LINK}


@dataclass(slots=True)
class Tree:
    """One file system to list; `runs` collects (offset, length) in bytes of what its files occupy."""

    root: Any
    source: str
    """Who states the times (`apfs:inode`)."""
    inode: Callable[[Any], int]
    largest: int
    """Bytes beyond which a file is not believed."""
    runs: list[tuple[int, int]] = field(default_factory=list)
    whole: bool = True
    """Has every folder been listed and every run been noted?"""


def walk_tree(tree: Tree, prefix: bytes = b"") -> Iterator[Node]:
    """Yield the entries below the root; a folder's own entries come together."""
    entered: set[int] = {_number(tree, tree.root)}
    stack: list[tuple[Any, bytes, int]] = [(tree.root, prefix, 0)]
    while stack:
        folder, path, depth = stack.pop()
        folders: list[tuple[Any, bytes, int]] = []
        for entry, name, problem in _entries(folder):
            if entry is None:
                tree.whole = False
                yield Node(path.rstrip(b"/") or name, Kind.FINDING, error=problem)
                continue
            node = _node(tree, entry, path + name, problem)
            yield node
            if node.kind is Kind.FOLDER and node.address["inode"] not in entered:
                entered.add(node.address["inode"])
                if depth < _DEEPEST:
                    folders.append((entry, node.name + b"/", depth + 1))
                else:
                    text = f"folders are nested more than {_DEEPEST:,} deep; not entered"
                    yield Node(node.name, Kind.FINDING, error=text)
            elif node.kind is Kind.FILE:
                yield from _forks(entry, node)
        stack.extend(reversed(folders))


def carve_between(tree_runs: list[tuple[int, int]], source: Source, limits: Limits) -> Iterator[Node]:
    """Yield what is carved from the bytes of a source that no file occupies."""
    if limits.carve:
        yield free_space(partial(_carve, tree_runs, source))


def _carve(tree_runs: list[tuple[int, int]], source: Source) -> Iterator[Node]:
    from safelight.evidence.allocation import complement
    from safelight.evidence.carve import carve

    yield from carve(source, complement(tree_runs, source.size))


def _entries(folder: Any) -> Iterator[tuple[Any, bytes, str | None]]:
    """Yield (entry or None, name, what is wrong with it)."""
    try:
        count = folder.get_number_of_sub_file_entries()
    except ERRORS as error:
        yield None, b"", f"the folder cannot be listed: {first_line(error)}"
        return
    for number in range(count):
        try:
            entry = folder.get_sub_file_entry(number)
        except ERRORS as error:
            yield None, b"", f"an entry of the folder cannot be read: {first_line(error)}"
            continue
        try:
            yield entry, entry.get_name().encode("utf-8", "surrogatepass"), None
        except (*ERRORS, AttributeError):  # libyal gives names as text only
            yield entry, f"name-{number}-is-not-unicode".encode(), "its name is not valid UTF-8"


def _number(tree: Tree, entry: Any) -> int:
    try:
        return int(tree.inode(entry))
    except ERRORS as error:
        raise EvidenceError(f"an inode cannot be read: {first_line(error)}") from error


def _node(tree: Tree, entry: Any, path: bytes, problem: str | None) -> Node:
    try:
        inode = int(tree.inode(entry))
        kind = _KINDS.get(stat.S_IFMT(entry.get_file_mode()), Kind.SPECIAL)
        node = Node(path, kind, size=int(entry.get_size() or 0), times=_times(entry, tree.source))
        node.address, node.error = {"inode": inode}, problem
        if kind is Kind.LINK:
            target = entry.get_symbolic_link_target()
            node.target = None if target is None else target.encode("utf-8", "surrogatepass")
            node.size = len(node.target or b"")
        elif kind is Kind.FILE:
            _offer(tree, node, entry)
        return node
    except ERRORS as error:
        tree.whole = False
        return Node(path, Kind.FILE, error=f"its inode cannot be read: {first_line(error)}")


def _offer(tree: Tree, node: Node, entry: Any) -> None:
    size = node.size or 0
    if size > tree.largest:
        node.error = f"claims {size:,} bytes, more than the medium it lies on; not read"
        return
    for number in range(entry.get_number_of_extents()):
        offset, length, flags = entry.get_extent(number)
        if not flags & _SPARSE and len(tree.runs) < _MOST_RUNS:
            tree.runs.append((offset, length))
    node.open = partial(EntryFile, entry, size)


def _forks(entry: Any, owner: Node) -> Iterator[Node]:
    """Yield the resource fork, which APFS keeps as an extended attribute."""
    try:
        if not entry.has_extended_attribute_by_name(_RESOURCE_FORK):
            return
        fork = entry.get_extended_attribute_by_name(_RESOURCE_FORK)
        size = int(fork.get_size())
    except ERRORS as error:
        text = f"its extended attributes cannot be read: {first_line(error)}"
        yield Node(owner.name, Kind.FINDING, error=text)
        return
    name = owner.name + b":" + _RESOURCE_FORK.encode()
    content = partial(EntryFile, fork, size)
    yield Node(
        name, Kind.FILE, owner.state, size, owner.times, owner.address, "stream", content, owner=owner.name
    )


def _times(entry: Any, source: str) -> Times:
    values = (
        entry.get_creation_time_as_integer(),
        entry.get_modification_time_as_integer(),
        entry.get_access_time_as_integer(),
        entry.get_inode_change_time_as_integer(),
    )
    return Times(*(stamps.utc(value, source) if value else None for value in values))


class EntryFile:
    """The content of a libyal file entry or attribute."""

    name = ""

    def __init__(self, entry: Any, size: int) -> None:
        self.size = size
        self._entry = entry

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        parts: list[bytes] = []
        while length > 0:
            try:
                self._entry.seek_offset(offset, 0)
                data: bytes = self._entry.read_buffer(length)
            except ERRORS as error:
                raise EvidenceError(f"cannot be read at offset {offset:,}: {first_line(error)}") from error
            if not data:
                raise EvidenceError(f"ends after {offset:,} of {self.size:,} bytes")
            parts.append(data)
            offset += len(data)
            length -= len(data)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def sibling(self, name: str) -> Source | None:
        """Siblings are not looked up in these file systems."""
        return None

    def close(self) -> None:
        """The entry is freed with the last reference to it."""
        self._entry = None
