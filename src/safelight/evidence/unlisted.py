"""Volumes that are recognised and cannot be listed: named, and carved."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.evidence.carve import carve
from safelight.evidence.marks import begins, sized
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space

_F2FS = b"\x10\x20\xf5\xf2"
_F2FS_FEATURES = 0x400 + 2180
"""Of which the first is encryption (Linux kernel, include/linux/f2fs_fs.h)."""
_MARKS: tuple[tuple[int, bytes, str], ...] = (
    (0x400, _F2FS, "an F2FS file system"),
    (0x400, b"\xe2\xe1\xf5\xe0", "an EROFS file system"),
    (3, b"ReFS\0\0\0\0", "a ReFS file system"),
    (0, b"hsqs", "a SquashFS file system"),
    (0x8000, b"JFS1", "a JFS file system"),
    (0x8001, b"BEA01", "a UDF file system"),
    (0x218, b"LVM2 001", "an LVM physical volume"),
    (0x1000, b"\xfc\x4e\x2b\xa9", "a member of a Linux RAID"),
    (0, b"\x3a\xff\x26\xed", "an Android sparse image"),
)
_BEYOND = 0x10000
"""Two have their mark behind what readers are shown."""
_FAR_MARKS = ((0x40, b"_BHRfS_M", "a Btrfs file system"), (0x34, b"ReIsEr", "a ReiserFS file system"))
_SWAP = (4086, (b"SWAPSPACE2", b"SWAP-SPACE"))


class UnlistedReader:
    """File systems and volumes that this version cannot list."""

    name = "unlisted"
    order = 38
    marks = (
        *(begins(mark, at=at) for at, mark, _ in _MARKS),
        begins(*_SWAP[1], at=_SWAP[0]),
        sized(16 * _BEYOND),
    )
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is there one of the marks?"""
        return _is_swap(head) or _named(head, source) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what it is as a finding, then what can be carved."""
        head = source.read_at(0, _BEYOND)
        if not _is_swap(head):  # which has no files to list
            yield Node(b"", Kind.FINDING, error=f"{_named(head, source)}, which this version cannot list")
        if limits.carve:
            yield free_space(partial(carve, source, [(0, source.size)]))


def _is_swap(head: bytes) -> bool:
    return head.startswith(_SWAP[1], _SWAP[0])


def _named(head: bytes, source: Source) -> str | None:
    for at, mark, name in _MARKS:
        if head.startswith(mark, at):
            encrypted = mark == _F2FS and len(head) > _F2FS_FEATURES and head[_F2FS_FEATURES] & 1
            return f"{name} that may encrypt files (fscrypt)" if encrypted else name
    if source.size > 16 * _BEYOND:
        far = source.read_at(_BEYOND, 0x80)
        return next((name for at, mark, name in _FAR_MARKS if far.startswith(mark, at)), None)
    return None
