"""List what a file system holds through The Sleuth Kit, deleted names and orphans included.

`ext.py`, `ntfs.py`, `fat.py`, `hfs.py` and `iso9660.py` are the formats; this is what they share. The walk
is iterative, enters every folder once, and turns whatever cannot be read into a finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Set
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from safelight.errors import EvidenceError
from safelight.evidence.entry import EFS, KINDS, NAME_KINDS, joined, only_a_name, say_encrypted, target_of
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.tsk import ALLOCATED, ERRORS, UNALLOCATED, TskFile, TskRun, open_file_system, reason
from safelight.model import State, Times

if TYPE_CHECKING:
    from safelight.evidence.allocation import Allocation
    from safelight.evidence.carving.recovered import Recovered
    from safelight.evidence.carving.slack import Slack
    from safelight.evidence.ext_blocks import LargeFiles

_DEEPEST = 1_024
_SMALLEST_INODE = 128
_MOST_FAILED = 1_000
"""Inodes in a row that the image cannot give, after which it is taken for gone: there may be a hundred million."""
_REGULAR, _FOLDER = 1, 2  # TSK_FS_META_TYPE_REG, _DIR
_ONCE_USED = UNALLOCATED | 4  # TSK_FS_META_FLAG_USED
_NOT_ENTRIES = frozenset((b".", b"..", b"", None))
_NO_SEQUENCE = 0xFFFFFFFF  # what TSK gives the names it makes up for orphans
_DATA = 128  # TSK_FS_ATTR_TYPE_NTFS_DATA
_ENCRYPTED = 0x10  # TSK_FS_ATTR_FLAG_ENC
_NON_RESIDENT = 0x02
_SPARSE_RUNS = 0x03  # TSK_FS_ATTR_RUN_FLAG_FILLER | SPARSE: no blocks on the medium
_FILE, _DIRECTORY, _LINK, _SPECIAL = Kind.FILE, Kind.FOLDER, Kind.LINK, Kind.SPECIAL
_LIVE, _DEAD = State.ALLOCATED, State.DELETED
"""Looked up once: a member of an enum costs five times a global, and an entry asks for several."""
_REUSED = "the file system has given its record to another file; only the name is left"
_OVERWRITTEN = "where its content lay is not known any more; only the name is left"


@dataclass(slots=True)
class Dialect:
    """What differs between the file systems that TSK opens."""

    kind: str
    """Which one TSK is to open (`tsk.EXT` …)."""
    times: Callable[[Any, Any], Times]
    """The four times of an entry (pytsk3.File) with an inode (TSK_FS_META)."""
    streams: frozenset[int] = frozenset()
    """Attribute types that hold content beside the main one and get a node of their own."""
    content: int = _DATA
    """Attribute type of a file's own content, where there are several."""
    reuses: bool = True
    """Do names and inodes lie apart, so that a deleted name may lead to another file's inode?"""
    encrypted: Set[int] = frozenset()
    """Inodes that the file system marks as encrypted, once their times were asked for."""
    own: int = 0
    """Inodes below this number are the file system's own, which no name leads to."""
    clears: str | None = None
    """Why a deleted file of this file system has size 0, where deletion clears it."""
    check: Callable[[Source], object] = field(default=lambda _source: None)
    """Refuse a volume that TSK should not be given. Raises EvidenceError."""
    allocation: Callable[[Any, Source], Allocation | None] = field(default=lambda _fs, _source: None)
    """Read which blocks are in use. Raises EvidenceError."""
    large: Callable[[Source], LargeFiles] | None = None
    """What TSK is to read instead of the volume, and the files that are read apart. Raises EvidenceError."""
    place: Callable[[int, int], int] | None = None
    """Where an allocated file's content (of an inode whose times were asked for last, in bytes) lies in one piece, or
    0 where that is not known and TSK is to read it."""
    left: Callable[[Any, int, bytes, Set[bytes]], Iterator[Node]] | None = None
    """Names that a folder (its inode, its path with a slash) still holds beside those that are listed in it."""


