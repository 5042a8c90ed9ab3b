"""ARJ: stored members here, packed ones through libarchive, as the LZH stream that they are.

After "ARJ archive file format" (technote of ARJ 2.60). Methods 1 to 3 are those of -lh7- with a window of 26 KiB, so a
member is given to libarchive behind a header of that; method 4, of few archives, is named. Encrypted ones are named.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence import stamps
from safelight.evidence.archives.checked import CheckedSource
from safelight.evidence.archives.foreign import MISSING, Foreign, installed
from safelight.evidence.guards import Meter
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.source import BytesSource, SliceSource
from safelight.evidence.stream import StreamSource
from safelight.evidence.unlock import LockedError
from safelight.model import Times

_MARK = b"\x60\xea"
_ENCRYPTED, _AFTER, _BEFORE = 1, 4, 8
_UNIX = (2, 8)
_MOST = 2_000_000
_FOLDER = 3


@dataclass(frozen=True, slots=True)
class _Header:
    """One header; `end` is the offset behind it and what extends it."""

    flags: int
    method: int
    type: int
    host: int
    clock: int
    packed: int
    size: int
    crc: int
    name: bytes
    end: int
    sound: bool


class ArjReader:
    """ARJ archives, one volume at a time."""

    name = "arj"
    order = 46
    formats = frozenset(("arj",))

    def detect(self, head: bytes, source: Source) -> bool:
        """By content, and a main header with the right checksum."""
        if sniff(head[:HEAD]) not in self.formats:
            return False
        header = _header(source, 0)
        return header is not None and header.sound

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order. Raises EvidenceError where the archive breaks off."""
        meter = Meter.of(limits, source)
        main = _header(source, 0)
        assert main is not None  # `detect` has seen it
        at = main.end
        unpacker = _Unpacker()
        try:
            for _ in range(_MOST):
                if source.read_at(at, 4) == _MARK + b"\0\0":
                    return
                header = _header(source, at)
                if header is None or not header.sound:
                    raise EvidenceError(f"the ARJ archive is damaged or truncated at byte {at:,}")
                meter.entry()
                yield _node(source, header, at, limits, meter, unpacker)
                at = header.end + header.packed
        finally:
            unpacker.close()


def _header(source: Source, at: int) -> _Header | None:
    """Read a header; None where there is none. Raises EvidenceError."""
    start = source.read_at(at, 4)
    size = int.from_bytes(start[2:4], "little")
    if start[:2] != _MARK or not 30 <= size <= 2600:
        return None
    raw = source.read_at(at + 4, size)
    crc = source.read_at(at + 4 + size, 4)
    if len(raw) < size or len(crc) < 4 or not 30 <= raw[0] <= size:
        return None
    end = at + 8 + size
    for _ in range(1_024):  # extended headers: their size, what they hold, a checksum
        extended = int.from_bytes(source.read_at(end, 2), "little")
        end += 2
        if not extended:
            break
        end += extended + 4
    host, flags, method, kind = raw[3], raw[4], raw[5], raw[6]
    clock, packed, unpacked, checksum = struct.unpack_from("<IIII", raw, 8)
    name = raw[raw[0] :].split(b"\0", 1)[0]
    sound = zlib.crc32(raw) == int.from_bytes(crc, "little")
    return _Header(flags, method, kind, host, clock, packed, unpacked, checksum, name, end, sound)


def _node(
    source: Source, header: _Header, at: int, limits: Limits, meter: Meter, unpacker: _Unpacker
) -> Node:
    name = header.name.replace(b"\\", b"/").strip(b"/") or header.name
    if header.host in _UNIX:
        times = Times(modified=stamps.utc_seconds(header.clock, "arj"))
    else:
        times = Times(modified=stamps.dos(header.clock >> 16, header.clock & 0xFFFF, "arj"))
    kind = Kind.FOLDER if header.type == _FOLDER else Kind.FILE
    node = Node(name, kind, times=times, address={"offset": at}, layer="member")
    if kind is Kind.FOLDER:
        return node
    node.size = header.size
    held = max(0, min(header.packed, source.size - header.end))
    if header.flags & _ENCRYPTED:
        what = "encrypted member of an ARJ archive (its header says so)"
        opens = "its password, with a program that reads ARJ"
        node.error = str(LockedError(what, limits.keys, opens=opens, tries=False))
        return node
    if held < header.packed:
        node.error = f"the archive holds {held:,} of its {header.packed:,} packed bytes"
    elif header.flags & (_AFTER | _BEFORE):
        where = "begins in an earlier" if header.flags & _BEFORE else "goes on in a later"
        node.error = f"it {where} volume of the archive, only what lies here is read"
    if header.method == 0:
        node.size = held
        if node.error is None and held == header.size:
            node.open = partial(CheckedSource, source, header.end, held, header.crc)
        else:
            node.open = partial(SliceSource, source, header.end, held)
    elif header.method not in (1, 2, 3):
        node.error = f"it is packed by ARJ's method {header.method}, which this version does not read"
    elif not installed():
        node.error = MISSING
    else:
        pieces = unpacker.pieces(source, header, held)
        node.open = lambda: StreamSource(meter.guarded(pieces, lambda: max(1, held)), header.size)
    return node


class _Unpacker:
    """The process that unpacks, started when the first member wants it."""

    def __init__(self) -> None:
        self._foreign: Foreign | None = None

    def pieces(self, source: Source, header: _Header, held: int) -> Iterator[bytes]:
        """The content of a member. Raises EvidenceError, also where its checksum is wrong."""
        front = BytesSource(_as_lzh(held, header.size))
        whole = PiecesSource(
            (Piece(front, 0, front.size), Piece(source, header.end, held), Piece(None, 0, 1))
        )
        crc = 0
        try:
            self._foreign = self._foreign or Foreign(("lha",), "arj")
            self._foreign.open(whole)
            if self._foreign.next_entry() is None:
                raise EvidenceError("libarchive does not find it")
            left = header.size
            for piece in self._foreign.pieces() if left else ():
                piece = piece[:left]  # the decoder goes on to the end of its block
                crc, left = zlib.crc32(piece, crc), left - len(piece)
                yield piece
                if not left:
                    break
        except EvidenceError as error:
            if "CRC" not in str(error):  # that of LZH, which ARJ has not; its own is looked at below
                self.close()
                raise
            self.close()
        if crc != header.crc:
            raise EvidenceError("its checksum (CRC-32) is wrong")

    def close(self) -> None:
        """End the process."""
        foreign, self._foreign = self._foreign, None
        if foreign is not None:
            foreign.close()


def _as_lzh(packed: int, size: int) -> bytes:
    """A header of level 0 for the same stream. Its checksum of the content cannot be known."""
    name = b"x"
    body = b"-lh7-" + struct.pack("<IIIBBB", packed, size, 0, 0x20, 0, len(name)) + name + b"\0\0"
    return bytes((len(body), sum(body) & 0xFF)) + body
