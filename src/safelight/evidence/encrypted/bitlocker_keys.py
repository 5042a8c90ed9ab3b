"""From a password or recovery password to the keys of a BitLocker volume, and from those to its sectors."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import numpy.typing as npt
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESCCM

from safelight.evidence.encrypted import aes
from safelight.evidence.encrypted.aes import Decrypt
from safelight.evidence.encrypted.bitlocker_header import (
    CLEAR,
    PASSWORD,
    RECOVERY,
    STARTUP,
    Protector,
    Volume,
)

_ROUNDS = 0x100000
_GROUPS = re.compile(r"\D*".join([r"(\d{6})"] * 8))
_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")
_KEY_SIZES = {0x8000: 64, 0x8001: 64, 0x8002: 16, 0x8003: 32, 0x8004: 32, 0x8005: 64}
_HALF = 32
"""Where the second key begins, of the methods with a diffuser."""


def with_clear_key(volume: Volume) -> bytes | None:
    """The volume's key, where protection is suspended and a key to it lies beside it in clear."""
    for protector in _of_kind(volume, CLEAR):
        if protector.clear and (key := _volume_key(volume, protector, protector.clear)) is not None:
            return key
    return None


def with_password(volume: Volume, password: str) -> bytes | None:
    """The volume's key by a password, or None."""
    digest = hashlib.sha256(hashlib.sha256(password.encode("utf-16-le", "surrogatepass")).digest()).digest()
    return _stretched(volume, PASSWORD, digest)


def with_recovery(volume: Volume, text: str) -> bytes | None:
    """The volume's key by a recovery password (eight groups of six digits), or the 64 hexadecimal digits of the key
    in a key file; None where it is neither, or does not fit."""
    if _HEX_KEY.fullmatch(text):
        return with_key(volume, bytes.fromhex(text))
    if (halves := recovery_words(text)) is None:
        return None
    return _stretched(volume, RECOVERY, hashlib.sha256(halves).digest())


def with_key(volume: Volume, key: bytes) -> bytes | None:
    """The volume's key by that of a key file (`external_key`), or None."""
    found = (_volume_key(volume, protector, key) for protector in _of_kind(volume, STARTUP))
    return next((one for one in found if one is not None), None)


def recovery_words(text: str) -> bytes | None:
    """The 16 bytes that a recovery password stands for, or None where it is none: each group is a multiple of 11."""
    match = _GROUPS.fullmatch(text.strip())
    if match is None:
        return None
    groups = [int(group) for group in match.groups()]
    if any(group % 11 or group // 11 > 0xFFFF for group in groups):
        return None
    return b"".join((group // 11).to_bytes(2, "little") for group in groups)


def _of_kind(volume: Volume, kind: int) -> list[Protector]:
    return [protector for protector in volume.protectors if protector.kind == kind]


def _stretched(volume: Volume, kind: int, digest: bytes) -> bytes | None:
    for protector in _of_kind(volume, kind):
        if protector.salt:
            key = _volume_key(volume, protector, _stretch(digest, protector.salt))
            if key is not None:
                return key
    return None


def _stretch(digest: bytes, salt: bytes) -> bytes:
    """2^20 rounds of SHA-256 over the last digest, the first, the salt and a counter: about a second."""
    sha256, last, fixed = hashlib.sha256, bytes(32), digest + salt
    for count in range(_ROUNDS):
        last = sha256(last + fixed + count.to_bytes(8, "little")).digest()
    return last


def _volume_key(volume: Volume, protector: Protector, key: bytes) -> bytes | None:
    """Through the master key. Both are authenticated: a wrong key never fits."""
    for sealed in protector.sealed:
        master = _unsealed(key, sealed)
        if master is not None and len(master) >= 44:
            whole = _unsealed(master[12:44], volume.volume_key)
            size = _KEY_SIZES.get(volume.method, 0)
            if whole is not None and size and len(whole) >= 12 + size:
                return whole[12 : 12 + size]
    return None


def _unsealed(key: bytes, sealed: bytes) -> bytes | None:
    if len(sealed) < 12 + 16:
        return None
    nonce, tag, data = sealed[:12], sealed[12:28], sealed[28:]
    try:
        return AESCCM(key, 16).decrypt(nonce, data + tag, None)
    except (InvalidTag, ValueError):
        return None


def decryptor(volume: Volume, key: bytes) -> Decrypt:
    """Decrypt sectors of the volume; their number is where they lie, in sectors."""
    sector = volume.sector
    if volume.method in (0x8004, 0x8005):
        return aes.xts(key, sector)
    size = 16 if volume.method in (0x8000, 0x8002) else 32
    data_key = key[:size]

    def vectors(numbers: npt.NDArray[np.uint64]) -> bytes:
        return aes.encrypt_blocks(data_key, aes.plain64(numbers * np.uint64(sector)))

    chained = aes.cbc(data_key, sector, vectors)
    if volume.method in (0x8002, 0x8003):
        return chained
    tweak_key = key[_HALF : _HALF + size]
    return lambda data, first: _undiffused(chained(data, first), tweak_key, sector, first)


def _undiffused(data: bytes, key: bytes, sector: int, first: int) -> bytes:
    """Undo the Elephant diffuser (Ferguson, "AES-CBC + Elephant diffuser", 2006), all sectors at once."""
    count = len(data) // sector
    words = np.frombuffer(data, "<u4").reshape(count, -1).T.copy()
    size = len(words)
    for _ in range(3):
        for at in range(size):
            words[at] += words[(at + 2) % size] ^ _rolled(words[(at + 5) % size], (0, 10, 0, 25)[at % 4])
    for _ in range(5):
        for at in range(size):
            words[at] += words[at - 2] ^ _rolled(words[at - 5], (9, 0, 13, 0)[at % 4])
    places = (np.uint64(first) + np.arange(count, dtype=np.uint64)) * np.uint64(sector)
    blocks = np.zeros((count, 2, 2), "<u8")
    blocks[:, :, 0] = places[:, None]
    blocks[:, 1, 1] = np.uint64(0x80) << np.uint64(56)
    tweaks = np.frombuffer(aes.encrypt_blocks(key, blocks.tobytes()), "<u4").reshape(count, 8)
    out: bytes = (words.T ^ np.tile(tweaks, size // 8)).tobytes()
    return out


def _rolled(words: npt.NDArray[np.uint32], by: int) -> npt.NDArray[np.uint32]:
    return words << np.uint32(by) | words >> np.uint32(32 - by) if by else words
