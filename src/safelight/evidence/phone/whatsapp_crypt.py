"""How WhatsApp encrypts backups on a telephone (`.crypt12`, `.crypt14`, `.crypt15`): layout, keys, content in clear.

AES-256-GCM over a zlib stream or a ZIP. Layout after published descriptions (the project wa-crypt-tools among others):
before the data a header, plain (12) or in protobuf (14, 15); behind them the code of GCM and, but for backups
in several files, an MD5 of all that comes before it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import GCM

from safelight.errors import EvidenceError
from safelight.evidence import decompress
from safelight.evidence.decompress import Feed, Piped
from safelight.evidence.protocol import Source

SQLITE, ZIP = b"SQLite format 3\0", b"PK\x03\x04"
_JAVA_BYTES = bytes.fromhex("aced0005757200025b42acf317f8060854e002000078700000")
"""A serialised `byte[]` of Java; its length follows in two bytes."""
_DIGITS = re.compile(r"[0-9a-fA-F]{64}")
_HEADER_12 = 67
_TAIL_12 = 4
"""The end of the telephone's number, in clear."""
_CODE = 16
_PIECE = 1 << 20
_PROBE = 1 << 16


@dataclass(frozen=True, slots=True)
class Backup:
    """Where in a backup what lies; offsets in bytes."""

    version: int
    vector: bytes
    begin: int
    tail: int = 0
    """Bytes at the end that follow everything."""
    end: int = 0
    """Where the data end; `measured` finds it."""


def read_layout(source: Source) -> Backup:
    """The layout of a backup. Raises EvidenceError where it has none that is known."""
    head = source.read_at(0, 600)
    if head.startswith(b"\0\1") and source.size > _HEADER_12 + _CODE + _TAIL_12:
        return Backup(12, head[51:67], _HEADER_12, _TAIL_12)
    begin = 2 if head[1:2] == b"\1" else 1  # it says whether a table of features is there
    message = head[begin : begin + head[0]] if head else b""
    if not message or len(message) < head[0] or source.size <= begin + len(message) + _CODE:
        raise EvidenceError("it does not begin like a backup of WhatsApp in this version")
    fields = _fields(message)
    for number, inner, version in ((2, 5, 14), (3, 1, 15)):
        vector = _fields(fields.get(number, b"")).get(inner, b"")
        if len(vector) == _CODE:
            return Backup(version, vector, begin + len(message))
    raise EvidenceError("its header states no initialisation vector")


def _fields(message: bytes) -> dict[int, bytes]:
    """The fields of a protobuf message that hold bytes; those before what is not sound."""
    found: dict[int, bytes] = {}
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        value, at = _varint(message, at)
        if tag & 7 == 0:
            continue
        if tag & 7 != 2 or value > len(message) - at:
            break
        found.setdefault(tag >> 3, message[at : at + value])
        at += value
    return found


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at] if at < len(message) else 0
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            break
    return value, at


def is_key_file(data: bytes) -> bool:
    """Is it `key` or `encrypted_backup.key` of the app, whatever its name?"""
    length = len(data) - len(_JAVA_BYTES) - 2
    return data.startswith(_JAVA_BYTES + length.to_bytes(2, "big")) if length in (32, 131) else False


def keys_of_file(data: bytes) -> list[bytes]:
    """The AES keys that a key file may stand for: `key`, `encrypted_backup.key`, 32 bytes, or their 64 digits."""
    if data.startswith(_JAVA_BYTES):
        at = len(_JAVA_BYTES)
        length = int.from_bytes(data[at : at + 2], "big")
        data = data[at + 2 : at + 2 + length]
        if len(data) == 131:  # versions, salts and digests come before the key
            return [data[-32:]]
    if len(data) == 32:
        return [_of_root(data), data]
    return keys_of_text(data.decode("ascii", "replace")) if len(data) < 256 else []


def keys_of_text(text: str) -> list[bytes]:
    """The same of the 64 digits that the app shows, in groups or not."""
    digits = "".join(text.split())
    if not _DIGITS.fullmatch(digits):
        return []
    return [_of_root(bytes.fromhex(digits)), bytes.fromhex(digits)]


def _of_root(root: bytes) -> bytes:
    """The key of backups that is derived of the one a user may keep (`.crypt15`)."""
    secret = hmac.digest(bytes(32), root, "sha256")
    return hmac.digest(secret, b"backup encryption\x01", "sha256")


def fits(source: Source, backup: Backup, key: bytes) -> bool:
    """Is it the key of this backup? Shown by what comes out first, or by the code over all of it."""
    first = next(_decrypted(source, backup, key, _PROBE), b"")
    if first.startswith(ZIP):
        return True
    if len(first) < 2 or first[0] & 15 != 8 or int.from_bytes(first[:2], "big") % 31:
        return False
    try:
        if zlib.decompressobj().decompress(first, 64).startswith(SQLITE):
            return True
    except zlib.error:
        return False
    return is_sound(source, backup, key)


def is_sound(source: Source, backup: Backup, key: bytes) -> bool:
    """Does the code over all data agree? False where it is damaged or cut off, or the key another's."""
    end = backup.end
    decryptor = Cipher(AES(key), GCM(backup.vector)).decryptor()
    for at in range(backup.begin, end, _PIECE):
        decryptor.update(source.read_at(at, min(_PIECE, end - at)))
    try:
        decryptor.finalize_with_tag(source.read_at(end, _CODE))
    except (InvalidTag, ValueError):
        return False
    return True


def content(source: Source, backup: Backup, key: bytes) -> Iterator[bytes]:
    """What was backed up, unpacked if it is a zlib stream. Raises zlib.error, EvidenceError, EOFError at damage."""
    data = Piped(_decrypted(source, backup, key))
    first = data.take(4)
    data.back(first)
    if first != ZIP:
        yield from _unpacked(data)
        return
    while piece := data.take(_PIECE):
        yield piece


def measured(source: Source, backup: Backup) -> Backup:
    """The same with its end: where the data end before the code, and before the MD5 where there is one."""
    end = max(backup.begin, source.size - backup.tail - _CODE)
    md5 = hashlib.md5(usedforsecurity=False)
    for at in range(0, end, _PIECE):
        md5.update(source.read_at(at, min(_PIECE, end - at)))
    if md5.digest() == source.read_at(end, _CODE):
        end = max(backup.begin, end - _CODE)
    return replace(backup, end=end)


def _decrypted(source: Source, backup: Backup, key: bytes, piece: int = _PIECE) -> Iterator[bytes]:
    """The data in clear, whatever their code says (`is_sound`)."""
    decryptor = Cipher(AES(key), GCM(backup.vector)).decryptor()
    for at in range(backup.begin, backup.end, piece):
        yield decryptor.update(source.read_at(at, min(piece, backup.end - at)))


def _unpacked(feed: Feed) -> Iterator[bytes]:
    """A zlib stream (RFC 1950). Raises zlib.error, EOFError, EvidenceError at damage."""
    feed.exactly(2)
    check = 1
    for piece in decompress.inflate(feed):
        check = zlib.adler32(piece, check)
        yield piece
    if feed.exactly(4) != check.to_bytes(4, "big"):
        raise EvidenceError("what is unpacked does not match its checksum")
