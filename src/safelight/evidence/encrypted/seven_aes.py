"""AES-256 of 7z archives: the key from a password, and its stream of pieces in clear.

After `7zAes.cpp` of 7-Zip and 7zFormat.txt. Nothing in the archive says whether a password is right: what comes out
has to match the checksum of the header, or of the first member.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from safelight.errors import EvidenceError

_MOST_POWER = 24
"""What 7-Zip takes, too: 2^24 rounds."""
_NO_ROUNDS = 0x3F
_AT_ONCE = 1 << 16


@dataclass(frozen=True, slots=True)
class Settings:
    """What the archive states of its encryption: 2^power rounds over salt and password."""

    power: int
    salt: bytes
    vector: bytes


def settings(properties: bytes) -> Settings:
    """Read the properties of the coder. Raises EvidenceError."""
    first, second = properties[:1], properties[1:2]
    power = first[0] & 0x3F if first else _NO_ROUNDS
    salt_size = vector_size = 0
    if first and first[0] & 0xC0 and second:
        salt_size = (first[0] >> 7 & 1) + (second[0] >> 4)
        vector_size = (first[0] >> 6 & 1) + (second[0] & 15)
    salt, vector = properties[2 : 2 + salt_size], properties[2 + salt_size : 2 + salt_size + vector_size]
    if not first or len(salt) < salt_size or len(vector) < vector_size or (_MOST_POWER < power != _NO_ROUNDS):
        raise EvidenceError("its encryption is described in a way that is not known here")
    return Settings(power, salt, vector.ljust(16, b"\0"))


class KeyMaker:
    """Keys of one password; archives mostly need only one."""

    def __init__(self, password: str) -> None:
        self._password = password.encode("utf-16-le", "surrogatepass")
        self._made: dict[tuple[int, bytes], bytes] = {}

    def __call__(self, power: int, salt: bytes) -> bytes:
        """The key of 32 bytes."""
        if (power, salt) not in self._made:
            if len(self._made) > 16:
                self._made.clear()
            self._made[power, salt] = _derived(self._password, power, salt)
        return self._made[power, salt]


def _derived(password: bytes, power: int, salt: bytes) -> bytes:
    """SHA-256 over (salt, password, counter) for every counter, without a loop in Python for each."""
    if power == _NO_ROUNDS:
        return (salt + password)[:32].ljust(32, b"\0")
    digest, fixed, rounds = hashlib.sha256(), salt + password, 1 << power
    step = min(rounds, _AT_ONCE)
    rows = np.empty((step, len(fixed) + 8), np.uint8)
    rows[:, : len(fixed)] = np.frombuffer(fixed, np.uint8)
    for start in range(0, rounds, step):
        counters = np.arange(start, start + step, dtype="<u8")
        rows[:, len(fixed) :] = counters.view(np.uint8).reshape(step, 8)
        digest.update(rows.data)
    return digest.digest()


def decrypted(pieces: Iterator[bytes], stated: Settings, key: bytes) -> Iterator[bytes]:
    """The pieces in clear; what is left of an incomplete last block is dropped."""
    context = Cipher(AES(key), CBC(stated.vector)).decryptor()
    for piece in pieces:
        if clear := context.update(piece):
            yield clear


MakeKey = Callable[[int, bytes], bytes]
"""From the power of the rounds and the salt to the key."""
