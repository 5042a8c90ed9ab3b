"""Snapshots of APFS volumes: what they keep that the live volume has no more, or otherwise.

libfsapfs has no call for them. It opens one as if it were the volume, once it is given the superblock that the
snapshot keeps (`apfs_superblock.py`). Each is a whole volume again, most of it the same: what has the same path,
inode, size and times in the live volume or in a later snapshot is not listed again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.apfs_superblock import SIZE as SUPERBLOCK
from safelight.evidence.apfs_superblock import Container, Superblock, superblock
from safelight.evidence.apfs_tree import MOST, Snapshot, Snapshots, read_snapshots
from safelight.evidence.libyal import ERRORS, first_line
from safelight.evidence.libyal_tree import Tree, walk_tree
from safelight.evidence.marks import named
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.volumes.shadow import Seen

_MOST_RUNS = 8_000_000
OpenTree = Callable[[Callable[[Superblock], bytes]], Tree]
"""Opens the volume with the superblock that the function makes of the live one, and with the key that that one took."""


@dataclass(slots=True)
class Volume:
    """A live volume, and what its snapshots are compared with."""

    container: Container
    block_size: int
    live: Superblock
    label: str
    """How a trail's reader knows it: empty where the container has only one."""
    prefix: bytes
    """What comes before the paths in it."""
    runs: list[tuple[int, int]]
    """(offset, length) in bytes of what files occupy; that of snapshots is added."""
    seen: Seen = field(default_factory=Seen)
    listed: Snapshots = field(init=False)
    """The snapshots that it says it has."""

    def __post_init__(self) -> None:
        self.listed = Snapshots()
        if self.live.snapshots_at:
            self.listed = read_snapshots(self.container, self.live.snapshots_at, self.block_size)
        if not self.live.snapshots and not self.listed.found:
            self.listed.problems.clear()  # there are none: nobody misses their list

    @property
    def of(self) -> str:
        """What is said of it behind a snapshot."""
        return f" of the volume {self.label}" if self.label else ""


class SnapshotSource:
    """The container once more, for the reader of one snapshot."""

    def __init__(self, volume: Volume, snapshot: Snapshot, number: int, open_tree: OpenTree) -> None:
        self.volume, self.snapshot, self.open_tree = volume, snapshot, open_tree
        self.size = volume.container.size
        self.name = f"snapshot-{number}"
        self.said = f"snapshot {number} {snapshot}{volume.of}"
        self.was_listed = False

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        return self.volume.container.read_at(offset, length)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """What was opened is freed with the last file of it."""


def snapshots(volume: Volume, first: int, open_tree: OpenTree) -> Iterator[Node]:
    """Yield a layer for each snapshot of a volume, the newest first; the oldest has the number `first`."""
    yield from _problems(volume)
    listed = volume.listed.found
    count = len(listed)
    if count > MOST:
        text = f"{count:,} snapshots{volume.of}, of which the newest {MOST:,} are read; not {_named(listed[:-MOST])}"
        yield Node(b"", Kind.FINDING, error=text)
    for number in range(count - 1, max(0, count - MOST) - 1, -1):
        source = SnapshotSource(volume, listed[number], first + number, open_tree)
        yield Node(
            b"s%d" % (first + number),
            Kind.LAYER,
            size=source.size,
            layer="snapshot",
            open=partial(_same, source),
        )


def unread(volume: Volume) -> Iterator[Node]:
    """Yield what there is to know of the snapshots of a volume that stays locked."""
    yield from _problems(volume)
    if listed := volume.listed.found:
        text = f"{len(listed):,} snapshots{volume.of}, locked like the volume: {_named(listed)}"
        yield Node(b"", Kind.NOTE, note=text)


def _named(listed: list[Snapshot]) -> str:
    """Some snapshots by name and time, the newest first."""
    rest = f" and {len(listed) - 8:,} more" if len(listed) > 8 else ""
    return ", ".join(str(one) for one in reversed(listed[-8:])) + rest


def _problems(volume: Volume) -> Iterator[Node]:
    for problem in volume.listed.problems:
        yield Node(b"", Kind.FINDING, error=f"the list of the snapshots{volume.of} is damaged: {problem}")
    stated, found = volume.live.snapshots, len(volume.listed.found)
    if stated != found:
        text = f"{stated:,} snapshots are stated{volume.of}, {found:,} are found"
        yield Node(b"", Kind.FINDING, error=text)


def _same(source: SnapshotSource) -> Source:
    return source


class ApfsSnapshotReader:
    """One snapshot, handed on by the reader of its container."""

    name = "apfs-snapshot"
    order = 9
    marks = (named("snapshot-*"),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it one?"""
        return isinstance(source, SnapshotSource)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what is not in the live volume or a later snapshot, then how much was. Raises EvidenceError.

        Asked once more, it yields all: where a file refers to another, it may well be one that did not change.
        """
        assert isinstance(source, SnapshotSource)
        again, source.was_listed = source.was_listed, True
        volume, alike = source.volume, 0
        for node, runs in _list(source):
            if node.kind is Kind.FINDING:
                yield replace(node, error=f"{source.said}: {node.error}")
            elif again or volume.seen.is_new(node):
                if len(volume.runs) < _MOST_RUNS:
                    volume.runs.extend(runs)
                yield replace(node, note=source.said)
            else:
                alike += 1
        text = f"{source.said}: {alike:,} of its entries are in the live volume or a later snapshot, of the same size"
        yield Node(b"", Kind.NOTE, note=f"{text} and times, and not listed again")


def _list(source: SnapshotSource) -> Iterator[tuple[Node, list[tuple[int, int]]]]:
    """All of a snapshot, each with what it occupies: (offset, length) in bytes. Raises EvidenceError."""
    volume, snapshot = source.volume, source.snapshot
    data = volume.container.read_at(snapshot.block * volume.block_size, SUPERBLOCK)
    then = superblock(data)
    if then is None:
        raise EvidenceError(f"{source.said} cannot be opened: its superblock is not where the list says")
    if then.volume != volume.live.volume:
        raise EvidenceError(f"{source.said} cannot be opened: its superblock is that of another volume")
    if not then.is_whole:
        yield Node(b"", Kind.FINDING, error="its superblock does not match its checksum"), []
    if snapshot.is_dataless:
        text = "the system has given up the content of its files: what is read of them may be something else"
        yield Node(b"", Kind.FINDING, error=text), []
    try:
        tree = source.open_tree(lambda live: live.as_of(then, snapshot.transaction))
    except ERRORS as error:
        raise EvidenceError(f"{source.said} cannot be opened: {first_line(error)}") from error
    if tree.root is None:
        raise EvidenceError(f"{source.said} cannot be opened: it has no root folder")
    for node in walk_tree(tree, volume.prefix):
        runs = tree.runs[:]
        tree.runs.clear()
        yield node, runs
