"""Encrypted PDF: the standard security handler (ISO 32000-1, 7.6; ISO 32000-2), revisions 2 to 6.

Most encrypted documents open without a password: only printing or copying is restricted. That is tried first.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from safelight.errors import EvidenceError
from safelight.evidence.documents.pdf_file import PdfFile, is_name
from safelight.evidence.documents.pdf_objects import Value

_PAD = bytes.fromhex("28bf4e5e4e758a4164004e56fffa01082e2e00b6d0683e802f0ca9fe6453697a")


@dataclass(frozen=True, slots=True)
class Handler:
    """What the document says of its encryption."""

    revision: int
    size: int
    """Bytes of the key."""
    owner: bytes
    user: bytes
    owner_key: bytes
    user_key: bytes
    permissions: int
    document: bytes
    metadata: bool
    streams: str
    files: str
    texts: str
    """How streams, attached files and strings are encrypted: `rc4`, `aes`, `aes-256` or `none`."""

    def key(self, password: str) -> bytes | None:
        """Return the document's key, or None where the password is neither the user's nor the owner's."""
        if self.revision >= 5:
            return self._key_256(password.encode("utf-8")[:127])
        raw = password.encode("latin-1", "replace")[:32]
        return self._key_from(raw) or self._key_from(self._user_of(raw))

    def _key_from(self, password: bytes) -> bytes | None:
        data = (
            (password + _PAD)[:32]
            + self.owner[:32]
            + struct.pack("<I", self.permissions & 0xFFFFFFFF)
            + self.document
        )
        if self.revision >= 4 and not self.metadata:
            data += b"\xff\xff\xff\xff"
        key = _md5(data)
        for _ in range(50 if self.revision >= 3 else 0):
            key = _md5(key[: self.size])
        key = key[: self.size]
        if self.revision == 2:
            return key if _rc4(key, _PAD) == self.user[:32] else None
        check = _rc4(key, _md5(_PAD + self.document))
        for step in range(1, 20):
            check = _rc4(bytes(byte ^ step for byte in key), check)
        return key if check == self.user[:16] else None

    def _user_of(self, password: bytes) -> bytes:
        """The user's password that an owner's password gives."""
        key = _md5((password + _PAD)[:32])
        for _ in range(50 if self.revision >= 3 else 0):
            key = _md5(key)
        key, data = key[: self.size], self.owner[:32]
        for step in reversed(range(20 if self.revision >= 3 else 1)):
            data = _rc4(bytes(byte ^ step for byte in key), data)
        return data

    def _key_256(self, password: bytes) -> bytes | None:
        digest = _digest_5 if self.revision == 5 else _digest_6
        for stated, packed, extra in (
            (self.user, self.user_key, b""),
            (self.owner, self.owner_key, self.user[:48]),
        ):
            if len(stated) >= 48 and digest(password, stated[32:40], extra) == stated[:32]:
                return _aes(digest(password, stated[40:48], extra), bytes(16), packed[:32])
        return None


def handler(file: PdfFile) -> Handler | None:
    """What the trailers say of encryption; None where there is none. Raises EvidenceError where it is not known."""
    for trailer in file.trailers:
        if "Encrypt" not in trailer:
            continue
        info = file.value(trailer["Encrypt"])
        if not isinstance(info, dict):
            continue
        if not is_name(file.value(info.get("Filter")), "Standard"):
            raise EvidenceError("encrypted for recipients' certificates, not with a password")
        return _standard(file, info, trailer)
    return None


