"""Encrypted OpenDocument: a ZIP whose members are encrypted each on its own, as its manifest says (ODF 1.2, part 3, 4).

A document that is not encrypted is left to the ZIP reader. AES-256 with PBKDF2 (LibreOffice, OpenOffice since 3.4);
Blowfish of older programs and the Argon2 of LibreOffice since 24.8 are named, not opened.
"""

from __future__ import annotations

import binascii
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice

from safelight.errors import EvidenceError
from safelight.evidence import decompress
from safelight.evidence.decompress import Feed
from safelight.evidence.guards import Meter
from safelight.evidence.names import show
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.stream import StreamSource
from safelight.evidence.unlock import LockedError, unlocked
from safelight.evidence.zip_ import ZipReader

_MANIFEST = b"META-INF/manifest.xml"
_NS = "{urn:oasis:names:tc:opendocument:xmlns:manifest:1.0}"
_LARGEST = 16 << 20
_MOST_ROUNDS = 2_000_000
_MOST_LOOKED_AT = 20_000
"""Members of an archive among which the manifest is looked for."""
_WHAT = "encrypted OpenDocument file (its manifest says so)"
_STEP = 1 << 16


@dataclass(frozen=True, slots=True)
class _Sealed:
    """How one member is encrypted; `rounds` is 0 where it is by a method that is not known."""

    salt: bytes
    initial: bytes
    rounds: int
    start: str
    checksum: bytes
    size: int | None

    def key(self, password: str) -> bytes:
        """The key of this member."""
        first = hashlib.new(self.start, password.encode("utf-8"), usedforsecurity=False).digest()
        return hashlib.pbkdf2_hmac("sha1", first, self.salt, self.rounds, 32)


class OdfReader:
    """An encrypted text, table or presentation of OpenOffice or LibreOffice."""

    name = "odf"
    order = 43  # before `zip`
    formats = frozenset(("odf",))

    def detect(self, head: bytes, source: Source) -> bool:
        """Does its manifest speak of encryption?"""
        return b"encryption-data" in _manifest(source, Limits())

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the members, decrypted. Raises LockedError after those that need no key."""
        sealed = _sealed(_manifest(source, limits))
        meter = Meter.of(limits, source)
        if not sealed or not all(one.rounds for one in sealed.values()):
            raise LockedError(
                f"{_WHAT}, by a method that this version does not open", limits.keys, opens="its password"
            )
        smallest = min(sealed, key=lambda name: sealed[name].size or 1 << 40)
        test = next((node for node in ZipReader().walk(source, limits) if node.name == smallest), None)
        if test is None or test.open is None:
            raise EvidenceError(f"{_WHAT}: the member {show(smallest)} is missing")
        opening, one = test.open, sealed[smallest]
        found = unlocked(limits.keys, lambda password: password if _fits(opening, one, password) else None)
        if found is not None:
            yield Node(b"", Kind.NOTE, note=found[1])
        for node in ZipReader().walk(source, limits):
            how = sealed.get(node.name)
            if how is not None and node.open is not None:
                if found is None:
                    continue
                node.size, node.open = how.size, partial(_decrypted, node.open, how, found[0], meter)
            yield node
        if found is None:
            raise LockedError(_WHAT, limits.keys, opens="its password")


def _manifest(source: Source, limits: Limits) -> bytes:
    for node in islice(ZipReader().walk(source, limits), _MOST_LOOKED_AT):
        if node.name == _MANIFEST and node.open is not None:
            return node.open().read_at(0, _LARGEST)
    return b""


def _sealed(xml: bytes) -> dict[bytes, _Sealed]:
    """Read the manifest. Raises EvidenceError."""
    from defusedxml.ElementTree import ParseError, fromstring

    found: dict[bytes, _Sealed] = {}
    try:
        for entry in fromstring(xml, forbid_dtd=True).iter(f"{_NS}file-entry"):
            data = entry.find(f"{_NS}encryption-data")
            if data is None:
                continue
            size = entry.get(f"{_NS}size", "")
            name = entry.get(f"{_NS}full-path", "").encode("utf-8", "surrogateescape")
            found[name] = _one(data, int(size) if size.isdigit() and len(size) < 16 else None)
    except (ParseError, ValueError) as error:
        raise EvidenceError(f"{_WHAT}: its manifest is damaged: {error}") from error
    return found


def _one(data: object, size: int | None) -> _Sealed:
    def field(child: str, name: str) -> str:
        element = data.find(f"{_NS}{child}")  # type: ignore[attr-defined]
        return "" if element is None else str(element.get(f"{_NS}{name}", ""))

    rounds = field("key-derivation", "iteration-count")
    known = field("algorithm", "algorithm-name").endswith("aes256-cbc")
    known = known and field("key-derivation", "key-derivation-name").endswith("PBKDF2")
    start = (
        "sha256" if field("start-key-generation", "start-key-generation-name").endswith("sha256") else "sha1"
    )
    return _Sealed(
        binascii.a2b_base64(field("key-derivation", "salt")),
        binascii.a2b_base64(field("algorithm", "initialisation-vector"))[:16].ljust(16, b"\0"),
        int(rounds) if known and rounds.isdigit() and len(rounds) < 12 and int(rounds) <= _MOST_ROUNDS else 0,
        start,
        binascii.a2b_base64(data.get(f"{_NS}checksum", "")),  # type: ignore[attr-defined]
        size,
    )


def _plain(content: Source, how: _Sealed, password: str) -> Iterator[bytes]:
    """Decrypt a member; what comes is still deflated, and ends in padding."""
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    decryptor = Cipher(algorithms.AES(how.key(password)), modes.CBC(how.initial)).decryptor()
    for at in range(0, content.size, _STEP):
        data = content.read_at(at, _STEP)
        yield decryptor.update(data[: len(data) // 16 * 16])


def _fits(opening: Callable[[], Source], how: _Sealed, password: str) -> bool:
    """Is the checksum of the first KiB right (ODF 1.2, 3.4.2)?"""
    content = opening()
    first = b"".join(islice(_plain(content, how, password), 1))
    if content.size <= _STEP:
        first = first[: -first[-1]] if first and first[-1] <= 16 else first
    digest = hashlib.sha256 if len(how.checksum) == 32 else hashlib.sha1
    return digest(first[:1024], usedforsecurity=False).digest() == how.checksum


def _decrypted(opening: Callable[[], Source], how: _Sealed, password: str, meter: Meter) -> Source:
    plain = StreamSource(_plain(opening(), how, password), None)
    feed = Feed(plain)
    return StreamSource(meter.guarded(decompress.inflate(feed), lambda: feed.position), how.size)
