"""APFS through libfsapfs: all volumes of a container with their snapshots, encrypted ones too, and carved media."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.apfs_snapshots import Volume, snapshots, unread
from safelight.evidence.apfs_superblock import Container, Superblock
from safelight.evidence.filesystem import cut_short
from safelight.evidence.libyal import ERRORS, first_line, open_handle
from safelight.evidence.libyal_tree import Tree, carve_between, walk_tree
from safelight.evidence.marks import begins
from safelight.evidence.names import show
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.unlock import Keys, LockedError, unlocked


class ApfsReader:
    """An APFS container. With several volumes, each is a folder of its name; deleted entries are not known."""

    name = "apfs"
    order = 30
    marks = (begins(b"NXSB", at=32),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the container superblock's magic?"""
        return head[32:36] == b"NXSB"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the entries of all volumes, each with its snapshots, then what is carved. Raises EvidenceError."""
        import pyfsapfs

        block_size, blocks = struct.unpack("<IQ", source.read_at(36, 12))
        if (short := cut_short(blocks * block_size, source)) is not None:
            yield short
        view = Container(source)
        handle = open_handle(pyfsapfs.container, view)
        try:
            count = handle.get_number_of_volumes()
        except ERRORS as error:
            raise EvidenceError(first_line(error)) from error
        found = _Found(view, handle, block_size, count, max(source.size, limits.member_bytes))
        for number in range(count):
            yield from _volume(found, number, limits.keys)
        if found.whole:
            yield from carve_between(found.runs, source, limits)
        if found.shut:
            what = (
                f"APFS volume {', '.join(found.shut[:8])}, encrypted with FileVault (the container says so)"
            )
            raise LockedError(what, limits.keys, opens="a user's password, or the recovery key")


@dataclass(slots=True)
class _Found:
    """One container, and what was found in its volumes so far."""

    view: Container
    handle: Any
    block_size: int
    count: int
    """Volumes in it."""
    largest: int
    """Bytes beyond which a file is not believed."""
    runs: list[tuple[int, int]] = field(default_factory=list)
    whole: bool = True
    names: set[bytes] = field(default_factory=set)
    shut: list[str] = field(default_factory=list)
    snapshots: int = 0

    def open(self, number: int, give: Callable[[Superblock], bytes]) -> Any:
        """One volume, with the superblock that `give` makes of its own."""
        with self.view.giving(give):
            return self.handle.get_volume(number)

    def tree(self, root: Any, runs: list[tuple[int, int]]) -> Tree:
        """A volume's files, to be listed."""
        return Tree(root, "apfs:inode", _identifier, self.largest, runs)


@dataclass(slots=True)
class _Opened:
    """A volume that libfsapfs opened."""

    root: Any
    set_key: str = ""
    """The call that its key is handed over by; empty where it takes none."""
    key: str = field(default="", repr=False)

    def again(self, volume: Any) -> Any:
        """The root folder of the same volume as of another time. Raises what libfsapfs does."""
        if volume.is_locked():
            if not self.set_key:
                raise ValueError("it is encrypted, and the volume opened without a key")
            getattr(volume, self.set_key)(self.key)
            if not volume.unlock():
                raise ValueError("the volume's key does not fit")
        return volume.get_root_directory()


def _volume(found: _Found, number: int, keys: Keys) -> Iterator[Node]:
    """One volume and its snapshots."""
    label, locked = f"{number + 1}", False
    prefix = b"v%d/" % (number + 1) if found.count > 1 else b""
    opened: _Opened | None = None
    try:
        volume = found.open(number, Superblock.alone)
        name = _unique(volume, number, found.names)
        label = _identified(volume, name)
        locked = volume.is_locked()
        prefix = name + b"/" if found.count > 1 else b""
        opened = None if locked else _Opened(volume.get_root_directory())
    except ERRORS as error:
        yield Node(b"", Kind.FINDING, error=f"volume {number + 1} cannot be opened: {first_line(error)}")
        found.whole = False
    live = found.view.asked
    if locked:
        if (fitted := _unlocked(found, number, keys)) is None:
            found.shut.append(label)
        else:
            opened, note = fitted
            yield Node(b"", Kind.NOTE, note=f"APFS volume {label}, encrypted: {note}")
    if prefix and opened is not None:
        yield Node(prefix[:-1], Kind.FOLDER, address={"volume": number + 1})
    of = label if found.count > 1 else ""
    kept = None if live is None else Volume(found.view, found.block_size, live, of, prefix, found.runs)
    if opened is not None and opened.root is not None:
        tree = found.tree(opened.root, found.runs)
        try:
            yield from _listed(tree, prefix, kept)
        except EvidenceError as error:  # there are its snapshots still, and other volumes
            tree.whole = False
            yield Node(b"", Kind.FINDING, error=f"volume {number + 1} cannot be listed: {error}")
        found.whole = found.whole and tree.whole
    elif opened is not None:
        yield Node(b"", Kind.FINDING, error=f"volume {number + 1} has no root folder")
    if kept is None:
        return
    if locked and opened is None:
        yield from unread(kept)
        return
    known = opened or _Opened(None)
    first, found.snapshots = found.snapshots + 1, found.snapshots + len(kept.listed.found)
    yield from snapshots(kept, first, lambda give: found.tree(known.again(found.open(number, give)), []))


def _listed(tree: Tree, prefix: bytes, kept: Volume | None) -> Iterator[Node]:
    """The live volume's entries, noted where there are snapshots to compare with them."""
    nodes = walk_tree(tree, prefix)
    if kept is None or not kept.listed.found:
        yield from nodes
        return
    for node in nodes:
        kept.seen.is_new(node)
        yield node


def _unlocked(found: _Found, number: int, keys: Keys) -> tuple[_Opened, str] | None:
    """The volume opened with one of the keys; None where none fits."""

    def attempt(set_key: str, key: str) -> _Opened | None:
        try:
            volume = found.open(number, Superblock.alone)  # one that a key did not fit is not asked again
            getattr(volume, set_key)(key)
            return _Opened(volume.get_root_directory(), set_key, key) if volume.unlock() else None
        except ERRORS:
            return None

    return unlocked(
        keys,
        lambda key: attempt("set_password", key),
        recovery=lambda key: attempt("set_recovery_password", key),
    )


def _identified(volume: Any, name: bytes) -> str:
    try:
        return f"“{show(name)[:100]}” {volume.get_identifier()}"
    except ERRORS:
        return f"“{show(name)[:100]}”"


def _identifier(entry: Any) -> int:
    return int(entry.get_identifier())


def _unique(volume: Any, number: int, names: set[bytes]) -> bytes:
    """Return the volume's name as a folder's, with its number where it is empty or taken."""
    name = (volume.get_name() or "").replace("/", ":").encode("utf-8", "surrogatepass")
    if not name or name in names:
        name += f"v{number + 1}".encode()
    names.add(name)
    return name
