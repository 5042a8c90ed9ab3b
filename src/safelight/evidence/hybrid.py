"""ISO 9660 with more behind it: sticks that boot from a hybrid image, partitions and space behind its volume."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.gpt import has_backup, is_gpt
from safelight.evidence.gpt import partitions as gpt_partitions
from safelight.evidence.iso9660 import is_iso9660, volume_size
from safelight.evidence.marks import begins
from safelight.evidence.mbr import partitions as mbr_partitions
from safelight.evidence.partitions import partition_nodes
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource

_PADDING = 1 << 20
"""Bytes behind a volume that programs add without meaning anything by them (300 KiB mostly)."""


class _Volume(SliceSource):
    """The whole, to be read as ISO 9660 and nothing else."""


class HybridReader:
    """ISO 9660 and, where its volume ends before the medium, what the partition tables say of the rest."""

    name = "hybrid"
    order = 22
    marks = (begins(b"CD001", at=32769),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it ISO 9660 whose volume ends well before the medium does?"""
        if not is_iso9660(head) or isinstance(source, _Volume):
            return False
        return source.size > volume_size(head) + _PADDING or bool(_behind(source, volume_size(head), []))

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the volume, partitions that begin behind it, and what is carved between them."""
        problems: list[str] = []
        head = source.read_at(0, 1 << 16)
        end = volume_size(head)
        behind = _behind(source, end, problems)
        yield Node(b"", Kind.LAYER, size=end, layer="volume", open=partial(_Volume, source, 0, source.size))
        yield from partition_nodes(source, behind, problems, limits, [(0, end)])


def _behind(source: Source, end: int, problems: list[str]) -> list[tuple[int, int, int]]:
    """The partitions (number, offset, length in bytes) of a GUID table, else of an MBR, from `end` on."""
    head = source.read_at(0, 1 << 16)
    found: list[tuple[int, int, int]] = []
    if is_gpt(head) or has_backup(source):
        try:
            found = gpt_partitions(source, problems)
        except EvidenceError as error:
            problems.append(str(error))
    if not any(offset >= end for _, offset, _ in found) and head[510:512] == b"\x55\xaa":
        found = mbr_partitions(source, problems)
    return [(number, offset, length) for number, offset, length in found if offset >= end]
