"""SQLite databases: media in their values, files that a messenger's rows refer to, and what was deleted of both."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator

from safelight.errors import EvidenceError
from safelight.evidence.beside import Beside
from safelight.evidence.guards import Meter
from safelight.evidence.messengers import APPS
from safelight.evidence.messengers.app import raw_name
from safelight.evidence.phone import ios_files
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sqlite.contents import Contents
from safelight.evidence.sqlite.pages import MAGIC
from safelight.evidence.sqlite.secrets import secrets_in
from safelight.evidence.sqlite.tree import Database

_BACKUP_NAME = re.compile(rb"[0-9a-f]{40}")


class SqliteReader:
    """Any SQLite database 3."""

    name = "sqlite"
    order = 60
    formats = frozenset(("sqlite",))
    lasting = True

    def detect(self, head: bytes, source: Source) -> bool:
        """By its header."""
        return head.startswith(MAGIC)

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield what it is known for, then media, then what was deleted. Raises EvidenceError."""
        if _is_in_backup(limits.beside):
            note = "a file of the iOS backup beside it: what lies inside is listed by its own name, under the manifest"
            yield Node(b"", Kind.NOTE, note=note)
            return
        wal, problem = log_beside(source, limits)
        if problem is not None:
            yield Node(b"", Kind.FINDING, error=problem)
        database = Database(source, wal, journal=_journal_beside(source, limits))
        yield from contents(database, source, limits)


def contents(database: Database, source: Source, limits: Limits) -> Iterator[Node]:
    """Everything in an opened database that is to be seen."""
    meter = Meter.of(limits, source)
    unread = [table.name for table in database.tables.values() if not table.has_rowid]
    if unread:
        listed = b", ".join(raw_name(name) for name in unread[:10]).decode("utf-8", "replace")
        note = f"what was deleted of {len(unread):,} tables without row ids is not looked for: {listed}"
        yield Node(b"", Kind.NOTE, note=note[:500])
    for secret in secrets_in(database):
        yield Node(b"", Kind.NOTE, note=secret)
    app = next((one for one in APPS if one.knows(database)), None)
    yield from Contents(database, app, limits.beside, meter, may_unlock=limits.keys.may_unlock).all()


def log_beside(source: Source, limits: Limits, *, always: bool = False) -> tuple[Source | None, str | None]:
    """The write-ahead log of a database, where it uses one (or `always`); and why it could not be looked for."""
    if not always and b"\2" not in source.read_at(18, 2):
        return None, None
    name = source.name + "-wal"
    if limits.beside is None:
        return (source.sibling(name) if source.name else None), None
    if limits.beside.in_order:
        return None, "its write-ahead log could not be looked for: the archive can only be read in order"
    try:
        log = limits.beside.exact(os.fsencode(name))
        if log is None and limits.beside.has(os.fsencode(name)):
            return None, (
                "its write-ahead log lies beside it and the order leaves it out: rows stand here as they were before "
                "what the log says, so that some may have been changed or deleted since"
            )
        return log, None
    except EvidenceError as error:
        return None, f"its write-ahead log cannot be opened: {error}"


def _journal_beside(source: Source, limits: Limits) -> Source | None:
    """The rollback journal that lies beside a database; what it holds is no longer in force."""
    name = source.name + "-journal"
    try:
        if limits.beside is not None:
            return limits.beside.exact(os.fsencode(name))
        return source.sibling(name) if source.name else None
    except EvidenceError:
        return None  # it is listed in its own place, with the reason


def _is_in_backup(beside: Beside | None) -> bool:
    """Is it one of the files that the manifest of an iOS backup lists by a digest, and will be read there?"""
    if beside is None:
        return False
    folder, _, name = beside.path.rpartition(b"/")
    if _BACKUP_NAME.fullmatch(name) is None:
        return False
    above = folder[:-2] if folder.rpartition(b"/")[2] == name[:2] else folder + b"/" if folder else b""
    manifests = [*beside.listing.named(b"Manifest.db"), *beside.listing.named(b"Manifest.mbdb")]
    beside_it = [node for node in manifests if node.name == above + node.name.rpartition(b"/")[2]]
    return any(name in _digests(beside, manifest) for manifest in beside_it)


def _digests(beside: Beside, manifest: Node) -> frozenset[bytes]:
    """The names of the files that a manifest lists; none where the order leaves it out. Made once for a folder."""
    key = f"files of {manifest.name!r}"
    known = beside.listing.kept.get(key)
    if not isinstance(known, frozenset):
        names: set[bytes] = set()
        try:
            if manifest.open is not None and beside.listing.allowed(manifest):
                source = manifest.open()
                is_database = source.read_at(0, len(MAGIC)) == MAGIC
                lines = ios_files.of_database(Database(source)) if is_database else ios_files.of_mbdb(source)
                names.update(line.stored.rpartition(b"/")[2] for line in lines)
        except EvidenceError:
            pass  # what it does not list is read by itself
        known = beside.listing.kept[key] = frozenset(names)
    return known
