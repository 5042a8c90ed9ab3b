"""Telegram on Android (`cache4.db`): media lie in its cache under names made of their ids, which messages state.

A message is a serialised object of Telegram's own scheme (TL). Only the mark of a photo or document is looked for,
and the id behind it; what a message says is not read.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from safelight.evidence.messengers.app import OWNER, Message, Reference, Rows, number, table_has, text
from safelight.evidence.sqlite.deleted import Leftover
from safelight.evidence.sqlite.records import Blob, Row, Value
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds

_PHOTO = re.compile(rb"(?:\x65\x7a\x19\xfb|\xa5\x04\x75\xd0).{4}(.{8})", re.DOTALL)
"""`photo#fb197a65 flags:# id:long` and `photo#d07504a5`, the same of an earlier layer."""
_DOCUMENT = re.compile(rb"(?:\xd8\xc4\xd4\x8f|\x2b\x34\x87\x1e).{4}(.{8})", re.DOTALL)
"""`document#8fd4c4d8 flags:# id:long` and `document#1e87342b`, the same of an earlier layer."""
_SIZES = "yxwmcas"
"""Letters of a photo's sizes, the largest first; the cache writes them as numbers (of previews: 1000 more)."""
_SUFFIXES = (
    "jpg",
    "mp4",
    "webp",
    "png",
    "mov",
    "gif",
    "webm",
    "tgs",
    "ogg",
    "oga",
    "mp3",
    "pdf",
    "m4a",
    "3gp",
)
_CENTRES = range(1, 6)
_LARGEST = 1 << 20


class Telegram:
    """`cache4.db`."""

    name = "Telegram"
    anchor = b""

    def knows(self, database: Database) -> bool:
        """By a table of messages with serialised data, and the one of dialogs."""
        return self._table(database) is not None and "dialogs" in database.tables

    def _table(self, database: Database) -> Table | None:
        for name in ("messages_v2", "messages", "media_v4", "media_v3", "media_v2"):
            if table_has(database, name, "uid", "date", "data"):
                return database.tables[name]
        return None

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each photo or document that a message states."""
        table = self._table(database)
        if table is None:
            return
        for row in database.rows(table):
            data = database.cell(table, row, table.column("data"))
            if not isinstance(data, Blob):
                continue
            content = data.read(min(data.size, _LARGEST))
            for found in (*_PHOTO.finditer(content), *_DOCUMENT.finditer(content)):
                (media,) = struct.unpack("<q", found[1])
                is_photo = found.re is _PHOTO
                names = photo_names(media) if is_photo else document_names(media)
                key = row.rowid if row.rowid is not None else 0
                kind = "photo" if is_photo else "document"
                yield Reference(f"{kind} {media}", self._message(database, table, row), key, names=names)

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Of previews that a message itself holds."""
        if table.column("uid") is None or table.column("date") is None:
            return None
        return self._message(database, table, row)

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """Deleted rows give the pictures in them only."""
        return None

    def _message(self, database: Database, table: Table, row: Row) -> Message:
        def cell(name: str) -> Value:
            return database.cell(table, row, table.column(name))

        peer, seconds = number(cell("uid")), number(cell("date"))
        chat = ""
        if peer is not None:
            (name,) = Rows(database, "users" if peer > 0 else "chats", "name").get(abs(peer))
            chat = text(name).replace(";;;", " ").strip() or str(peer)
        mine = cell("out")  # tables of media do not say who sent it
        by = OWNER if mine == 1 else chat if mine == 0 and peer is not None and peer > 0 else ""
        return Message("Telegram", chat, by, utc_seconds(seconds, "telegram") if seconds else None)


def photo_names(media: int) -> tuple[str, ...]:
    """The names under which the cache keeps a photo: `-<id>_<letter of the size as a number>.jpg`."""
    return tuple(f"{-media}_{ord(letter)}.jpg" for letter in _SIZES)


def document_names(media: int) -> tuple[str, ...]:
    """The names under which the cache keeps a document and its preview: `<data centre>_<id>.<suffix>`."""
    whole = (f"{centre}_{media}.{suffix}" for centre in _CENTRES for suffix in _SUFFIXES)
    return (*whole, *(f"{-media}_{1000 + ord(letter)}.jpg" for letter in "ms"))
