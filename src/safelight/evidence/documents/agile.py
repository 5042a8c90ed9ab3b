"""Decrypt an OOXML package in place: standard and agile encryption of Office ([MS-OFFCRYPTO] 2.3.4.5 to 2.3.4.15)."""

from __future__ import annotations

import binascii
import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

_SEGMENT = 4096
_MOST_SPINS = 10_000_000
_ENCRYPTED_KEY = "{http://schemas.microsoft.com/office/2006/keyEncryptor/password}encryptedKey"
_ENCRYPTION = "{http://schemas.microsoft.com/office/2006/encryption}"
_VERIFIER, _VERIFIED, _KEY = (
    bytes.fromhex(block) for block in ("fea7d2763b4b9e79", "d7aa0f6d3061344e", "146e0be7abacd0d6")
)


def _digest(name: str, data: bytes) -> bytes:
    return hashlib.new(name, data, usedforsecurity=False).digest()


_HASHES: dict[str, Callable[[bytes], bytes]] = {
    name: partial(_digest, name) for name in ("md5", "sha1", "sha256", "sha384", "sha512")
}


def _aes(key: bytes, initial: bytes | None, data: bytes) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    mode = modes.ECB() if initial is None else modes.CBC(initial)  # nosec B305 -- the format's own choice
    decryptor = Cipher(algorithms.AES(key), mode).decryptor()
    return decryptor.update(data[: len(data) // 16 * 16]) + decryptor.finalize()


def _spun(digest: Callable[[bytes], bytes], salt: bytes, password: str, spins: int) -> bytes:
    value = digest(salt + password.encode("utf-16-le"))
    pack = struct.Struct("<I").pack
    for number in range(spins):
        value = digest(pack(number) + value)
    return value


@dataclass(frozen=True, slots=True)
class Standard:
    """AES in ECB mode, SHA-1, 50,000 rounds."""

    salt: bytes
    verifier: bytes
    verified: bytes
    size: int
    """Bytes of the key."""

    @classmethod
    def parse(cls, info: bytes) -> Standard | None:
        """Read the stream behind its version; None where another cipher is stated."""
        header = int.from_bytes(info[4:8], "little")
        fields, verifier = info[8 : 8 + header], info[8 + header :]
        if len(fields) < 32 or len(verifier) < 72:
            return None
        method, bits = int.from_bytes(fields[8:12], "little"), int.from_bytes(fields[16:20], "little")
        if method not in (0x660E, 0x660F, 0x6610) or bits not in (128, 192, 256):
            return None
        return cls(verifier[4:20], verifier[20:36], verifier[40:72], bits // 8)

    def key(self, password: str) -> bytes | None:
        """Return the key that a password gives, or None where it does not fit."""
        digest = _HASHES["sha1"]
        last = digest(_spun(digest, self.salt, password, 50_000) + bytes(4))
        halves = [
            digest(bytes(a ^ b for a, b in zip(last.ljust(64, b"\0"), bytes([pad]) * 64, strict=True)))
            for pad in (0x36, 0x5C)
        ]
        key = b"".join(halves)[: self.size]
        fits = digest(_aes(key, None, self.verifier)) == _aes(key, None, self.verified)[:20]
        return key if fits else None

    def segment(self, key: bytes, number: int, data: bytes) -> bytes:
        """Decrypt the segment of that number."""
        return _aes(key, None, data)


@dataclass(frozen=True, slots=True)
class Agile:
    """AES in CBC mode, the digest and rounds as the document states them."""

    salt: bytes
    digest: Callable[[bytes], bytes]
    key_salt: bytes
    key_digest: Callable[[bytes], bytes]
    key_bits: int
    spins: int
    verifier: bytes
    verified: bytes
    encrypted_key: bytes

    @classmethod
    def parse(cls, xml: bytes) -> Agile | None:
        """Read the description; None where it states a cipher that is not known. Raises EvidenceError."""
        from defusedxml.ElementTree import ParseError, fromstring

        try:
            root = fromstring(xml.strip(b"\0 \r\n"), forbid_dtd=True)
            data, key = root.find(f"{_ENCRYPTION}keyData"), root.find(f".//{_ENCRYPTED_KEY}")
            if data is None or key is None or key.get("cipherAlgorithm") != "AES":
                return None
            if data.get("cipherChaining") != "ChainingModeCBC" or data.get("cipherAlgorithm") != "AES":
                return None
            spins, bits = int(key.attrib["spinCount"]), int(key.attrib["keyBits"])
            if not 0 <= spins <= _MOST_SPINS or bits not in (128, 192, 256):
                return None
            return cls(
                binascii.a2b_base64(data.attrib["saltValue"]),
                _HASHES[data.attrib["hashAlgorithm"].lower().replace("-", "")],
                binascii.a2b_base64(key.attrib["saltValue"]),
                _HASHES[key.attrib["hashAlgorithm"].lower().replace("-", "")],
                bits,
                spins,
                *(
                    binascii.a2b_base64(key.attrib[f"encrypted{name}"])
                    for name in ("VerifierHashInput", "VerifierHashValue", "KeyValue")
                ),
            )
        except (ParseError, KeyError, ValueError) as error:
            raise EvidenceError(f"the description of its encryption is damaged: {error}") from error

    def key(self, password: str) -> bytes | None:
        """Return the key that a password gives, or None where it does not fit."""
        spun = _spun(self.key_digest, self.key_salt, password, self.spins)

        def opened(block: bytes, data: bytes) -> bytes:
            key = self.key_digest(spun + block)[: self.key_bits // 8].ljust(self.key_bits // 8, b"\x36")
            return _aes(key, self.key_salt[:16].ljust(16, b"\x36"), data)

        stated = self.key_digest(opened(_VERIFIER, self.verifier))
        if opened(_VERIFIED, self.verified)[: len(stated)] != stated:
            return None
        return opened(_KEY, self.encrypted_key)[: self.key_bits // 8]

    def segment(self, key: bytes, number: int, data: bytes) -> bytes:
        """Decrypt the segment of that number."""
        initial = self.digest(self.salt + struct.pack("<I", number))[:16].ljust(16, b"\x36")
        return _aes(key, initial, data)


class Opened:
    """The package, decrypted where it is read: segments of 4 KiB, each on its own."""

    name = ""

    def __init__(self, package: Source, scheme: Agile | Standard, key: bytes) -> None:
        self._package = package
        self._scheme = scheme
        self._key = key
        stated = int.from_bytes(package.read_at(0, 8), "little")
        self.size = min(stated, max(0, package.size - 8))
        self.damage = None if stated == self.size else f"has {self.size:,} bytes where {stated:,} are stated"

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        if offset < 0 or length <= 0:
            return b""
        first = offset // _SEGMENT
        last = (offset + length - 1) // _SEGMENT
        data = self._package.read_at(8 + first * _SEGMENT, (last - first + 1) * _SEGMENT)
        plain = b"".join(
            self._scheme.segment(self._key, first + at // _SEGMENT, data[at : at + _SEGMENT])
            for at in range(0, len(data), _SEGMENT)
        )
        return plain[offset - first * _SEGMENT :][:length]

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it."""
        return None

    def close(self) -> None:
        """Nothing to release: the file is its owner's."""
