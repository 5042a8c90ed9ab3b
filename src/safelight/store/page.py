"""A page of the inventory, packed by columns: most passes need the keys and digests of its entries, not the entries.

    version (1 byte) · count n (4, little-endian) · n flags (1) · n keys (16) · n digests (68: MD5, SHA-1, SHA-256)
    · the other columns as JSON, compressed

Keys and digests are as good as random and lie uncompressed; an entry without digests has zeros there.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
import zstandard

from safelight.errors import IntegrityError
from safelight.model import Digests, Place, State, Times, Timestamp
from safelight.store.entry import ANEW, CLOSED, FINDING, NOTE, Entry, Fingerprint

HAS_DIGESTS, HAS_ERROR, IS_MEDIA, NOT_EXAMINED = 1, 2, 4, 8
IS_FINDING, IS_CLOSED, IS_ANEW, IS_GONE = 16, 32, 64, 128
IS_MARK = IS_CLOSED | IS_ANEW
"""Flags of an entry; marks are no places of their own."""
_OF_KIND = {FINDING: IS_FINDING, NOTE: IS_FINDING, CLOSED: IS_CLOSED, ANEW: IS_ANEW}
_VERSION = 1
_HEAD = struct.Struct("<BI")
_KEY, _DIGESTS = 16, 68
_NO_DIGESTS = bytes(_DIGESTS)
_CODEC = "latin-1"  # raw bytes through JSON: every byte is one character, and back


class Page:
    """One page, opened. Its flags, keys and digests cost next to nothing; entries are made when asked for."""

    __slots__ = ("_columns", "_digests", "_keys", "_packed", "_within", "flags", "id")

    def __init__(self, page_id: int, plain: bytes) -> None:
        version, count = _HEAD.unpack_from(plain) if len(plain) >= _HEAD.size else (0, 0)
        if version != _VERSION:
            raise IntegrityError(
                "A page of the inventory has a form that this version does not know.",
                "Open the workspace with the version of Safelight that wrote it.",
            )
        keys, digests = _HEAD.size + count, _HEAD.size + count * (1 + _KEY)
        self.id = page_id
        self.flags = plain[_HEAD.size : keys]
        """One for each entry: `HAS_DIGESTS`, `HAS_ERROR` …"""
        self._keys = plain[keys:digests]
        self._digests = plain[digests : digests + count * _DIGESTS]
        self._packed = plain[digests + count * _DIGESTS :]
        self._columns: dict[str, list[Any]] = {}
        self._within: list[tuple[tuple[bytes, ...], tuple[str, ...]]] = []

    def __len__(self) -> int:
        return len(self.flags)

    def __iter__(self) -> Iterator[Entry]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, number: int) -> Entry:
        columns = self.columns
        trail, layers = self._within[columns["within"][number]]
        name, target = columns["name"][number], columns["target"][number]
        flags = self.flags[number]
        return Entry(
            place=Place(
                trail=trail if name is None else (*trail, name.encode(_CODEC)),
                layers=layers,
                state=_STATES[columns["state"][number]],
                size=columns["size"][number],
                times=Times(
                    *[None if time is None else Timestamp(*time) for time in columns["times"][number]]
                ),
                address=columns["address"][number],
            ),
            kind=columns["kind"][number],
            format=columns["format"][number],
            digests=self.digests(number),
            error=columns["error"][number],
            examined=not flags & NOT_EXAMINED,
            container=columns["container"][number],
            media=bool(flags & IS_MEDIA),
            target=target if target is None else target.encode(_CODEC),
            gone=bool(flags & IS_GONE),
            note=columns["note"][number] if "note" in columns else None,  # pages before notes have none
        )

    def name(self, number: int) -> bytes | None:
        """The last part of an entry's trail; None where that is empty."""
        name = self.columns["name"][number]
        return None if name is None else str(name).encode(_CODEC)

    @property
    def columns(self) -> dict[str, list[Any]]:
        """What lies compressed, by name: `state`, `size`, `kind`, `error` … as `pack` writes them."""
        if not self._columns:
            self._columns = orjson.loads(zstandard.ZstdDecompressor().decompress(self._packed))
            self._within = [
                (tuple(part.encode(_CODEC) for part in trail), tuple(layers))
                for trail, layers in self._columns["containers"]
            ]
        return self._columns

    @property
    def containers(self) -> list[tuple[bytes, ...]]:
        """The trails of what the entries lie in; `columns["within"]` are numbers in this list."""
        return [trail for trail, _ in self._within] if self.columns else []

    @property
    def fingerprints(self) -> list[Fingerprint]:
        """What `fingerprint` says of every entry."""
        columns = self.columns
        return [
            (
                size,
                None if modified is None else modified[0],
                None if changed is None else changed[0],
                address.get("inode"),
            )
            for size, (_, modified, _, changed), address in zip(
                columns["size"], columns["times"], columns["address"], strict=True
            )
        ]

    @property
    def keys(self) -> list[bytes]:
        """The key of every entry (see `Entry.key`)."""
        keys = self._keys
        return [keys[start : start + _KEY] for start in range(0, len(keys), _KEY)]

    @property
    def sha256s(self) -> list[bytes | None]:
        """The SHA-256 of every entry that was digested."""
        digests, starts = self._digests, range(_DIGESTS - 32, len(self._digests) + 1, _DIGESTS)
        return [
            digests[start : start + 32] if flag & HAS_DIGESTS else None
            for start, flag in zip(starts, self.flags, strict=False)
        ]

    def digests(self, number: int) -> Digests | None:
        """The three digests of an entry."""
        if not self.flags[number] & HAS_DIGESTS:
            return None
        raw = self._digests[number * _DIGESTS : (number + 1) * _DIGESTS]
        return Digests(raw[:16], raw[16:36], raw[36:])


