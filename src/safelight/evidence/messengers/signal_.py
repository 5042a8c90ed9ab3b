"""Signal, once its database is open (`sqlite/cipher.py`): attachments of Desktop and iOS with their keys in it.

On Android the key of attachments is in the device's keystore: they are listed as locked. Tables as in the published
source of each app.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.messengers.app import Message, Reference, Rows, number, once, table_has, text
from safelight.evidence.phone.keybag import CbcSource
from safelight.evidence.protocol import Source
from safelight.evidence.source import SliceSource
from safelight.evidence.sqlite.deleted import Leftover
from safelight.evidence.sqlite.records import Blob, Row, Value
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds
from safelight.evidence.unlock import NO_KEYS, LockedError
from safelight.model import Timestamp

_IV, _MAC = 16, 32
_ME = "the owner"
_MOST = 1_000_000
_PIECE = 1 << 20


def _at(value: Value) -> Timestamp | None:
    milliseconds = number(value)
    return utc_seconds(milliseconds / 1000, "signal") if milliseconds else None


def opener(keys: bytes, size: int | None) -> Callable[[Source], Source] | None:
    """How an attachment is decrypted with its own keys: 32 bytes for AES-256-CBC, 32 for HMAC-SHA256."""
    return partial(_decrypted, keys, size) if len(keys) == 64 else None


def _decrypted(keys: bytes, size: int | None, source: Source) -> Source:
    """The content in clear. Raises EvidenceError where its code does not agree."""
    end = source.size - _MAC
    if end < _IV:
        raise EvidenceError("the attachment is too short to be one of Signal")
    code = hmac.new(keys[32:], digestmod=hashlib.sha256)
    for at in range(0, end, _PIECE):
        code.update(source.read_at(at, min(_PIECE, end - at)))
    if not hmac.compare_digest(code.digest(), source.read_at(end, _MAC)):
        raise EvidenceError(
            "the attachment's code does not agree with its key: it is damaged, or another file"
        )
    return CbcSource(
        SliceSource(source, _IV, end - _IV), keys[:32], size, source.name, source.read_at(0, _IV)
    )


class Desktop:
    """`db.sqlite` of Signal Desktop: rows of `message_attachments`, before that JSON in `messages`."""

    name = "Signal"
    anchor = b""

    def knows(self, database: Database) -> bool:
        """By the tables of messages and conversations."""
        return (
            table_has(database, "messages", "conversationId", "json", "sent_at")
            and "conversations" in database.tables
        )

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each attachment that lies in a file."""
        chats = self._chats(database)
        table = database.tables.get("message_attachments")
        if table is not None and table.has_rowid:
            columns = ("rowid", "path", "localKey", "size", "conversationId", "sentAt")
            for row in database.rows(table):
                path, key, size, chat, at = (
                    database.cell(table, row, table.column(name)) for name in columns[1:]
                )
                message = Message("Signal", chats.get(text(chat), text(chat)), "", _at(at))
                yield from self._reference(path, text(key), size, message, row.rowid or 0)
        table = database.tables["messages"]
        for row in database.rows(table):
            if database.cell(table, row, table.column("hasAttachments")) != 1:
                continue
            content = database.cell(table, row, table.column("json"))
            for one in _attachments(content if isinstance(content, str) else ""):
                message = self._message(database, table, row, chats)
                yield from self._reference(
                    one.get("path"), str(one.get("localKey") or ""), one.get("size"), message, row.rowid or 0
                )

    def _reference(
        self, path: object, key: str, size: object, message: Message, row: int
    ) -> Iterator[Reference]:
        if not isinstance(path, str) or not path:
            return
        known = size if isinstance(size, int) and size >= 0 else None
        try:
            unlock = opener(base64.b64decode(key, validate=True), known)
        except (binascii.Error, ValueError):
            unlock = None
        yield Reference(path, message, row, known, unlock=unlock)

    def _chats(self, database: Database) -> dict[str, str]:
        chats: dict[str, str] = {}
        try:
            columns = ("id", "name", "profileFullName", "profileName", "e164")
            for key, *names in database.values(database.tables["conversations"], *columns):
                if len(chats) < _MOST:
                    chats[text(key)] = next((text(name) for name in names if name), "")
        except EvidenceError:
            pass  # said when the table's own rows are gone through
        return chats

    def _message(self, database: Database, table: Table, row: Row, chats: dict[str, str]) -> Message:
        def cell(name: str) -> Value:
            return database.cell(table, row, table.column(name))

        chat, mine = text(cell("conversationId")), cell("type") == "outgoing"
        by = _ME if mine else text(cell("source")) or text(cell("sourceServiceId"))
        return Message("Signal", chats.get(chat, chat), by, _at(cell("sent_at")))

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Previews are in JSON, not in values of their own."""
        return None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """Without their message, keys and paths of deleted rows are not looked for."""
        return None


def _attachments(content: str) -> list[dict[str, Any]]:
    try:
        found = json.loads(content).get("attachments")
    except (ValueError, AttributeError, RecursionError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


class Ios:
    """`signal.sqlite`: `Attachment` with a key for each since 2024, `model_TSAttachment` (plain files) before."""

    name = "Signal"
    anchor = b""

    def knows(self, database: Database) -> bool:
        """By one of the two tables."""
        return table_has(database, "Attachment", "encryptionKey", "localRelativeFilePath") or table_has(
            database, "model_TSAttachment", "localRelativeFilePath"
        )

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each attachment that lies in a file."""
        table = database.tables.get("attachment")
        if table is not None:
            messages = once(database, _IosMessages)
            columns = ("id", "localRelativeFilePath", "encryptionKey", "unencryptedByteCount")
            for key, path, secret, size in database.values(table, *columns):
                if isinstance(path, str) and path and isinstance(key, int):
                    keys = secret.read(64) if isinstance(secret, Blob) else b""
                    unlock = opener(keys, number(size))
                    yield Reference(path.lstrip("/"), messages.of(key), key, number(size), unlock=unlock)
        table = database.tables.get("model_tsattachment")
        if table is not None:
            for key, path, size, at in database.values(
                table, "id", "localRelativeFilePath", "byteCount", "creationTimestamp"
            ):
                if isinstance(path, str) and path and isinstance(key, int):
                    seconds = float(at) if isinstance(at, (int, float)) else 0.0
                    message = Message("Signal", at=utc_seconds(seconds, "signal") if seconds else None)
                    yield Reference(path.lstrip("/"), message, key, number(size))

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """No pictures lie in rows of messages."""
        return None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """Without their message, keys and paths of deleted rows are not looked for."""
        return None


