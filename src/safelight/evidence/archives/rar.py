"""RAR 1.5 to 5: names and stored members here, packed ones through libarchive, encrypted ones named.

Of an archive that is not solid each packed member is given to libarchive alone, with the archive's own headers before
it; of a solid one all are unpacked in order, as each builds on those before it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.archives.checked import CheckedSource
from safelight.evidence.archives.foreign import MISSING, Foreign, installed
from safelight.evidence.archives.rar_headers import Archive, Member, members, read_archive
from safelight.evidence.guards import Meter
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import BytesSource, SliceSource
from safelight.evidence.stream import StreamSource
from safelight.evidence.unlock import LockedError

_OPENS = "its password, with a program of RAR's maker"
_END = {False: bytes.fromhex("c43d7b00400700"), True: bytes.fromhex("1d77565103050400")}
"""The block that ends an archive, of RAR 3 and of RAR 5."""
_SUPPORT = ("rar", "rar5")


class RarReader:
    """RAR archives, one volume at a time."""

    name = "rar"
    order = 46
    formats = frozenset(("rar",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By content."""
        return sniff(head[:HEAD]) in self.formats

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order. Raises LockedError where names are encrypted too, EvidenceError at damage."""
        archive = read_archive(source)
        if archive.encrypted:
            what = "RAR archive with encrypted names (its main header says so)"
            raise LockedError(what, limits.keys, opens=_OPENS, tries=False)
        meter = Meter.of(limits, source)
        unpacker = _Unpacker(source, archive)
        try:
            for number, member in enumerate(members(source, archive)):
                meter.entry()
                yield _node(source, archive, member, number, limits, meter, unpacker)
        finally:
            unpacker.close()
        if archive.encrypted:
            raise LockedError(
                "RAR archive, the rest of its names encrypted", limits.keys, opens=_OPENS, tries=False
            )
        if archive.more:
            text = "the archive goes on in another volume, which is read by itself, if it is there"
            yield Node(b"", Kind.FINDING, error=text)
        elif not archive.ended and not archive.new:
            text = "the RAR archive has no end mark: only RAR before version 3 wrote none, else it is cut off"
            yield Node(b"", Kind.FINDING, error=text)
        elif not archive.ended:
            raise EvidenceError("the RAR archive ends without its end mark (is it truncated?)")


def _node(
    source: Source,
    archive: Archive,
    member: Member,
    number: int,
    limits: Limits,
    meter: Meter,
    unpacker: _Unpacker,
) -> Node:
    kind = Kind.FOLDER if member.folder else Kind.FILE
    node = Node(member.name.strip(b"/") or member.name, kind, times=member.times, layer="member")
    node.address = {"offset": member.begin}
    if member.folder:
        return node
    node.size = member.size
    if member.target is not None:
        node.target = member.target
        if member.copies:
            node.note = "the same content as the member that it links to"
        else:
            node.kind = Kind.LINK
            return node
    if member.copies:
        node.size = 0
        return node
    if member.encrypted:
        what = "encrypted member of a RAR archive (its header says so)"
        node.error = str(LockedError(what, limits.keys, opens=_OPENS, tries=False))
        return node
    held = max(0, min(member.packed, source.size - member.data))
    if held < member.packed:
        node.error = f"the archive holds {held:,} of its {member.packed:,} packed bytes"
    if member.before or member.after:
        where = "begins in an earlier" if member.before else "goes on in a later"
        node.error = f"it {where} volume of the archive, only what lies here is read"
    if member.stored:
        node.size = held if node.error else member.size
        if node.error is None and member.crc is not None and held == member.size:
            node.open = partial(CheckedSource, source, member.data, held, member.crc)
        else:
            node.open = partial(SliceSource, source, member.data, held)
    elif member.before:
        node.error = "it begins in an earlier volume of the archive, and cannot be unpacked from here"
    elif not installed():
        node.error = MISSING
    else:
        in_order = archive.solid or member.solid
        unpack = partial(unpacker.in_order, number) if in_order else partial(unpacker.alone, member)
        packed = max(1, member.packed)
        node.open = lambda: StreamSource(meter.guarded(unpack(), lambda: packed), member.size)
    return node


class _Unpacker:
    """The process that unpacks, started when the first member wants it."""

    def __init__(self, source: Source, archive: Archive) -> None:
        self._source, self._archive = source, archive
        self._foreign: Foreign | None = None
        self._at: int | None = None
        """The number of the member at hand, where the whole archive is open."""

    def alone(self, member: Member) -> Iterator[bytes]:
        """Unpack one member of an archive that is not solid. Raises EvidenceError."""
        end = min(member.data + member.packed, self._source.size)
        header = Piece(self._source, 0, self._archive.start)
        block = Piece(self._source, member.begin, end - member.begin)
        mark = BytesSource(_END[self._archive.new])
        pieces = PiecesSource((header, block, Piece(mark, 0, mark.size)))
        self._at = None
        foreign = self._begin(pieces)
        if foreign.next_entry() is None:
            raise EvidenceError("libarchive does not find it")
        yield from self._pieces(foreign)

    def in_order(self, number: int) -> Iterator[bytes]:
        """The content of the member of this number; those before it are unpacked on the way. Raises EvidenceError."""
        foreign = self._foreign
        if foreign is None or self._at is None or self._at >= number:
            foreign, self._at = self._begin(self._source), -1
        while self._at < number:
            if foreign.next_entry() is None:
                raise EvidenceError("libarchive does not find it")
            self._at += 1
        yield from self._pieces(foreign)

    def close(self) -> None:
        """End the process."""
        foreign, self._foreign = self._foreign, None
        if foreign is not None:
            foreign.close()

    def _begin(self, source: Source) -> Foreign:
        if self._foreign is None:
            self._foreign = Foreign(_SUPPORT, "rar")
        try:
            self._foreign.open(source)
        except EvidenceError:
            self.close()  # it may have crashed: the next member gets another
            raise
        return self._foreign

    def _pieces(self, foreign: Foreign) -> Iterator[bytes]:
        try:
            yield from foreign.pieces()
        except EvidenceError:
            self.close()
            self._at = None
            raise
