"""APFS through libfsapfs: all volumes of a container, and carved media from what no file occupies."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.filesystem import cut_short
from safelight.evidence.libyal import ERRORS, first_line, open_handle
from safelight.evidence.libyal_tree import Tree, carve_between, walk_tree
from safelight.evidence.protocol import Kind, Limits, Node, Source


class ApfsReader:
    """An APFS container. With several volumes, each is a folder of its name; deleted entries are not known."""

    name = "apfs"
    order = 30

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
                text = f"volume {number + 1} is encrypted (FileVault) and needs its password or recovery key"
                yield Node(b"", Kind.FINDING, error=text)
                continue
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


def _identifier(entry: Any) -> int:
    return int(entry.get_identifier())


def _unique(volume: Any, number: int, names: set[bytes]) -> bytes:
    """Return the volume's name as a folder's, with its number where it is empty or taken."""
    name = (volume.get_name() or "").replace("/", ":").encode("utf-8", "surrogatepass")
    if not name or name in names:
        name += f"v{number + 1}".encode()
    names.add(name)
    return name