def walk_file_system(source: Source, limits: Limits, dialect: Dialect) -> Iterator[Node]:
    """Yield every entry, then what can be carved from blocks that no file occupies.

    A file system that does not open is a finding, and all of it is carved.
    """
    try:
        dialect.check(source)
        large = None if dialect.large is None else dialect.large(source)
        fs = open_file_system(source if large is None else large, dialect.kind)
    except EvidenceError as error:
        yield Node(b"", Kind.FINDING, error=str(error))
        if limits.carve:
            yield free_space(partial(_carve, source, [(0, source.size)]))
        return
    short = cut_short(int(fs.info.block_count) * int(fs.info.block_size), source)
    if short is not None:
        yield short
    allocation: Allocation | None = None
    try:
        allocation = dialect.allocation(fs, source)
    except EvidenceError as error:
        yield Node(b"", Kind.FINDING, error=f"which blocks are in use cannot be read: {error}")
    listing = _Listing(fs, source, limits, dialect, allocation, large)
    yield from listing.walk()
    if allocation is not None and limits.carve:
        yield free_space(partial(_carve, source, allocation.free(), listing.recovered, allocation.unit))
        if listing.slack is not None:
            yield free_space(partial(listing.slack.carve, source, allocation.free()))


def cut_short(stated: int, source: Source) -> Node | None:
    """A finding where a file system states more bytes than there are, even if no file lies in what is missing."""
    if stated <= source.size:
        return None
    text = f"the file system states {stated:,} bytes, there are {source.size:,}: what lies beyond is missing"
    return Node(b"", Kind.FINDING, error=text)


def _carve(
    source: Source,
    ranges: Iterable[tuple[int, int]],
    recovered: Recovered | None = None,
    unit: int = 0,
) -> Iterator[Node]:
    from safelight.evidence.carve import carve

    yield from carve(source, ranges, recovered, unit=unit)


