"""SQLCipher: SQLite databases encrypted page by page (Signal and others), opened with a key or passphrase of the order.

After the design document of SQLCipher (zetetic.net/sqlcipher/design): AES-256-CBC, an HMAC at the end of each page,
PBKDF2. Versions 3 and 4, and the settings of Signal; which of them holds, the HMAC of the first page shows.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC

from safelight.evidence.marks import begins, named
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sqlite.pages import MAGIC
from safelight.evidence.sqlite.reader import contents, log_beside
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.unlock import LockedError, unlocked

_SALT = 16
_IV = 16
_PLAIN_HEADER = 32
"""Bytes that iOS apps leave unencrypted, so that the system sees a database; the salt is then part of the key."""
_RAW = re.compile(r"(?:x')?([0-9a-fA-F]{64}(?:[0-9a-fA-F]{32})?)'?")
_NAMED = re.compile(r"\.(?:db|sqlite|sqlite3|sqlitedb)\Z", re.IGNORECASE)
_MOST_OF_ONE = 48
_KNOWN_FORMS = ((4096, "sha512", 256_000), (1024, "sha1", 64_000), (4096, "sha1", 1), (4096, "sha512", 1))
_MAC_SALT = 0x3A
_MOST_UNSOUND, _MOST_NAMED = 1_000_000, 5
_MACS = {"sha512": 64, "sha1": 20}


@dataclass(frozen=True, slots=True)
class Codec:
    """How the pages of one database are decrypted."""

    key: bytes
    page_size: int
    digest: str
    plain: int
    """Bytes at the beginning that are not encrypted: the salt, or the header."""
    mac_key: bytes

    @property
    def reserve(self) -> int:
        """Bytes at the end of a page: initialisation vector and HMAC, to a whole number of blocks."""
        return -(-(_IV + _MACS[self.digest]) // 16) * 16

    def is_sound(self, number: int, page: bytes) -> bool:
        """Does the HMAC of a page agree? One of nothing but zeros was never written."""
        if len(page) < self.page_size:
            return False
        end = self.page_size - self.reserve + _IV
        covered = page[self.plain if number == 1 else 0 : end]
        made = hmac.digest(self.mac_key, covered + number.to_bytes(4, "little"), self.digest)
        return hmac.compare_digest(made, page[end : end + len(made)]) or not any(page)

    def decode(self, number: int, page: bytes) -> bytes:
        """A page in clear; the reserved bytes at its end stay as they are."""
        skip = self.plain if number == 1 else 0
        end = self.page_size - self.reserve
        if len(page) < self.page_size:
            return page
        iv = page[end : end + _IV]
        clear = Cipher(AES(self.key), CBC(iv)).decryptor().update(page[skip:end])
        head = b"" if not skip else MAGIC if skip == _SALT else page[:skip]
        return head + clear + page[end:]


class SqlcipherReader:
    """A file named like a database that holds nothing but random bytes, or a plain header before them."""

    name = "sqlcipher"
    order = 59
    marks = (begins(MAGIC), named("*.db", "*.sqlite", "*.sqlite3", "*.sqlitedb"))
    formats = frozenset((None, "sqlite"))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its name and size, and by how its bytes are spread."""
        if head.startswith(MAGIC):
            return len(head) >= 1024 and _is_random(head[_PLAIN_HEADER:1024])
        if source.size < 1024 or source.size % 512 or _NAMED.search(source.name) is None:
            return False
        return len(head) >= 1024 and _is_random(head[:1024])

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what a database gives, once it is open. Raises LockedError where no key fits."""
        opened = unlocked(limits.keys, lambda key: codec_for(source, key))
        if opened is None:
            what = "encrypted database (named like one, and nothing but random bytes: SQLCipher)"
            if source.read_at(0, 16) == MAGIC:
                what = "encrypted database (a SQLite header, and random bytes behind it: SQLCipher)"
            tried = len(limits.keys.passwords)
            raise LockedError(
                what, limits.keys, opens="its passphrase, or its key in hexadecimal digits", tried=tried
            )
        codec, note = opened
        yield Node(b"", Kind.NOTE, note=note)
        wal, problem = log_beside(source, limits, always=True)
        if problem is not None:
            yield Node(b"", Kind.FINDING, error=problem)
        clear = _Clear(source, codec)
        yield from contents(Database(clear, wal, codec.decode), source, limits)
        if clear.unsound:
            first = ", ".join(f"{number:,}" for number in sorted(clear.unsound)[:_MOST_NAMED])
            text = f"the code (HMAC) of {len(clear.unsound):,} pages does not agree ({first}"
            more = ", …" if len(clear.unsound) > _MOST_NAMED else ""
            text += f"{more}): they are damaged, or were written without the key; what they hold is not to be relied on"
            yield Node(b"", Kind.FINDING, error=text)


def codec_for(source: Source, secret: str) -> Codec | None:
    """How a database opens with a passphrase or key, or None. Takes up to a second."""
    head = source.read_at(0, 4096)
    plain = _PLAIN_HEADER if head.startswith(MAGIC) else _SALT
    raw = _RAW.fullmatch(secret)
    given = bytes.fromhex(raw[1]) if raw is not None else b""
    salt = given[32:] or (head[:_SALT] if plain == _SALT else b"")
    if not salt:
        return None
    tried: set[tuple[int, str]] = set()
    for size, digest, rounds in _KNOWN_FORMS:
        candidates = []
        if given and (size, digest) not in tried:
            tried.add((size, digest))
            candidates.append(given[:32])
        if len(given) < 48:
            phrase = secret.encode("utf-8", "surrogatepass")
            candidates.append(hashlib.pbkdf2_hmac(digest, phrase, salt, rounds, 32))
        for key in candidates:
            mac_salt = bytes(byte ^ _MAC_SALT for byte in salt)
            codec = Codec(key, size, digest, plain, hashlib.pbkdf2_hmac(digest, key, mac_salt, 2, 32))
            if codec.is_sound(1, head[:size]) and any(head):
                return codec
    return None


class _Clear:
    """The database in clear, a page at a time."""

    def __init__(self, source: Source, codec: Codec) -> None:
        self._source = source
        self._codec = codec
        self.name = source.name
        self.size = source.size - source.size % codec.page_size
        self.unsound: set[int] = set()
        """Numbers of pages whose HMAC does not agree."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`; shorter only at the end. Raises EvidenceError."""
        length = min(length, self.size - offset)
        parts: list[bytes] = []
        while length > 0:
            number, skip = divmod(offset, self._codec.page_size)
            raw = self._source.read_at(number * self._codec.page_size, self._codec.page_size)
            if not self._codec.is_sound(number + 1, raw) and len(self.unsound) < _MOST_UNSOUND:
                self.unsound.add(number + 1)
            part = self._codec.decode(number + 1, raw)[skip : skip + length]
            if not part:
                break
            parts.append(part)
            offset += len(part)
            length -= len(part)
        return b"".join(parts)

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it in clear."""
        return None

    def close(self) -> None:
        """Nothing to release: the file is its owner's."""


def _is_random(data: bytes) -> bool:
    """Is no byte much more frequent than the others, and nearly every one there?"""
    counts = Counter(data)
    return len(counts) > 200 and max(counts.values()) < _MOST_OF_ONE
