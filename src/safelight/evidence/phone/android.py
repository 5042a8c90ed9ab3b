"""Android backups (`adb backup`, `.ab`), versions 1 to 5: a tar, compressed or not, encrypted or not.

After `BackupManagerService` and `BackupPasswordManager` of the Android Open Source Project: a header of text lines,
then a tar within a zlib stream within AES-256-CBC. PBKDF2 with HMAC-SHA1 (RFC 8018).
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
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.stream import BROKEN
from safelight.evidence.tape import StreamTape
from safelight.evidence.tar import BLOCK, is_header, members
from safelight.evidence.unlock import LockedError, unlocked

_MAGIC = b"ANDROID BACKUP\n"
_LONGEST_HEADER = 4096
_VERSIONS = range(1, 6)
_MOST_ROUNDS = 20_000_000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Header:
    """The lines at the beginning; `start` is where the data begins."""

    version: int
    is_compressed: bool
    cipher: str
    start: int
    salt: bytes = b""
    check_salt: bytes = b""
    rounds: int = 0
    iv: bytes = b""
    master: bytes = b""


class AndroidBackupReader:
    """A backup that `adb` or a vendor's program wrote."""

    name = "android-backup"
    order = 45
    formats = frozenset(("ab",))
    is_device = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By the first line."""
        return head.startswith(_MAGIC)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members in order. Raises EvidenceError; LockedError without its password."""
        header = read_header(source.read_at(0, _LONGEST_HEADER))
        key: tuple[bytes, bytes] | None = None
        if header.cipher != "none":
            opened = unlocked(limits.keys, lambda password: master_key(header, password))
            if opened is None:
                what = "encrypted Android backup (its header says AES-256)"
                raise LockedError(
                    what, limits.keys, opens="the password of the backup", tried=len(limits.keys.passwords)
                )
            key, note = opened
            yield Node(b"", Kind.NOTE, note=note)
        meter = Meter.of(limits, source)
        feed = _Feed(source, header.start, key)
        chunks = _inflated(feed) if header.is_compressed else feed.pieces()
        tape = StreamTape(meter.counted(chunks, lambda: max(1, feed.position)))
        try:
            if tape.peek(1) and not is_header(tape.peek(BLOCK)):
                raise EvidenceError("an Android backup whose data does not begin like a tar")
            yield from members(tape, meter)
        except GuardError:
            raise
        except BROKEN as error:
            raise EvidenceError(f"{error} (after {tape.position:,} bytes of the tar inside)") from error


def read_header(head: bytes) -> Header:
    """Read the header's lines. Raises EvidenceError."""
    lines = head.split(b"\n", 9)
    try:
        version, compressed, cipher = int(lines[1]), lines[2], lines[3].decode("ascii")
        if version not in _VERSIONS:
            raise EvidenceError(f"an Android backup of version {version}, which is not known")
        if compressed not in (b"0", b"1") or cipher not in ("none", "AES-256"):
            raise EvidenceError("an Android backup with a header that is not known")
        used = 4 if cipher == "none" else 9
        start = sum(len(line) + 1 for line in lines[:used])
        if used == 4:
            return Header(version, compressed == b"1", cipher, start)
        salt, check, iv, master = (bytes.fromhex(lines[at].decode("ascii")) for at in (4, 5, 7, 8))
        rounds = int(lines[6])
    except (IndexError, ValueError) as error:
        raise EvidenceError("the header of the Android backup is damaged") from error
    if not 0 < rounds <= _MOST_ROUNDS or len(iv) != 16 or not master or len(master) % 16:
        raise EvidenceError("the header of the Android backup states impossible keys")
    return Header(version, compressed == b"1", cipher, start, salt, check, rounds, iv, master)


def master_key(header: Header, password: str) -> tuple[bytes, bytes] | None:
    """The key and initialisation vector of the data, or None where the password does not fit.

    Version 1 took the low byte of each character, later ones UTF-8; the wrong one of the two is tried as well,
    as some vendors kept the first.
    """
    secrets = [password.encode("utf-8", "surrogatepass")]
    narrow = bytes(ord(letter) & 0xFF for letter in password)
    if narrow not in secrets:
        secrets.insert(0 if header.version == 1 else 1, narrow)
    for secret in secrets:
        key = hashlib.pbkdf2_hmac("sha1", secret, header.salt, header.rounds, 32)
        blob = Cipher(AES(key), CBC(header.iv)).decryptor().update(header.master)
        parts, at = [], 0
        for _ in range(3):  # initialisation vector, key, checksum, each with its length before it
            length = blob[at] if at < len(blob) else 0
            parts.append(blob[at + 1 : at + 1 + length])
            at += 1 + length
        iv, master, check = parts
        if len(iv) == 16 and len(master) == 32 and _agrees(master, check, header):
            return master, iv
    return None


def _agrees(master: bytes, check: bytes, header: Header) -> bool:
    """The key's checksum: Java widened each byte to a character, whose sign it kept, before encoding it."""
    widened = "".join(chr(byte if byte < 0x80 else 0xFF00 | byte) for byte in master).encode("utf-8")
    for secret in (widened, master):
        made = hashlib.pbkdf2_hmac("sha1", secret, header.check_salt, header.rounds, 32)
        if hmac.compare_digest(made, check):
            return True
    return False


class _Feed:
    """The data behind the header, decrypted where there is a key."""

    def __init__(self, source: Source, start: int, key: tuple[bytes, bytes] | None) -> None:
        self._source = source
        self._start = start
        self._key = key
        self.position = 0
        """Bytes of the backup that were used."""

    def pieces(self) -> Iterator[bytes]:
        """Yield everything to the end. Raises EvidenceError."""
        cipher = Cipher(AES(self._key[0]), CBC(self._key[1])).decryptor() if self._key is not None else None
        held = b""
        while data := self._source.read_at(self._start + self.position, _PIECE):
            self.position += len(data)
            if cipher is not None:  # the last block is kept back for its padding
                data, held = held, cipher.update(data)
            if data:
                yield data
        yield held[: -held[-1]] if held and 0 < held[-1] <= 16 else held


def _inflated(feed: _Feed) -> Iterator[bytes]:
    """The tar within the zlib stream. Raises EvidenceError where it breaks off."""
    inflater = zlib.decompressobj()
    for piece in feed.pieces():
        data = piece
        while data and not inflater.eof:
            out = inflater.decompress(data, _PIECE)
            data = inflater.unconsumed_tail
            if out:
                yield out
        if inflater.eof:
            return
    raise EvidenceError("the compressed data of the backup breaks off")