class _IosMessages:
    def __init__(self, database: Database) -> None:
        self._owner: dict[int, tuple[Value, Value]] = {}
        table = database.tables.get("messageattachmentreference")
        if table is not None and table.has_rowid:
            try:
                for key, owner, thread in database.values(
                    table, "attachmentRowId", "ownerRowId", "threadRowId"
                ):
                    if isinstance(key, int) and len(self._owner) < _MOST:
                        self._owner[key] = (owner, thread)
            except EvidenceError:
                pass  # said when the table's own rows are gone through
        self._messages = Rows(
            database, "model_TSInteraction", "timestamp", "authorPhoneNumber", "authorUUID", "recordType"
        )
        self._threads = Rows(database, "model_TSThread", "contactPhoneNumber", "contactUUID", "uniqueId")

    def of(self, key: int) -> Message:
        owner, thread = self._owner.get(key, (None, None))
        at, phone, uuid, kind = self._messages.get(owner)
        chat = next((text(name) for name in self._threads.get(thread) if name), "")
        by = text(phone) or text(uuid)
        if not by and kind is not None:
            by = _ME  # only what was received names an author
        return Message("Signal", chat, by, _at(at))


class Android:
    """`signal.db`: parts lie encrypted under a key that the device's keystore holds."""

    name = "Signal"
    anchor = b""

    def knows(self, database: Database) -> bool:
        """By the table of attachments, with the random bytes that each has for its key."""
        return self._table(database) is not None

    def _table(self, database: Database) -> tuple[Table, str, str] | None:
        for name, path, message in (("attachment", "data_file", "message_id"), ("part", "_data", "mid")):
            if table_has(database, name, path, message, "data_random"):
                return database.tables[name], path, message
        return None

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each attachment, which is not opened."""
        found = self._table(database)
        if found is None:
            return
        table, path_column, message_column = found
        messages = Rows(database, "message" if "message" in database.tables else "mms", "date_sent", "date")
        what = LockedError("attachment of Signal", NO_KEYS, opens="its key, from the device's keystore")
        for key, path, message in database.values(table, "_id", path_column, message_column):
            if isinstance(path, str) and path and isinstance(key, int):
                sent, date = messages.get(message)
                yield Reference(path, Message("Signal", at=_at(sent) or _at(date)), key, locked=str(what))

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """No pictures lie in rows of messages."""
        return None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """What they name is locked anyway."""
        return None
