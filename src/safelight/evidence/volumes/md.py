"""Members of Linux RAID 1 (md, metadata 1.1 and 1.2): each holds the whole volume. Unverified against a real member.

After the kernel's `md_p.h`. With metadata 0.90 and 1.0 the volume begins where the member does, and needs no reader.
Members of other levels are named by `unlisted.py`: it takes all of them.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from safelight.evidence.marks import begins
from safelight.evidence.names import show
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.source import SliceSource

_MAGIC = b"\xfc\x4e\x2b\xa9\1\0\0\0"
_PLACES = (4096, 0)
_SECTOR = 512


class _Member(NamedTuple):
    """What the superblock states; `begin` and `size` in bytes."""

    level: int
    devices: int
    name: str
    begin: int
    size: int


class MdReader:
    """A member that holds the whole volume: of RAID 1, or the only one of any array."""

    name = "md"
    order = 24
    marks = tuple(begins(_MAGIC, at=at) for at in _PLACES)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a superblock of such an array?"""
        member = _read(head)
        return member is not None and (member.level == 1 or member.devices == 1)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the volume, then what is carved from around it."""
        member = _read(source.read_at(0, 8192))
        assert member is not None  # `detect` has seen it
        held = min(member.size, max(0, source.size - member.begin))
        problem = None
        if held < member.size:
            problem = f"the RAID volume claims {member.size:,} bytes, the member holds {held:,} of them"
        note = f"a member of the Linux RAID {member.level} “{show(member.name.encode())}” of {member.devices:,} devices"
        yield Node(
            b"", Kind.NOTE, note=f"{note}; the others may hold something else where the array was not in step"
        )
        content = partial(SliceSource, source, member.begin, held)
        yield Node(b"", Kind.LAYER, size=held, layer="medium", open=content, error=problem)
        if limits.carve:
            from safelight.evidence.carve import carve

            end = member.begin + held
            around = [(0, member.begin), (end, source.size - end)]
            yield free_space(partial(carve, source, [part for part in around if part[1] > 0]))


def _read(head: bytes) -> _Member | None:
    """The superblock of metadata 1.1 or 1.2; None where there is none that can be."""
    for at in _PLACES:
        raw = head[at : at + 256]
        if len(raw) < 256 or raw[:8] != _MAGIC:
            continue
        name = raw[32:64].split(b"\0", 1)[0].decode("utf-8", "replace")
        level, _, size, _, devices = struct.unpack_from("<iIQII", raw, 72)
        begin, length = struct.unpack_from("<QQ", raw, 128)
        if not 0 < devices <= 4096 or not 0 < begin < 1 << 48:
            continue
        return _Member(level, devices, name, begin * _SECTOR, (min(size, length) or length) * _SECTOR)
    return None
