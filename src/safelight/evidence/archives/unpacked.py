"""Cabinets and LZH archives through libarchive: one pass, members in order.

Cabinets: stored, MSZIP and LZX; not Quantum, and no set of several cabinets. LZH: -lh0-, -lh1-, -lh5- to -lh7- as far
as libarchive reads them. Both are decompressed by solid runs, so members are read in the order they lie in.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from safelight.errors import EvidenceError
from safelight.evidence.archives.foreign import Entry, Foreign
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sniff import HEAD, sniff
from safelight.evidence.stream import StreamSource


class _Format(NamedTuple):
    support: str
    what: str
    stated: str


_FORMATS = {
    "cab": _Format("cab", "cabinet", "cab"),
    "lzh": _Format("lha", "LZH archive", "lzh"),
}
_KINDS = {0o100000: Kind.FILE, 0: Kind.FILE, 0o040000: Kind.FOLDER, 0o120000: Kind.LINK}


class UnpackedReader:
    """Cabinets and LZH."""

    name = "unpacked"
    order = 46
    formats = frozenset(_FORMATS)

    def detect(self, head: bytes, source: Source) -> bool:
        """By content."""
        return sniff(head[:HEAD]) in self.formats

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order. Raises EvidenceError where nothing more can be had."""
        format_ = _FORMATS[sniff(source.read_at(0, HEAD)) or ""]
        meter = Meter.of(limits, source)
        if format_.support == "cab":
            yield from _set(source)
        try:
            foreign = Foreign((format_.support,), format_.stated, local=_has_local_times(source, format_))
        except EvidenceError as error:
            raise EvidenceError(f"{format_.what}: {error}", error.hint) from error
        try:
            foreign.open(source)
            while (entry := foreign.next_entry()) is not None:
                meter.entry()
                yield member(entry, foreign, meter)
        except GuardError:
            raise
        except EvidenceError as error:
            raise EvidenceError(f"{format_.what}: {error}") from error
        finally:
            foreign.close()


def _has_local_times(source: Source, format_: _Format) -> bool:
    """Cabinets and LZH headers of level 0 and 1 state DOS times."""
    return format_.support == "cab" or source.read_at(20, 1) in (b"\0", b"\1")


def member(entry: Entry, foreign: Foreign, meter: Meter) -> Node:
    """The node of the member that libarchive is at; its content is valid until the next one is asked for."""
    kind = _KINDS.get(entry.type, Kind.SPECIAL)
    name = entry.name.replace(b"\\", b"/").strip(b"/") or entry.name
    node = Node(name, kind, times=entry.times, layer="member", target=entry.target)
    if kind is Kind.FILE:
        node.size = entry.size
        begun = foreign.position
        pieces = meter.guarded(foreign.pieces(), lambda: foreign.position - begun + (1 << 18))
        node.open = partial(StreamSource, pieces, entry.size)
    return node


def _set(source: Source) -> Iterator[Node]:
    """A cabinet of a set: what is continued from or in another one cannot be had."""
    flags = int.from_bytes(source.read_at(30, 2), "little")
    if flags & 3:
        text = (
            "a cabinet of a set: files that are continued in another cabinet of it are not read to their end"
        )
        yield Node(b"", Kind.FINDING, error=text)
