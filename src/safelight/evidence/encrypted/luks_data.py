"""Data of LUKS whose header lies elsewhere: opened with a header that the order gives, by what then shows.

The data themselves have no mark. A header is opened with the keys of the order once for a scan, and with it everything
that nobody knows and that looks like noise where its data would begin; only what then begins like a disk or a file
system is taken for them. The same holds for a volume whose own header was wiped, with a backup of that.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np

from safelight.errors import EvidenceError
from safelight.evidence.carve import carve
from safelight.evidence.encrypted.luks import opening, volume, what
from safelight.evidence.encrypted.luks_header import Check, Header, read_header
from safelight.evidence.marks import named
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.raw import UNKNOWN
from safelight.evidence.source import BytesSource
from safelight.model import LOCKED

_PLACES = (0, 1 << 20, 2 << 20, 4 << 20, 16 << 20)
"""Where data begin: with a detached header, behind those of LUKS1, behind those of LUKS2."""
_SAMPLE = 4_096
_MOST_UNEVEN = 360.0
"""Of 255 degrees of freedom: noise reaches it once in 50,000 samples."""
_MARKS = (
    (510, b"\x55\xaa"),
    (512, b"EFI PART"),
    (1080, b"\x53\xef"),
    (1024, b"H+"),
    (1024, b"HX"),
    (0, b"XFSB"),
    (0, b"LUKS\xba\xbe"),
    (0x218, b"LVM2 001"),
    (4086, b"SWAPSPACE2"),
    (0x8001, b"CD001"),
    (0x10040, b"_BHRfS_M"),
    (1024, b"\x10\x20\xf5\xf2"),
)
"""What shows: boot sectors and partitions, ext, HFS+, XFS, LUKS, LVM, swap, ISO 9660, Btrfs, F2FS."""
_SHOWN = 0x10048


class LuksDataReader:
    """A partition that nobody else knows, and that is noise where the data of LUKS would begin."""

    name = "luks-data"
    order = 94
    marks = (named(""),)
    formats = frozenset((None,))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By noise at one of the places where data begin."""
        return not source.name and may_hold_data(source)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the volume where a header fits, else what can be carved. Raises EvidenceError, so that a later scan
        comes here again."""
        opened, tried = with_headers(source, limits)
        if opened is not None:
            yield from opened
            return
        if limits.carve:
            yield free_space(partial(carve, source, [(0, source.size)]))
        raise EvidenceError(f"{UNKNOWN}; it begins like noise: if it is encrypted, {LOCKED}{tried}")


def may_hold_data(source: Source) -> bool:
    """Is there noise at one of the places where data of LUKS begin?"""
    return any(_is_noise(source.read_at(at, _SAMPLE)) for at in _PLACES)


@dataclass(frozen=True, slots=True)
class _Tried:
    """What the keys of the order did with one header: what they give, and what is to be said of it."""

    header: Header | None
    keys: dict[Check, bytes]
    said: tuple[Node, ...]
    problem: str = ""


def with_headers(source: Source, limits: Limits) -> tuple[list[Node] | None, str]:
    """The volume that one of the given headers shows here, as nodes, or what was tried (for the end of a sentence)."""
    said = ""
    count = len(limits.keys.headers)
    for number in range(count):
        tried = _tried(number, limits)
        named = f"the LUKS header {number + 1} of {count} that is given"
        if tried.header is None or tried.problem:
            said += f"; {named} is not opened: {tried.problem}"
            continue
        if all(segment.offset < source.size for segment in tried.header.segments):
            content = volume(source, tried.header.segments, tried.keys)
            try:
                head = content.read_at(0, _SHOWN)
            except EvidenceError:
                head = b""
            if any(head.startswith(mark, at) for at, mark in _MARKS):
                text = f"{what(tried.header)}, by {named}: with it the data here begin like a disk or a file system"
                opening_of = partial(volume, source, tried.header.segments, tried.keys)
                layer = Node(b"", Kind.LAYER, size=content.size, layer="volume", open=opening_of)
                return [*tried.said, Node(b"", Kind.NOTE, note=text), layer], ""
        said += f"; with {named} it begins like no disk and no file system"
    return None, said


def _tried(number: int, limits: Limits) -> _Tried:
    """The keys of a header, derived once for a scan."""
    kept = limits.keys.spent.headers
    found = kept.get(number)
    if not isinstance(found, _Tried):
        found = kept[number] = _opened(BytesSource(limits.keys.headers[number]), limits)
    return found


def _opened(source: Source, limits: Limits) -> _Tried:
    header = None
    said: list[Node] = []
    try:
        header = read_header(source)
        keys = yielded(opening(source, header, limits, what(header)), said)
    except EvidenceError as error:
        return _Tried(header, {}, (), str(error))
    if not keys:
        return _Tried(header, {}, (), "it says that nothing is encrypted")
    return _Tried(header, keys, tuple(said))


def yielded(nodes: Generator[Node, None, dict[Check, bytes]], into: list[Node]) -> dict[Check, bytes]:
    """Put what a generator yields into a list, and return what it returns."""
    while True:
        try:
            into.append(next(nodes))
        except StopIteration as end:
            keys: dict[Check, bytes] = end.value
            return keys


def _is_noise(data: bytes) -> bool:
    """Is every byte about as frequent as any other?"""
    if len(data) < _SAMPLE:
        return False
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    expected = _SAMPLE / 256
    return float(((counts - expected) ** 2).sum() / expected) < _MOST_UNEVEN
