"""RAR 1.5 to 5: names and stored members here, packed ones through libarchive, encrypted ones with their password.

Of an archive that is not solid each packed member is given to libarchive alone, with the archive's own headers before
it; of a solid one all are unpacked in order, as each builds on those before it. What is encrypted is given to it in
clear, with headers that do not say that it was.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.archives.checked import CheckedSource
from safelight.evidence.archives.foreign import MISSING, Foreign, installed
from safelight.evidence.archives.rar_headers import END, Archive, Member, members, opened, read_archive
from safelight.evidence.archives.rar_rewrite import without_seal
from safelight.evidence.archives.rar_volumes import Joined, before, join
from safelight.evidence.encrypted.rar_locked import (
    ClearSource,
    Key,
    Keys,
    Seal,
    checked,
    packed_length,
    stored,
)
from safelight.evidence.encrypted.trial import Candidates
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import BytesSource, SliceSource
from safelight.evidence.stream import StreamSource
from safelight.evidence.unlock import LockedError

_OPENS = "its password"
_OLDEST = "encrypted as RAR did before version 2.9, which is not read here"
_SUPPORT = ("rar", "rar5")
_NO_END = "the RAR archive has no end mark: only RAR before version 3 wrote none, else it is cut off"


class RarReader:
    """RAR archives; one in volumes is read with the first of them."""

    name = "rar"
    order = 46
    formats = frozenset(("rar",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By content."""
        return sniff(head[:HEAD]) in self.formats

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order. Raises LockedError where names are encrypted too, EvidenceError at damage."""
        archive, meter = read_archive(source), Meter.of(limits, source)
        locks = _Locks(limits, meter)
        if archive.encrypted:
            archive, note = locks.opened(source, archive)
            yield Node(b"", Kind.NOTE, note=f"its names were encrypted: {note}")
        if not archive.volume:
            yield from _members(source, archive, limits, meter, locks, ())
            yield from _end(archive)
            return
        earlier = before(source, archive, limits, locks.volume)
        if earlier is not None:
            yield Node(
                b"", Kind.NOTE, note=f"a volume of a RAR archive: read with {earlier}, which goes before it"
            )
            return
        joined = join(source, archive, limits, locks.volume)
        try:
            whole = read_archive(joined.source)
            yield from _members(joined.source, whole, limits, meter, locks, joined.places)
        finally:
            joined.close()
        yield from _volumes_end(joined)


def _members(
    source: Source,
    archive: Archive,
    limits: Limits,
    meter: Meter,
    locks: _Locks,
    places: Sequence[dict[str, int]],
) -> Iterator[Node]:
    unpacker = _Unpacker(source, archive, locks)
    try:
        for number, member in enumerate(members(source, archive)):
            meter.entry()
            node = _node(source, archive, member, number, limits, meter, unpacker)
            if number < len(places):
                node.address = places[number]
            yield node
    finally:
        unpacker.close()
    if archive.encrypted:
        text = "RAR archive, the rest of its names encrypted"
        raise LockedError(text, limits.keys, opens=_OPENS, tries=False)


def _end(archive: Archive) -> Iterator[Node]:
    """Say that an archive may break off. Raises EvidenceError where it does."""
    if not archive.ended and not archive.new:
        yield Node(b"", Kind.FINDING, error=_NO_END)
    elif not archive.ended:
        raise EvidenceError("the RAR archive ends without its end mark (is it truncated?)")


def _volumes_end(joined: Joined) -> Iterator[Node]:
    """Say what is wrong with the volumes. Raises EvidenceError: a later scan looks for those that are missing."""
    problems = list(joined.problems)
    if not problems and not joined.last.ended and not joined.last.new:
        problems.append(_NO_END)
    for problem in problems[:-1]:
        yield Node(b"", Kind.FINDING, error=problem)
    if problems:
        raise EvidenceError(problems[-1])


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
    if member.encrypted and not member.size and member.size is not None:
        node.open, node.note = partial(BytesSource, b""), "encrypted, and empty"
        return node
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
    in_order = archive.solid or member.solid
    if member.encrypted:
        return _locked(node, member, number, in_order, limits, meter, unpacker)
    held = max(0, min(member.packed, source.size - member.data))
    if held < member.packed:
        node.error = f"the archive holds {held:,} of its {member.packed:,} packed bytes"
    if member.before or member.after:
        where = "begins in an earlier" if member.before else "goes on in a later"
        node.error = f"it {where} volume of the archive, only what lies here is read"
    if member.stored:
        if node.error is None and member.size is not None and held < member.size:
            node.error = f"the archive holds {held:,} of its {member.size:,} bytes"
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
        unpack = partial(unpacker.in_order, number) if in_order else partial(unpacker.alone, member)
        packed = max(1, member.packed)
        node.open = lambda: StreamSource(meter.guarded(unpack(), lambda: packed), member.size)
    return node


def _locked(
    node: Node,
    member: Member,
    number: int,
    in_order: bool,
    limits: Limits,
    meter: Meter,
    unpacker: _Unpacker,
) -> Node:
    """An encrypted member, with its content where a password opens it."""
    seal, what = member.seal, "encrypted member of a RAR archive (its header says so)"
    if seal is None:
        node.error = str(LockedError(f"{what}; {_OLDEST}", limits.keys, opens=_OPENS, tries=False))
        return node
    if member.before or member.after:
        where = "begins in an earlier" if member.before else "goes on in a later"
        node.error = f"{what}, which {where} volume of the archive: it cannot be decrypted from here"
        return node
    if not seal.check and member.crc is None:
        node.error = f"{what}: nothing in it would show whether a password is the right one, so none is tried"
        return node
    if not member.stored and not installed():
        node.error = MISSING
        return node
    packed, locks = max(1, member.packed), unpacker.locks

    def unpack(key: Key, password: str) -> Iterator[bytes]:
        if member.stored:
            return stored(unpacker.clear(member, key), member.size or 0)
        return unpacker.in_order(number, password) if in_order else unpacker.alone(member, key)

    def attempt(password: str) -> tuple[Key, str] | None:
        key = locks.keys.key(seal, password)
        if key is None or seal.check:
            return None if key is None else (key, password)
        pieces = checked(unpack(key, password), member.crc, key if seal.tweaked else None)
        return (key, password) if locks.candidates.is_right(pieces, member.size, None, packed) else None

    try:
        found = locks.candidates.first(attempt)
    except GuardError:
        raise
    except EvidenceError as error:
        node.error = f"{what}: {error}"
        return node
    if found is None:
        tried = len(limits.keys.passwords)
        node.error = str(LockedError(what, limits.keys, opens=_OPENS, tried=tried))
        return node
    (key, password), node.note = found

    def content() -> Source:
        pieces = checked(unpack(key, password), member.crc, key if seal.tweaked else None)
        return StreamSource(meter.guarded(pieces, lambda: packed), member.size)

    node.open = content
    return node


class _Locks:
    """The passwords of the order, and what they give."""

    def __init__(self, limits: Limits, meter: Meter) -> None:
        self.keys = Keys()
        self.candidates = Candidates(limits, meter)

    def volume(self, source: Source) -> Archive | None:
        """What a volume states, with its names in clear; None where no password opens them. Raises EvidenceError."""
        archive = read_archive(source)
        if archive.encrypted:
            found = self.names(source, archive)
            return None if found is None else found[0]
        return archive

    def opened(self, source: Source, archive: Archive) -> tuple[Archive, str]:
        """The same for an archive whose names are encrypted, and which password opened it. Raises LockedError."""
        found = self.names(source, archive)
        if found is None:
            what, keys = "RAR archive with encrypted names (its main header says so)", self.candidates.keys
            raise LockedError(what, keys, opens=_OPENS, tried=len(keys.passwords))
        return found

    def names(self, source: Source, archive: Archive) -> tuple[Archive, str] | None:
        """An archive whose names are encrypted, as a password shows it, and which. Raises EvidenceError."""

        def attempt(password: str) -> Archive | None:
            def key(before: bytes) -> Key | None:
                if archive.seal is None:
                    return self.keys.key(Seal(before), password) if len(before) == 8 else None
                found = self.keys.key(archive.seal, password)
                return None if found is None or len(before) < 16 else replace(found, vector=before)

            if archive.new and (archive.seal is None or self.keys.key(archive.seal, password) is None):
                return None
            try:
                return opened(source, archive, key)
            except EvidenceError:
                if archive.seal is not None and archive.seal.check:
                    raise
                return None

        return self.candidates.first(attempt)


class _Unpacker:
    """The process that unpacks, started when the first member wants it."""

    def __init__(self, source: Source, archive: Archive, locks: _Locks) -> None:
        self._source, self._archive, self.locks = source, archive, locks
        self._whole: tuple[str, Source] | None = None
        """A solid archive in clear, by the password that opens it."""
        self._foreign: Foreign | None = None
        self._at: int | None = None
        """The number of the member at hand, where the whole archive is open."""
        self._of: Source | None = None
        """What is open then."""

    def clear(self, member: Member, key: Key) -> Source:
        """The packed bytes of an encrypted member in clear."""
        held = max(0, min(member.packed, self._source.size - member.data))
        return ClearSource(self._source, member.data, held, key)

    def alone(self, member: Member, key: Key | None = None) -> Iterator[bytes]:
        """Unpack one member of an archive that is not solid. Raises EvidenceError."""
        pieces = [_piece(self._archive.head), *self._block(member, key), _piece(END[self._archive.new])]
        self._at = None
        foreign = self._begin(PiecesSource(pieces))
        self._next(foreign)
        yield from self._pieces(foreign)

    def _next(self, foreign: Foreign) -> None:
        try:
            found = foreign.next_entry()
        except EvidenceError:
            self._after_error()
            raise
        if found is None:
            raise EvidenceError("libarchive does not find it")

    def _block(self, member: Member, key: Key | None) -> list[Piece]:
        """A member's header and its data, in clear where there is a key."""
        if key is None:
            end = min(member.data + member.packed, self._source.size)
            return [Piece(self._source, member.begin, end - member.begin)]
        data = self.clear(member, key)
        packed = packed_length(data) if self._archive.new and not member.stored else member.packed
        return [_piece(without_seal(self._archive, member, packed)), Piece(data, 0, packed)]

    def in_order(self, number: int, password: str | None = None) -> Iterator[bytes]:
        """The content of the member of this number; those before it are unpacked on the way. Raises EvidenceError.

        `password` opens those that are encrypted.
        """
        source = self._source if password is None else self._in_clear(password)
        foreign = self._foreign
        if foreign is None or self._at is None or self._at >= number or self._of is not source:
            foreign, self._at, self._of = self._begin(source), -1, source
        while self._at < number:
            self._next(foreign)
            self._at += 1
        yield from self._pieces(foreign)

    def _in_clear(self, password: str) -> Source:
        """The whole archive as if nothing in it were encrypted."""
        if self._whole is None or self._whole[0] != password:
            pieces = [_piece(self._archive.head)]
            for member in members(self._source, replace(self._archive, ended=False)):
                key = None if member.seal is None else self.locks.keys.key(member.seal, password)
                pieces += self._block(member, key)
            self._whole = password, PiecesSource([*pieces, _piece(END[self._archive.new])])
        return self._whole[1]

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
            self._after_error()
            raise
        return self._foreign

    def _after_error(self) -> None:
        """It may have crashed: then the next member gets another."""
        self._at = None
        if self._foreign is not None and not self._foreign.alive():
            self.close()

    def _pieces(self, foreign: Foreign) -> Iterator[bytes]:
        try:
            yield from foreign.pieces()
        except EvidenceError:
            self._after_error()
            raise


def _piece(data: bytes) -> Piece:
    return Piece(BytesSource(data), 0, len(data))
