"""Encrypted Apple disk images (`.dmg`, `.sparseimage`): opened with a password, both versions of their header.

After what the tools vilefault, vfdecrypt and John the Ripper make public of it. What comes out is an image again.
"""

from __future__ import annotations

import hmac
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt

from safelight.errors import EvidenceError
from safelight.evidence.encrypted import aes
from safelight.evidence.encrypted.derive import pbkdf2
from safelight.evidence.encrypted.sectors import Region, Sectors
from safelight.evidence.marks import begins, ends
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.unlock import LockedError, unlocked

_MARK, _END_MARK = b"encrcdsa", b"cdsaencr"
_TRAILER = 1276
"""Bytes that version 1 has behind the data."""
_PASSWORD = 1
_MOST_WAYS = 64
_AES = 0x80000001
_WRAP_VECTOR = bytes.fromhex("4adda22c79e82105")  # RFC 3217
_ENDS = b"CKIE\0"
"""Behind the keys, by which they show that they are right."""


@dataclass(frozen=True, slots=True)
class _Way:
    """How a password opens the keys: PBKDF2 with SHA-1, then triple DES."""

    salt: bytes
    rounds: int
    vector: bytes
    wrapped: tuple[bytes, ...]
    """Both keys together, or (version 1) one after the other."""


@dataclass(frozen=True, slots=True)
class _Image:
    version: int
    block: int
    key_size: int
    offset: int
    size: int
    ways: tuple[_Way, ...]
    others: int
    """Ways that are no passwords: certificates."""


class EncryptedDmgReader:
    """An encrypted disk image of Apple's."""

    name = "dmg-encrypted"
    order = 9
    marks = (begins(_MARK), ends(_END_MARK, within=8))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By its mark, which version 1 has at its end."""
        if head.startswith(_MARK):
            return True
        behind = source.size - _TRAILER
        return behind > 0 and behind % 4096 == 0 and source.read_at(source.size - 8, 8) == _END_MARK

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield which candidate opened it, and the image in it. Raises EvidenceError, LockedError."""
        first = source.read_at(0, 8) == _MARK
        try:
            image = _read(source) if first else _read_end(source)
        except struct.error as error:
            raise EvidenceError("its header is cut off") from error
        shown = "it begins with encrcdsa" if first else "it ends in cdsaencr"
        what = f"encrypted Apple disk image ({shown}; AES-{image.key_size * 8})"
        opened = unlocked(limits.keys, lambda password: _keys(image, password.encode()))
        if opened is None:
            opens = "its password" + (
                f", or the key of one of {image.others} certificates" if image.others else ""
            )
            raise LockedError(what, limits.keys, opens=opens, tried=len(limits.keys.passwords))
        keys, note = opened
        yield Node(b"", Kind.NOTE, note=f"encrypted disk image: {note}")
        if image.offset + image.size > source.size:
            text = f"it is cut off: {image.size:,} bytes are stated, {source.size - image.offset:,} are there"
            yield Node(b"", Kind.FINDING, error=text)
        content = partial(_open, source, image, *keys)
        yield Node(b"", Kind.LAYER, size=image.size, layer="medium", open=content)