def pack(entries: Sequence[Entry]) -> bytes:
    """The plain bytes of a page."""
    places = [entry.place for entry in entries]
    containers: dict[tuple[tuple[bytes, ...], tuple[str, ...]], int] = {}
    columns: dict[str, list[Any]] = {
        "within": [
            containers.setdefault((place.trail[:-1], place.layers), len(containers)) for place in places
        ],
        "name": [place.trail[-1].decode(_CODEC) if place.trail else None for place in places],
        "state": [place.state for place in places],
        "size": [place.size for place in places],
        "times": [_pack_times(place.times) for place in places],
        "address": [place.address for place in places],
        "kind": [entry.kind for entry in entries],
        "format": [entry.format for entry in entries],
        "error": [entry.error for entry in entries],
        "container": [entry.container for entry in entries],
        "target": [
            entry.target if entry.target is None else entry.target.decode(_CODEC) for entry in entries
        ],
    }
    if any(entry.note is not None for entry in entries):
        columns["note"] = [entry.note for entry in entries]
    columns["containers"] = [
        [[part.decode(_CODEC) for part in trail], layers] for trail, layers in containers
    ]
    return b"".join(
        (
            _HEAD.pack(_VERSION, len(entries)),
            bytes(map(_flags, entries)),
            b"".join([entry.key for entry in entries]),
            b"".join([_pack_digests(entry.digests) for entry in entries]),
            zstandard.ZstdCompressor(level=1).compress(orjson.dumps(columns)),
        )
    )


def _flags(entry: Entry) -> int:
    flags = _OF_KIND.get(entry.kind, 0)
    if entry.digests is not None:
        flags |= HAS_DIGESTS
    if entry.error is not None:
        flags |= HAS_ERROR
    if entry.media:
        flags |= IS_MEDIA
    if entry.gone:
        flags |= IS_GONE
    return flags if entry.examined else flags | NOT_EXAMINED


def _pack_digests(digests: Digests | None) -> bytes:
    return _NO_DIGESTS if digests is None else digests.md5 + digests.sha1 + digests.sha256


def _pack_times(times: Times) -> list[list[str] | None]:
    return [
        None if time is None else [time.value, time.source, time.zone]
        for time in (times.created, times.modified, times.accessed, times.changed)
    ]


_STATES = {str(state): state for state in State}
