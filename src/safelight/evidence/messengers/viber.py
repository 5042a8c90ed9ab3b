"""Viber on Android (`viber_messages`): files by the address that a message states, where that is a path."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import unquote

from safelight.evidence.messengers.app import (
    OWNER,
    Message,
    Reference,
    Rows,
    deleted_reference,
    number,
    table_has,
    text,
)
from safelight.evidence.sqlite.deleted import Leftover
from safelight.evidence.sqlite.records import Row, Value
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds

_FILE = "file://"
_OUTGOING = 1


class Viber:
    """`messages`, `conversations`, `participants`, `participants_info`."""

    name = "Viber"
    anchor = rb"file:///"

    def knows(self, database: Database) -> bool:
        """By the columns of messages."""
        return table_has(database, "messages", "extra_uri", "conversation_id", "participant_id")

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each message whose address is that of a file."""
        table = database.tables["messages"]
        for row in database.rows(table):
            address = database.cell(table, row, table.column("extra_uri"))
            if isinstance(address, str) and address.startswith(_FILE):
                yield Reference(_path(address), self._message(database, table, row), row.rowid or 0)

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """Of messages themselves."""
        return self._message(database, table, row) if table.name.lower() == "messages" else None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """A row of `messages`."""
        table = database.tables["messages"]

        def message_of(_: int) -> Message:
            return self._message(database, table, left.row)

        found = deleted_reference(table, "extra_uri", left, self.anchor, message_of)
        return None if found is None else replace(found, path=_path(found.path))

    def _message(self, database: Database, table: Table, row: Row) -> Message:
        def cell(name: str) -> Value:
            return database.cell(table, row, table.column(name))

        (chat,) = Rows(database, "conversations", "name").get(cell("conversation_id"))
        (person,) = Rows(database, "participants", "participant_info_id").get(cell("participant_id"))
        names = Rows(database, "participants_info", "number", "contact_name", "display_name").get(person)
        by = OWNER if cell("send_type") == _OUTGOING else " ".join(text(name) for name in names[:2] if name)
        milliseconds = number(cell("date") or cell("msg_date"))
        at = utc_seconds(milliseconds / 1000, "viber") if milliseconds else None
        return Message("Viber", text(chat) or f"conversation {text(cell('conversation_id'))}", by, at)


def _path(address: str) -> str:
    return unquote(address.removeprefix(_FILE), errors="surrogateescape")
