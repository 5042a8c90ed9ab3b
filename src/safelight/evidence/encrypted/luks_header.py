"""Headers of LUKS1 and LUKS2: key slots, how a key is derived for each, and where the data lie.

After "LUKS On-Disk Format Specification" 1.2.3 and "LUKS2 On-Disk Format Specification" 1.1.1. Every number is
bounded before anything is done with it.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import struct
from dataclasses import dataclass
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

MAGIC, SECOND_MAGIC = b"LUKS\xba\xbe", b"SKUL\xba\xbe"
SECTOR = 512
_LUKS1 = struct.Struct(">6sH32s32s32sII20s32sI40s")
_SLOT1 = struct.Struct(">II32sII")
_LUKS2 = struct.Struct(">6sHQQ48s32s64s40s48sQ184s64s")
_ACTIVE = 0x00AC71F3
_SECONDS = tuple(0x4000 << shift for shift in range(9))
"""Where the second header of LUKS2 may lie: behind the first, which has 16 KiB to 4 MiB."""
_LONGEST_KEY = 512
_MOST_STRIPES = 20_000
_MOST_SLOTS = 32
_READABLE = frozenset(("online-reencrypt", "online-reencrypt-v2"))
"""What a volume may require: encrypted anew in part, which its segments show."""
_BACKUP = "backup-"
"""Begins the flags of segments that are no part of the volume, but say what it was and what it is to be."""


@dataclass(frozen=True, slots=True)
class Derivation:
    """How a key is made of a passphrase: PBKDF2 (`hash`, `iterations`) or Argon2 (`time`, `memory` in KiB, `lanes`)."""

    kind: str
    salt: bytes
    hash: str = ""
    iterations: int = 0
    time: int = 0
    memory: int = 0
    lanes: int = 0


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the keys that open the volume: its stripes, encrypted, lie from `offset` on. Sizes in bytes."""

    number: int
    derivation: Derivation
    key_size: int
    stripes: int
    stripe_hash: str
    offset: int
    cipher: str
    area_key_size: int


