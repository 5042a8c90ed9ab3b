"""LUKS1 and LUKS2 (Linux disk encryption): opened with a passphrase; AES in XTS, CBC and ECB."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Generator, Iterator, Sequence
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.encrypted import aes
from safelight.evidence.encrypted.aes import Decrypt, Vectors
from safelight.evidence.encrypted.derive import argon2, pbkdf2
from safelight.evidence.encrypted.luks_header import (
    SECTOR,
    Check,
    Header,
    Segment,
    Slot,
    is_luks,
    read_header,
)
from safelight.evidence.encrypted.sectors import Region, Sectors
from safelight.evidence.marks import begins
from safelight.evidence.pieces import Piece, PiecesSource
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource
from safelight.evidence.unlock import LockedError, unlocked

_VECTORS: dict[str, Vectors] = {"plain": aes.plain, "plain64": aes.plain64, "plain64be": aes.plain64be}


class LuksReader:
    """A volume of LUKS1 or LUKS2."""

    name = "luks"
    order = 29
    marks = (begins(b"LUKS\xba\xbe"), *(begins(b"SKUL\xba\xbe", at=at) for at in (0x4000, 0x8000)))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By the mark of its header, of LUKS2 also of the second one."""
        return is_luks(head)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield which candidate opened it, and the decrypted volume as a layer. Raises EvidenceError, LockedError."""
        header = read_header(source)
        if all(
            segment.offset in (0, source.size) or segment.offset > source.size for segment in header.segments
        ):
            raise EvidenceError(
                f"{what(header)}: a header without its data, which lie on another medium and open with --luks-header"
            )
        opened = yield from opening(source, header, limits, what(header))
        for segment in header.segments:
            if segment.hot:
                text = (
                    "LUKS2: encrypting it anew was cut off: of "
                    f"{segment.size or 0:,} bytes some have the new key, and are read with the old one"
                )
                yield Node(b"", Kind.FINDING, error=text)
        content = partial(volume, source, header.segments, opened)
        yield Node(b"", Kind.LAYER, size=content().size, layer="volume", open=content)


def opening(
    source: Source, header: Header, limits: Limits, named: str
) -> Generator[Node, None, dict[Check, bytes]]:
    """Open a header of LUKS with the keys of the order: yields what there is to say, and returns the keys found.

    Raises LockedError (`named` says what it is) where none fits, EvidenceError where a cipher is not read here.
    """
    if header.problem is not None:
        yield Node(b"", Kind.FINDING, error=f"LUKS2: {header.problem}")
    ciphers = {segment.cipher: segment for segment in header.segments if segment.check is not None}
    if not all(_cipher(segment.cipher, segment.sector) for segment in ciphers.values()):
        raise EvidenceError(
            f"{named}: encrypted with {', '.join(sorted(ciphers))[:200]}, which is not read here"
        )
    if not ciphers:
        yield Node(
            b"", Kind.NOTE, note=f"LUKS{header.version} volume {header.uuid}: no part of it is encrypted"
        )
        return {}
    problems: list[str] = []
    attempt = partial(_keys, source, header, problems=problems)
    opened = unlocked(limits.keys, lambda password: attempt(password.encode()), file=attempt)
    if opened is None:
        for problem in dict.fromkeys(problems):
            yield Node(b"", Kind.FINDING, error=f"LUKS: a key slot cannot be tried: {problem}")
        tried = len(limits.keys.passwords) + len(limits.keys.files)
        raise LockedError(named, limits.keys, opens=_opens(header), tried=tried)
    keys, note = opened
    yield Node(b"", Kind.NOTE, note=note)
    return keys


def what(header: Header) -> str:
    """What it is, and by what that shows."""
    label = f", label {header.label}" if header.label else ""
    return f"LUKS{header.version} volume {header.uuid}{label} (by its header)"


def _opens(header: Header) -> str:
    count = len(header.slots)
    by = f"one of {count} passphrases or key files" if count > 1 else "its passphrase or key file"
    return by + (f"; also tied to {', '.join(header.tokens)}" if header.tokens else "")


def _cipher(cipher: str, sector: int) -> bool:
    try:
        decryptor(cipher, bytes(64 if "-xts-" in cipher else 32), sector)
    except EvidenceError:
        return False
    return True


def decryptor(cipher: str, key: bytes, sector: int) -> Decrypt:
    """Decrypt with what dm-crypt calls `cipher-mode-iv`; numbers count 512 bytes. Raises EvidenceError."""
    name, _, rest = cipher.partition("-")
    mode, _, vector = rest.partition("-")
    step = sector // SECTOR
    vectors: Vectors | None = _VECTORS.get(vector)
    if vector.startswith("essiv:"):
        try:
            vectors = aes.essiv(hashlib.new(vector.removeprefix("essiv:"), key).digest())
        except ValueError:
            vectors = None
    sound = len(key) in ((32, 64) if mode == "xts" else (16, 24, 32))
    if name == "aes" and sound and mode == "ecb":
        return aes.ecb(key)
    if name == "aes" and sound and mode == "cbc" and vectors is not None:
        return aes.cbc(key, sector, vectors, step)
    if name == "aes" and sound and mode == "xts" and vector in ("plain", "plain64"):
        return aes.xts(key, sector, step)
    raise EvidenceError(f"encrypted with {cipher[:60]}, which is not read here")


def _keys(source: Source, header: Header, password: bytes, problems: list[str]) -> dict[Check, bytes] | None:
    """The keys of all segments by a passphrase, or None; slots that cannot be tried are noted in `problems`."""
    found: dict[Check, bytes] = {}
    wanted = {segment.check for segment in header.segments if segment.check is not None}
    for slot in header.slots:
        checks = [check for check in wanted if slot.number in check.slots and check not in found]
        if not checks:
            continue
        try:
            key = _of_slot(source, slot, password)
            for check in checks:
                digest = pbkdf2(check.hash, key, check.salt, check.iterations, len(check.digest))
                if hmac.compare_digest(digest, check.digest):
                    found[check] = key
        except EvidenceError as error:
            problems.append(str(error))
    return None if wanted - found.keys() else found


def _of_slot(source: Source, slot: Slot, password: bytes) -> bytes:
    """The volume key that a slot gives for a passphrase, right or wrong. Raises EvidenceError."""
    how = slot.derivation
    if how.kind == "pbkdf2":
        key = pbkdf2(how.hash, password, how.salt, how.iterations, slot.area_key_size)
    else:
        key = argon2(how.kind, password, how.salt, how.time, how.memory, how.lanes, slot.area_key_size)
    size = slot.key_size * slot.stripes
    data = source.read_at(slot.offset, -(-size // SECTOR) * SECTOR)
    if len(data) < size:
        raise EvidenceError(f"the material of key slot {slot.number} is cut off")
    data += bytes(-len(data) % SECTOR)
    stripes = decryptor(slot.cipher, key, SECTOR)(data, 0)[:size]
    return _merge(stripes, slot.key_size, slot.stripe_hash)


def _merge(stripes: bytes, size: int, hash_: str) -> bytes:
    """Undo the anti-forensic splitter: all stripes are needed for the key."""
    try:
        length = hashlib.new(hash_).digest_size
    except ValueError as error:
        raise EvidenceError(f"its digest {hash_!r} is not available here") from error
    mixed = 0
    last = len(stripes) - size
    for at in range(0, last, size):
        block = (mixed ^ int.from_bytes(stripes[at : at + size], "big")).to_bytes(size, "big")
        parts = []
        for number, start in enumerate(range(0, size, length)):
            part = block[start : start + length]
            parts.append(hashlib.new(hash_, number.to_bytes(4, "big") + part).digest()[: len(part)])
        mixed = int.from_bytes(b"".join(parts), "big")
    return (mixed ^ int.from_bytes(stripes[last:], "big")).to_bytes(size, "big")


def volume(source: Source, segments: Sequence[Segment], keys: dict[Check, bytes]) -> Source:
    """The volume in clear: its segments one after the other."""
    parts = [_clear(source, segment, keys) for segment in segments]
    return parts[0] if len(parts) == 1 else PiecesSource(Piece(part, 0, part.size) for part in parts)


def _clear(source: Source, segment: Segment, keys: dict[Check, bytes]) -> Source:
    rest = max(0, source.size - segment.offset)
    size = rest if segment.size is None else min(segment.size, rest)
    if segment.check is None:
        return SliceSource(source, segment.offset, size)
    region = Region(0, size, segment.offset, True, segment.first)
    decrypt = decryptor(segment.cipher, keys[segment.check], segment.sector)
    return Sectors(source, [region], segment.sector, decrypt, SECTOR)
