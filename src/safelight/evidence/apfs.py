"""APFS through libfsapfs: all volumes of a container, encrypted ones too, and carved media from free space."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.filesystem import cut_short
from safelight.evidence.libyal import ERRORS, first_line, open_handle
from safelight.evidence.libyal_tree import Tree, carve_between, walk_tree
from safelight.evidence.names import show
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.unlock import Keys, LockedError, unlocked


class ApfsReader:
    """An APFS container. With several volumes, each is a folder of its name; deleted entries are not known."""

    name = "apfs"
    order = 30
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Has it the container superblock's magic?"""
        return head[32:36] == b"NXSB"

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the entries of all volumes, then what is carved. Raises EvidenceError."""
        import pyfsapfs

        block_size, blocks = struct.unpack("<IQ", source.read_at(36, 12))
        if (short := cut_short(blocks * block_size, source)) is not None:
            yield short
        container = open_handle(pyfsapfs.container, source)
        try:
            count = container.get_number_of_volumes()
        except ERRORS as error:
            raise EvidenceError(first_line(error)) from error
        runs: list[tuple[int, int]] = []
        whole = True
        names: set[bytes] = set()
        shut: list[str] = []
        for number in range(count):
            try:
                volume = container.get_volume(number)
                name = _unique(volume, number, names)
                locked = volume.is_locked()
                root = None if locked else volume.get_root_directory()
            except ERRORS as error:
                text = f"volume {number + 1} cannot be opened: {first_line(error)}"
                yield Node(b"", Kind.FINDING, error=text)
                whole = False
                continue
            if locked:
                opened = _unlocked(container, number, limits.keys)
                if opened is None:
                    shut.append(_identified(volume, name))
                    continue
                (volume, root), note = opened
                yield Node(b"", Kind.NOTE, note=f"APFS volume {_identified(volume, name)}, encrypted: {note}")
            prefix = b""
            if count > 1:
                prefix = name + b"/"
                yield Node(name, Kind.FOLDER, address={"volume": number + 1})
            tree = Tree(root, "apfs:inode", _identifier, max(source.size, limits.member_bytes), runs)
            if root is not None:
                yield from walk_tree(tree, prefix)
            whole = whole and tree.whole
        if whole:
            yield from carve_between(runs, source, limits)
        if shut:
            what = f"APFS volume {', '.join(shut[:8])}, encrypted with FileVault (the container says so)"
            raise LockedError(what, limits.keys, opens="a user's password, or the recovery key")


def _unlocked(container: Any, number: int, keys: Keys) -> tuple[tuple[Any, Any], str] | None:
    """The volume opened with one of the keys, and its root folder; None where none fits."""

    def attempt(set_key: str, key: str) -> tuple[Any, Any] | None:
        try:
            volume = container.get_volume(number)  # a volume that a key did not fit is not asked again
            getattr(volume, set_key)(key)
            return (volume, volume.get_root_directory()) if volume.unlock() else None
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
