"""WhatsApp's own backups (`msgstore.db.crypt14` and alike): opened with the app's key, else named as locked.

Nothing in their bytes tells them from noise, so that the name has to: `.crypt` and a number. A key that lies in
the evidence (`files/key`, `encrypted_backup.key`) is a finding (`secrets.py`) and opens nothing by itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from typing import TypeVar

from safelight.errors import EvidenceError
from safelight.evidence.guards import Meter
from safelight.evidence.marks import named
from safelight.evidence.phone import whatsapp_crypt as crypt
from safelight.evidence.protocol import Kind, Limits, Node, Source
from safelight.evidence.sqlite.reader import contents
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stream import StreamSource
from safelight.evidence.unlock import LockedError, unlocked

_NAMED = re.compile(r"\.crypt(1|5|6|7|8|9|10|11|12|13|14|15)\Z", re.IGNORECASE)
T = TypeVar("T")
_READ = frozenset(("12", "14", "15"))


class WhatsappBackupReader:
    """Recognised by its name alone."""

    name = "whatsapp-backup"
    order = 58
    marks = (named(*(f"*.crypt{number}" for number in (1, *range(5, 16)))),)
    formats = frozenset((None,))

    def detect(self, head: bytes, source: Source) -> bool:
        """By its name."""
        return source.size > 0 and _NAMED.search(source.name) is not None

    def walk(self, source: Source, limits: Limits) -> Iterator[Node]:
        """Yield which key opened it, then what lies in its database. Raises LockedError, EvidenceError."""
        found = _NAMED.search(source.name)
        number = found[1] if found is not None else ""
        what = f"backup of WhatsApp (its name ends in .crypt{number})"
        if number not in _READ:
            raise LockedError(what, limits.keys, opens="the file `key` of the app", tries=False)
        try:
            backup = crypt.read_layout(source)
        except EvidenceError as error:
            opens = "the key of the app, if it is one"
            raise LockedError(f"{what}; {error}", limits.keys, opens=opens, tries=False) from error
        keys = limits.keys
        tried = len(keys.passwords) + len(keys.recovery) + len(keys.files)
        opened = None
        if tried:
            backup = crypt.measured(source, backup)
            opened = unlocked(
                keys,
                _attempt(crypt.keys_of_text, source, backup),
                recovery=_attempt(crypt.keys_of_text, source, backup),
                file=_attempt(crypt.keys_of_file, source, backup),
            )
        if opened is None:
            opens = "the file `key` of the app that wrote it"
            if backup.version > 14:
                opens = "the file `encrypted_backup.key` of the app, or the 64 digits that its user was shown"
            raise LockedError(what, keys, opens=opens, tried=tried)
        key, note = opened
        yield Node(b"", Kind.NOTE, note=note)
        if not crypt.is_sound(source, backup, key):
            text = "the code over the backup does not agree: it is damaged or cut off, and read as far as it goes"
            yield Node(b"", Kind.FINDING, error=text)
        yield from _inside(source, limits, backup, key)


def _inside(source: Source, limits: Limits, backup: crypt.Backup, key: bytes) -> Iterator[Node]:
    meter = Meter.of(limits, source)
    meter.entry()
    packed = max(1, source.size)
    clear = StreamSource(meter.guarded(crypt.content(source, backup, key), lambda: packed), None)
    if clear.read_at(0, 16) == crypt.SQLITE:
        try:
            if clear.damage is not None:
                yield Node(b"", Kind.FINDING, error=f"the database in the backup is damaged: {clear.damage}")
            yield from contents(Database(clear), source, limits)
        finally:
            clear.close()
        return
    name = os.fsencode(_NAMED.sub("", source.name))
    yield Node(name, Kind.FILE, size=clear.size, layer="member", open=lambda: clear, error=clear.damage)


def _attempt(
    keys: Callable[[T], list[bytes]], source: Source, backup: crypt.Backup
) -> Callable[[T], bytes | None]:
    """Try all keys that a candidate may stand for."""
    return lambda given: next((key for key in keys(given) if crypt.fits(source, backup, key)), None)