class _Listing:
    """One walk over a file system: what has been entered, what deleted content was found where."""

    def __init__(
        self,
        fs: Any,
        source: Source,
        limits: Limits,
        dialect: Dialect,
        allocation: Allocation | None,
        large: LargeFiles | None = None,
    ) -> None:
        self.fs = fs
        self._source = source
        self._large = None if large is None else large.get
        self.dialect = dialect
        self.allocation = allocation
        self.block_size = max(1, int(fs.info.block_size))
        self.largest = max(source.size, limits.member_bytes)
        self._inodes = min(int(fs.info.last_inum) + 1, source.size // _SMALLEST_INODE)
        self._reached = bytearray(self._inodes // 8 + 1)
        self._entered: set[int] = set()
        self._unlisted = False
        self._orphans_at = b""
        """The virtual folder of orphans, where TSK cannot list it."""
        self.recovered: Recovered | None = None
        """Where deleted files lie that are listed with their content."""
        self.slack: Slack | None = None
        """What the files do not fill of their last blocks, where it is carved."""
        if limits.carve and allocation is not None:
            from safelight.evidence.carving.recovered import Recovered
            from safelight.evidence.carving.slack import Slack

            self.recovered = Recovered(
                is_certain=self.dialect.reuses
            )  # FAT does not know a deleted file's blocks
            self.slack = Slack(self.block_size)

    def walk(self) -> Iterator[Node]:
        """Yield the entries of all folders, then what no folder led to where some could not be listed."""
        yield from self._tree(int(self.fs.info.root_inum), b"")
        try:
            if self._orphans_at:
                yield from self._orphans()
            if self._unlisted and self.dialect.reuses:
                yield from self._unreached()
        except EvidenceError as error:
            yield Node(b"", Kind.FINDING, error=str(error))

    def _tree(self, top: int, path: bytes, state: State = _LIVE) -> Iterator[Node]:
        """Yield the entries of a folder and of all below it; a folder's own entries come together."""
        entered = self._entered
        entered.add(top)
        stack = [(top, path, state, 0)]
        while stack:
            inode, prefix, state, depth = stack.pop()
            folders: list[tuple[int, bytes, State, int]] = []
            for node in self._folder(inode, prefix, state):
                yield node
                if node.kind is _DIRECTORY and node.error is None:
                    number = node.address["inode"]
                    if number in entered:
                        continue
                    if depth >= _DEEPEST:
                        text = f"folders are nested more than {_DEEPEST:,} deep; not entered"
                        yield Node(node.name, Kind.FINDING, node.state, error=text, address=node.address)
                        continue
                    entered.add(number)
                    folders.append((number, node.name + b"/", node.state, depth + 1))
            stack.extend(reversed(folders))

    def _unreached(self) -> Iterator[Node]:
        """Yield allocated inodes that no name was found for: folders first, whose entries have names again."""
        for wanted in (_FOLDER, _REGULAR):
            for inode, file in self._left(ALLOCATED):
                if int(file.info.meta.type) == wanted and file.info.meta.nlink:
                    yield from self._nameless(inode, file, b"$Unreached/inode-%d" % inode, _LIVE)

    def _orphans(self) -> Iterator[Node]:
        """Yield deleted inodes that no name leads to, as TSK does, which gives up at a folder that is emptied."""
        for wants_folder in (True, False):
            for inode, file in self._left(_ONCE_USED):
                if (int(file.info.meta.type) == _FOLDER) is wants_folder:
                    path = b"%s/OrphanFile-%d" % (self._orphans_at, inode)
                    yield from self._nameless(inode, file, path, _DEAD)

    def _nameless(self, inode: int, file: Any, path: bytes, state: State) -> Iterator[Node]:
        nodes = self._nodes(file, file.info.meta, path, int(self.fs.info.root_inum), b"", state)
        yield from nodes
        if nodes[0].kind is _DIRECTORY and nodes[0].error is None and inode not in self._entered:
            yield from self._tree(inode, path + b"/", state)

    def _left(self, flags: int) -> Iterator[tuple[int, Any]]:
        """Yield (number, file) of inodes with all of `flags` that nothing led to. Raises EvidenceError."""
        failed = 0
        for inode in range(max(int(self.fs.info.first_inum), self.dialect.own), self._inodes):
            if inode in self._entered or self._reached[inode >> 3] >> (inode & 7) & 1:
                continue
            try:
                file = self.fs.open_meta(inode=inode)
            except ERRORS as error:  # what cannot be read, and nothing leads to, tells nothing
                failed = failed + 1 if isinstance(error, RuntimeError) else 0
                if failed == _MOST_FAILED:
                    raise EvidenceError(
                        f"inodes that no name leads to cannot be looked for: {reason(error)}"
                    ) from error
                continue
            failed = 0
            if file.info.meta is not None and int(file.info.meta.flags) & flags == flags:
                yield inode, file

    def _folder(self, inode: int, prefix: bytes, state: State) -> Iterator[Node]:
        """Yield the entries of one folder; those it repeats (slack of an index) once."""
        try:
            directory = self.fs.open_dir(inode=inode)
        except ERRORS as error:
            if inode == int(self.fs.info.last_inum) and self.dialect.reuses:
                self._orphans_at = prefix[:-1]
                return
            self._unlisted = self._unlisted or state is not _DEAD
            text = f"the folder cannot be listed: {reason(error)}"
            yield Node(prefix[:-1], Kind.FINDING, state, error=text, address={"inode": inode})
            return
        again: set[tuple[bytes, int]] = set()
        names: set[bytes] = set()
        left, streams = self.dialect.left, self.dialect.streams
        is_live, node_of = state is _LIVE, self._node
        try:
            for entry in directory:
                of_entry = entry.info
                info = of_entry.name
                name: bytes = info.name
                if name in _NOT_ENTRIES:
                    continue
                if left is not None:
                    names.add(name)
                unlinked = info.flags & UNALLOCATED
                if unlinked:
                    key = (name, int(info.meta_addr))
                    if key in again:
                        continue
                    again.add(key)
                meta = of_entry.meta
                if unlinked or not is_live or meta is None or not meta.flags & ALLOCATED:
                    deleted = bool(unlinked) or not is_live
                    yield from self._entry(entry, info, prefix + name, inode, deleted)
                    continue
                node = node_of(entry, meta, prefix + name, inode, name, _LIVE, info)
                if streams and (node.kind is _FILE or node.kind is _DIRECTORY):
                    yield from self._with_streams(entry, node, inode, name)
                else:
                    yield node
        except ERRORS as error:  # TSK does not step over it
            self._unlisted = self._unlisted or state is not _DEAD
            text = f"the entries of the folder cannot all be read: {reason(error)}"
            yield Node(prefix[:-1], Kind.FINDING, state, error=text, address={"inode": inode})
            return
        if left is not None:
            yield from left(self.fs, inode, prefix, names)

    def _entry(
        self, entry: Any, info: Any, path: bytes, folder: int, deleted: bool
    ) -> tuple[Node, ...] | list[Node]:
        """Return the node of an entry that is not simply allocated, and one for each further stream."""
        meta = entry.info.meta
        if meta is None:
            entry = self._reopen(info)
            if entry is None:
                return (only_a_name(info, path, deleted),)
            meta = entry.info.meta
        freed = not meta.flags & ALLOCATED
        if deleted and not freed and self.dialect.reuses and int(info.flags) & UNALLOCATED:
            kind = NAME_KINDS.get(int(info.type), _SPECIAL)
            return (Node(path, kind, _DEAD, address={"inode": meta.addr}, error=_REUSED),)
        state = _DEAD if deleted or freed else _LIVE
        return self._nodes(entry, meta, path, folder, info.name, state, info)

    def _nodes(
        self, entry: Any, meta: Any, path: bytes, folder: int, name: bytes, state: State, info: Any = None
    ) -> tuple[Node, ...] | list[Node]:
        """Return the node of a file that has an inode, and one for each further stream."""
        node = self._node(entry, meta, path, folder, name, state, info)
        if self.dialect.streams and (node.kind is _FILE or node.kind is _DIRECTORY):
            return self._with_streams(entry, node, folder, name)
        return (node,)

    def _node(
        self, entry: Any, meta: Any, path: bytes, folder: int, name: bytes, state: State, info: Any
    ) -> Node:
        """Return the node of a file that has an inode, without content where it may have streams."""
        dialect = self.dialect
        inode: int = meta.addr
        if inode < self._inodes:
            self._reached[inode >> 3] |= 1 << (inode & 7)
        type_number = meta.type
        kind = KINDS.get(type_number, _SPECIAL)
        if type_number == 0:
            kind = NAME_KINDS.get(0 if info is None else int(info.type), _SPECIAL)
        size: int = meta.size
        node = Node(path, kind, state, size, dialect.times(entry, meta), {"inode": inode})
        if size < 0:
            node.size = size = 0
        if kind is _FILE:
            if dialect.streams:
                return node
            if not size and self._large is not None and (content := self._large(inode)) is not None:
                self._offer_large(node, content.size, partial(TskFile, self.fs, entry, 0, (), folder, name))
            elif state is _LIVE and size <= self.largest:
                place = 0 if dialect.place is None else dialect.place(inode, size)
                if place:
                    node.open = partial(TskRun, self._source, place, size, self.fs, inode, folder, name)
                else:
                    node.open = partial(TskFile, self.fs, entry, size, (), folder, name)
                if self.slack is not None:
                    self._note_slack(entry, None, size)
            else:
                self._offer(node, entry, None, folder, name)
        elif kind is _DIRECTORY:
            if state is _DEAD and not size and not dialect.streams:
                node.error = dialect.clears
        elif kind is _LINK:
            node.target = target_of(entry, meta, size)
        if dialect.encrypted and inode in dialect.encrypted:
            say_encrypted(node)
        return node

    def _with_streams(
        self, entry: Any, node: Node, folder: int, name: bytes
    ) -> tuple[Node, ...] | list[Node]:
        """Return a file or folder and its streams, each a node of its own (`path:stream`)."""
        main = of_main = None
        streams: list[Node] = []
        content, kinds = self.dialect.content, self.dialect.streams
        decoded = True
        try:
            for attribute in entry:
                info = attribute.info
                kind = info.type
                if kind != content and kind not in kinds:
                    continue
                label = info.name
                if label is None:
                    if kind == content:
                        main, of_main = attribute, info
                elif kind in kinds and label != b"$I30":
                    decoded = decoded and label != b"WofCompressedData"
                    streams.append(self._stream(entry, attribute, node, folder, label))
        except ERRORS as error:
            node.error = f"its attributes cannot be read: {reason(error)}"
        if node.kind is _FILE:
            if main is None and streams and self.dialect.content == _DATA:
                return streams  # it has no content of its own ($Secure), only streams
            if of_main is not None:
                size: int = of_main.size
                node.size = size if size > 0 else 0
            self._offer(node, entry, main, folder, name)
            if not decoded:
                node.open, node.error = None, "compressed by Windows (WOF), which is not decoded"
        return [node, *streams] if streams else (node,)

    def _stream(self, entry: Any, attribute: Any, owner: Node, folder: int, label: bytes) -> Node:
        info = attribute.info
        node = Node(
            owner.name + b":" + label,
            _FILE,
            owner.state,
            max(0, int(info.size)),
            owner.times,
            {**owner.address, "attribute": int(info.id)},
            "stream",
            owner=owner.name,
        )
        self._offer(node, entry, attribute, folder, b"")
        return node

    def _reopen(self, info: Any) -> Any:
        """Return the file that a name without inode leads to, if its record is free and was not used again (NTFS)."""
        if not info.meta_addr:
            return None
        try:
            file = self.fs.open_meta(inode=info.meta_addr)
        except ERRORS:  # the caller lists the name and says that only it is left
            return None
        meta = file.info.meta
        if meta is None or not int(meta.flags) & UNALLOCATED:
            return None
        if info.meta_seq != _NO_SEQUENCE and meta.seq not in (info.meta_seq, info.meta_seq + 1):
            return None  # freed, used again and freed once more: it is another deleted file's
        return file

    def _offer(self, node: Node, entry: Any, attribute: Any, folder: int, name: bytes) -> None:
        """Give a file node its content, or say why there is none."""
        size = node.size or 0
        which: tuple[int, int] | tuple[()] = ()
        if attribute is not None:
            info = attribute.info
            which = (info.type, info.id)
        if size > self.largest:
            node.error = f"claims {size:,} bytes, more than the medium it lies on; not read"
            return
        if node.state is _DEAD:
            if size == 0 and node.layer == "file" and self.dialect.clears:
                node.error = self.dialect.clears
                return
            if not self._check_deleted(node, entry, attribute, size):
                return
        elif self.slack is not None:
            self._note_slack(entry, attribute, size)
        if attribute is not None and info.flags & _ENCRYPTED:
            node.error = joined(node.error, EFS)
        node.open = partial(TskFile, self.fs, entry, size, which, folder, name)

    def _offer_large(self, node: Node, size: int, beside: Callable[[], Source]) -> None:
        """The same for a file that is read apart from TSK, which knows its siblings only (`ext_blocks.py`)."""
        assert self._large is not None
        node.size = size
        if size > self.largest:
            node.error = f"claims {size:,} bytes, more than the medium it lies on; not read"
            return
        if node.state is _DEAD:
            node.error = "its blocks may be another file's by now"
        read, inode = self._large, node.address["inode"]
        node.open = lambda: _there(read(inode, beside()))

    def _note_slack(self, entry: Any, attribute: Any, size: int) -> None:
        """Note what an allocated file does not fill of its last blocks."""
        try:
            for found in (attribute,) if attribute is not None else list(entry)[:1]:
                if self.slack is not None and found.info.size == size:
                    self.slack.note(found, size)
        except ERRORS:  # where its content lies cannot be read; reading it says so
            return

    def _check_deleted(self, node: Node, entry: Any, attribute: Any, size: int) -> bool:
        """May the content of a deleted file be read? Notes what other files have taken of it meanwhile."""
        if size == 0 or (attribute is not None and not int(attribute.info.flags) & _NON_RESIDENT):
            return True
        runs: list[tuple[int, int, int]] = []
        try:
            for found in (attribute,) if attribute is not None else list(entry)[:1]:
                unit = self.block_size
                runs = [
                    (r.addr * unit, r.len * unit, r.offset * unit)
                    for r in found
                    if not int(r.flags) & _SPARSE_RUNS
                ]
        except ERRORS as error:
            node.error = f"where its content lies cannot be read: {reason(error)}"
            return False
        if not runs:
            node.error = _OVERWRITTEN
            return False
        taken = 0 if self.allocation is None else sum(self.allocation.used(*run[:2]) for run in runs)
        if taken:
            held = sum(length for _, length, _ in runs)
            node.error = (
                f"{taken:,} of its {held:,} bytes are marked as in use and may be another file's by now"
            )
        if self.recovered is not None:
            self.recovered.note(node.name, size, runs, is_whole=not taken)
        return True


def _there(content: Source | None) -> Source:
    assert content is not None
    return content