@dataclass(frozen=True, slots=True)
class Check:
    """By what a volume key shows that it is right, and for which slots."""

    hash: str
    iterations: int
    salt: bytes
    digest: bytes
    slots: frozenset[int]


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of the volume, in their order; `size` None: to its end. `first` is the number of its first 512 bytes."""

    offset: int
    size: int | None
    cipher: str
    sector: int
    first: int
    check: Check | None
    """None: it is not encrypted (not yet, or not any more)."""
    hot: bool = False
    """Was it being encrypted anew when that was cut off? Some sectors then have the old key, some the new one."""


@dataclass(frozen=True, slots=True)
class Header:
    """What both versions say."""

    version: int
    uuid: str
    label: str
    slots: tuple[Slot, ...]
    segments: tuple[Segment, ...]
    tokens: tuple[str, ...] = ()
    """Kinds of further ways to a key: a TPM, a security key, a key server."""
    problem: str | None = None
    """What was wrong with one of the two headers."""


def read_header(source: Source) -> Header:
    """Read the header, of LUKS2 the second where the first is damaged. Raises EvidenceError."""
    head = source.read_at(0, 4096)
    version = int.from_bytes(head[6:8], "big") if head.startswith(MAGIC) else 2
    try:
        if version == 1:
            return _luks1(source.read_at(0, 1024))
        if version == 2:
            return _luks2(source)
    except (ValueError, KeyError, TypeError, AttributeError, struct.error, RecursionError) as error:
        raise EvidenceError(f"its LUKS header is damaged: {type(error).__name__}: {error}") from error
    raise EvidenceError(f"LUKS of version {version}, which is not known here")


def is_luks(head: bytes) -> bool:
    """Does it begin with a header of LUKS, or hold the second one of LUKS2 where the first is gone?"""
    return head.startswith(MAGIC) or any(head.startswith(SECOND_MAGIC, at) for at in _SECONDS[:2])


def _luks1(data: bytes) -> Header:
    (_, _, name, mode, hash_, payload, key_size, digest, salt, rounds, uuid) = _LUKS1.unpack_from(data)
    cipher = f"{_text(name)}-{_text(mode)}"
    slots = []
    for number in range(8):
        active, iterations, slot_salt, offset, stripes = _SLOT1.unpack_from(data, 208 + number * 48)
        if active == _ACTIVE:
            how = Derivation("pbkdf2", slot_salt, _text(hash_), iterations)
            slots.append(
                _bounded(
                    Slot(number, how, key_size, stripes, _text(hash_), offset * SECTOR, cipher, key_size)
                )
            )
    check = Check(_text(hash_), rounds, salt, digest, frozenset(slot.number for slot in slots))
    segment = Segment(payload * SECTOR, None, cipher, SECTOR, 0, check)
    return Header(1, _text(uuid), "", tuple(slots), (segment,))


def _luks2(source: Source) -> Header:
    problem = None
    for at in (0, *_SECONDS):
        head = source.read_at(at, 4096)
        if len(head) < 4096 or not head.startswith(SECOND_MAGIC if at else MAGIC):
            problem = problem or "is missing"
            continue
        size = int.from_bytes(head[8:16], "big")
        if size not in _SECONDS:
            problem = problem or f"states a size of {size:,} bytes"
            continue
        data = source.read_at(at, size)
        stated = head[448 : 448 + 64]
        algorithm = _text(head[72:104])
        digest = hashlib.new(algorithm, data[:448] + bytes(64) + data[512:]).digest()
        if stated[: len(digest)] != digest:
            problem = problem or "does not match its checksum"
            continue
        fields = _LUKS2.unpack_from(data)
        label, uuid = _text(fields[4]), _text(fields[7])
        said = f"its first header {problem}; the second is used" if at else None
        return _metadata(json.loads(data[4096:].partition(b"\0")[0]), uuid, label, said)
    raise ValueError(f"the first header {problem}, and there is no sound second one")


def _metadata(data: dict[str, Any], uuid: str, label: str, problem: str | None) -> Header:
    needs = data.get("config", {}).get("requirements", {}).get("mandatory", [])
    if set(needs) - _READABLE:
        raise EvidenceError(f"LUKS2 in a state that is not read here: {', '.join(map(str, needs))[:200]}")
    slots = tuple(
        _slot(int(number), one) for number, one in _few(data["keyslots"]) if one.get("type") == "luks2"
    )
    previous = {
        number for number, one in data["segments"].items() if _BACKUP + "previous" in one.get("flags", ())
    }
    digests = sorted(_few(data["digests"]), key=lambda one: previous.isdisjoint(one[1]["segments"]))
    of_segment: dict[int, Check] = {}
    for check, (_, one) in zip([_check(one) for _, one in digests], digests, strict=True):
        for number in one["segments"]:
            of_segment.setdefault(int(number), check)  # of one with two keys, the older
    segments = [
        _segment(one, of_segment.get(int(number)))
        for number, one in _few(data["segments"])
        if not any(str(flag).startswith(_BACKUP) for flag in one.get("flags", ()))
    ]
    if not segments or any(one.offset < 0 or (one.size or 0) < 0 for one in segments):
        raise ValueError("it has no segments")
    if any(one.size is None for one in segments[:-1]):
        raise ValueError("a segment without an end before another")
    tokens = tuple(sorted({str(one.get("type"))[:40] for _, one in _few(data.get("tokens", {}))}))
    return Header(2, uuid, label, slots, tuple(segments), tokens, problem)


def _segment(one: dict[str, Any], check: Check | None) -> Segment:
    kind, offset = one["type"], int(one["offset"])
    size = None if one["size"] == "dynamic" else int(one["size"])
    if kind == "linear":
        return Segment(offset, size, "", SECTOR, 0, None)
    if kind != "crypt" or "integrity" in one:
        what = "with checksums of its own (dm-integrity)" if "integrity" in one else f"of type {kind}"
        raise EvidenceError(f"LUKS2 with a segment {str(what)[:60]}, which is not read here")
    if check is None:
        raise ValueError("a segment for which there is no key")
    sector = int(one["sector_size"])
    if sector not in (512, 1024, 2048, 4096):
        raise ValueError(f"sectors of {sector} bytes")
    hot = "in-reencryption" in one.get("flags", ())
    return Segment(offset, size, str(one["encryption"]), sector, int(one["iv_tweak"]), check, hot)


def _few(data: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(data.items(), key=lambda one: int(one[0]))[:_MOST_SLOTS]


def _slot(number: int, one: dict[str, Any]) -> Slot:
    how, area, stripes = one["kdf"], one["area"], one["af"]
    salt = _bytes(how["salt"])
    if how["type"] == "pbkdf2":
        derivation = Derivation("pbkdf2", salt, str(how["hash"]), int(how["iterations"]))
    else:
        derivation = Derivation(
            str(how["type"]), salt, time=int(how["time"]), memory=int(how["memory"]), lanes=int(how["cpus"])
        )
    return _bounded(
        Slot(
            number,
            derivation,
            int(one["key_size"]),
            int(stripes["stripes"]),
            str(stripes["hash"]),
            int(area["offset"]),
            str(area["encryption"]),
            int(area["key_size"]),
        )
    )


def _bounded(slot: Slot) -> Slot:
    if not (0 < slot.key_size <= _LONGEST_KEY and 0 < slot.area_key_size <= _LONGEST_KEY):
        raise ValueError(f"a key of {slot.key_size:,} bytes")
    if not 0 < slot.stripes <= _MOST_STRIPES or slot.offset <= 0:
        raise ValueError(f"a key in {slot.stripes:,} stripes at {slot.offset:,}")
    return slot


def _check(one: dict[str, Any]) -> Check:
    if one["type"] != "pbkdf2":
        raise ValueError(f"a digest of type {one['type']}")
    slots = frozenset(int(number) for number in one["keyslots"])
    return Check(str(one["hash"]), int(one["iterations"]), _bytes(one["salt"]), _bytes(one["digest"]), slots)


def _bytes(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except binascii.Error as error:
        raise ValueError("a value that is not base64") from error


def _text(field: bytes) -> str:
    text = field.partition(b"\0")[0].decode("ascii", "replace")
    return "".join(c if c.isprintable() else "?" for c in text)
