"""Read TIFF directories (the structure of EXIF) from hostile bytes: bounded, and wrong is the same as absent."""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_MAX_ENTRIES = 1000
_MAX_BYTES = 65_536
MOST_CHARACTERS = 200
"""Kept of any text."""
_ORIENTATION = 0x0112
_TYPES = {1: "B", 3: "H", 4: "I", 6: "b", 8: "h", 9: "i", 11: "f", 12: "d", 13: "I"}
_RATIONAL, _SIGNED_RATIONAL = 5, 10
_BYTES = (2, 7)

Value = bytes | tuple[float | int | None, ...]
"""ASCII and undefined data as bytes, everything else as numbers (None for x/0 and NaN)."""


@dataclass(frozen=True, slots=True)
class Tiff:
    """A block of bytes with a TIFF header; offsets count from its start."""

    data: bytes
    order: str
    """`<` or `>`."""
    first: int
    """Offset of the first directory."""

    @classmethod
    def parse(cls, data: bytes) -> Tiff | None:
        """None where there is no TIFF header."""
        order = {b"II": "<", b"MM": ">"}.get(data[:2])
        if order is None or len(data) < 8:
            return None
        magic, first = struct.unpack_from(order + "HI", data, 2)
        return cls(data, order, first) if magic in (42, 0x4F52, 0x5352, 0x55) else None

    def directory(self, offset: int, base: int = 0) -> tuple[Mapping[int, Value], int]:
        """Entries by tag (the first of each) and the offset of the next directory (0: none).

        `base` is what the offsets in this directory count from; maker notes have their own.
        """
        found: dict[int, Value] = {}
        if offset <= 0 or offset + 2 > len(self.data):
            return found, 0
        (count,) = struct.unpack_from(self.order + "H", self.data, offset)
        for number in range(min(count, _MAX_ENTRIES)):
            at = offset + 2 + 12 * number
            if at + 12 > len(self.data):
                return found, 0
            tag, kind, length = struct.unpack_from(self.order + "HHI", self.data, at)
            value = self._value(kind, length, at + 8, base)
            if value is not None:
                found.setdefault(tag, value)
        end = offset + 2 + 12 * count
        following = (
            struct.unpack_from(self.order + "I", self.data, end)[0] if end + 4 <= len(self.data) else 0
        )
        return found, following

    def _value(self, kind: int, count: int, at: int, base: int) -> Value | None:
        if kind in _BYTES:
            code, each = "s", 1
        elif kind in (_RATIONAL, _SIGNED_RATIONAL):
            code, each = "I" if kind == _RATIONAL else "i", 8
        elif kind in _TYPES:
            code = _TYPES[kind]
            each = struct.calcsize(code)
        else:
            return None
        size = each * count
        if size > 4:
            at = base + struct.unpack_from(self.order + "I", self.data, at)[0]
        if at + min(size, _MAX_BYTES) > len(self.data):
            return None
        size = min(size, _MAX_BYTES)
        if kind in _BYTES:
            return self.data[at : at + size]
        numbers = struct.unpack_from(f"{self.order}{size // struct.calcsize(code)}{code}", self.data, at)
        if kind in (_RATIONAL, _SIGNED_RATIONAL):
            return tuple(
                over / under if under else None
                for over, under in zip(numbers[::2], numbers[1::2], strict=False)
            )
        return tuple(number if math.isfinite(number) else None for number in numbers)


def number_in(entries: Mapping[int, Value], tag: int) -> Any:
    """The first number of an entry; None where there is none."""
    value = entries.get(tag)
    return value[0] if isinstance(value, tuple) and value else None


def orientation_of(block: bytes) -> int:
    """The EXIF orientation 1..8 in an EXIF block; 1 where there is none or it is nonsense."""
    tiff = Tiff.parse(block.removeprefix(b"Exif\0\0"))
    if tiff is None:
        return 1
    found = number_in(tiff.directory(tiff.first)[0], _ORIENTATION)
    return int(found) if found in range(1, 9) else 1


def text_in(entries: Mapping[int, Value], tag: int) -> str | None:
    """An entry as text; None where it is missing, empty or not text."""
    value = entries.get(tag)
    return text_of(value) if isinstance(value, bytes) else None


def text_of(value: bytes, most: int = MOST_CHARACTERS) -> str | None:
    """Text up to the first NUL: UTF-8, else Latin-1, without control characters, cut at `most`."""
    value = value.split(b"\0", 1)[0][: 4 * most]
    try:
        text = value.decode()
    except UnicodeDecodeError:
        text = value.decode("latin-1")
    cleaned = "".join(character if character.isprintable() else " " for character in text)
    return " ".join(cleaned.split())[:most] or None
