"""Names that are left in the index of an NTFS folder: of files that were deleted, renamed or moved away, and whose
record of the MFT has another file's name by now.

Entries are taken out of an index by moving the others up; what stood behind stays until something is written there.
Each entry holds the number of its folder, by which it is found, and a copy of the file's times and size. Only names
that promise something to be seen (pictures, films, archives, mail) are given: of others there are very many.

Source: the layout of $I30 as the documentation of the Linux-NTFS project describes it (FILE_NAME, INDX, fixups).
"""

from __future__ import annotations

import codecs
import struct
from collections.abc import Collection, Iterator
from itertools import chain
from typing import Any, Final

from safelight.evidence import stamps
from safelight.evidence.protocol import Kind, Node
from safelight.evidence.scope import kind_by_name
from safelight.evidence.tsk import ERRORS
from safelight.model import State, Times

_INDEX_ALLOCATION, _BITMAP = 160, 176
_NODE: Final = 24
"""Where the header of the entries begins in a block; behind its first four bytes it says how many bytes are used."""
_LONGEST: Final = 8
_MOST_BYTES: Final = 16 << 20
"""Of one index: some 100,000 names."""
_MOST_NAMES: Final = 10_000
_KINDS: Final = ("image", "video", "archive", "mail", "disk")
_SECTOR: Final = 512
_HEADER: Final = 16
_FILE_NAME = struct.Struct("<4QQQIIBB")
"""What follows the folder's number: four times, allocated and real size, flags, reparse tag, length, name space."""
_NAME_AT: Final = 8 + _FILE_NAME.size
_FOLDER, _DOS = 0x10000000, 2
_CONTROL: Final = frozenset(chr(number) for number in range(32)) | frozenset('/"*:<>?\\|')
_LEFT: Final = (
    "deleted, renamed or moved away: only its name is left, with its times, in what the index of its folder once held"
)  # fmt: skip


def names_left(fs: Any, folder: int, prefix: bytes, listed: Collection[bytes]) -> Iterator[Node]:
    """Yield the names that the index of a folder still holds and that are not `listed` in it any more."""
    try:
        file = fs.open_meta(inode=folder)
        index, bitmap = _content(file)
    except ERRORS:  # the listing of the folder has said what cannot be read of it
        return
    if len(index) < _SECTOR:
        return
    index, parts = _restored(index, bitmap)
    sequence = int(file.info.meta.seq)
    numbers = [folder | one << 48 for one in (sequence, sequence - 1) if 0 <= one < 1 << 16]
    found: dict[bytes, Node] = {}
    every = (_entries(index, parts, struct.pack("<Q", number), listed) for number in numbers)
    for at, name in chain.from_iterable(every):
        if kind_by_name(name.decode("utf-8", "replace")) not in _KINDS:
            continue
        known = found.get(name)
        if known is None and len(found) == _MOST_NAMES:
            text = (
                f"more than {_MOST_NAMES:,} names are left in the folder's index: those behind are not listed"
            )
            yield Node(prefix[:-1], Kind.FINDING, State.DELETED, error=text, address={"inode": folder})
            break
        if known is None or known.size is None:  # of several copies, one that says the size
            found[name] = _node(index, at, prefix + name)
    yield from found.values()


def _content(file: Any) -> tuple[bytes, bytes]:
    """The blocks of a folder's index, and which of them are in use: one bit each."""
    found: dict[int, bytes] = {}
    for attribute in file:
        kind = int(attribute.info.type)
        if kind in (_INDEX_ALLOCATION, _BITMAP) and attribute.info.name == b"$I30":
            size = min(int(attribute.info.size), _MOST_BYTES)
            found[kind] = bytes(file.read_random(0, size, kind, int(attribute.info.id)))
    return found.get(_INDEX_ALLOCATION, b""), found.get(_BITMAP, b"")


def _restored(index: bytes, bitmap: bytes) -> tuple[bytes, list[tuple[int, int]]]:
    """The index with the last two bytes of each sector as they were before the block was written (fixups), and the
    parts of it that hold no entry in use: the end of each block, and blocks that are free."""
    made = bytearray(index)
    parts: list[tuple[int, int]] = []
    at = 0
    while at + _SECTOR <= len(made):
        offset, count = struct.unpack_from("<HH", made, at + 4)
        if made[at : at + 4] != b"INDX" or not 1 < count <= 129 or offset + 2 * count > _SECTOR:
            parts.append((at, at + _SECTOR + _LONGEST))
            at += _SECTOR
            continue
        block = (count - 1) * _SECTOR
        for number in range(1, count):
            end = at + number * _SECTOR
            if end <= len(made) and made[end - 2 : end] == made[at + offset : at + offset + 2]:
                made[end - 2 : end] = made[at + offset + 2 * number : at + offset + 2 * number + 2]
        (used,) = struct.unpack_from("<I", made, at + _NODE + 4)
        number = at // block
        is_used = number // 8 >= len(bitmap) or bitmap[number // 8] >> number % 8 & 1
        parts.append((at + _NODE + used if is_used and used < block else at, at + block))
        at += block
    return bytes(made), parts


def _entries(
    index: bytes, parts: list[tuple[int, int]], number: bytes, listed: Collection[bytes] = ()
) -> Iterator[tuple[int, bytes]]:
    """Where an entry of this folder begins in some parts of the index, and its name, if that is not `listed`."""
    find = index.find
    for start, end in parts:
        at = find(number, max(start, _HEADER), end)
        while at >= 0:
            if not at % 8 and (name := _name(index, at, listed)) is not None:
                yield at, name
            at = find(number, at + 1, end)


def _name(index: bytes, at: int, listed: Collection[bytes]) -> bytes | None:
    """The name of an entry whose folder's number stands here; None where there is none, or one that is listed."""
    start = at + _NAME_AT
    if start > len(index):
        return None
    length = index[start - 2]
    space = index[start - 1]
    text = index[start : start + 2 * length]
    if not length or len(text) < 2 * length or space > 3 or space == _DOS:
        return None
    name, _ = codecs.utf_16_le_decode(
        text, "surrogatepass", True
    )  # a third of the time of `decode`, which imports it
    encoded = name.encode("utf-8", "replace")
    return encoded if encoded not in listed and _CONTROL.isdisjoint(name) else None


def _node(index: bytes, at: int, path: bytes) -> Node:
    created, modified, changed, accessed, _, size, flags, _, length, _ = _FILE_NAME.unpack_from(index, at + 8)
    record, _, content = struct.unpack_from("<QHH", index, at - _HEADER)
    whole = (
        content == 8 + _FILE_NAME.size + 2 * length
    )  # else something else has been written over its beginning
    stated = [stamps.filetime(one, "ntfs:$FILE_NAME") for one in (created, modified, accessed, changed)]
    return Node(
        path,
        Kind.FOLDER if flags & _FOLDER else Kind.FILE,
        State.DELETED,
        None if flags & _FOLDER else size or None,  # 0: not written there yet
        Times(*stated),
        {"inode": record & 0xFFFFFFFFFFFF} if whole else {},
        error=_LEFT,
    )
