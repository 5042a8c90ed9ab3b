"""BitLocker's metadata: how a volume is encrypted, which protectors hold its key, where its parts lie.

After the public description of the libbde project ("BitLocker Drive Encryption (BDE) format specification").
Three copies lie in the volume; the first sound one is used. Every size is bounded by what is there.
"""

from __future__ import annotations

import struct
import uuid
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field

from safelight.errors import EvidenceError
from safelight.evidence.protocol import Source

MARK = b"-FVE-FS-"
_FIXED = bytes.fromhex("3bd66749292ed84a8399f6a339e3d001")
_FIXED_ON_WRITE = bytes.fromhex("3b4da89280dd0e4d9e4eb1e3284eaed8")
"""Identifiers in the boot sector of a volume since Windows 7, and of one encrypted while it is written to."""
_AT, _AT_TO_GO = 160, 424
"""Where they stand; the offsets of the metadata follow."""
METADATA = 1 << 16
"""Bytes that each copy of the metadata takes in the volume."""
_MOST_ENTRIES = 256

METHODS = {
    0x8000: "AES-CBC 128 with diffuser",
    0x8001: "AES-CBC 256 with diffuser",
    0x8002: "AES-CBC 128",
    0x8003: "AES-CBC 256",
    0x8004: "AES-XTS 128",
    0x8005: "AES-XTS 256",
}
CLEAR, TPM, STARTUP, TPM_PIN, RECOVERY, PASSWORD = 0x0000, 0x0100, 0x0200, 0x0500, 0x0800, 0x2000
PROTECTORS = {
    CLEAR: "clear key",
    TPM: "TPM",
    STARTUP: "startup or recovery key file (.BEK)",
    0x0300: "TPM and startup key",
    TPM_PIN: "TPM and PIN",
    0x0700: "TPM, PIN and startup key",
    RECOVERY: "recovery password",
    0x1000: "certificate",
    PASSWORD: "password",
}
_KEY, _TEXT, _STRETCHED, _SEALED, _MASTER, _EXTERNAL, _EXTENT = 1, 2, 3, 5, 8, 9, 15
_IS_VOLUME_KEY, _IS_MASTER_KEY, _IS_DESCRIPTION, _IS_HEADER = 3, 2, 7, 15


@dataclass(frozen=True, slots=True)
class Protector:
    """One way to the volume's master key."""

    identifier: str
    kind: int
    salt: bytes = b""
    """Of a password or recovery password."""
    clear: bytes = b""
    """The key itself, which a suspended volume states."""
    sealed: tuple[bytes, ...] = ()
    """The master key under this protector's key (AES-CCM)."""

    def __str__(self) -> str:
        return f"{PROTECTORS.get(self.kind, f'protector of kind 0x{self.kind:04x}')} {self.identifier}"


@dataclass(frozen=True, slots=True)
class Volume:
    """What the metadata say. Offsets and sizes in bytes."""

    version: int
    sector: int
    identifier: str
    description: str
    method: int
    encrypted: int
    """How much of the volume is encrypted, from its start; 0 where nothing is stated."""
    protectors: tuple[Protector, ...]
    volume_key: bytes
    """Under the master key."""
    copies: tuple[int, ...]
    header: tuple[int, int] | None
    """Where the first sectors of the volume lie, and how many bytes they are."""
    mirror: int = 0
    """Vista: the cluster that the boot sector has to state instead of that of the metadata."""
    on_write: bool = False
    """Encrypted while it is written to: its first sectors say so."""
    state: int = 0
    is_sound: bool = True
    """Does its checksum match?"""


@dataclass(slots=True)
class _Found:
    protectors: list[Protector] = field(default_factory=list)
    volume_key: bytes = b""
    description: str = ""
    header: tuple[int, int] | None = None


def boot_sector(head: bytes) -> str | None:
    """What the boot sector says: `vista`, `windows`, `to go`, `on write`, or None where it is no BitLocker volume."""
    if head[3:11] == MARK:
        if head[_AT : _AT + 16] == _FIXED:
            return "windows"
        if head[_AT : _AT + 16] == _FIXED_ON_WRITE:
            return "on write"
        return "vista" if head[:3] == b"\xeb\x52\x90" else "windows"
    if head[3:11] == b"MSWIN4.1" and head[_AT_TO_GO : _AT_TO_GO + 16] == _FIXED:
        return "to go"
    return None


