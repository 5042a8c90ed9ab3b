"""Writes BitLocker volumes for tests, from the published layout: pybde, dislocker and cryptsetup read them, too.

Encrypts with OpenSSL sector by sector, which is not how the reader decrypts.
"""

from __future__ import annotations

import hashlib
import struct
import uuid
import zlib
from functools import cache

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.aead import AESCCM
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB, XTS

SECTOR = 512
HEADER = 8192
METADATA = 1 << 16
KEY_SIZES = {0x8000: 64, 0x8001: 64, 0x8002: 16, 0x8003: 32, 0x8004: 32, 0x8005: 64}
RECOVERY = "-".join(f"{number * 11:06d}" for number in (1, 22, 333, 4444, 5555, 6666, 7777, 60000))
_FIXED = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")


def written(
    plain: bytes,
    *,
    method: int = 0x8004,
    password: str | None = "lantern",
    recovery: str | None = None,
    clear: bool = False,
    to_go: bool = False,
    encrypted: int | None = None,
) -> bytes:
    """Encrypt a volume of at least 4 MiB, whose last two MiB are free; `encrypted` bytes of it are (None: all)."""
    size = len(plain)
    header_at = size - (2 << 20)
    copies = [header_at + HEADER, header_at + (1 << 19), header_at + (1 << 20)]
    rng = np.random.default_rng(method)
    volume_key, master_key = rng.bytes(KEY_SIZES[method]), rng.bytes(32)
    until = size if encrypted is None else encrypted
    protectors = b""
    if password is not None:
        digest = hashlib.sha256(hashlib.sha256(password.encode("utf-16-le")).digest()).digest()
        protectors += _protector(0x2000, digest, master_key, rng)
    if recovery is not None:
        groups = b"".join((int(group) // 11).to_bytes(2, "little") for group in recovery.split("-"))
        protectors += _protector(0x0800, hashlib.sha256(groups).digest(), master_key, rng)
    if clear:
        key = rng.bytes(32)
        inner = _entry(0, 1, struct.pack("<I", 0x2003) + key) + _sealed(0, key, _key(master_key), rng)
        protectors += _entry(2, 8, _identifier(rng) + bytes(10) + struct.pack("<H", 0) + inner)
    entries = _entry(7, 2, "DESK TestVolume\0".encode("utf-16-le")) + protectors
    entries += _sealed(3, master_key, _key(volume_key, method), rng)
    entries += _entry(15, 15, struct.pack("<QQ", header_at, HEADER))
    metadata = _metadata(entries, method, until, copies, header_at, rng)

    out = bytearray(plain)
    out[header_at : header_at + HEADER] = plain[:HEADER]
    for number in range(HEADER // SECTOR, until // SECTOR):
        out[number * SECTOR : (number + 1) * SECTOR] = _sector(
            bytes(out[number * SECTOR : (number + 1) * SECTOR]), number, method, volume_key
        )
    out[:HEADER] = bytes(HEADER)
    out[:SECTOR] = _boot_sector(copies, to_go)
    for copy in copies:
        out[copy : copy + METADATA] = metadata
    return bytes(out)


def _boot_sector(copies: list[int], to_go: bool) -> bytes:
    out = bytearray(SECTOR)
    out[:11] = b"\xeb\x58\x90" + (b"MSWIN4.1" if to_go else b"-FVE-FS-")
    struct.pack_into("<HB", out, 11, SECTOR, 8)
    at = 424 if to_go else 160
    out[at : at + 40] = _FIXED + struct.pack("<3Q", *copies)
    out[510:] = b"\x55\xaa"
    return bytes(out)


def _metadata(
    entries: bytes, method: int, encrypted: int, copies: list[int], header_at: int, rng: np.random.Generator
) -> bytes:
    body = struct.pack("<4I", 48 + len(entries), 1, 48, 48 + len(entries)) + _identifier(rng)
    body += struct.pack("<IHHQ", 8, method, method, 133_000_000_000_000_000) + entries
    body += bytes(-len(body) % 16)
    size = 64 + len(body)
    head = b"-FVE-FS-" + struct.pack("<4H", size // 16, 2, 4, 4)
    head += struct.pack("<QII3QQ", encrypted, 0, HEADER // SECTOR, *copies, header_at)
    block = head + body
    block += struct.pack("<HHI", METADATA - size & 0xFFFF, 2, zlib.crc32(block))
    return block.ljust(METADATA, b"\0")


def _entry(kind: int, value_kind: int, value: bytes) -> bytes:
    return struct.pack("<4H", 8 + len(value), kind, value_kind, 1) + value


def _key(key: bytes, method: int = 0x2003) -> bytes:
    return struct.pack("<3I", 12 + len(key), 1, method) + key


def _sealed(kind: int, key: bytes, value: bytes, rng: np.random.Generator) -> bytes:
    nonce = rng.bytes(12)
    sealed = AESCCM(key, 16).encrypt(nonce, value, None)
    return _entry(kind, 5, nonce + sealed[-16:] + sealed[:-16])


def _protector(kind: int, digest: bytes, master_key: bytes, rng: np.random.Generator) -> bytes:
    salt = hashlib.md5(digest, usedforsecurity=False).digest()
    inner = _entry(0, 3, struct.pack("<I", 0x1001) + salt)
    inner += _sealed(0, _stretched(digest, salt), _key(master_key), rng)
    return _entry(2, 8, _identifier(rng) + bytes(10) + struct.pack("<H", kind) + inner)


@cache
def _stretched(digest: bytes, salt: bytes) -> bytes:
    last = bytes(32)
    for count in range(0x100000):
        last = hashlib.sha256(last + digest + salt + count.to_bytes(8, "little")).digest()
    return last


def _identifier(rng: np.random.Generator) -> bytes:
    return uuid.UUID(bytes=rng.bytes(16), version=4).bytes_le


def _sector(data: bytes, number: int, method: int, key: bytes) -> bytes:
    if method in (0x8004, 0x8005):
        return Cipher(AES(key), XTS(number.to_bytes(16, "little"))).encryptor().update(data)
    size = 16 if method in (0x8000, 0x8002) else 32
    place = (number * SECTOR).to_bytes(16, "little")
    if method in (0x8000, 0x8001):
        data = _diffused(data, key[32 : 32 + size], place)
    vector = Cipher(AES(key[:size]), ECB()).encryptor().update(place)
    return Cipher(AES(key[:size]), CBC(vector)).encryptor().update(data)


def _diffused(data: bytes, key: bytes, place: bytes) -> bytes:
    """The Elephant diffuser, one sector, in plain numbers."""
    other = place[:15] + b"\x80"
    sector_key = b"".join(Cipher(AES(key), ECB()).encryptor().update(block) for block in (place, other))
    mixed = bytes(a ^ b for a, b in zip(data, sector_key * (len(data) // 32), strict=True))
    words = list(struct.unpack(f"<{len(data) // 4}I", mixed))
    size = len(words)

    def rolled(word: int, by: int) -> int:
        return (word << by | word >> 32 - by) & 0xFFFFFFFF

    for _ in range(5):
        for at in reversed(range(size)):
            words[at] = (
                words[at] - (words[at - 2] ^ rolled(words[at - 5], (9, 0, 13, 0)[at % 4]))
            ) & 0xFFFFFFFF
    for _ in range(3):
        for at in reversed(range(size)):
            first, second = words[(at + 2) % size], words[(at + 5) % size]
            words[at] = (words[at] - (first ^ rolled(second, (0, 10, 0, 25)[at % 4]))) & 0xFFFFFFFF
    return struct.pack(f"<{size}I", *words)
