"""The keybag of an iOS backup, and files encrypted under it: class keys from a password, file keys from class keys.

After the iOS Security Guide (keybags, Data Protection) and published readings of the backup format since iOS 4.
PBKDF2 (RFC 8018), AES key wrap (RFC 3394), AES-256-CBC without an initialisation vector for files.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

_MOST_ROUNDS = 20_000_000
"""Twice what iOS asks for: some seconds for each password."""
_BLOCK = 16
_WRAPPED = 40
_LONGEST = 1 << 16


@dataclass(frozen=True, slots=True)
class Keybag:
    """What the keybag states: how the password becomes a key, and the wrapped key of each class."""

    salt: bytes
    rounds: int
    double_salt: bytes
    double_rounds: int
    classes: dict[int, bytes]

    def opened(self, password: str) -> dict[int, bytes] | None:
        """The class keys, or None where the password does not fit. Takes up to some seconds."""
        secret = password.encode("utf-8", "surrogatepass")
        if self.double_salt:
            secret = hashlib.pbkdf2_hmac("sha256", secret, self.double_salt, self.double_rounds, 32)
        key = hashlib.pbkdf2_hmac("sha1", secret, self.salt, self.rounds, 32)
        keys: dict[int, bytes] = {}
        for number, wrapped in self.classes.items():
            try:
                keys[number] = aes_key_unwrap(key, wrapped)
            except (InvalidUnwrap, ValueError):
                continue  # a wrong password, or one class that is damaged: each checks itself
        return keys or None


def parse(data: bytes) -> Keybag:
    """Read a keybag: tags of four letters, lengths, values. Raises EvidenceError."""
    head: dict[bytes, bytes] = {}
    classes: dict[int, dict[bytes, bytes]] = {}
    current: dict[bytes, bytes] = head
    at = 0
    data = data[:_LONGEST]
    while at + 8 <= len(data):
        tag, length = data[at : at + 4], int.from_bytes(data[at + 4 : at + 8], "big")
        value = data[at + 8 : at + 8 + length]
        if len(value) < length:
            raise EvidenceError("the keybag of the backup breaks off")
        if tag == b"UUID" and b"UUID" in head:
            current = {}
        if tag == b"CLAS":
            classes[int.from_bytes(value, "big")] = current
        current.setdefault(tag, value)
        at += 8 + length
    wrapped = {
        number: keys[b"WPKY"]
        for number, keys in classes.items()
        if len(keys.get(b"WPKY", b"")) == _WRAPPED and int.from_bytes(keys.get(b"WRAP", b""), "big") & 2
    }
    rounds = int.from_bytes(head.get(b"ITER", b""), "big")
    double = int.from_bytes(head.get(b"DPIC", b""), "big") if b"DPSL" in head else 0
    if not wrapped or b"SALT" not in head or not 0 < rounds <= _MOST_ROUNDS or double > _MOST_ROUNDS:
        raise EvidenceError("the keybag of the backup holds no keys that a password could open")
    return Keybag(head[b"SALT"], rounds, head.get(b"DPSL", b"") if double else b"", double, wrapped)


def file_key(wrapped: bytes, classes: dict[int, bytes]) -> bytes:
    """The key of a file: four bytes of its class, then the wrapped key. Raises EvidenceError."""
    number = int.from_bytes(wrapped[:4], "little")
    key = classes.get(number)
    if key is None:
        raise EvidenceError(f"encrypted under class {number} of the keybag, whose key is not in the backup")
    try:
        return aes_key_unwrap(key, wrapped[4 : 4 + _WRAPPED])
    except (InvalidUnwrap, ValueError) as error:
        raise EvidenceError("its key does not fit the keybag: it is damaged") from error


class CbcSource:
    """AES-CBC as it is read: any place costs the block before it and no more."""

    def __init__(
        self, source: Source, key: bytes, size: int | None = None, name: str = "", iv: bytes = bytes(_BLOCK)
    ):
        self._source = source
        self._key = key
        self._iv = iv
        self.name = name
        whole = source.size - source.size % _BLOCK
        self.damage: str | None = None
        if size is not None and size > whole:
            self.damage = f"has {whole:,} bytes where {size:,} are stated"
        self.size = whole if size is None else min(size, whole)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        first = offset - offset % _BLOCK
        end = -(-(offset + length) // _BLOCK) * _BLOCK
        before = max(0, first - _BLOCK)
        data = self._source.read_at(before, end - before)
        data = data[: len(data) - len(data) % _BLOCK]
        iv = self._iv
        if first:
            iv, data = data[:_BLOCK], data[_BLOCK:]
        if not data:
            return b""
        plain = Cipher(AES(self._key), CBC(iv)).decryptor().update(data)
        return plain[offset - first : offset - first + length]

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it under a name of its own."""
        return None

    def close(self) -> None:
        """Close the file."""
        self._source.close()
