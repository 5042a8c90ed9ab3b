"""Members of ZIP archives that a password protects: the traditional cipher, and AES as WinZip and 7-Zip write it.

A candidate counts only when it is shown to be right: by the member's checksum, or by its authentication code. The
one or two bytes that a password is quickly checked by let one wrong candidate in 256 (in 65,536) pass.
AES after "AES Encryption Information: Encryption Specification AE-1 and AE-2" (WinZip).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from safelight.errors import EvidenceError
from safelight.evidence.decompress import OUT, Feed
from safelight.evidence.encrypted.aes import encrypt_blocks, plain64
from safelight.evidence.encrypted.trial import Candidates
from safelight.evidence.encrypted.zipcrypto import HEADER, ZipCipher, decrypted
from safelight.evidence.guards import Meter
from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.unlock import LockedError

_ROUNDS = 1_000
_CODE = 10
"""Bytes of the authentication code behind the data."""


@dataclass(frozen=True, slots=True)
class Locked:
    """An encrypted member: where its bytes lie, and what shows that a password is right."""

    start: int
    end: int
    crc: int
    size: int | None
    clock: int | None
    """The DOS time of the header, where the quick check is by that (the checksum was not known yet)."""
    strength: int | None = None
    """AES with 128, 192 or 256 bits as 1, 2 or 3; None: the traditional cipher."""

    @property
    def method(self) -> str:
        """Its name for people."""
        return "ZipCrypto" if self.strength is None else f"AES-{64 + 64 * self.strength}"


Pieces = Callable[[], Iterator[bytes]]
"""Begin to decrypt what a candidate opens, from the member's start."""
Unpack = Callable[[Iterator[bytes]], Iterator[bytes]]
"""From what is decrypted to the content."""


class ZipLocks:
    """The candidates for one archive."""

    def __init__(self, limits: Limits, meter: Meter) -> None:
        self._candidates = Candidates(limits, meter)

    def __bool__(self) -> bool:
        return bool(self._candidates)

    def refusal(self, method: str) -> str:
        """What is said of a member that nothing opens."""
        keys = self._candidates.keys
        return str(LockedError(f"encrypted ({method})", keys, tried=len(keys.passwords)))

    def open(self, source: Source, member: Locked, unpack: Unpack, node: Node) -> Pieces:
        """What begins to decrypt a member; `node` is told which candidate opened it. Raises EvidenceError."""

        def attempt(password: str) -> Pieces | None:
            for spelt in spellings(password):
                pieces = _pieces(source, member, spelt)
                if pieces is not None and self._is_right(member, unpack(pieces())):
                    return pieces
            return None

        found = self._candidates.first(attempt)
        if found is None:
            raise EvidenceError(self.refusal(member.method))
        pieces, node.note = found
        return pieces

    def _is_right(self, member: Locked, content: Iterator[bytes]) -> bool:
        if member.strength is not None:
            return True  # its authentication code was looked at
        return self._candidates.is_right(content, member.size, member.crc, member.end - member.start)


def spellings(password: str) -> list[bytes]:
    """The bytes that programs make of a password: UTF-8, and the old code page of DOS or Windows where that differs."""
    spelt = [password.encode("utf-8", "surrogatepass")]
    if not password.isascii():
        for page in ("cp1252", "cp850", "cp437"):
            try:
                spelt.append(password.encode(page))
            except UnicodeEncodeError:
                continue
    return list(dict.fromkeys(spelt))


def _pieces(source: Source, member: Locked, password: bytes) -> Pieces | None:
    """None where the quick check says no."""
    if member.strength is None:
        return _traditional(source, member, password)
    return _aes(source, member, member.strength, password)


def _traditional(source: Source, member: Locked, password: bytes) -> Pieces | None:
    def begin() -> tuple[ZipCipher, bytes]:
        cipher = ZipCipher(password)
        return cipher, cipher.run(source.read_at(member.start, HEADER))

    _, header = begin()
    checks = {member.crc >> 24}
    if member.clock is not None:
        checks.add(member.clock >> 8)
    if len(header) < HEADER or header[-1] not in checks:
        return None

    def pieces() -> Iterator[bytes]:
        cipher, _ = begin()
        return decrypted(_read(source, member.start + HEADER, member.end), cipher)

    return pieces


def _aes(source: Source, member: Locked, strength: int, password: bytes) -> Pieces | None:
    size = 8 + 8 * strength
    salt_size = size // 2
    head = source.read_at(member.start, salt_size + 2)
    keys = hashlib.pbkdf2_hmac("sha1", password, head[:salt_size], _ROUNDS, 2 * size + 2)
    start, end = member.start + salt_size + 2, member.end - _CODE
    if len(head) < salt_size + 2 or keys[-2:] != head[-2:] or end < start:
        return None
    code = hmac.new(keys[size : 2 * size], digestmod="sha1")
    for piece in _read(source, start, end):
        code.update(piece)
    if not hmac.compare_digest(code.digest()[:_CODE], source.read_at(end, _CODE)):
        return None
    return lambda: _counted(_read(source, start, end), keys[:size])


def _counted(pieces: Iterator[bytes], key: bytes) -> Iterator[bytes]:
    """AES in counter mode, the counter little-endian from 1 on (which OpenSSL's own is not)."""
    number = 1
    for piece in pieces:
        blocks = -(-len(piece) // 16)
        stream = encrypt_blocks(key, plain64(np.arange(number, number + blocks, dtype=np.uint64)))
        number += blocks
        clear = np.frombuffer(piece, np.uint8) ^ np.frombuffer(stream, np.uint8)[: len(piece)]
        yield clear.tobytes()


def _read(source: Source, start: int, end: int) -> Iterator[bytes]:
    """Pieces of which all but the last are whole blocks of the cipher."""
    feed = Feed(source, start, end)
    while data := feed.take(OUT):
        yield data
