"""Seal and unseal bytes under one key: XAES-256-GCM, and digests that reveal nothing without the key."""

from __future__ import annotations

import hashlib
import hmac
import os
import unicodedata

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from safelight.errors import IntegrityError

KEY_BYTES = 32
NONCE_BYTES = 24
OVERHEAD = NONCE_BYTES + 16
"""How much longer a sealed value is than the plain one: nonce and tag, in bytes."""


def derive(key: bytes, purpose: str) -> bytes:
    """Return the 32-byte key for one purpose (HKDF-Expand with SHA-256, RFC 5869)."""
    # One block of the RFC's T(1): a gallery derives a key a person, and the library's object costs ten times as much.
    return hmac.digest(key, purpose.encode() + b"\x01", hashlib.sha256)


SCRYPT = {"n": 1 << 17, "r": 8, "p": 1}
"""What a guess at a passphrase costs: OWASP's first choice, 128 MiB and about 0.3 s."""


def stretch(passphrase: str, salt: bytes, n: int, r: int, p: int) -> bytes:
    """Return the 32-byte key of a passphrase (scrypt, RFC 7914). ValueError for impossible parameters."""
    normal = unicodedata.normalize("NFC", passphrase).encode()
    return Scrypt(salt=salt, length=KEY_BYTES, n=n, r=r, p=p).derive(normal)


class ExtendedGcm:
    """XAES-256-GCM (https://c2sp.org/XAES-256-GCM): AES-256-GCM with a random 192-bit nonce.

    Why not plain AES-GCM: its 96-bit random nonces allow 2^32 messages a key, and a case key may seal
    more small records than that over its life; one repeated nonce would give up authentication for all
    of them. Here 12 bytes of the nonce derive a key for each message (two AES blocks, a NIST SP 800-108
    KDF with CMAC) and the other 12 are the nonce of AES-256-GCM: 2^80 messages a key, from approved
    parts alone. AES-GCM-SIV would keep the 96-bit nonce, and HKDF a message costs ten times as much.
    Sealing a small record takes about 3 µs (`bench/audit_log.py --sealing`).
    """

    __slots__ = ("_block", "_first", "_second")

    def __init__(self, key: bytes) -> None:
        self._block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # nosec B305: single blocks, a KDF
        doubled = int.from_bytes(self._block.update(bytes(16)), "big") << 1
        if doubled >> 128:
            doubled = (doubled ^ 0x87) & ((1 << 128) - 1)
        self._first = doubled ^ (0x00015800 << 96)
        self._second = doubled ^ (0x00025800 << 96)

    def _cipher(self, nonce: bytes) -> AESGCM:
        half = int.from_bytes(nonce[:12], "big")
        blocks = (self._first ^ half).to_bytes(16, "big") + (self._second ^ half).to_bytes(16, "big")
        return AESGCM(self._block.update(blocks))

    def encrypt(self, nonce: bytes, plain: bytes, context: bytes) -> bytes:
        """Return ciphertext and tag (16 bytes longer than `plain`) under a 24-byte nonce."""
        return self._cipher(nonce).encrypt(nonce[12:], plain, context)

    def decrypt(self, nonce: bytes, ciphertext: bytes, context: bytes) -> bytes:
        """Return the plain bytes; raises `cryptography.exceptions.InvalidTag` if they don't verify."""
        if len(nonce) != NONCE_BYTES:
            raise InvalidTag
        return self._cipher(nonce).decrypt(nonce[12:], ciphertext, context)


class Sealer:
    """What one key can do: seal, unseal, digest. Holds no identity and cannot be pickled.

    `context` is authenticated but not stored: it says what a value is and where it belongs (table, row),
    so that a sealed value moved to another place does not open there.
    """

    __slots__ = ("_digest_key", "_gcm")

    def __init__(self, key: bytes) -> None:
        self._gcm = ExtendedGcm(derive(key, "safelight/1/seal"))
        self._digest_key = derive(key, "safelight/1/digest")

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Return nonce (24 bytes), ciphertext and tag (16)."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._gcm.encrypt(nonce, plain, context)

    def unseal(self, sealed: bytes, context: bytes) -> bytes:
        """Return the plain bytes; IntegrityError if they were altered, moved or sealed under another key."""
        if len(sealed) < OVERHEAD:
            raise IntegrityError("A sealed value is cut short.", "Run `safelight audit verify`.")
        try:
            return self._gcm.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], context)
        except InvalidTag:
            raise IntegrityError(
                "A sealed value does not verify: it was altered, moved, or sealed under another key.",
                "Restore the store from a backup; `safelight audit verify` says whether the log is whole.",
            ) from None

    def digest(self, data: bytes) -> bytes:
        """HMAC-SHA256 of `data`, 32 bytes: equal content is found again only by who holds the key."""
        return hmac.digest(self._digest_key, data, hashlib.sha256)
