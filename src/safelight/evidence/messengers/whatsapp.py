"""WhatsApp on Android (`msgstore.db`, new and old tables) and on iOS (`ChatStorage.sqlite`).

Tables as published by forensic projects for versions of 2013 to 2024; columns that a version lacks are read as unknown.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from safelight.evidence.messengers.app import (
    OWNER,
    Message,
    Reference,
    Rows,
    apple_time,
    deleted_reference,
    named,
    number,
    once,
    table_has,
    text,
)
from safelight.evidence.sqlite.deleted import Leftover
from safelight.evidence.sqlite.records import Row, Value
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds
from safelight.model import Timestamp

_OF_MANY = ("@g.us", "@broadcast", "@newsletter")
_OWN_NAME = re.compile(r"(?:IMG|VID|AUD|PTT|DOC|STK|GIF)-\d{8}-WA\d{4,}.*", re.DOTALL)
"""Names that the app itself gives to files; any other is the sender's own and may be that of other files too."""


def _milliseconds(value: Value) -> Timestamp | None:
    at = number(value)
    return utc_seconds(at / 1000, "whatsapp") if at else None


class Android:
    """`msgstore.db` since 2021: `message`, `message_media`, `chat`, `jid`."""

    name = "WhatsApp"
    anchor = rb"Media/|WhatsApp/|/storage/emulated/|/sdcard/"

    def knows(self, database: Database) -> bool:
        """By the tables of messages and of media."""
        return table_has(database, "message", "chat_row_id", "from_me") and table_has(
            database, "message_media", "file_path"
        )

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each medium that has a path."""
        messages = once(database, _AndroidMessages)
        table = database.tables["message_media"]
        for key, path, size in database.values(table, "message_row_id", "file_path", "file_size"):
            if isinstance(path, str) and path and isinstance(key, int):
                yield Reference(path, messages.get(key), key, number(size))

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Thumbnails and the like name their message by its row."""
        column = table.column("message_row_id")
        key = database.cell(table, row, column)
        if not isinstance(key, int):
            return None
        message = once(database, _AndroidMessages).get(key)
        return replace(message, quoted="quoted" in table.name.lower())

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """A row of `message_media`; its message may still be there."""
        table = database.tables["message_media"]

        def message_of(key: int) -> Message:
            return once(database, _AndroidMessages).get(key)

        return deleted_reference(table, "file_path", left, self.anchor, message_of)


class _AndroidMessages:
    """Messages by their row."""

    def __init__(self, database: Database) -> None:
        self._messages = Rows(
            database,
            "message",
            "chat_row_id",
            "from_me",
            "sender_jid_row_id",
            "timestamp",
            "received_timestamp",
        )
        self._chats = Rows(database, "chat", "jid_row_id", "subject")
        self._jids = Rows(database, "jid", "raw_string", "user", "server")
        self._numbers = Rows(database, "jid_map", "jid_row_id")

    def get(self, key: int) -> Message:
        chat, from_me, sender, at, received = self._messages.get(key)
        partner, subject = self._chats.get(chat)
        partner_name = self._jid(partner)
        by = self._jid(sender) or (_only_partner(partner_name) if from_me is not None else "")
        if from_me == 1:
            by = OWNER
        chat_name = named(text(subject), partner_name)
        return Message("WhatsApp", chat_name, by, _milliseconds(at) or _milliseconds(received))

    def _jid(self, key: Value) -> str:
        """An address; one that hides the number (`…@lid`, since 2023) with the number where that is known."""
        whole, user, server = self._jids.get(key)
        address = text(whole) or (f"{text(user)}@{text(server)}" if user is not None else "")
        if address.endswith("@lid"):
            (number_key,) = self._numbers.get(key)
            known = text(self._jids.get(number_key)[0])
            return named(known, address)
        return address


def _only_partner(jid: str) -> str:
    """Who sent what names no sender: the partner, where the chat is of two; in a group that is not stated."""
    return "" if jid.endswith(_OF_MANY) else jid


