"""Headers of VeraCrypt and TrueCrypt volumes: what a password and key files make of 512 bytes that look like noise.

After "VeraCrypt Volume Format Specification" and "Keyfiles" (documentation of VeraCrypt), and TrueCrypt's own of 2012.
AES alone, in XTS: cascades and the other ciphers are not to be had here, nor are Whirlpool and Streebog.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from safelight.evidence.encrypted import aes
from safelight.evidence.protocol import Source

HEADER, HIDDEN = 512, 1 << 16
"""Bytes of a header; where that of a hidden volume lies."""
SMALLEST = 2 * HIDDEN + HEADER
_SALT = 64
_POOL, _LONG_POOL = 64, 128
"""Bytes that key files are mixed into: the longer one for passwords of VeraCrypt beyond 64 bytes."""
_OF_KEY_FILE = 1 << 20
_TRUE: tuple[tuple[str, int], ...] = (("sha512", 1_000), ("ripemd160", 2_000))
_VERA: tuple[str, ...] = ("sha512", "sha256", "blake2s256")
"""Digests; those of TrueCrypt with their rounds. RIPEMD-160 as old versions of VeraCrypt offered it would take as long
as all others."""
_ROUNDS, _ROUNDS_OF_PIM, _OF_PIM = 500_000, 15_000, 1_000
"""Rounds of VeraCrypt without a PIM; with one so many, and for each of it so many more."""
_FIELDS = struct.Struct(">4sHHI16xQQQQII")


@dataclass(frozen=True, slots=True)
class Volume:
    """What a header says: where the data lie, in bytes, and their key (AES-XTS)."""

    program: str
    begin: int
    size: int
    key: bytes
    hidden: bool
    made_by: str
    """The digest that its key is derived with."""
    pim: int = 0
    """Which of the PIMs given, counted from 1; 0: without one."""


def _modes(pims: tuple[int, ...]) -> Iterator[tuple[str, int, bytes, int]]:
    """Digest, rounds, mark, and which PIM: cheap ones first."""
    yield from ((digest, rounds, b"TRUE", 0) for digest, rounds in _TRUE)
    for number, pim in enumerate(pims, 1):
        yield from ((digest, _ROUNDS_OF_PIM + _OF_PIM * pim, b"VERA", number) for digest in _VERA)
    yield from ((digest, _ROUNDS, b"VERA", 0) for digest in _VERA)


def open_header(
    source: Source, password: bytes, files: tuple[bytes, ...] = (), pims: tuple[int, ...] = ()
) -> Volume | None:
    """The volume that these open, the outer or a hidden one, or None. Takes some seconds.

    `pims` are VeraCrypt's numbers beside the password, each tried, and then none.
    """
    if len(password) > _LONG_POOL or not (password or files):
        return None
    secret = mixed(password, files) if files else password
    heads = [source.read_at(at, HEADER) for at in (0, HIDDEN)]
    for digest, rounds, magic, pim in _modes(pims):
        for number, head in enumerate(heads):
            if len(head) < HEADER or (magic == b"TRUE" and len(password) > _POOL):
                continue
            try:
                key = hashlib.pbkdf2_hmac(digest, secret, head[:_SALT], rounds, 64)
            except ValueError:  # this OpenSSL has no such digest
                continue
            clear = aes.xts(key, HEADER - _SALT)(head[_SALT:], 0)
            volume = _volume(clear, magic, source.size, number == 1, digest)
            if volume is not None:
                return replace(volume, pim=pim)
    return None


def _volume(clear: bytes, magic: bytes, size: int, hidden: bool, digest: str) -> Volume | None:
    """The header in clear, or None where it is none: its mark and both checksums must agree."""
    mark, _, _, of_keys, _, _, begin, length, _, _ = _FIELDS.unpack_from(clear)
    if mark != magic or zlib.crc32(clear[192:448]) != of_keys:
        return None
    if zlib.crc32(clear[:188]).to_bytes(4, "big") != clear[188:192]:
        return None
    program = "VeraCrypt" if magic == b"VERA" else "TrueCrypt"
    length = min(length, max(0, size - begin)) // 512 * 512
    return Volume(program, begin, length, clear[192:256], hidden, digest)


def mixed(password: bytes, files: tuple[bytes, ...]) -> bytes:
    """A password with key files: the states of a CRC-32 over each are added up in a pool, the pool to the password."""
    size = _POOL if len(password) <= _POOL else _LONG_POOL
    pool = np.zeros(size, np.uint8)
    for data in files:
        states = np.frombuffer(b"".join(_states(data[:_OF_KEY_FILE])), np.uint8)
        padded = np.zeros(-(-len(states) // size) * size, np.uint8)
        padded[: len(states)] = states
        pool += padded.reshape(-1, size).sum(axis=0, dtype=np.uint8)
    pool[: len(password)] += np.frombuffer(password, np.uint8)
    return pool.tobytes()


def _states(data: bytes) -> Iterator[bytes]:
    """The state of CRC-32 after each byte, which zlib gives inverted."""
    crc = 0
    for at in range(len(data)):
        crc = zlib.crc32(data[at : at + 1], crc)
        yield (crc ^ 0xFFFFFFFF).to_bytes(4, "big")
