"""VeraCrypt and TrueCrypt: containers without any mark, noted where nothing but noise is there, opened with a password.

Noise is no proof: the note says what it may be. Files of whole sectors are looked at, and partitions that nothing else
knows; compressed data are told from noise by how often each byte occurs.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from safelight.errors import EvidenceError
from safelight.evidence.carve import carve
from safelight.evidence.encrypted import aes
from safelight.evidence.encrypted.luks_data import with_headers
from safelight.evidence.encrypted.sectors import Region, Sectors
from safelight.evidence.encrypted.veracrypt_header import Volume, open_header
from safelight.evidence.marks import named, sized
from safelight.evidence.protocol import Kind, Limits, Node, Source, free_space
from safelight.evidence.raw import UNKNOWN
from safelight.evidence.unlock import Keys, MayBeLockedError, unlocked
from safelight.model import LOCKED

_SECTOR = 512
_LEAST = 292 << 10
"""The smallest container that VeraCrypt makes."""
_SAMPLES, _SAMPLE = 12, 1 << 16
_MOST_UNEVEN = 360.0
"""Of 255 degrees of freedom: noise reaches it once in 50,000 samples, compressed data mostly."""
_PRINTED = frozenset(b"\t\n\r") | frozenset(range(0x20, 0x7F))
_MAY_BE = (
    "may be an encrypted container (VeraCrypt, TrueCrypt): whole sectors of noise, without any signature"
)


class UnmarkedReader:
    """A file that may be a container. One of the last to be asked."""

    name = "unmarked"
    order = 84
    marks = (sized(_LEAST),)
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it a file of whole sectors, and noise wherever one looks?"""
        return bool(source.name) and is_noise(head, source)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the volume that a password opens. Raises MayBeLockedError."""
        opened, tried = _opened(source, limits)
        if opened is None:
            raise MayBeLockedError(_MAY_BE + tried)
        yield from opened


class UnmarkedPartitionReader:
    """The same for a partition or a whole medium: what is in it was not read, which is a finding."""

    name = "unmarked-partition"
    order = 39
    marks = (named(""),)
    formats = frozenset((None,))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """Is it noise wherever one looks?"""
        return not source.name and is_noise(head, source)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield the volume that a key opens, else what can be carved. Raises EvidenceError: what it may be."""
        opened, tried = _opened(source, limits)
        if opened is not None:
            yield from opened
            return
        if limits.carve:
            yield free_space(partial(carve, source, [(0, source.size)]))
        # Raised, so that a later scan with keys comes here again, and forgets this where one opens it.
        raise EvidenceError(f"{UNKNOWN}: it {_MAY_BE}; if it is one, {LOCKED}{tried}")


def is_noise(head: bytes, source: Source) -> bool:
    """Is every byte about as frequent as any other, in samples from begin to end?"""
    if source.size < _LEAST or source.size % _SECTOR or len(head) < _SAMPLE:
        return False
    if all(byte in _PRINTED for byte in head[:8]) or not _is_even(head[:_SAMPLE]):
        return False  # the first is a signature that is not known here (Debian's packages have one)
    last = source.size - _SAMPLE
    starts = (last * number // _SAMPLES // _SECTOR * _SECTOR for number in range(1, _SAMPLES + 1))
    return all(_is_even(source.read_at(at, _SAMPLE)) for at in starts)


def _is_even(data: bytes) -> bool:
    if len(data) < _SAMPLE:
        return False
    counts = np.bincount(np.frombuffer(data, np.uint8), minlength=256)
    expected = len(data) / 256
    return float(((counts - expected) ** 2).sum() / expected) < _MOST_UNEVEN


def _opened(source: Source, limits: Limits) -> tuple[Iterator[Node] | None, str]:
    """The volume that a key opens, or what was tried. All of a scan share the time that one container has."""
    keys = limits.keys
    of_header, said = with_headers(source, limits)
    if of_header is not None:
        return iter(of_header), ""
    if not keys.passwords and not keys.files:
        return None, said
    begun, left = time.monotonic(), keys.seconds - keys.spent.seconds
    if left <= 0:
        return (
            None,
            f"{said}; not tried: the {keys.seconds:,.0f} seconds for files without a signature are over",
        )
    try:
        found = _unlocked(source, replace(keys, seconds=left))
    except EvidenceError as error:
        return None, f"{said}; {error}"
    finally:
        keys.spent.seconds += time.monotonic() - begun
    if found is None:
        tried = len(keys.passwords) + len(keys.files)
        return None, f"{said}; none of the {tried:,} passwords and key files given opens it"
    return _nodes(source, *found), ""


def _unlocked(source: Source, keys: Keys) -> tuple[Volume, str] | None:
    """Try each password alone, with any one of the key files, and with all of them together."""
    files, until = keys.files, time.monotonic() + keys.seconds
    with_files: list[tuple[tuple[bytes, ...], str]] = [((), "")]
    with_files += [((one,), f" and key file {number} of {len(files)}") for number, one in enumerate(files, 1)]
    if len(files) > 1:
        with_files.append((files, f" and all {len(files)} key files"))

    def attempt(password: str) -> tuple[Volume, str] | None:
        for given, said in with_files:
            if time.monotonic() > until:
                break  # `unlocked` says so
            volume = open_header(source, password.encode("utf-8", "surrogatepass"), given, keys.pims)
            if volume is not None:
                return volume, said
        return None

    def by_file(data: bytes) -> tuple[Volume, str] | None:
        volume = open_header(source, b"", (data,), keys.pims)
        return None if volume is None else (volume, "")

    found = unlocked(keys, attempt, file=by_file)
    if found is None:
        return None
    (volume, said), note = found
    with_pim = f" and PIM {volume.pim} of {len(keys.pims)}" if volume.pim else ""
    return volume, note + said + with_pim


def _nodes(source: Source, volume: Volume, note: str) -> Iterator[Node]:
    which = "hidden volume" if volume.hidden else "volume"
    yield Node(b"", Kind.NOTE, note=f"{which} of {volume.program} (AES, {volume.made_by}): {note}")
    yield Node(b"", Kind.LAYER, size=volume.size, layer="volume", open=partial(_open, source, volume))


def _open(source: Source, volume: Volume) -> Source:
    region = Region(0, volume.size, volume.begin, True, volume.begin // _SECTOR)
    return Sectors(source, [region], _SECTOR, aes.xts(volume.key, _SECTOR), _SECTOR)
