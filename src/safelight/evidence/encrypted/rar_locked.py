"""Encrypted members of RAR archives: the password tried, the packed bytes in clear, for libarchive to unpack.

RAR 5 states a value that shows a right password; of RAR 2.9 to 4 only what comes out shows it, by its CRC-32.
After "RAR 5.0 archive format" (rarlab.com/technote.htm) and, for RAR 3, descriptions that other readers publish.
"""

from __future__ import annotations

import hashlib
import hmac
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

MOST_ROUNDS = 24
"""Of RAR 5, as a power of two: what its own programs accept."""
_OLD_ROUNDS = 1 << 18
_OLD_STEP = _OLD_ROUNDS // 16
_OLD_LONGEST = 28
"""Characters of a password of RAR 3: beyond, its program derives the key in a way of its own."""
_PIECE = 1 << 20
_MOST_BLOCKS, _SMALL_BLOCK = 1_000, 4_096
"""Packed data come in blocks of some hundred KiB; more of them than their size allows are not followed."""


@dataclass(frozen=True, slots=True)
class Seal:
    """How one member, or the names, of an archive are encrypted. `rounds` is a power of two, 0 in RAR 3."""

    salt: bytes
    rounds: int = 0
    vector: bytes = b""
    check: bytes = b""
    """By what a right password shows in RAR 5: eight bytes; empty where none is stated."""
    tweaked: bool = False
    """Is the checksum of the content keyed, too?"""


@dataclass(frozen=True, slots=True)
class Key:
    """What a password gives: key and first vector of AES-CBC, and the key of checksums (RAR 5)."""

    key: bytes
    vector: bytes
    checksum: bytes = b""

    def crc(self, crc: int) -> int:
        """The CRC-32 of some content as the archive states it."""
        digest = hmac.digest(self.checksum, crc.to_bytes(4, "little"), "sha256")
        value = 0
        for at in range(0, 32, 4):
            value ^= int.from_bytes(digest[at : at + 4], "little")
        return value


class Keys:
    """The keys that passwords give, each derived once for a salt."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bytes, int], tuple[bytes, bytes, bytes]] = {}

    def key(self, seal: Seal, password: str) -> Key | None:
        """The key of a seal, or None where its check value says that the password is another. Raises EvidenceError."""
        known = self._known.get((password, seal.salt, seal.rounds))
        if known is None:
            known = _new_key(seal, password) if seal.rounds else _old_key(seal, password)
            if len(self._known) > 10_000:
                self._known.clear()
            self._known[password, seal.salt, seal.rounds] = known
        key, second, check = known
        if not key or (seal.check and not hmac.compare_digest(check, seal.check)):
            return None
        return Key(key, seal.vector, second) if seal.rounds else Key(key, second)


def _new_key(seal: Seal, password: str) -> tuple[bytes, bytes, bytes]:
    """Key, key of checksums, check value. One derivation, looked at again after 16 and 32 rounds more."""
    if seal.rounds > MOST_ROUNDS:
        raise EvidenceError(f"it asks for 2^{seal.rounds} rounds of key derivation, which is not done")
    rounds, secret = 1 << seal.rounds, password.encode("utf-8", "surrogatepass")
    key, second, third = (
        hashlib.pbkdf2_hmac("sha256", secret, seal.salt, rounds + more) for more in (0, 16, 32)
    )
    check = bytes(third[at] ^ third[at + 8] ^ third[at + 16] ^ third[at + 24] for at in range(8))
    return key, second, check


def _old_key(seal: Seal, password: str) -> tuple[bytes, bytes, bytes]:
    """Key and vector: 2^18 rounds of SHA-1, of which some state gives a byte of the vector."""
    if len(password) > _OLD_LONGEST:
        return b"", b"", b""
    seed = password.encode("utf-16-le", "surrogatepass") + seal.salt
    digest, vector = hashlib.sha1(usedforsecurity=False), bytearray()
    for begin in range(0, _OLD_ROUNDS, _OLD_STEP):
        digest.update(seed + begin.to_bytes(3, "little"))
        vector.append(digest.digest()[19])
        rounds = range(begin + 1, begin + _OLD_STEP)
        digest.update(b"".join(seed + number.to_bytes(3, "little") for number in rounds))
    words = digest.digest()
    key = b"".join(words[at : at + 4][::-1] for at in range(0, 16, 4))
    return key, bytes(vector), b""


class ClearSource:
    """The bytes of one chain of AES-CBC in clear, at any place."""

    name = ""

    def __init__(self, source: Source, offset: int, length: int, key: Key) -> None:
        self._source, self._offset, self._key = source, offset, key
        self.size = length // 16 * 16

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        begin, end = offset // 16 * 16, -(-(offset + length) // 16) * 16
        vector = self._source.read_at(self._offset + begin - 16, 16) if begin else self._key.vector
        data = self._source.read_at(self._offset + begin, end - begin)
        data = data[: len(data) // 16 * 16]
        clear = Cipher(AES(self._key.key), CBC(vector)).decryptor().update(data)
        return clear[offset - begin : offset - begin + length]

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release: the archive is its owner's."""


def checked(pieces: Iterator[bytes], crc: int | None, key: Key | None) -> Iterator[bytes]:
    """Pass on a member's content; raises EvidenceError at its end where its checksum is another one."""
    found = 0
    for piece in pieces:
        found = zlib.crc32(piece, found)
        yield piece
    if crc is not None and (found if key is None else key.crc(found)) != crc:
        raise EvidenceError("its checksum (CRC-32) is wrong")


def packed_length(clear: Source) -> int:
    """Bytes of the packed data of RAR 5 without what fills the last block of the cipher: its own blocks say it."""
    at = 0
    for _ in range(_MOST_BLOCKS + clear.size // _SMALL_BLOCK):
        head = clear.read_at(at, 5)
        width = (head[0] >> 3 & 3) + 1 if head else 4
        if len(head) < 5 or width > 3:
            break
        size, check = int.from_bytes(head[2 : 2 + width], "little"), 0x5A
        for byte in (head[0], *head[1 : 2 + width]):
            check ^= byte
        if check:
            break
        at += 2 + width + size
        if head[0] & 0x40:
            return min(at, clear.size)
    return clear.size


def stored(source: Source, size: int) -> Iterator[bytes]:
    """The content of a member that is not packed; behind it lies what fills its last block."""
    size = min(size, source.size)
    for at in range(0, size, _PIECE):
        yield source.read_at(at, min(_PIECE, size - at))
