"""The traditional cipher of ZIP (APPNOTE.TXT 6.3, 6.1): weak, and still what most archives with a password have.

Every byte depends on the one before, so it cannot be done over arrays: it is compiled where numba is installed
(some 100 MB/s), else plain Python does it (about 2 MB/s).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import numpy as np

from safelight.evidence.carving.compiled import compiled, is_compiled

HEADER = 12
"""Bytes before the data: noise, and at its end what a password is checked by."""
_START = (0x12345678, 0x23456789, 0x34567890)


def _crc_table() -> tuple[int, ...]:
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (0xEDB88320 if value & 1 else 0)
        table.append(value)
    return tuple(table)


_TABLE = _crc_table()
_ARRAY = np.array(_TABLE, np.uint32)
Keys = tuple[int, int, int]


class ZipCipher:
    """The cipher as a password leaves it; `run` decrypts what comes next."""

    __slots__ = ("_keys",)

    def __init__(self, password: bytes) -> None:
        first, second, third = _START
        for byte in password:
            first = first >> 8 ^ _TABLE[(first ^ byte) & 0xFF]
            second = ((second + (first & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
            third = third >> 8 ^ _TABLE[(third ^ second >> 24) & 0xFF]
        self._keys: Keys = (first, second, third)

    def run(self, data: bytes) -> bytes:
        """Decrypt the next bytes."""
        if len(data) > HEADER and is_compiled():
            source, out = np.frombuffer(data, np.uint8), np.empty(len(data), np.uint8)
            keys = np.array(self._keys, np.uint32)
            _compiled()(source, out, keys, _ARRAY)
            self._keys = (int(keys[0]), int(keys[1]), int(keys[2]))
            return out.tobytes()
        clear, self._keys = _plain(data, self._keys)
        return clear


def decrypted(pieces: Iterator[bytes], cipher: ZipCipher) -> Iterator[bytes]:
    """The pieces in clear."""
    for piece in pieces:
        yield cipher.run(piece)


def _plain(data: bytes, keys: Keys) -> tuple[bytes, Keys]:
    first, second, third = keys
    table, out = _TABLE, bytearray(len(data))
    for at, byte in enumerate(data):
        word = third & 0xFFFF | 2
        byte ^= word * (word ^ 1) >> 8 & 0xFF
        out[at] = byte
        first = first >> 8 ^ table[(first ^ byte) & 0xFF]
        second = ((second + (first & 0xFF)) * 134775813 + 1) & 0xFFFFFFFF
        third = third >> 8 ^ table[(third ^ second >> 24) & 0xFF]
    return bytes(out), (first, second, third)


def _over_arrays(source, out, keys, table):  # type: ignore[no-untyped-def]  # why: numba compiles it as it is
    """The same; `keys` is changed in place. Everything stays in 32 bits."""
    first, second, third = keys[0], keys[1], keys[2]
    for at in range(source.size):
        word = np.uint32((third & np.uint32(0xFFFF)) | np.uint32(2))
        byte = np.uint32(source[at]) ^ np.uint32(
            np.uint32(word * np.uint32(word ^ np.uint32(1))) >> np.uint32(8)
        )
        byte = np.uint32(byte & np.uint32(0xFF))
        out[at] = byte
        first = np.uint32((first >> np.uint32(8)) ^ table[(first ^ byte) & np.uint32(0xFF)])
        second = np.uint32(
            np.uint32(second + (first & np.uint32(0xFF))) * np.uint32(134775813) + np.uint32(1)
        )
        third = np.uint32(
            (third >> np.uint32(8)) ^ table[(third ^ (second >> np.uint32(24))) & np.uint32(0xFF)]
        )
    keys[0], keys[1], keys[2] = first, second, third


@cache
def _compiled() -> Callable[..., Any]:
    """Made when it is first needed: most scans meet no such archive, and numba takes a second to load."""
    return compiled(_over_arrays)


def prepare() -> None:
    """Compile now, so that nobody waits for it later. Without numba there is nothing to do."""
    ZipCipher(b"").run(bytes(HEADER + 1))
