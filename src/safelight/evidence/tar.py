"""tar (V7, ustar, GNU, pax), plain or as the content of a compressed stream; damaged archives are resumed.

After POSIX.1-2017 (pax) and the GNU tar manual. Python's `tarfile` is not used: it reads extended headers of
any stated size into memory, ends in silence at a damaged header, and keeps every member it has seen.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.guards import Meter
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.stamps import utc
from safelight.evidence.stream import StreamSource
from safelight.evidence.tape import SourceTape, Tape
from safelight.evidence.tar_sparse import is_sparse, sparse
from safelight.model import Times, Timestamp

BLOCK = 512
_EXTENDED = 1 << 20
"""The longest extended header (names, times) that is believed."""
_KINDS = {
    b"1": Kind.LINK,
    b"2": Kind.LINK,
    b"3": Kind.SPECIAL,
    b"4": Kind.SPECIAL,
    b"5": Kind.FOLDER,
    b"6": Kind.SPECIAL,
    b"D": Kind.FOLDER,
}


class TarReader:
    """A tar that is not compressed: its members are parts of it."""

    name = "tar"
    order = 42

    def detect(self, head: bytes, source: Source) -> bool:
        """Is the first block a header with the right checksum?"""
        return is_header(head[:BLOCK])

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order."""
        return members(SourceTape(source), Meter.of(limits, source))


def is_header(block: bytes) -> bool:
    """Is it a tar header? V7 has no signature, so the checksum decides."""
    if len(block) != BLOCK or block[156:157] > b"x":
        return False
    digits = block[148:156].strip(b" \0")
    if not digits.isdigit() or b"8" in digits or b"9" in digits:
        return False
    stated, fields = int(digits, 8), block[:148] + block[156:]
    unsigned = sum(fields) + 8 * 32
    if stated == unsigned:
        return True
    return stated == unsigned - 256 * sum(byte > 127 for byte in fields)  # some old ones add signed bytes


@dataclass(slots=True)
class Extended:
    """What extended headers say about the next member."""

    pax: dict[bytes, bytes]
    name: bytes | None = None
    link: bytes | None = None
    sparse: list[bytes] = field(default_factory=list)
    """Values of the repeated `GNU.sparse.offset` and `numbytes`, in order."""


def members(tape: Tape, meter: Meter) -> Iterator[Node]:
    """Yield the members of a tar in order, and findings about what lies between them.

    Raises EvidenceError where it breaks off; what the tape raises passes through.
    """
    common: dict[bytes, bytes] = {}
    extended = Extended({})
    ended, damaged, start, header = False, -1, 0, b""
    while True:
        start = tape.position
        header = tape.take(BLOCK)
        if len(header) < BLOCK:
            break
        if header.count(0) == BLOCK:
            ended = True
            continue
        if not is_header(header):
            damaged = start if damaged < 0 else damaged
            continue
        if damaged >= 0:
            yield _damaged(damaged, start)
        ended, damaged = False, -1
        meter.entry()
        if header[156:157] in b"xXgLK":
            if (problem := _extend(tape, header, extended, common)) is not None:
                yield Node(b"", Kind.FINDING, error=f"{problem} at {start:,}")
        elif header[156:157] == b"V":  # a volume's label
            tape.move_to(tape.position + padded(number(header[124:136])))
        else:
            yield from _member(tape, meter, header, extended, start)
            extended = Extended(dict(common))
    if damaged >= 0:
        yield _damaged(damaged, start)
    elif header:
        raise EvidenceError(f"the tar ends within a header, at {start:,}")
    elif not ended:
        raise EvidenceError("the tar ends without an end mark (is it truncated?)")


def _damaged(start: int, end: int) -> Node:
    text = f"bytes {start:,} to {end:,} of the tar are damaged, or belong to no member"
    return Node(b"", Kind.FINDING, error=text, address={"offset": start})


def _extend(tape: Tape, header: bytes, extended: Extended, common: dict[bytes, bytes]) -> str | None:
    """Take an extended header; return what is wrong with it."""
    type, size = header[156:157], number(header[124:136])
    after = tape.position + padded(size)
    problem = None
    if size > _EXTENDED:
        problem = f"an extended header of {size:,} bytes is not read"
    else:
        data = tape.take(size)
        if type == b"L":
            extended.name = data.rstrip(b"\0")
        elif type == b"K":
            extended.link = data.rstrip(b"\0")
        elif type == b"g":
            common.update(_records(data, []))
            extended.pax = common | extended.pax
        else:
            extended.pax.update(_records(data, extended.sparse))
    tape.move_to(after)
    return problem


