"""Volume shadow copies of NTFS through libvshadow: what they keep that the live volume has no more, or otherwise.

Each copy is a whole volume again, most of it the same. What has the same path, record, size and times in the live
volume or in a copy that was listed before is not listed again: it would be the same content once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.libyal import ERRORS, first_line, open_handle, read_handle
from safelight.evidence.marks import named
from safelight.evidence.protocol import Kind, Limits, Node, Source

_AT = 0x1E00
_IDENTIFIER = bytes.fromhex("6b87083876c1484eb7ae04046e6cc752")
MOST = 512
"""Copies of one volume; Windows keeps 64."""
List = Callable[[Source, Limits], Iterator[Node]]


def has_shadows(source: Source) -> bool:
    """Does the volume's header of the shadow copy service say that there are copies?"""
    head = source.read_at(_AT, 128)
    catalog = int.from_bytes(head[48:56], "little")
    return head[:16] == _IDENTIFIER and head[16:20] in (b"\1\0\0\0", b"\2\0\0\0") and catalog > 0


class Seen:
    """What was listed, as numbers: a file system of a million entries takes some 70 MB."""

    def __init__(self) -> None:
        self._keys: set[int] = set()

    def is_new(self, node: Node) -> bool:
        """Note a node; False where one like it was noted before."""
        key = hash((node.name, node.kind, node.state, node.size, tuple(node.address.items()), node.times))
        if key in self._keys:
            return False
        self._keys.add(key)
        return True


class ShadowCopy:
    """The volume as a shadow copy keeps it, and what its reader needs to know of the others."""

    def __init__(self, store: Any, number: int, when: str, seen: Seen, list_files: List) -> None:
        self._store = store
        self.size = int(store.get_volume_size())
        self.name = f"snapshot-{number}"
        self.when, self.seen, self.list_files = when, seen, list_files
        self.was_listed = False

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if length <= 0 or offset < 0:
            return b""
        return read_handle(self._store, offset, length, self.size)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """The store is freed with the last reference to it."""


def snapshots(source: Source, seen: Seen, list_files: List) -> Iterator[Node]:
    """Yield a layer for each copy, the newest first. What cannot be opened is a finding.

    `seen` holds what the live volume was found to hold, `list_files` lists one volume.
    """
    import pyvshadow

    try:
        volume = open_handle(pyvshadow.volume, source)
        count = int(volume.get_number_of_stores())
    except (EvidenceError, *ERRORS) as error:
        said = str(error) if isinstance(error, EvidenceError) else first_line(error)
        yield Node(b"", Kind.FINDING, error=f"the shadow copies of the volume cannot be opened: {said}")
        return
    if count > MOST:
        text = f"{count:,} shadow copies, of which the newest {MOST:,} are read"
        yield Node(b"", Kind.FINDING, error=text)
    for number in range(count, max(0, count - MOST), -1):
        when = f"shadow copy {number}"
        try:
            store = volume.get_store(number - 1)
            taken = stamps.filetime(int(store.get_creation_time_as_integer()), "vss")
            when += f" of {taken.value}" if taken is not None else ""
            if not store.has_in_volume_data():
                yield Node(b"", Kind.FINDING, error=f"{when}: what it keeps lies on another volume")
                continue
            copy = ShadowCopy(store, number, when, seen, list_files)
        except ERRORS as error:
            yield Node(b"", Kind.FINDING, error=f"{when} cannot be opened: {first_line(error)}")
            continue
        yield Node(
            b"s%d" % number,
            Kind.LAYER,
            size=copy.size,
            layer="snapshot",
            open=partial(_same, copy),
        )


def _same(copy: ShadowCopy) -> Source:
    return copy


class ShadowReader:
    """One shadow copy, handed on by the reader of its volume."""

    name = "shadow-copy"
    order = 9
    marks = (named("snapshot-*"),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it one?"""
        return isinstance(source, ShadowCopy)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what is not in the live volume or a later copy, then how much was. Raises EvidenceError.

        Asked once more, it yields all: where a file refers to another, it may well be one that did not change.
        """
        assert isinstance(source, ShadowCopy)
        again, source.was_listed = source.was_listed, True
        alike = 0
        for node in source.list_files(source, replace(limits, carve=False)):
            if node.kind is Kind.FINDING:
                yield replace(node, error=f"{source.when}: {node.error}")
            elif again or source.seen.is_new(node):
                yield replace(node, note=source.when if node.note is None else f"{source.when}; {node.note}")
            else:
                alike += 1
        text = f"{source.when}: {alike:,} of its entries are in the live volume or a later copy, of the same size"
        yield Node(
            b"", Kind.NOTE, note=f"{text} and times, and not listed again; its free space is not carved"
        )
