"""Messages of iOS (`sms.db`: SMS, MMS, iMessage) and MMS of Android (`mmssms.db`).

`sms.db` states attachments as `~/Library/SMS/Attachments/…`; a backup has them in its domain `MediaDomain`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from safelight.errors import EvidenceError
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
from safelight.evidence.sqlite.records import Row
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds

_MOST = 2_000_000
_RECOVERABLE = "chat_recoverable_message_join"
_FROM = 137
"""Type of the sender's address of an MMS (OMA-MMS-ENC); the owner's own is not written out."""
_OWN_ADDRESS = "insert-address-token"
_RECEIVED = 1
_GIVEN_AGAIN = "perhaps another message: this database gives numbers of deleted ones again"
_MOST_NAMED = 20
"""Participants of a thread that are named."""


class IMessage:
    """`sms.db`."""

    name = "Messages"
    anchor = rb"~/Library/SMS/|~/Library/Messages/|/var/mobile/Library/SMS/|/var/mobile/Media/"

    def knows(self, database: Database) -> bool:
        """By the tables of messages and of attachments."""
        return table_has(database, "message", "handle_id", "is_from_me") and table_has(
            database, "attachment", "filename"
        )

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each attachment that has a path."""
        messages = once(database, _Messages)
        table = database.tables["attachment"]
        for key, path, size in database.values(table, "ROWID", "filename", "total_bytes"):
            if isinstance(path, str) and path and isinstance(key, int):
                message, note = messages.of_attachment(key), messages.gone(key)
                yield Reference(_below_home(path), message, key, number(size), note=note)

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Pictures within rows of `message` itself (link previews)."""
        if table.name.lower() != "message" or row.rowid is None:
            return None
        return once(database, _Messages).get(row.rowid)

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """A row of `attachment`."""

        def message_of(key: int) -> Message:
            return once(database, _Messages).of_attachment(key)

        found = deleted_reference(database.tables["attachment"], "filename", left, self.anchor, message_of)
        return None if found is None else replace(found, path=_below_home(found.path))


class _Messages:
    def __init__(self, database: Database) -> None:
        self._messages = Rows(database, "message", "handle_id", "is_from_me", "date", "service")
        self._handles = Rows(database, "handle", "id")
        self._chats = Rows(database, "chat", "display_name", "chat_identifier")
        self._message_of = _pairs(database, "message_attachment_join", "attachment_id", "message_id")
        self._chat_of = _pairs(database, "chat_message_join", "message_id", "chat_id")
        # since iOS 16 a deleted message is kept for some weeks, and its chat is named there
        self._deleted = _pairs(database, _RECOVERABLE, "message_id", "delete_date")
        for message, chat in _pairs(database, _RECOVERABLE, "message_id", "chat_id").items():
            self._chat_of.setdefault(message, chat)

    def of_attachment(self, key: int) -> Message:
        return self.get(self._message_of.get(key))

    def gone(self, key: int) -> str:
        """That the message of an attachment was deleted, and may still be taken back; else nothing."""
        message = self._message_of.get(key)
        if message is None or message not in self._deleted:
            return ""
        at = apple_time(self._deleted[message], "sms.db")
        return f"deleted{f' at {at.value}' if at else ''}, kept among the recently deleted"

    def get(self, key: int | None) -> Message:
        handle, is_mine, at, service = self._messages.get(key)
        title, identifier = self._chats.get(self._chat_of.get(key or 0))
        (sender,) = self._handles.get(handle)
        by = OWNER if is_mine == 1 else text(sender)
        chat = named(text(title), text(identifier))
        return Message(text(service) or "Messages", chat, by, apple_time(at, "sms.db"))


def _pairs(database: Database, table: str, key: str, value: str) -> dict[int, int]:
    """A table that joins two others, by one of them; what cannot be read of it is left out."""
    own = database.tables.get(table)
    found: dict[int, int] = {}
    if own is None or not own.has_rowid:
        return found
    try:
        for one, other in database.values(own, key, value):
            if isinstance(one, int) and isinstance(other, int) and len(found) < _MOST:
                found[one] = other
    except EvidenceError:
        pass  # said when the table's own rows are gone through
    return found


def _below_home(path: str) -> str:
    for home in ("~/", "/private/var/mobile/", "/var/mobile/"):
        if path.startswith(home):
            return path[len(home) :]
    return path


class AndroidMms:
    """`mmssms.db` of Android: parts of MMS lie as files, `_data` states where."""

    name = "MMS"
    anchor = rb"/data/"

    def knows(self, database: Database) -> bool:
        """By the tables of parts and of messages."""
        return table_has(database, "part", "mid", "_data") and table_has(database, "pdu", "msg_box")

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each part that is a file."""
        table = database.tables["part"]
        for key, message, path in database.values(table, "_id", "mid", "_data"):
            if isinstance(path, str) and path and isinstance(key, int):
                yield Reference(path, self._message(database, number(message)), key)

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """No pictures lie in its rows."""
        return None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """A row of `part`."""
        table = database.tables["part"]

        def message_of(_: int) -> Message:
            column = table.column("mid")
            return self._message(database, number(left.row.value(column)) if column is not None else None)

        found = deleted_reference(table, "_data", left, self.anchor, message_of)
        if found is None or found.message.at is None or "sqlite_sequence" in database.tables:
            return found
        return replace(found, note=_GIVEN_AGAIN)

    def _message(self, database: Database, key: int | None) -> Message:
        return once(database, _Mms).get(key)


class _Mms:
    def __init__(self, database: Database) -> None:
        self._messages = Rows(database, "pdu", "thread_id", "msg_box", "date")
        self._threads = Rows(database, "threads", "recipient_ids")
        self._people = Rows(database, "canonical_addresses", "address")
        self._senders: dict[int, str] = {}
        table = database.tables.get("addr")
        if table is None or not table.has_rowid:
            return
        try:
            for key, address, kind in database.values(table, "msg_id", "address", "type"):
                if isinstance(key, int) and kind == _FROM and len(self._senders) < _MOST:
                    self._senders[key] = text(address)
        except EvidenceError:
            pass  # said when the table's own rows are gone through

    def get(self, key: int | None) -> Message:
        thread, box, at = self._messages.get(key)
        seconds = number(at)
        by = self._senders.get(key, "") if key is not None else ""
        if by == _OWN_ADDRESS or (number(box) or _RECEIVED) > _RECEIVED:  # sent, drafts, outbox, failed
            by = OWNER
        (recipients,) = self._threads.get(thread)
        ids = [
            int(one) for one in text(recipients).split()[:_MOST_NAMED] if one.isdecimal() and len(one) < 19
        ]
        people = ", ".join(filter(None, (text(self._people.get(one)[0]) for one in ids)))
        chat = named(people, f"thread {thread}") if thread is not None else ""
        return Message("MMS", chat, by, utc_seconds(seconds, "mmssms.db") if seconds else None)
