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
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

from safelight.errors import EvidenceError
from safelight.evidence.messengers.app import (
    OWNER,
    Message,
    Reference,
    Rows,
    named,
    number,
    once,
    table_has,
    text,
)
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
_MOST = 1_000_000
_PIECE = 1 << 20
_PREVIEW, _QUOTED = "preview", "quoted"
_PARTS = (("", ""), ("thumbnail", _PREVIEW), ("screenshot", _PREVIEW), ("backupThumbnail", _PREVIEW))
"""Files of one row of `message_attachments`: how their columns begin, and what they are."""


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
        """One for each file of an attachment: itself, its preview, what a message quotes."""
        people = once(database, _People)
        messages = database.tables["messages"]
        table = database.tables.get("message_attachments")
        if table is not None and table.has_rowid:
            senders = self._senders(database, messages, people)
            for row in database.rows(table):

                def cell(name: str, table: Table = table, row: Row = row) -> Value:
                    return database.cell(table, row, table.column(name))

                chat, kind = text(cell("conversationId")), text(cell("attachmentType"))
                by = senders.get(text(cell("messageId")), "")
                message = Message("Signal", people.chat(chat), by, _at(cell("sentAt")), kind == "quote")
                note = "" if kind in ("", "attachment", "quote") else kind
                for start, what in _PARTS:
                    path, key = (
                        cell(f"{start}Path" if start else "path"),
                        cell(f"{start}LocalKey" if start else "localKey"),
                    )
                    size = cell(f"{start}Size" if start else "size")
                    yield from self._reference(path, text(key), size, message, row.rowid or 0, what or note)
        for row in database.rows(messages):
            content = database.cell(messages, row, messages.column("json"))
            if not isinstance(content, str) or '"path"' not in content:
                continue
            message = self._message(database, messages, row, people)
            for one, what in _files(content):
                yield from self._reference(
                    one.get("path"), str(one.get("localKey") or ""), one.get("size"),
                    replace(message, quoted=what == _QUOTED), row.rowid or 0, "" if what == _QUOTED else what,
                )  # fmt: skip

    def _senders(self, database: Database, table: Table, people: _People) -> dict[str, str]:
        """Who sent each message, by its id; what cannot be read is left out."""
        senders: dict[str, str] = {}
        try:
            for row in database.rows(table):
                key = text(database.cell(table, row, table.column("id")))
                if len(senders) < _MOST:
                    by = self._message(database, table, row, people).sender
                    senders[key] = sys.intern(by)
        except EvidenceError:
            pass  # said when the messages themselves are gone through
        return senders

    def _reference(
        self, path: object, key: str, size: object, message: Message, row: int, note: str
    ) -> Iterator[Reference]:
        if not isinstance(path, str) or not path:
            return
        known = size if isinstance(size, int) and size >= 0 else None
        try:
            unlock = opener(base64.b64decode(key, validate=True), known)
        except (binascii.Error, ValueError):
            unlock = None
        yield Reference(path, message, row, known, unlock=unlock, note=note)

    def _message(self, database: Database, table: Table, row: Row, people: _People) -> Message:
        def cell(name: str) -> Value:
            return database.cell(table, row, table.column(name))

        mine = cell("type") == "outgoing"
        by = OWNER if mine else text(cell("source")) or people.sender(text(cell("sourceServiceId")))
        return Message("Signal", people.chat(text(cell("conversationId"))), by, _at(cell("sent_at")))

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Previews are in JSON, not in values of their own."""
        return None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """Without their message, keys and paths of deleted rows are not looked for."""
        return None


class _People:
    """Chats by their id, people by the address of their account."""

    def __init__(self, database: Database) -> None:
        self._chats: dict[str, str] = {}
        self._people: dict[str, str] = {}
        columns = ("id", "serviceId", "name", "profileFullName", "profileName", "e164")
        try:
            for key, service, *names in database.values(database.tables["conversations"], *columns):
                if len(self._chats) < _MOST:
                    known = next((text(name) for name in names if name), "")
                    self._chats[text(key)] = known
                    if service:
                        self._people[text(service)] = text(names[-1]) or known
        except EvidenceError:
            pass  # said when the table's own rows are gone through

    def chat(self, key: str) -> str:
        """What a chat is called; its id where it has no name."""
        return self._chats.get(key) or key

    def sender(self, service: str) -> str:
        """Whose account it is: number or name, and the account's address."""
        return named(self._people.get(service, ""), service)


def _files(content: str) -> Iterator[tuple[dict[str, Any], str]]:
    """What a message in JSON has as files: attachments with their previews, what it quotes, links, stickers."""
    try:
        message = json.loads(content)
    except (ValueError, RecursionError):
        return
    quote, sticker = _part(message, "quote"), _part(message, "sticker")
    for one in _parts(message, "attachments"):
        yield one, ""
        yield _part(one, "thumbnail"), _PREVIEW
        yield _part(one, "screenshot"), _PREVIEW
    for one in _parts(quote, "attachments"):
        yield _part(one, "thumbnail"), _QUOTED
    for one in _parts(message, "preview"):
        yield _part(one, "image"), "preview of a link"
    yield _part(sticker, "data"), "sticker"


def _part(of: object, name: str) -> dict[str, Any]:
    found = of.get(name) if isinstance(of, dict) else None
    return found if isinstance(found, dict) else {}


def _parts(of: object, name: str) -> list[dict[str, Any]]:
    found = of.get(name) if isinstance(of, dict) else None
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
            by = OWNER  # only what was received names an author
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
