"""What a manifest of an iOS backup states of each file: its domain and path, its times, where its content lies."""

from __future__ import annotations

import hashlib
import plistlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from xml.parsers.expat import ExpatError

from safelight.errors import EvidenceError
from safelight.evidence.messengers.app import raw_name
from safelight.evidence.protocol import NO_TIMES, Kind, Source
from safelight.evidence.sqlite.records import Blob
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds
from safelight.model import Times, Timestamp

_LONGEST_STATE = 1 << 20
_KINDS = {1: Kind.FILE, 2: Kind.FOLDER, 4: Kind.LINK}
_MODES = {0x8000: Kind.FILE, 0x4000: Kind.FOLDER, 0xA000: Kind.LINK}
PLIST_ERRORS = (
    plistlib.InvalidFileException, ExpatError, ValueError, KeyError, TypeError, OverflowError, RecursionError,
    IndexError, AttributeError, MemoryError, OSError,
)  # fmt: skip
"""What `plistlib` raises about damaged input."""


@dataclass(frozen=True, slots=True)
class Stated:
    """One line of a manifest."""

    name: bytes
    """Domain and path: `CameraRollDomain/Media/DCIM/…`."""
    kind: Kind
    stored: bytes
    """Path of its content from the manifest's folder on."""
    size: int | None = None
    times: Times = NO_TIMES
    key: bytes | None = None
    """Its wrapped key, where it is encrypted."""
    target: bytes | None = None
    error: str | None = None


def of_database(database: Database) -> Iterator[Stated]:
    """The lines of a `Manifest.db` (since iOS 10). Raises EvidenceError at the end for what is unreadable."""
    table = database.tables.get("files")
    if table is None:
        raise EvidenceError("the manifest of the backup has no list of files")
    odd = 0
    for digest, domain, path, flags, state in database.values(
        table, "fileID", "domain", "relativePath", "flags", "file"
    ):
        if not isinstance(digest, str) or not isinstance(domain, str) or not digest.isalnum():
            odd += 1
            continue
        name = _name(domain, path if isinstance(path, str) else "")
        kind = _KINDS.get(flags if isinstance(flags, int) else 1, Kind.FILE)
        stored = f"{digest[:2]}/{digest}".encode("ascii", "replace")
        content = state.read(_LONGEST_STATE) if isinstance(state, Blob) else b""
        yield _with_state(Stated(name, kind, stored), content)
    if odd:
        raise EvidenceError(f"{odd:,} lines of the manifest name no file of the backup")


def _name(domain: str, path: str) -> bytes:
    return raw_name(f"{domain}/{path}" if path else domain)


def _with_state(stated: Stated, content: bytes) -> Stated:
    """Add what the archived `MBFile` says."""
    if not content:
        return stated
    try:
        objects: list[Any] = plistlib.loads(content)["$objects"]
        own: dict[str, Any] = objects[1]

        def inner(key: str) -> Any:
            value = own.get(key)
            value = objects[value.data] if isinstance(value, plistlib.UID) else value
            return value.get("NS.data") if isinstance(value, dict) else value

        key, target = inner("EncryptionKey"), inner("Target")
        return Stated(
            stated.name,
            stated.kind,
            stated.stored,
            _whole(own.get("Size")),
            _times(own),
            key if isinstance(key, bytes) else None,
            target.encode("utf-8", "replace") if isinstance(target, str) and stated.kind is Kind.LINK else None,
        )  # fmt: skip
    except PLIST_ERRORS as error:
        problem = f"what the manifest states of it is damaged ({type(error).__name__})"
        return Stated(stated.name, stated.kind, stated.stored, error=problem)


def _times(own: dict[str, Any]) -> Times:
    born, modified, changed = (_at(own.get(name)) for name in ("Birth", "LastModified", "LastStatusChange"))
    return Times(created=born, modified=modified, changed=changed)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _at(value: object) -> Timestamp | None:
    return utc_seconds(value, "ios-backup") if isinstance(value, (int, float)) and value else None


def of_mbdb(source: Source) -> Iterator[Stated]:
    """The lines of a `Manifest.mbdb` (iOS 4 to 9). Raises EvidenceError where it breaks off."""
    reader = _Fields(source, 6)
    while reader.at < source.size:
        domain, path, target, _, key = (reader.text() for _ in range(5))
        mode = reader.number(2)
        reader.number(8 + 4 + 4)
        modified, accessed, changed = reader.number(4), reader.number(4), reader.number(4)
        size = reader.number(8)
        reader.number(1)
        for _ in range(2 * reader.number(1)):
            reader.text()
        domain, path = domain or b"", path or b""
        digest = hashlib.sha1(domain + b"-" + path, usedforsecurity=False).hexdigest()
        times = Times(modified=_at(modified), accessed=_at(accessed), changed=_at(changed))
        name = domain + b"/" + path if path else domain
        yield Stated(
            name,
            _MODES.get(mode & 0xF000, Kind.SPECIAL),
            digest.encode(),
            size,
            times,
            key or None,
            target or None,
        )


class _Fields:
    """Reads the fields of a `Manifest.mbdb` in order through a window."""

    _WINDOW = 1 << 18

    def __init__(self, source: Source, at: int) -> None:
        self._source = source
        self.at = at
        self._start = 0
        self._data = b""

    def take(self, length: int) -> bytes:
        """The next bytes. Raises EvidenceError where there are not so many."""
        if not self._start <= self.at or self.at + length > self._start + len(self._data):
            self._start, self._data = self.at, self._source.read_at(self.at, max(length, self._WINDOW))
        data = self._data[self.at - self._start : self.at - self._start + length]
        if len(data) < length:
            raise EvidenceError("the manifest of the backup breaks off")
        self.at += length
        return data

    def number(self, length: int) -> int:
        """A number, big-endian."""
        return int.from_bytes(self.take(length), "big")

    def text(self) -> bytes | None:
        """A text with its length before it; None where there is none."""
        length = self.number(2)
        return None if length == 0xFFFF else self.take(length)