def _member(tape: Tape, meter: Meter, header: bytes, extended: Extended, start: int) -> Iterator[Node]:
    pax, type = extended.pax, header[156:157]
    stored = _decimal(pax.get(b"size"), number(header[124:136]))
    kind = _KINDS.get(type, Kind.FILE)
    name = pax.get(b"GNU.sparse.name") or pax.get(b"path") or extended.name or _name(header)
    if kind is Kind.FILE and name.endswith(b"/"):
        kind = Kind.FOLDER  # as V7 has it
    if kind is not Kind.FILE and type != b"D":
        stored = 0  # links and devices may state a size, and have no content
    node = Node(
        name.rstrip(b"/") or name, kind, times=_times(header, pax), address={"offset": start}, layer="member"
    )
    after = tape.position + padded(stored)
    if kind is Kind.LINK:
        node.target = pax.get(b"linkpath") or extended.link or header[157:257].split(b"\0", 1)[0]
    elif kind is Kind.FILE and is_sparse(type, pax, extended.sparse):
        try:
            pieces, node.size, start_of_data = sparse(tape, header, pax, extended.sparse)
            guarded = meter.guarded(pieces, lambda: tape.position - start_of_data)
            node.open = partial(StreamSource, guarded, node.size)
            after = start_of_data + padded(stored) if type == b"S" else after
        except (ValueError, KeyError) as error:
            node.error = f"its holes are not known: {error}"
    elif kind is Kind.FILE:
        node.size = stored
        node.open = partial(tape.content, stored)
    yield node
    tape.move_to(after)


def padded(size: int) -> int:
    """The bytes that `size` bytes of content take on the tape."""
    return -(-size // BLOCK) * BLOCK


def number(data: bytes) -> int:
    """A number of a header: octal digits, or big-endian with the top bit set (GNU). Never negative."""
    if data[:1] == b"\x80":
        return int.from_bytes(data[1:], "big")
    if data[:1] == b"\xff":
        return 0
    try:
        return int(data.split(b"\0", 1)[0].strip() or b"0", 8)
    except ValueError:
        return 0


def _decimal(data: bytes | None, otherwise: int) -> int:
    return int(data) if data is not None and data.isdigit() and len(data) < 20 else otherwise


def _name(header: bytes) -> bytes:
    name = header[:100].split(b"\0", 1)[0]
    prefix = header[345:500].split(b"\0", 1)[0] if header[257:263] == b"ustar\0" else b""
    return prefix + b"/" + name if prefix else name


def _records(data: bytes, sparse: list[bytes]) -> dict[bytes, bytes]:
    """Records `length key=value`; what follows a damaged one is left out."""
    records: dict[bytes, bytes] = {}
    at = 0
    while (space := data.find(b" ", at, at + 12)) > 0 and data[at:space].isdigit():
        end = at + int(data[at:space])
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if end <= space + 1 or end > len(data) or not equals:
            break
        if key in (b"GNU.sparse.offset", b"GNU.sparse.numbytes"):
            sparse.append(value)
        records[key] = value
        at = end
    return records


def _times(header: bytes, pax: dict[bytes, bytes]) -> Times:
    modified = _seconds(pax.get(b"mtime")) or utc(_signed(header[136:148]) * 1_000_000_000, "tar")
    accessed, changed = _seconds(pax.get(b"atime")), _seconds(pax.get(b"ctime"))
    created = _seconds(pax.get(b"LIBARCHIVE.creationtime"))
    return Times(created=created, modified=modified, accessed=accessed, changed=changed)


def _signed(data: bytes) -> int:
    """A time before 1970 is a negative number (GNU)."""
    return int.from_bytes(data, "big", signed=True) if data[:1] == b"\xff" else number(data)


def _seconds(value: bytes | None) -> Timestamp | None:
    if value is None or not re.fullmatch(rb"-?\d{1,12}(\.\d*)?", value):
        return None
    whole, _, fraction = value.partition(b".")
    nanoseconds = int((fraction + b"000000000")[:9])
    sign = -1 if value.startswith(b"-") else 1
    return utc(int(whole) * 1_000_000_000 + sign * nanoseconds, "tar")