def _read(source: Source) -> _Image:
    """Version 2. Raises EvidenceError, struct.error."""
    head = source.read_at(0, 72)
    version, _, _, algorithm, bits, _, _ = struct.unpack_from(">7I", head, 8)
    block, size, offset = struct.unpack_from(">IQQ", head, 52)
    if version != 2 or algorithm != _AES:
        raise EvidenceError(
            f"an encrypted disk image of a kind that is not known here ({version}, {algorithm:#x})"
        )
    (count,) = struct.unpack(">I", source.read_at(72, 4))
    ways, others = [], 0
    for number in range(min(count, _MOST_WAYS)):
        kind, at, length = struct.unpack(">IQQ", source.read_at(76 + 20 * number, 20))
        if kind != _PASSWORD:
            others += 1
        elif (way := _way(source.read_at(at, min(length, 4096)))) is not None:
            ways.append(way)
    return _checked(_Image(2, block, bits // 8, offset, size, tuple(ways), others), source)


def _way(data: bytes) -> _Way | None:
    _, _, rounds, salt_size = struct.unpack_from(">4I", data)
    (vector_size,) = struct.unpack_from(">I", data, 48)
    (size,) = struct.unpack_from(">I", data, 100)
    if salt_size > 32 or vector_size != 8 or size > len(data) - 104 or size % 8 or not size:
        return None
    return _Way(data[16 : 16 + salt_size], rounds, data[52:60], (data[104 : 104 + size],))


def _read_end(source: Source) -> _Image:
    """Version 1. Raises EvidenceError, struct.error."""
    data = source.read_at(source.size - _TRAILER, _TRAILER)
    (block,) = struct.unpack_from(">I", data, 0x10)
    rounds, salt_size = struct.unpack_from(">2I", data, 0x30)
    algorithm, bits = struct.unpack_from(">2I", data, 0x60)
    wrapped = []
    for at in (0x88, 0x1B4):
        (size,) = struct.unpack_from(">I", data, at)
        wrapped.append(data[at + 4 : at + 4 + min(size, 256)])
    (size,) = struct.unpack_from(">Q", data, 0x4E8)
    if algorithm != _AES or salt_size > 32 or any(len(one) % 8 or not one for one in wrapped):
        raise EvidenceError("an encrypted disk image of a kind that is not known here (version 1)")
    way = _Way(data[0x38 : 0x38 + salt_size], rounds, _WRAP_VECTOR, tuple(wrapped))
    size = min(size, source.size - _TRAILER) or source.size - _TRAILER
    return _checked(_Image(1, block, bits // 8, 0, size, (way,), 0), source)


def _checked(image: _Image, source: Source) -> _Image:
    if image.key_size not in (16, 32) or image.block not in (512, 1024, 2048, 4096):
        raise EvidenceError(
            f"its header is damaged: blocks of {image.block:,} bytes, {image.key_size * 8} bits"
        )
    if image.offset == source.size:
        text = (
            "the header of an encrypted sparse bundle: its bands lie beside it and are not put together here"
        )
        raise EvidenceError(text)
    if not 0 <= image.offset < source.size or image.size > 1 << 50:
        raise EvidenceError("its header is damaged: its data lie beyond its end")
    return image


def _keys(image: _Image, password: bytes) -> tuple[bytes, bytes] | None:
    """The keys of data and of vectors, or None where the password does not fit."""
    for way in image.ways:
        wrapping = pbkdf2("sha1", password, way.salt, way.rounds, 24)
        if image.version == 2:
            both = _unpadded(wrapping, way.vector, way.wrapped[0])
            if (
                both is None
                or len(both) < image.key_size + 20
                or not both.rstrip(b"\0").endswith(_ENDS.rstrip(b"\0"))
            ):
                continue
            return both[: image.key_size], both[image.key_size : image.key_size + 20]
        keys = [_unwrapped(wrapping, one) for one in way.wrapped]
        data_key, vector_key = keys
        if data_key is not None and vector_key is not None and len(data_key) >= image.key_size:
            return data_key[: image.key_size], vector_key[:20]
    return None


def _unwrapped(key: bytes, wrapped: bytes) -> bytes | None:
    """RFC 3217 as Apple has it: two rounds, the second backwards, with four bytes before the key."""
    outer = _unpadded(key, _WRAP_VECTOR, wrapped)
    if outer is None or len(outer) < 16 or len(outer) % 8:
        return None
    turned = outer[::-1]
    inner = _unpadded(key, turned[:8], turned[8:])
    return None if inner is None or len(inner) < 4 else inner[4:]


def _unpadded(key: bytes, vector: bytes, data: bytes) -> bytes | None:
    """Triple DES in CBC, and its padding (PKCS #7) taken away; None where that is wrong."""
    from cryptography.hazmat.decrepit.ciphers.algorithms import TripleDES
    from cryptography.hazmat.primitives.ciphers import Cipher
    from cryptography.hazmat.primitives.ciphers.modes import CBC

    context = Cipher(TripleDES(key), CBC(vector)).decryptor()
    clear: bytes = context.update(data) + context.finalize()
    padding = clear[-1]
    if not 1 <= padding <= 8 or clear[-padding:] != bytes((padding,)) * padding:
        return None
    return clear[:-padding]


def _open(source: Source, image: _Image, data_key: bytes, vector_key: bytes) -> Source:
    def vectors(numbers: npt.NDArray[np.uint64]) -> bytes:
        blocks = (int(number).to_bytes(4, "big") for number in numbers)
        return b"".join(hmac.digest(vector_key, block, "sha1")[:16] for block in blocks)

    decrypt = aes.cbc(data_key, image.block, vectors)
    size = min(image.size, source.size - image.offset)
    return Sectors(source, [Region(0, size, image.offset, True, 0)], image.block, decrypt)