class OldAndroid:
    """`msgstore.db` before 2021: messages in `messages`, files by their path (`message_media`, since 2018) or name."""

    name = "WhatsApp"
    anchor = b""

    def knows(self, database: Database) -> bool:
        """By the columns of `messages`."""
        return table_has(database, "messages", "key_remote_jid", "key_from_me", "media_name")

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each message that names a file."""
        columns = ("_id", "media_name", "media_size")
        table = database.tables["messages"]
        paths = Rows(database, "message_media", "file_path", "file_size")
        for row in database.rows(table):
            key, name, size = (database.cell(table, row, table.column(column)) for column in columns)
            path, path_size = paths.get(key)
            if isinstance(path, str) and path and isinstance(key, int):
                yield Reference(path, self._message(database, table, row), key, number(path_size))
            elif isinstance(name, str) and name and isinstance(key, int):
                message, own = self._message(database, table, row), name.rpartition("/")[2]
                names = (own,) if _OWN_NAME.fullmatch(own) is not None else ()
                yield Reference(name, message, key, number(size), names=names)

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Of `messages` itself, and of the previews that lie in a table of their own."""
        name = table.name.lower()
        if name == "message_thumbnails" and table.column("key_remote_jid") is not None:
            return self._message(database, table, row)
        return self._message(database, table, row) if name == "messages" else None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """Deleted rows give their thumbnails only."""
        return None

    def _message(self, database: Database, table: Table, row: Row) -> Message:
        def cell(name: str) -> Value:
            return database.cell(table, row, table.column(name))

        chat = text(cell("key_remote_jid"))
        by = OWNER if cell("key_from_me") == 1 else text(cell("remote_resource")) or _only_partner(chat)
        return Message("WhatsApp", chat, by, _milliseconds(cell("timestamp")))


class Ios:
    """`ChatStorage.sqlite`: Core Data tables `ZWA…`; media lie in `Message/` beside it."""

    name = "WhatsApp"
    anchor = rb"Media/|Message/Media/"

    def knows(self, database: Database) -> bool:
        """By the tables of messages and of media."""
        return table_has(database, "zwamessage", "ZCHATSESSION") and table_has(
            database, "zwamediaitem", "ZMEDIALOCALPATH"
        )

    def references(self, database: Database) -> Iterator[Reference]:
        """Media and their previews."""
        messages = once(database, _IosMessages)
        table = database.tables["zwamediaitem"]
        columns = (
            "Z_PK",
            "ZMESSAGE",
            "ZFILESIZE",
            "ZMEDIALOCALPATH",
            "ZXMPPTHUMBPATH",
            "ZTHUMBNAILLOCALPATH",
        )
        for key, message, size, path, *previews in database.values(table, *columns):
            if not isinstance(key, int):
                continue
            if isinstance(path, str) and path:
                yield Reference(path, messages.get(message), key, number(size))
            for preview in previews:
                if isinstance(preview, str) and preview:
                    yield Reference(preview, messages.get(message), key, note="preview")

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Of a medium's own row."""
        column = table.column("ZMESSAGE")
        if column is None:
            return None
        return once(database, _IosMessages).get(database.cell(table, row, column))

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """A row of `ZWAMEDIAITEM`."""
        table = database.tables["zwamediaitem"]

        def message_of(_: int) -> Message:
            column = table.column("ZMESSAGE")
            return once(database, _IosMessages).get(left.row.value(column) if column is not None else None)

        return deleted_reference(table, "ZMEDIALOCALPATH", left, self.anchor, message_of)


class _IosMessages:
    def __init__(self, database: Database) -> None:
        self._messages = Rows(
            database, "zwamessage", "ZCHATSESSION", "ZGROUPMEMBER", "ZISFROMME", "ZMESSAGEDATE", "ZFROMJID"
        )
        self._chats = Rows(database, "zwachatsession", "ZPARTNERNAME", "ZCONTACTJID")
        self._members = Rows(database, "zwagroupmember", "ZMEMBERJID", "ZCONTACTNAME")

    def get(self, key: Value) -> Message:
        chat, member, is_mine, at, sender = self._messages.get(key)
        partner, jid = self._chats.get(chat)
        member_jid, member_name = self._members.get(member)
        by = text(member_jid) or text(member_name) or _only_partner(text(sender))
        if is_mine == 1:
            by = OWNER
        return Message("WhatsApp", named(text(partner), text(jid)), by, apple_time(at, "whatsapp"))
