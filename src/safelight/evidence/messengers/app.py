"""What a messenger's file here gives: how to know its database, the files that messages refer to, whose a row is.

A messenger is a class with the members of `App`, and one line in `__init__.APPS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol, TypeVar, cast

from safelight.errors import EvidenceError
from safelight.evidence.names import show
from safelight.evidence.protocol import Source
from safelight.evidence.sqlite.deleted import Leftover
from safelight.evidence.sqlite.records import Blob, Row, Value
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds
from safelight.model import State, Timestamp

LONGEST_NOTE = 500
_LONGEST_NAME = 100
_KEPT = 50_000
T = TypeVar("T")
OWNER = "the owner"
"""Who sends what was sent from this device."""
_APPLE_EPOCH = 978_307_200
"""2001-01-01 in seconds since 1970."""


@dataclass(frozen=True, slots=True)
class Message:
    """Who sent something when in which chat, as the database states it; empty where it does not."""

    app: str
    chat: str = ""
    sender: str = ""
    at: Timestamp | None = None
    quoted: bool = False
    """Does the sender only quote it? Who sent it first is not stated."""

    def note(self) -> str:
        """One line for people, safe to show."""
        how = "quoted in a message of" if self.quoted else "from"
        text = f"{self.app}: {how} {_short(self.sender) or 'an unknown sender'}"
        if self.chat:
            text += f" in the chat “{_short(self.chat)}”"
        if self.at is not None:
            text += f" at {self.at.value}"
        return text[:LONGEST_NOTE]

    def folder(self) -> bytes:
        """The path under which what belongs to the message is listed."""
        time = self.at.value if self.at is not None else "unknown time"
        return b"/".join(
            (b"Chats", _part(self.chat or "unknown chat"), _part(f"{time} {self.sender or 'unknown sender'}"))
        )


@dataclass(frozen=True, slots=True)
class Reference:
    """A file that a message refers to."""

    path: str
    """As the database states it."""
    message: Message
    key: int
    """Number of the row that states it."""
    size: int | None = None
    state: State = State.ALLOCATED
    origin: str = ""
    """Where the row was found, if it is no longer in force."""
    names: tuple[str, ...] = ()
    """Names under which the messenger keeps it in its cache, unique in the world, instead of a path."""
    unlock: Callable[[Source], Source] | None = None
    """How its content is made readable with what the database holds of it."""
    note: str = ""
    locked: str | None = None
    """Why its content cannot be made readable; then it is listed and not opened."""


class App(Protocol):
    """One messenger's database."""

    name: str
    anchor: bytes
    """A pattern: how the paths in its rows begin, by which deleted ones are found; empty for none."""

    def knows(self, database: Database) -> bool:
        """By its tables and columns."""
        ...

    def references(self, database: Database) -> Iterator[Reference]:
        """The files that messages refer to. Raises EvidenceError at the end for what could not be read."""
        ...

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """The message that a row with a picture in it belongs to."""
        ...

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """The file that a deleted row refers to, if it is a row of that kind."""
        ...


class Rows:
    """Rows of one table by their ids, the last ones kept."""

    def __init__(self, database: Database, table: str, *columns: str) -> None:
        self._database = database
        self._table = database.tables.get(table.lower())
        self._columns = [self._table.column(name) if self._table is not None else None for name in columns]
        self._kept: dict[int, tuple[Value, ...]] = {}

    def get(self, rowid: Value) -> tuple[Value, ...]:
        """The columns of a row; all None where it is not there or cannot be read."""
        nothing = (None,) * len(self._columns)
        if self._table is None or not isinstance(rowid, int):
            return nothing
        kept = self._kept.get(rowid)
        if kept is None:
            try:
                row = self._database.row(self._table, rowid)
            except EvidenceError:
                row = None
            kept = nothing
            if row is not None:
                kept = tuple(self._database.cell(self._table, row, column) for column in self._columns)
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            self._kept[rowid] = kept
        return kept


def once(database: Database, make: type[T]) -> T:
    """What `make` (a class) makes of a database: made once, and kept with it."""
    kept = database.kept.get(make)
    if kept is None:
        kept = database.kept[make] = make(database)  # type: ignore[call-arg]
    return cast("T", kept)


def named(name: str, address: str) -> str:
    """A chat by its name and, as several may have the same one, its address."""
    return f"{name} ({address})" if name and address and name != address else name or address


def text(value: Value) -> str:
    """A value as text; empty for NULL and for binary ones."""
    return "" if value is None or isinstance(value, Blob) else str(value)


def apple_time(value: Value, source: str) -> Timestamp | None:
    """Seconds since 2001 (nanoseconds where they are that many)."""
    if not isinstance(value, (int, float)) or not value:
        return None
    seconds = value / 1_000_000_000 if abs(value) > 1e12 else value
    return utc_seconds(seconds + _APPLE_EPOCH, source)


def number(value: Value) -> int | None:
    """A value as a whole number, where it is one."""
    return int(value) if isinstance(value, (int, float)) and abs(value) < 1 << 62 else None


def table_has(database: Database, table: str, *columns: str) -> bool:
    """Is there a table with these columns?"""
    own = database.tables.get(table.lower())
    return own is not None and own.has_rowid and all(own.column(name) is not None for name in columns)


def raw_name(shown: str) -> bytes:
    """Text of a database as a name of evidence."""
    return shown.encode("utf-8", "surrogateescape" if _bytes_only(shown) else "replace")


def _bytes_only(shown: str) -> bool:
    return not re.search("[\ud800-\udc7f\udd00-\udfff]", shown)


def _short(shown: str) -> str:
    return show(raw_name(shown.replace("\n", " ")))[:160]


def _part(shown: str) -> bytes:
    """One part of a path: without slashes, not too long."""
    name = raw_name(shown.replace("/", "_").replace("\0", "_"))[: 2 * _LONGEST_NAME]
    return b"_" if name in (b"", b".", b"..") else name


def deleted_reference(
    table: Table, column: str, left: Leftover, anchor: bytes, message_of: Callable[[int], Message]
) -> Reference | None:
    """The file that a deleted row names in `column`, where the row has the shape of this table's.

    `message_of` tells the message by the number of the row; a row without one has a negative number of its own.
    """
    place = table.column(column)
    if place is None or not has_shape(left, table):
        return None
    path = left.row.value(place)
    if not isinstance(path, str) or re.match(anchor.decode(), path) is None:
        return None
    key = left.row.rowid if left.row.rowid is not None else -left.offset
    return Reference(path, message_of(key), key, state=left.state, origin=origin_of(left))


def has_shape(left: Leftover, table: Table) -> bool:
    """May a deleted row be one of this table?

    Where its page shows that it was, and it is whole, it may lack columns: those that were added after it was written.
    """
    if left.table is None:
        return len(left.row) == len(table.columns)
    if left.table.root != table.root:
        return False
    return len(left.row) == len(table.columns) or (
        left.state is State.DELETED and len(left.row) < len(table.columns)
    )


def origin_of(left: Leftover) -> str:
    """Where a deleted row was found, for people."""
    how = "whole" if left.state is State.DELETED else "found by its content"
    return f"deleted row, {how}: {left.origin}, page {left.page:,}"
