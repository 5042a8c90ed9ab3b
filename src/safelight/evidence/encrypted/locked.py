"""Encrypted files that this version does not open: named by their first bytes, so that somebody asks for the key.

Only what is certain is named. A TrueCrypt or VeraCrypt container has no mark at all: it looks like noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from safelight.evidence.marks import begins
from safelight.evidence.protocol import Limits, Node, Source
from safelight.evidence.unlock import LockedError


class _Mark(NamedTuple):
    start: bytes
    what: str
    opens: str


_PGP = "the recipient's private key, or a password"
_AGE = "the recipient's age key, or a password"
_MARKS = (
    _Mark(b"Salted__", "file encrypted with `openssl enc` (it begins with Salted__)", "its password"),
    _Mark(b"U2FsdGVkX1", "file encrypted with `openssl enc`, as text (Salted__ in base64)", "its password"),
    _Mark(b"age-encryption.org/v1\n", "file encrypted with age (by its first line)", _AGE),
    _Mark(
        b"-----BEGIN AGE ENCRYPTED FILE-----", "file encrypted with age, as text (by its first line)", _AGE
    ),
    _Mark(b"-----BEGIN PGP MESSAGE-----", "OpenPGP message as text (by its first line)", _PGP),
    _Mark(
        b"\x03\xd9\xa2\x9a\x65\xfb\x4b\xb5",
        "KeePass 1 password database (by its signature)",
        "its password or key file",
    ),
    _Mark(
        b"\x03\xd9\xa2\x9a\x66\xfb\x4b\xb5",
        "KeePass 2 password database (by its signature)",
        "its password or key file",
    ),
    _Mark(
        b"\x03\xd9\xa2\x9a\x67\xfb\x4b\xb5",
        "KeePass 2 password database (by its signature)",
        "its password or key file",
    ),
    _Mark(
        bytes.fromhex("c0b9072e4f93f146a015792ca1d9e821"), "AxCrypt file (by its signature)", "its password"
    ),
)
_ECRYPTFS = 0x3C81B7F5
_ENCRYPTED_DATA = (9, 18, 20)
_SESSION_KEYS = (1, 3)
"""OpenPGP packets (RFC 9580): encrypted data, and session keys for a public key or a password."""


class LockedReader:
    """A file that is certainly encrypted, of a kind that is not opened here."""

    name = "locked"
    order = 89
    marks = (
        begins(*(mark.start for mark in _MARKS), b"AES\2", b"AES\3"),
        begins(b"\0"),  # the size that eCryptfs states for less than 64 PiB
        begins(*(bytes((tag,)) for tag in range(0x80, 0x100))),  # packets of OpenPGP
    )
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its first bytes."""
        return _known(head, source.size) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Say what it is. Raises LockedError."""
        known = _known(source.read_at(0, 4096), source.size)
        if known is not None:
            raise LockedError(known[0], limits.keys, opens=known[1], tries=False)
        yield from ()


def _known(head: bytes, size: int) -> tuple[str, str] | None:
    """What a file is by its first bytes, and what would open it."""
    for start, what, opens in _MARKS:
        if head.startswith(start):
            return what, opens
    for check in _CHECKS:
        if (found := check(head, size)) is not None:
            return found
    return None


def _aes_crypt(head: bytes, _size: int) -> tuple[str, str] | None:
    if head[:3] == b"AES" and head[3:4] in (b"\2", b"\3") and b"CREATED_BY" in head[4:64]:
        return "AES Crypt file (by its header)", "its password"
    return None


def _ecryptfs(head: bytes, size: int) -> tuple[str, str] | None:
    """Two words of the header whose XOR is fixed, behind the size of what is encrypted."""
    first, second = int.from_bytes(head[8:12], "big"), int.from_bytes(head[12:16], "big")
    if size >= 8192 and first ^ second == _ECRYPTFS and int.from_bytes(head[:8], "big") <= size:
        return "file of eCryptfs (by its header)", "the passphrase of the home folder it lies in"
    return None


def _pgp(head: bytes, size: int) -> tuple[str, str] | None:
    """Session keys in packets of sound length, and behind them encrypted data."""
    at, by_key, by_password = 0, 0, 0
    for _ in range(16):
        packet = _packet(head, at)
        if packet is None:
            return None
        tag, start, length = packet
        if tag in _ENCRYPTED_DATA and by_key + by_password:
            ways = [f"one of {by_key} private keys"] * bool(by_key) + ["a password"] * bool(by_password)
            return "OpenPGP message (by its packets)", " or ".join(ways)
        if (
            tag not in _SESSION_KEYS
            or length is None
            or not _is_session_key(tag, head[start : start + length])
        ):
            return None
        by_key += tag == 1
        by_password += tag == 3
        at = start + length
    return None


def _packet(head: bytes, at: int) -> tuple[int, int, int | None] | None:
    """Tag, start and length (None: not stated at once) of the packet at `at`."""
    first = head[at] if at < len(head) else 0
    if not first & 0x80:
        return None
    if first & 0x40:
        tag, size = first & 0x3F, head[at + 1] if at + 1 < len(head) else 0
        if size < 192:
            return tag, at + 2, size
        if size < 224 and at + 2 < len(head):
            return tag, at + 3, (size - 192 << 8) + head[at + 2] + 192
        return (
            tag,
            at + (6 if size == 255 else 2),
            None if size != 255 else int.from_bytes(head[at + 2 : at + 6], "big"),
        )
    tag, kind = first >> 2 & 15, first & 3
    if kind == 3:
        return tag, at + 1, None
    width = 1 << kind
    return tag, at + 1 + width, int.from_bytes(head[at + 1 : at + 1 + width], "big")


def _is_session_key(tag: int, body: bytes) -> bool:
    if tag == 1:
        return len(body) > 10 and body[0] in (3, 6) and (body[0] == 6 or body[9] in (1, 2, 16, 18, 25, 26))
    return (
        len(body) >= 4
        and body[0] in (4, 5, 6)
        and (body[0] == 6 or (1 <= body[1] <= 13 and body[2] in (0, 1, 3, 4)))
    )


_CHECKS: tuple[Callable[[bytes, int], tuple[str, str] | None], ...] = (_aes_crypt, _ecryptfs, _pgp)