def _standard(file: PdfFile, info: dict[str, Value], trailer: dict[str, Value]) -> Handler:
    def number(name: str, default: int = 0) -> int:
        value = file.value(info.get(name))
        return value if isinstance(value, int) else default

    def text(name: str) -> bytes:
        value = file.value(info.get(name))
        return value if isinstance(value, bytes) else b""

    version, revision = number("V"), number("R")
    if version not in (1, 2, 4, 5) or not 2 <= revision <= 6:
        raise EvidenceError(
            f"encrypted by a method that is not known (version {version}, revision {revision})"
        )
    identity = file.value(trailer.get("ID"))
    first = file.value(identity[0]) if isinstance(identity, list) and identity else b""
    streams = texts = files = "rc4"
    size = number("Length", 40) // 8 if version > 1 else 5
    if version >= 4:
        streams, texts = (_method(file, info, file.value(info.get(name))) for name in ("StmF", "StrF"))
        files = _method(file, info, file.value(info["EFF"])) if "EFF" in info else streams
        size = 16 if version == 4 else 32
    return Handler(
        revision,
        size if 5 <= size <= 32 else 5,
        text("O"),
        text("U"),
        text("OE"),
        text("UE"),
        number("P"),
        first if isinstance(first, bytes) else b"",
        file.value(info.get("EncryptMetadata")) is not False,
        streams,
        files,
        texts,
    )


def _method(file: PdfFile, info: dict[str, Value], name: Value) -> str:
    filters = file.value(info.get("CF"))
    one = file.value(filters.get(str(name))) if isinstance(filters, dict) else None
    stated = file.value(one.get("CFM")) if isinstance(one, dict) else None
    return {"V2": "rc4", "AESV2": "aes", "AESV3": "aes-256"}.get(str(stated), "none")


def decrypted(
    chunks: Iterator[bytes], method: str, key: bytes, number: int, generation: int
) -> Iterator[bytes]:
    """Decrypt a stream or string of the object `number`. Raises ValueError where it is too short."""
    if method == "none":
        yield from chunks
        return
    if method != "aes-256":
        salt = b"sAlT" if method == "aes" else b""
        key = _md5(key + number.to_bytes(4, "little")[:3] + generation.to_bytes(4, "little")[:2] + salt)[
            : min(16, len(key) + 5)
        ]
    if method == "rc4":
        from Cryptodome.Cipher import ARC4

        cipher = ARC4.new(key)  # nosec B304 -- the format's own choice
        for chunk in chunks:
            yield cipher.decrypt(chunk)
        return
    yield from _aes_stream(chunks, key)


def _aes_stream(chunks: Iterator[bytes], key: bytes) -> Iterator[bytes]:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    data = b""
    decryptor = None
    for chunk in chunks:
        data += chunk
        if decryptor is None:
            if len(data) < 16:
                continue
            decryptor = Cipher(algorithms.AES(key), modes.CBC(data[:16])).decryptor()
            data = data[16:]
        whole = max(0, (len(data) - 1) // 16 * 16)  # the last block is padded
        if whole:
            yield decryptor.update(data[:whole])
            data = data[whole:]
    if decryptor is None or len(data) != 16:
        if data or decryptor is None:
            raise ValueError("its encrypted data are cut short")
        return
    last = decryptor.update(data)
    yield last[: -last[-1]] if 1 <= last[-1] <= 16 else last


def _md5(data: bytes) -> bytes:
    return hashlib.md5(data, usedforsecurity=False).digest()


def _rc4(key: bytes, data: bytes) -> bytes:
    from Cryptodome.Cipher import ARC4

    return ARC4.new(key).decrypt(data)  # nosec B304 -- the format's own choice


def _aes(key: bytes, initial: bytes, data: bytes, *, encrypt: bool = False) -> bytes:
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    cipher = Cipher(algorithms.AES(key), modes.CBC(initial))
    worker = cipher.encryptor() if encrypt else cipher.decryptor()
    return worker.update(data) + worker.finalize()


def _digest_5(password: bytes, salt: bytes, extra: bytes) -> bytes:
    return hashlib.sha256(password + salt + extra).digest()


def _digest_6(password: bytes, salt: bytes, extra: bytes) -> bytes:
    """Algorithm 2.B of ISO 32000-2."""
    value = hashlib.sha256(password + salt + extra).digest()
    step = 0
    while True:
        sealed = _aes(value[:16], value[16:32], (password + value + extra) * 64, encrypt=True)
        name = ("sha256", "sha384", "sha512")[sum(sealed[:16]) % 3]
        value = hashlib.new(name, sealed).digest()
        step += 1
        if step >= 64 and sealed[-1] <= step - 32:
            return value[:32]
