"""Volumes and tables whose first sectors are damaged, through the copies they keep: FAT32, exFAT, NTFS, ext, GPT.

A copy is put in the place of what it is a copy of, and the volume's own reader goes on from there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

from safelight.evidence.ext import ExtReader
from safelight.evidence.fat import FatReader, layout
from safelight.evidence.gpt import GptReader, has_backup
from safelight.evidence.marks import begins, ends, sized
from safelight.evidence.ntfs import NtfsReader
from safelight.evidence.protocol import Kind, Limits, Node, Reader, Source
from safelight.evidence.sniff import UNSURE

_HEAD = 1 << 16
_SECTOR_SIZES = (512, 1024, 2048, 4096)
_FAT32_COPY, _EXFAT_COPY = 6, 12
"""The sector at which the copy begins; that of exFAT has as many sectors as lie before it."""
_SUPERBLOCK = 1024
_BOOTS = b"\x55\xaa"
"""The end of a boot sector."""


class Copy(NamedTuple):
    """What was found: what it is a copy of, and the bytes to put at each offset."""

    of: str
    patches: dict[int, bytes]


class BackupReader:
    """A medium or partition that begins with nothing known, and has a copy of what should stand there."""

    name = "backup"
    order = 39  # after everything that is recognised by its own first bytes
    marks = (
        ends(b"EFI PART", b"NTFS    ", within=_SECTOR_SIZES[-1]),
        *(begins(_BOOTS, at=at * sector + 510) for sector in (512, 1024, 2048, 4096) for at in (6, 12)),
        sized(8193 << 10),  # where the second group of the smallest blocks of ext begins
    )
    formats = frozenset((None, *UNSURE))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there a copy of a boot sector, a superblock or a partition table?"""
        return has_backup(source) or find_copy(head, source) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what is damaged as a finding, and the volume as a layer. Raises EvidenceError."""
        if has_backup(source):
            yield from GptReader().walk(source, limits)
            return
        copy = find_copy(source.read_at(0, _HEAD), source)
        if copy is not None:
            yield Node(b"", Kind.FINDING, error=f"{copy.of} is damaged; its copy is used")
            content = partial(Patched, source, copy.patches)
            yield Node(b"", Kind.LAYER, size=source.size, layer="volume", open=content)


class Patched:
    """A source some bytes of which are others: `patches` maps an offset to what stands there."""

    name = ""

    def __init__(self, source: Source, patches: dict[int, bytes]) -> None:
        self.size = source.size
        self._source = source
        self._patches = patches

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        data = self._source.read_at(offset, length)
        for start, patch in self._patches.items():
            first, after = max(offset, start), min(offset + len(data), start + len(patch))
            if first < after:
                data = data[: first - offset] + patch[first - start : after - start] + data[after - offset :]
        return data

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside a volume."""
        return None

    def close(self) -> None:
        """Nothing to release: the whole is its owner's."""


def find_copy(head: bytes, source: Source) -> Copy | None:
    """Return the copy with which a volume's own reader knows it, or None. Raises EvidenceError."""
    for find, reader in _FINDERS:
        copy = find(head, source)
        if copy is not None:
            patched = Patched(source, copy.patches)
            if reader.detect(patched.read_at(0, _HEAD), patched):
                return copy
    return None


def _fat(head: bytes, source: Source) -> Copy | None:
    """FAT32 keeps a copy in its sector 6, exFAT one of all its boot sectors from sector 12 on."""
    for sector in _SECTOR_SIZES:
        at = _FAT32_COPY * sector  # and exFAT's at twice that
        if _BOOTS not in (head[at + 510 : at + 512], head[2 * at + 510 : 2 * at + 512]):
            continue
        boot = head[at : at + 512]
        volume = layout(boot, source.size)
        if volume is not None and volume.bits == 32 and not volume.exfat and volume.sector == sector:
            return Copy("the boot sector (FAT32)", {0: boot})
        boot = head[_EXFAT_COPY * sector : 2 * _EXFAT_COPY * sector]
        volume = layout(boot, source.size)
        if volume is not None and volume.exfat and volume.sector == sector:
            return Copy("the boot sector (exFAT)", {0: boot})
    return None


def _ntfs(_head: bytes, source: Source) -> Copy | None:
    """NTFS keeps a copy in the sector behind its last one, the last of the partition."""
    tail = source.read_at(max(0, source.size - _SECTOR_SIZES[-1]), _SECTOR_SIZES[-1])
    for sector in _SECTOR_SIZES:
        boot = tail[-sector:][:512]
        if boot[3:11] != b"NTFS    " or boot[510:512] != _BOOTS:
            continue
        sectors = int.from_bytes(boot[40:48], "little")
        if int.from_bytes(boot[11:13], "little") == sector and (sectors + 1) * sector == source.size:
            return Copy("the boot sector (NTFS)", {0: boot})
    return None


def _ext(head: bytes, source: Source) -> Copy | None:
    """ext keeps a copy of superblock and group descriptors in its second group of blocks."""
    for log in range(3):
        size, first = 1024 << log, int(not log)
        group = (8 * size + first) * size
        block = source.read_at(group, _SUPERBLOCK) if group < source.size else b""
        if block[56:58] != b"\x53\xef" or int.from_bytes(block[24:28], "little") != log:
            continue
        patches = {_SUPERBLOCK: block}
        if not head[(first + 1) * size :][:32].strip(b"\0"):
            blocks, groups_of = (int.from_bytes(block[at : at + 4], "little") for at in (4, 32))
            groups = -(-blocks // max(1, groups_of))
            patches[(first + 1) * size] = source.read_at(group + size, min(groups * 64, 1 << 20))
        return Copy("the superblock (ext)", patches)
    return None


_FINDERS: tuple[tuple[Callable[[bytes, Source], Copy | None], Reader], ...] = (
    (_fat, FatReader()),
    (_ntfs, NtfsReader()),
    (_ext, ExtReader()),
)