def read_volume(source: Source) -> Volume:
    """Read the first sound copy of the metadata, or one with a wrong checksum. Raises EvidenceError."""
    head = source.read_at(0, 512)
    kind = boot_sector(head)
    sector = int.from_bytes(head[11:13], "little")
    if sector not in (512, 1024, 2048, 4096):
        sector = 512
    if kind == "vista":
        cluster = int.from_bytes(head[56:64], "little")
        offsets: tuple[int, ...] = (cluster * sector * max(1, head[13]),)
    else:
        offsets = struct.unpack_from("<3Q", head, (_AT_TO_GO if kind == "to go" else _AT) + 16)
    reason, doubtful = "they are missing", None
    for offset in offsets:
        try:
            volume = _copy(source, offset, sector, kind == "on write")
        except (ValueError, struct.error) as error:
            reason = str(error)
            continue
        if volume.is_sound:
            return volume
        doubtful = doubtful or volume
    if doubtful is not None:
        return doubtful
    raise EvidenceError(f"its BitLocker metadata are damaged: {reason}")


def _copy(source: Source, offset: int, sector: int, on_write: bool) -> Volume:
    data = source.read_at(offset, METADATA) if 0 < offset < source.size else b""
    if not data.startswith(MARK) or len(data) < 112:
        raise ValueError("the metadata are missing")
    version, state = int.from_bytes(data[10:12], "little"), int.from_bytes(data[12:14], "little")
    if version not in (1, 2):
        raise ValueError(f"version {version} is not known here")
    copies = struct.unpack_from("<3Q", data, 32)
    size, _, header_size, _ = struct.unpack_from("<4I", data, 64)
    if header_size != 48 or not header_size <= size <= len(data) - 64:
        raise ValueError(f"they state a size of {size:,} bytes")
    identifier = str(uuid.UUID(bytes_le=data[80:96]))
    method = int.from_bytes(data[100:102], "little")
    found = _Found()
    for entry, kind, value in _entries(data[64 + header_size : 64 + size]):
        _take(found, entry, kind, value)
    header, encrypted, mirror = found.header, 0, 0
    if version == 2:
        encrypted, _, sectors, *_, at = struct.unpack_from("<QII3QQ", data, 16)
        if header is None and sectors:
            header = (at, sectors * sector)
    else:
        mirror = int.from_bytes(data[56:64], "little")
    if header is not None and not (0 < header[0] < source.size and 0 < header[1] <= 1 << 24):
        raise ValueError("the place of the volume's first sectors is wrong")
    end = int.from_bytes(data[8:10], "little") * 16
    checksum = data[end + 4 : end + 8]
    is_sound = version == 1 or checksum == zlib.crc32(data[:end]).to_bytes(4, "little")
    return Volume(
        version, sector, identifier, found.description, method, encrypted, tuple(found.protectors),
        found.volume_key, tuple(copy for copy in copies if 0 < copy < source.size), header, mirror, on_write,
        state, is_sound,
    )  # fmt: skip


def _entries(data: bytes, most: int = _MOST_ENTRIES) -> Iterator[tuple[int, int, bytes]]:
    """Yield (kind of entry, kind of value, value). Raises ValueError."""
    at = 0
    for _ in range(most):
        if at + 8 > len(data):
            return
        size, entry, kind, _ = struct.unpack_from("<4H", data, at)
        if size == 0:
            return
        if size < 8 or at + size > len(data):
            raise ValueError(f"an entry states a size of {size:,} bytes")
        yield entry, kind, data[at + 8 : at + size]
        at += size


def _take(found: _Found, entry: int, kind: int, value: bytes) -> None:
    if entry == _IS_MASTER_KEY and kind == _MASTER and len(value) >= 28:
        found.protectors.append(_protector(value))
    elif entry == _IS_VOLUME_KEY and kind == _SEALED:
        found.volume_key = value
    elif entry == _IS_DESCRIPTION and kind == _TEXT:
        text = value.decode("utf-16-le", "replace").rstrip("\0")[:200]
        found.description = "".join(c if c.isprintable() else "?" for c in text)
    elif entry == _IS_HEADER and kind == _EXTENT and len(value) >= 16:
        found.header = struct.unpack_from("<QQ", value)


def _protector(value: bytes) -> Protector:
    identifier, kind = str(uuid.UUID(bytes_le=value[:16])), int.from_bytes(value[26:28], "little")
    salt, clear, sealed = b"", b"", []
    for _, what, inner in _entries(value[28:]):
        if what == _STRETCHED and len(inner) >= 20:
            salt = inner[4:20]
        elif what == _KEY and len(inner) >= 36:
            clear = inner[4:36]
        elif what == _SEALED:
            sealed.append(inner)
    return Protector(identifier, kind, salt, clear, tuple(sealed))


def external_key(file: bytes) -> tuple[str, bytes] | None:
    """The identifier and key that a key file (`.BEK`) holds, or None where it is none."""
    if len(file) < 48 or int.from_bytes(file[:4], "little") != len(file):
        return None
    try:
        for _, kind, value in _entries(file[48:]):
            if kind == _EXTERNAL and len(value) >= 24:
                for _, what, inner in _entries(value[24:]):
                    if what == _KEY and len(inner) >= 36:
                        return str(uuid.UUID(bytes_le=value[:16])), inner[4:36]
    except ValueError:
        return None
    return None
