"""AES over many sectors at once: XTS (IEEE 1619), CBC and ECB, as disk encryption uses them.

OpenSSL does whole pieces in one call of ECB; what the modes add (tweaks, chaining) is done over arrays. That is
several times as fast as a call of OpenSSL for each sector.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC, ECB

BLOCK = 16
Words = npt.NDArray[np.uint64]
Decrypt = Callable[[bytes, int], bytes]
"""From whole encrypted sectors and the first one's number to the same in clear."""
Vectors = Callable[[npt.NDArray[np.uint64]], bytes]
"""From the numbers of sectors to their initialisation vectors, 16 bytes each."""
_REDUCE = (0, 1, 2, 7)
"""x^128 = x^7 + x^2 + x + 1: where bits that leave the top come in again."""
_FEW = 16
"""Columns that one multiplication makes at most; what falls off the top must fit 57 bits."""


def encrypt_blocks(key: bytes, data: bytes) -> bytes:
    """AES-ECB of whole blocks."""
    return _all(Cipher(AES(key), ECB()).encryptor(), data)  # nosec B305 -- why: the formats say so


def decrypt_blocks(key: bytes, data: bytes) -> bytes:
    """The inverse."""
    return _all(Cipher(AES(key), ECB()).decryptor(), data)  # nosec B305 -- why: the formats say so


def decrypt_chain(key: bytes, vector: bytes, data: bytes) -> bytes:
    """AES-CBC of one chain without padding."""
    return _all(Cipher(AES(key), CBC(vector)).decryptor(), data)


def _all(context: CipherContext, data: bytes) -> bytes:
    return context.update(data) + context.finalize()


def xts(key: bytes, sector: int, step: int = 1) -> Decrypt:
    """AES-XTS; the first half of `key` is for the data, the second for the tweaks, which are the sectors' numbers.

    The number grows by `step` from one sector to the next.
    """
    half = len(key) // 2
    data_key, tweak_key = key[:half], key[half:]

    def decrypt(data: bytes, first: int) -> bytes:
        tweaks = _tweaks(tweak_key, _numbers(first, len(data) // sector, step), sector // BLOCK)
        masked = np.frombuffer(data, np.uint64) ^ tweaks
        room = np.empty(len(data) + BLOCK - 1, np.uint8)  # OpenSSL wants room for one block more
        Cipher(AES(data_key), ECB()).decryptor().update_into(masked.view(np.uint8).data, room.data)  # nosec B305 -- why: the formats say so
        clear = room[: len(data)].view(np.uint64)
        clear ^= tweaks
        out: bytes = clear.tobytes()
        return out

    return decrypt


def _numbers(first: int, count: int, step: int) -> Words:
    return np.uint64(first) + np.arange(count, dtype=np.uint64) * np.uint64(step)


def _tweaks(key: bytes, numbers: Words, blocks: int) -> Words:
    """The tweak of every block of every sector, flat: that of a sector's first, times x for each further one."""
    tweaks = np.empty((len(numbers), blocks, 2), np.uint64)
    tweaks[:, 0] = np.frombuffer(encrypt_blocks(key, plain64(numbers)), "<u8").reshape(-1, 2)
    low, high = tweaks[:, :, 0], tweaks[:, :, 1]
    have = 1
    while have < blocks:
        step = min(have, _FEW, blocks - have)
        shift = min(have, _FEW)
        old, new = slice(have - shift, have - shift + step), slice(have, have + step)
        _multiply(low[:, old], high[:, old], shift, low[:, new], high[:, new])
        have += step
    return tweaks.reshape(-1)


def _multiply(low: Words, high: Words, by: int, to_low: Words, to_high: Words) -> None:
    """Multiply by x to the power of `by`."""
    up, down = np.uint64(by), np.uint64(64 - by)
    over = high >> down
    to_high[:] = high << up | low >> down
    to_low[:] = low << up
    for place in _REDUCE:
        to_low ^= over << np.uint64(place)


def cbc(key: bytes, sector: int, vectors: Vectors, step: int = 1) -> Decrypt:
    """AES-CBC, a chain for each sector with a vector of its own; the number grows by `step` with each."""

    def decrypt(data: bytes, first: int) -> bytes:
        count = len(data) // sector
        before = np.empty((count, sector // 8), np.uint64)
        before[:, 2:] = np.frombuffer(data, np.uint64).reshape(count, -1)[:, :-2]
        before[:, :2] = np.frombuffer(vectors(_numbers(first, count, step)), np.uint64).reshape(count, 2)
        clear = np.frombuffer(decrypt_blocks(key, data), np.uint64)
        out: bytes = (clear ^ before.reshape(-1)).tobytes()
        return out

    return decrypt


def ecb(key: bytes) -> Decrypt:
    """AES-ECB, which is no mode for disks and occurs all the same."""
    return lambda data, _first: decrypt_blocks(key, data)


def plain64(numbers: Words) -> bytes:
    """The number in 64 bits, little-endian."""
    out = np.zeros((len(numbers), 2), "<u8")
    out[:, 0] = numbers
    return out.tobytes()


def plain(numbers: Words) -> bytes:
    """The number in 32 bits, which starts again at 2 TiB."""
    return plain64(numbers & np.uint64(0xFFFFFFFF))


def plain64be(numbers: Words) -> bytes:
    """The number in 64 bits, big-endian, at the end."""
    out = np.zeros((len(numbers), 2), ">u8")
    out[:, 1] = numbers
    return out.tobytes()


def essiv(salt: bytes) -> Vectors:
    """The encrypted number (ESSIV); `salt` is the digest of the volume's key."""
    return lambda numbers: encrypt_blocks(salt, plain64(numbers))
