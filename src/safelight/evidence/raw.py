"""Media that nobody can list: a raw image or disk whose tables are damaged or unknown is said, and carved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.evidence.carve import carve
from safelight.evidence.marks import named
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.sniff import UNSURE

_NAMES = frozenset(("dd", "img", "raw", "000", "001"))
_SECTOR = 512
_LEAST_NAMED, _LEAST = 1 << 20, 4 << 20
"""Bytes from which a file is taken for a medium: one that is named like an image, and any exhibit."""
_BLANK = 256 << 20
"""The largest medium that is read through to see whether it is blank."""
UNKNOWN = "no file system that is known here"


class RawReader:
    """What is named like a disk image, begins like nothing that is known, and has no table that is known."""

    name = "raw"
    order = 95  # after everybody
    marks = (named(*_NAMES, *(f"*.{ending}" for ending in _NAMES)),)
    formats = frozenset((None, *UNSURE))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Do name and size say that it is an image of a medium?"""
        return source.name.rpartition(".")[2].lower() in _NAMES and _is_sectors(source, _LEAST_NAMED)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield a finding, then what is carved; nothing of a medium that is blank."""
        if not _is_blank(source):
            from safelight.evidence.encrypted.luks_data import LuksDataReader, may_hold_data

            if may_hold_data(source):
                yield from LuksDataReader().walk(source, limits)
                return
            yield Node(b"", Kind.FINDING, error=UNKNOWN)
            if limits.carve:
                yield free_space(partial(carve, source, [(0, source.size)]))


def may_be_medium(head: bytes, source: Source, format: str | None) -> bool:
    """May a file that was seized by itself be a medium, whatever its name? Text has no zero bytes."""
    return (format is None or format in UNSURE) and b"\0" in head and _is_sectors(source, _LEAST)


def _is_sectors(source: Source, least: int) -> bool:
    return source.size >= least and source.size % _SECTOR == 0


def _is_blank(source: Source) -> bool:
    """Nothing but zeros? Large media are taken as not."""
    if source.size > _BLANK:
        return False
    pieces = (source.read_at(offset, 1 << 20) for offset in range(0, source.size, 1 << 20))
    return not any(piece.strip(b"\0") for piece in pieces)
