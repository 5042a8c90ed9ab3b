"""BitLocker volumes (Windows Vista to 11, sticks too): opened with password, recovery password, or a key in clear."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from safelight.errors import EvidenceError
from safelight.evidence.backup import Patched
from safelight.evidence.encrypted.bitlocker_header import (
    CLEAR,
    METADATA,
    METHODS,
    PASSWORD,
    RECOVERY,
    STARTUP,
    Volume,
    boot_sector,
    external_key,
    read_volume,
)
from safelight.evidence.encrypted.bitlocker_keys import (
    decryptor,
    with_clear_key,
    with_key,
    with_password,
    with_recovery,
)
from safelight.evidence.encrypted.sectors import Region, Sectors
from safelight.evidence.marks import begins
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.unlock import LockedError, unlocked

_PLAIN_STATES = frozenset((1,))
"""Decrypted: the metadata are still there, and nothing is encrypted."""
_VISTA_PLAIN = 16 * 512
"""Bytes at the start of a volume of Vista that are not encrypted."""
_SEARCHES = {
    "windows": "its boot sector says -FVE-FS-",
    "vista": "its boot sector says -FVE-FS-, as Vista writes it",
    "to go": "a FAT boot sector with BitLocker's identifier: BitLocker To Go",
    "on write": "its boot sector says -FVE-FS-, encrypted while it is written to",
}


class BitlockerReader:
    """A BitLocker volume."""

    name = "bitlocker"
    order = 29  # before FAT, which the boot sector of a stick looks like
    marks = (begins(b"-FVE-FS-", b"MSWIN4.1", at=3),)
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By the boot sector."""
        return boot_sector(head) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield which key opened it, and the decrypted volume as a layer. Raises EvidenceError, LockedError."""
        shown = _SEARCHES[boot_sector(source.read_at(0, 512)) or "windows"]
        try:
            volume = read_volume(source)
        except EvidenceError as error:
            raise LockedError(f"BitLocker volume ({shown}); {error}", limits.keys, tried=0) from error
        if not volume.is_sound:
            yield Node(b"", Kind.FINDING, error="BitLocker: no copy of its metadata matches its checksum")
        if volume.state in _PLAIN_STATES:
            yield Node(b"", Kind.NOTE, note=f"BitLocker volume {volume.identifier}: not encrypted any more")
            yield _layer(source, volume, None)
            return
        what = f"BitLocker volume {volume.identifier} ({shown}{_described(volume)})"
        if volume.on_write:
            text = "encrypting it was not finished, and which parts are is in maps that are not read here"
            raise EvidenceError(f"{what}: {text} ({_opens(volume)})")
        if volume.method not in METHODS:
            raise EvidenceError(f"{what}: encrypted by method 0x{volume.method:04x}, which is not read here")
        is_suspended = any(protector.kind == CLEAR and protector.clear for protector in volume.protectors)
        if is_suspended and not limits.keys.may_unlock:
            opens = "the clear key that it holds itself, as its protection is suspended"
            raise LockedError(what, limits.keys, opens=opens, own_key=True)
        key = with_clear_key(volume)
        note = "protection is suspended: opened with the clear key that the volume holds itself"
        if key is None:
            opened = unlocked(
                limits.keys,
                lambda text: _try(volume, PASSWORD, text),
                recovery=lambda text: _try(volume, RECOVERY, text),
                file=lambda data: _try_file(volume, data),
            )
            if opened is None:
                tried = len(limits.keys.passwords) + len(limits.keys.recovery) + len(limits.keys.files)
                raise LockedError(what, limits.keys, opens=_opens(volume), tried=tried)
            key, note = opened
        yield Node(b"", Kind.NOTE, note=f"BitLocker, {METHODS[volume.method]}: {note}")
        yield _layer(source, volume, key)


def _try(volume: Volume, kind: int, text: str) -> bytes | None:
    """One candidate, if the volume has such a protector: deriving a key takes a second."""
    kinds = {protector.kind for protector in volume.protectors}
    if kind == PASSWORD:
        return with_password(volume, text) if PASSWORD in kinds else None
    return with_recovery(volume, text) if kinds & {RECOVERY, STARTUP} else None


def _try_file(volume: Volume, data: bytes) -> bytes | None:
    """A key file of BitLocker's own (`.BEK`)."""
    found = external_key(data)
    return None if found is None else with_key(volume, found[1])


def _opens(volume: Volume) -> str:
    """What would open it. The last groups of digits of a recovery password's file name are its identifier."""
    return "; ".join(map(str, volume.protectors[:12])) or "no protector is listed"


def _described(volume: Volume) -> str:
    return f"; described as {volume.description}" if volume.description else ""


def _layer(source: Source, volume: Volume, key: bytes | None) -> Node:
    size = source.size
    return Node(b"", Kind.LAYER, size=size, layer="volume", open=partial(_open, source, volume, key))


def _open(source: Source, volume: Volume, key: bytes | None) -> Source:
    regions = _regions(source.size, volume, key is not None)
    decrypt = decryptor(volume, key) if key is not None else lambda data, _first: data
    content: Source = Sectors(source, regions, volume.sector, decrypt)
    if volume.version == 1:  # Vista leaves the boot sector where it is and writes two of its fields anew
        content = Patched(content, {3: b"NTFS    ", 56: volume.mirror.to_bytes(8, "little")})
    return content


def _regions(size: int, volume: Volume, encrypted: bool) -> list[Region]:
    """Where the bytes of the volume lie. Its own metadata and the moved first sectors read as zeros."""
    sector = volume.sector
    until = size if not volume.encrypted else min(volume.encrypted, size)
    until = until // sector * sector if until < size else size
    cuts: list[tuple[int, int, int | None, bool]] = []
    if volume.version == 1:
        cuts.append((0, min(_VISTA_PLAIN, size), 0, False))
    elif volume.header is not None:
        at, length = volume.header
        length = min(length, size - at, at)
        cuts.append((0, length, at, encrypted and (at < until or volume.encrypted == 0)))
        cuts.append((at, at + length, None, False))
    cuts += [(copy, min(copy + METADATA, size), None, False) for copy in volume.copies]
    regions, done = [], 0
    for start, end, lies, is_encrypted in sorted(cuts, key=lambda cut: cut[0]):
        start, end = max(start, done), max(end, done)
        regions += _data(done, start, until, encrypted)
        regions.append(Region(start, end, lies, is_encrypted))
        done = end
    return regions + _data(done, size, until, encrypted)


def _data(start: int, end: int, until: int, encrypted: bool) -> list[Region]:
    middle = max(start, min(end, until))
    return [Region(start, middle, start, encrypted), Region(middle, end, middle, False)]
