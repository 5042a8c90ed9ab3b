"""The only thing a worker can say to its parent: plain data in a strict encoding, never a pickle.

A worker has decoded hostile bytes and may be in an attacker's hands. Unpickling what it sends would let it
out of its jail, so results cross as None, bool, int (64 bits), float, str, bytes, lists and dicts with str
keys, each with a one-byte tag and little-endian lengths. The reader is plain Python, counts what it builds
and refuses everything that is not exactly this.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from safelight.errors import FormatError

Wire: TypeAlias = "bool | int | float | str | bytes | Sequence[Wire] | Mapping[str, Wire] | None"

MAX_VALUES = 20_000
"""Values (list members and keys) for each item of a message; one costs the reader some 30 to 100 bytes."""
MAX_DEPTH = 32

_INT = struct.Struct("<q")
_FLOAT = struct.Struct("<d")
_LENGTH = struct.Struct("<I")


def encode(value: Wire) -> bytes:
    """The bytes of `value`. Tuples become lists, NumPy's float64 a float; other types: TypeError.

    Raises ValueError for what the encoding does not hold: an int of more than 64 bits, a lone surrogate.
    """
    parts: list[bytes] = []
    _encode(value, parts, 0)
    return b"".join(parts)


def _encode(value: Wire, parts: list[bytes], depth: int) -> None:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply to be sent")
    if value is None:
        parts.append(b"N")
    elif value is True:
        parts.append(b"T")
    elif value is False:
        parts.append(b"F")
    elif isinstance(value, str):
        text = value.encode()
        parts += (b"s", _LENGTH.pack(len(text)), text)
    elif isinstance(value, bytes | bytearray | memoryview):
        parts += (b"b", _LENGTH.pack(len(value)), bytes(value))
    elif isinstance(value, float):
        parts += (b"f", _FLOAT.pack(value))
    elif isinstance(value, int):
        try:
            parts += (b"i", _INT.pack(value))
        except struct.error:
            raise ValueError("an int of more than 64 bits cannot be sent") from None
    elif isinstance(value, Mapping):
        parts += (b"d", _LENGTH.pack(len(value)))
        for key, member in value.items():
            if not isinstance(key, str):
                raise TypeError(f"keys must be str, not {type(key).__name__}")
            name = key.encode()
            parts += (_LENGTH.pack(len(name)), name)
            _encode(member, parts, depth + 1)
    elif isinstance(value, list | tuple):
        if value and all(type(member) is float for member in value):
            parts += (b"v", _LENGTH.pack(len(value)), struct.pack(f"<{len(value)}d", *value))
            return
        parts += (b"l", _LENGTH.pack(len(value)))
        for member in value:
            _encode(member, parts, depth + 1)
    else:
        raise TypeError(f"{type(value).__name__} cannot be sent from a worker; return plain data")


def decode(data: bytes | bytearray, items: int = 1) -> Any:
    """The value in `data`, which answers for `items` items.

    Raises FormatError for anything that `encode` would not have written.
    """
    reader = _Reader(bytes(data), MAX_VALUES * items)
    try:
        value = reader.value(0)
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise FormatError(f"a worker's answer is malformed: {error}") from None
    if reader.at != len(reader.data):
        raise FormatError("a worker's answer is malformed: bytes left over")
    return value


class _Reader:
    """A position in a message and what may still be built from it."""

    def __init__(self, data: bytes, left: int) -> None:
        self.data = data
        self.at = 0
        self.left = left

    def take(self, length: int) -> bytes:
        end = self.at + length
        if end > len(self.data):
            raise FormatError("a worker's answer is malformed: cut short")
        part = self.data[self.at : end]
        self.at = end
        return part

    def length(self) -> int:
        length: int = _LENGTH.unpack(self.take(4))[0]
        return length

    def count(self) -> int:
        """The size of a collection, taken off the budget before anything is built."""
        count = self.length()
        self.left -= count
        if self.left < 0:
            raise FormatError("a worker's answer holds too many values")
        return count

    def value(self, depth: int) -> Any:
        if depth > MAX_DEPTH:
            raise FormatError("a worker's answer is nested too deeply")
        tag = self.data[self.at]
        self.at += 1
        if tag == 0x73:  # s
            return self.take(self.length()).decode()
        if tag == 0x62:  # b
            return self.take(self.length())
        if tag == 0x69:  # i
            return _INT.unpack(self.take(8))[0]
        if tag == 0x66:  # f
            return _FLOAT.unpack(self.take(8))[0]
        if tag == 0x76:  # v
            count = self.count()
            return list(struct.unpack(f"<{count}d", self.take(8 * count)))
        if tag == 0x6C:  # l
            return [self.value(depth + 1) for _ in range(self.count())]
        if tag == 0x64:  # d
            return self.mapping(depth)
        if tag in b"NTF":
            return {0x4E: None, 0x54: True, 0x46: False}[tag]
        raise FormatError(f"a worker's answer is malformed: tag {tag}")

    def mapping(self, depth: int) -> dict[str, Any]:
        count = self.count()
        found: dict[str, Any] = {}
        for _ in range(count):
            key = self.take(self.length()).decode()
            found[key] = self.value(depth + 1)
        if len(found) != count:
            raise FormatError("a worker's answer is malformed: a key twice")
        return found
