"""Backups of iPhones and iPads (iTunes, Finder, libimobiledevice): files by their domain and path, encrypted ones too.

A backup is a folder of files named by a digest, beside a manifest. What is listed here has its content there.
"""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from functools import lru_cache, partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.beside import Beside
from safelight.evidence.guards import Meter
from safelight.evidence.marks import begins
from safelight.evidence.phone import ios_files, keybag
from safelight.evidence.phone.ios_files import PLIST_ERRORS, Stated
from safelight.evidence.phone.keybag import CbcSource
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.source import SliceSource
from safelight.evidence.sqlite.pages import MAGIC
from safelight.evidence.sqlite.reader import contents, log_beside
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.unlock import Keys, LockedError, unlocked

_LONGEST = 64 << 20
_MBDB = b"mbdb\5\0"
_WHAT = "encrypted iOS backup (its Manifest.plist says so)"
_NOT_THERE = "its content is not in the exhibit: the backup lacks the file {}"
_OWN_TABLES = frozenset(("files", "properties", "sqlite_sequence", "sqlite_stat1"))
Classes = dict[int, bytes]


class IosBackupReader:
    """The manifest of a backup: `Manifest.db`, of an encrypted one `Manifest.plist`, of an old one `Manifest.mbdb`."""

    name = "ios-backup"
    order = 50
    marks = (begins(MAGIC, b"bplist0", b"<?xml", _MBDB),)
    formats = frozenset(("sqlite", "bplist", "mbdb", None))
    lasting = True
    is_device = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By what the beginning of each kind of manifest holds."""
        if head.startswith(MAGIC):
            return b"CREATE TABLE Files" in head and b"relativePath" in head and b"fileID" in head
        if head.startswith((b"bplist0", b"<?xml")):
            return b"BackupKeyBag" in head and b"IsEncrypted" in head
        return head.startswith(_MBDB)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield every file and folder of the backup. Raises EvidenceError; LockedError without its password."""
        beside, head = limits.beside, source.read_at(0, 16)
        if beside is None or beside.in_order:
            yield Node(b"", Kind.FINDING, error="an iOS backup: " + (
                "its files can only be read in the order of the archive; unpack it first"
                if beside is not None else "give its whole folder as exhibit, not the manifest alone"
            ))  # fmt: skip
            return
        is_plist = not head.startswith((MAGIC, _MBDB))
        state = _plist(source if is_plist else beside.exact(b"Manifest.plist", part=True))
        if is_plist and not (state.get("IsEncrypted") and state.get("ManifestKey")):
            return  # the manifest beside it is not encrypted, and is read by itself
        classes: Classes = {}
        database: Database | None = None
        if state.get("IsEncrypted"):
            classes, note = _opened(state, limits)
            yield Node(b"", Kind.NOTE, note=note)
        if head.startswith(_MBDB):
            lines = ios_files.of_mbdb(source)
        else:
            if is_plist:
                database = _manifest(state, beside, classes)
            else:
                log, problem = log_beside(source, limits)
                if problem is not None:
                    yield Node(b"", Kind.FINDING, error=problem)
                database = Database(source, log)
            lines = ios_files.of_database(database)
        meter = Meter.of(limits, source)
        for stated in lines:
            meter.entry()
            yield _node(stated, beside, classes)
        if database is not None and not database.tables.keys() <= _OWN_TABLES:
            yield from contents(database, source, limits)  # something was added to it


def _plist(source: Source | None) -> dict[str, Any]:
    if source is None or source.size > _LONGEST:
        return {}
    try:
        state = plistlib.loads(source.read_at(0, source.size))
    except PLIST_ERRORS as error:
        raise EvidenceError(
            f"Manifest.plist of the backup cannot be read ({type(error).__name__})"
        ) from error
    return state if isinstance(state, dict) else {}


def _opened(state: dict[str, Any], limits: Limits) -> tuple[Classes, str]:
    bag = state.get("BackupKeyBag")
    opened = _tried(bag if isinstance(bag, bytes) else b"", limits.keys)
    if opened is None:
        raise LockedError(
            _WHAT, limits.keys, opens="the password of the backup", tried=len(limits.keys.passwords)
        )
    return opened


@lru_cache(maxsize=4)
def _tried(bag: bytes, keys: Keys) -> tuple[Classes, str] | None:
    """What the candidates open; kept, as each takes seconds, and a backup is listed again for its databases."""
    return unlocked(keys, keybag.parse(bag).opened)


def _manifest(state: dict[str, Any], beside: Beside, classes: Classes) -> Database:
    """The encrypted `Manifest.db` beside the property list."""
    manifest = beside.exact(b"Manifest.db", part=True)
    wrapped = state["ManifestKey"]
    if manifest is None or not isinstance(wrapped, bytes):
        raise EvidenceError("an iOS backup without its Manifest.db")
    return Database(CbcSource(manifest, keybag.file_key(wrapped, classes)))


def _node(stated: Stated, beside: Beside, classes: Classes) -> Node:
    node = Node(
        stated.name, stated.kind, size=stated.size, times=stated.times, layer="member",
        error=stated.error, target=stated.target,
    )  # fmt: skip
    if stated.kind is Kind.FILE:
        node.open = partial(_open, stated, beside, classes)
    return node


def _open(stated: Stated, beside: Beside, classes: Classes) -> Source:
    """The content of a file. Raises EvidenceError."""
    content = beside.exact(stated.stored, part=True)
    if content is None and b"/" in stated.stored:  # as backups before iOS 10 have it
        content = beside.exact(stated.stored.rpartition(b"/")[2], part=True)
    if content is None and beside.listing.cut is not None:
        raise EvidenceError(
            f"its content was not found, as far as the files of the backup were listed: {beside.listing.cut}"
        )
    if content is None:
        raise EvidenceError(_NOT_THERE.format(stated.stored.decode("ascii", "replace")))
    name = stated.name.rpartition(b"/")[2].decode("utf-8", "surrogateescape")
    if stated.key is not None and classes:
        return CbcSource(content, keybag.file_key(stated.key, classes), stated.size, name)
    return SliceSource(content, 0, content.size, name)
