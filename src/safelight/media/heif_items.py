"""The pictures of a HEIC or AVIF beside its primary one: further ones, hidden ones, auxiliary ones, thumbnails.

A decoder shows the picture that the box `pitm` names. To see another one the same file is given to it again with
another number there, and without what hides it or makes it a thumbnail. Depth maps, alpha planes, gain maps and mattes
show nothing of their own; tiles are parts of a picture. Nothing but the boxes is read here, within limits; what is
wrong is the same as absent.

Source: ISO/IEC 14496-12 (8.11) and 23008-12.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

Span = tuple[int, int]
"""Offset and end in the file."""

_MOST_ITEMS: Final = 4_096
_MOST_REFERENCES: Final = 16_384
_PICTURES: Final = frozenset((b"hvc1", b"hev1", b"av01", b"grid", b"iden", b"iovl", b"jpeg"))
_DERIVED: Final = frozenset((b"grid", b"iden", b"iovl", b"tmap"))
"""Items that are made of others: these are no pictures of their own."""
_PLAIN_AUXILIARY: Final = re.compile(
    rb"alpha|depth|disparity|matte|gainmap|:auxid:[12]\b|aux:hdr|auxid:0*2001", re.IGNORECASE
)
_NO_LINK: Final = b"none"
_FULL: Final = 4
_HIDDEN: Final = 1


@dataclass(frozen=True, slots=True)
class Item:
    """One item: its number, its type, where its entry lies, and whether it is marked as hidden.

    `links` are where the references lie by which it is a thumbnail or an auxiliary picture of another one.
    """

    number: int
    kind: bytes
    entry: int
    hidden: bool
    links: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Items:
    """What a file says of its pictures. `further` and `thumbnails` are other than the primary one."""

    primary: int
    place: Span
    """Of the number of the primary item."""
    further: tuple[Item, ...]
    thumbnails: tuple[Item, ...]

    def shown_first(self, data: bytes, item: Item) -> bytes:
        """The file with this item as its primary picture."""
        made = bytearray(data)
        start, end = self.place
        made[start:end] = item.number.to_bytes(end - start, "big")
        if item.hidden:
            made[item.entry + _FULL - 1] &= ~_HIDDEN & 0xFF
        for at in item.links:
            made[at : at + 4] = _NO_LINK
        return bytes(made)


class _Reference(NamedTuple):
    """One item refers to another: the kind, from, to, and where the kind stands."""

    kind: bytes
    of: int
    to: int
    at: int


def items_of(data: bytes) -> Items | None:
    """The pictures of a file; None where it names no primary one."""
    meta = next((span for kind, *span in _boxes(data, 0, len(data)) if kind == b"meta"), None)
    if meta is None:
        return None
    places = {
        kind: (start, end) for kind, start, end in reversed(list(_boxes(data, meta[0] + _FULL, meta[1])))
    }
    named = places.get(b"pitm")
    if named is None or b"iinf" not in places:
        return None
    wide = 4 if data[named[0]] else 2
    place = (named[0] + _FULL, named[0] + _FULL + wide)
    primary = int.from_bytes(data[slice(*place)], "big")
    items = {item.number: item for item in _entries(data, *places[b"iinf"])}
    references = list(_references(data, *places[b"iref"])) if b"iref" in places else []
    parts = {one.to for one in references
             if one.kind == b"dimg" and one.of in items and items[one.of].kind in _DERIVED}  # fmt: skip
    small = {one.of for one in references if one.kind == b"thmb" and one.to == primary}
    others = {one.of for one in references if one.kind == b"thmb"}
    plain = _plain(data, places, {one.of for one in references if one.kind == b"auxl"})
    links: dict[int, set[int]] = defaultdict(set)
    for one in references:
        if one.kind in (b"thmb", b"auxl"):
            links[one.of].add(one.at)
    pictures = [
        replace(item, links=tuple(links[item.number]))
        for item in items.values()
        if item.kind in _PICTURES and item.number < 1 << 8 * wide
    ]
    return Items(
        primary,
        place,
        tuple(one for one in pictures if one.number not in parts | others | plain | {primary}),
        tuple(one for one in pictures if one.number in small - parts - {primary}),
    )


def has_track(data: bytes) -> bool:
    """Is there a sequence of pictures beside them, as films have it?"""
    return any(kind == b"moov" for kind, _, _ in _boxes(data, 0, len(data)))


def _boxes(data: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start and end of the content of each box in a range."""
    for _ in range(_MOST_ITEMS):
        if start + 8 > end:
            return
        size, kind, head = int.from_bytes(data[start : start + 4], "big"), data[start + 4 : start + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16], "big"), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            return
        yield kind, start + head, start + size
        start += size


def _entries(data: bytes, start: int, end: int) -> Iterator[Item]:
    for kind, at, stop in _boxes(data, start + (6 if not data[start] else 8), end):
        version = data[at] if at < stop else 0
        wide = 2 if version == 2 else 4
        if kind == b"infe" and version in (2, 3) and at + _FULL + wide + 6 <= stop:
            number = int.from_bytes(data[at + _FULL : at + _FULL + wide], "big")
            type_ = data[at + _FULL + wide + 2 : at + _FULL + wide + 6]
            yield Item(number, type_, at, bool(data[at + _FULL - 1] & _HIDDEN))


def _references(data: bytes, start: int, end: int) -> Iterator[_Reference]:
    wide = 4 if data[start : start + 1] != b"\0" else 2
    left = _MOST_REFERENCES
    for kind, at, stop in _boxes(data, start + _FULL, end):
        place, of = at - 4, int.from_bytes(data[at : at + wide], "big")
        count = int.from_bytes(data[at + wide : at + wide + 2], "big")
        at += wide + 2
        for number in range(min(count, left, (stop - at) // wide)):
            yield _Reference(kind, of, int.from_bytes(data[at + wide * number :][:wide], "big"), place)
        left -= min(count, left)


def _plain(data: bytes, places: dict[bytes, Span], auxiliary: set[int]) -> set[int]:
    """Those auxiliary items that say that they are a depth map, alpha or the like; and those that do not say."""
    if not auxiliary or b"iprp" not in places:
        return auxiliary
    inner = {kind: (start, end) for kind, start, end in _boxes(data, *places[b"iprp"])}
    if b"ipco" not in inner or b"ipma" not in inner:
        return auxiliary
    types = [
        data[start + _FULL : end].partition(b"\0")[0] if kind == b"auxC" else b""
        for kind, start, end in _boxes(data, *inner[b"ipco"])
    ]
    said: dict[int, bytes] = {}
    for number, index in _associations(data, *inner[b"ipma"]):
        if 0 < index <= len(types) and types[index - 1]:
            said[number] = types[index - 1]
    return {one for one in auxiliary if one not in said or _PLAIN_AUXILIARY.search(said[one])}


def _associations(data: bytes, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Item and number of a property from 1 on."""
    wide = 4 if data[start] else 2
    each = 2 if data[start + _FULL - 1] & 1 else 1
    count = int.from_bytes(data[start + _FULL : start + _FULL + 4], "big")
    at = start + _FULL + 4
    for _ in range(min(count, _MOST_ITEMS)):
        number = int.from_bytes(data[at : at + wide], "big")
        properties = data[at + wide] if at + wide < end else 0
        at += wide + 1
        for _ in range(properties):
            if at + each > end:
                return
            yield number, int.from_bytes(data[at : at + each], "big") & ((1 << 8 * each - 1) - 1)
            at += each
