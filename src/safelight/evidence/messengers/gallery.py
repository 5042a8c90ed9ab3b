"""Photo libraries of phones (iOS `Photos.sqlite`, Android `external.db`): what lies in their bin or is hidden.

Such a picture lies in its folder like any other; only the library says that its owner has deleted or hidden it, and
which app brought it. Tables as published by forensic projects for iOS 11 to 17 and Android 11 to 14.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from safelight.evidence.messengers.app import (
    LONGEST_NOTE,
    Message,
    Reference,
    Rows,
    apple_time,
    number,
    table_has,
    text,
)
from safelight.evidence.sqlite.deleted import Leftover
from safelight.evidence.sqlite.records import Row, Value
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.stamps import utc_seconds
from safelight.model import Timestamp

_BIN, _HIDDEN = "Recently deleted", "Hidden"


@dataclass(frozen=True, slots=True)
class Asset(Message):
    """A picture or film of a library that its owner has put away."""

    album: str = _BIN
    said: str = ""

    def note(self) -> str:
        """One line for people."""
        return f"{self.app}: {self.said}"[:LONGEST_NOTE]

    def folder(self) -> bytes:
        """The path under which it is listed."""
        return b"Library/" + self.album.encode()


class Photos:
    """`Photos.sqlite` of iOS and macOS."""

    name = "Photos"
    anchor = b""

    def knows(self, database: Database) -> bool:
        """By the table of pictures."""
        return self._table(database) is not None

    def _table(self, database: Database) -> Table | None:
        for name in ("zasset", "zgenericasset"):  # the second until iOS 13
            if table_has(database, name, "ZDIRECTORY", "ZFILENAME", "ZTRASHEDSTATE"):
                return database.tables[name]
        return None

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each picture that is in the bin or hidden."""
        table = self._table(database)
        if table is None:
            return
        more = Rows(
            database,
            "zadditionalassetattributes",
            "ZIMPORTEDBYBUNDLEIDENTIFIER",
            "ZCREATORBUNDLEID",
            "ZORIGINALFILENAME",
        )
        columns = (
            "Z_PK",
            "ZDIRECTORY",
            "ZFILENAME",
            "ZTRASHEDSTATE",
            "ZTRASHEDDATE",
            "ZHIDDEN",
            "ZDATECREATED",
        )
        for key, folder, name, trashed, when, hidden, made, rest in database.values(
            table, *columns, "ZADDITIONALATTRIBUTES"
        ):
            if not isinstance(name, str) or not name or not isinstance(key, int) or not (trashed or hidden):
                continue
            importer, creator, original = more.get(rest)
            said = [_since("in the bin of the library", apple_time(when, "photos"))] if trashed else []
            said += ["hidden by the owner"] if hidden else []
            said += _origin(text(importer) or text(creator), text(original), name)
            asset = Asset(
                "Photos",
                at=apple_time(made, "photos"),
                album=_BIN if trashed else _HIDDEN,
                said=", ".join(said),
            )
            yield Reference(f"{text(folder)}/{name}", asset, key)

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """No pictures lie in its rows."""
        return None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """What was deleted for good has left the folder too."""
        return None


class MediaStore:
    """`external.db` of Android 11 and later."""

    name = "MediaStore"
    anchor = b""

    def knows(self, database: Database) -> bool:
        """By the table of files."""
        return table_has(database, "files", "_data", "media_type", "is_trashed")

    def references(self, database: Database) -> Iterator[Reference]:
        """One for each file that is in the bin."""
        columns = (
            "_id",
            "_data",
            "_size",
            "is_trashed",
            "date_expires",
            "owner_package_name",
            "_display_name",
        )
        for key, path, size, trashed, expires, owner, shown, taken, added in database.values(
            database.tables["files"], *columns, "datetaken", "date_added"
        ):
            if not isinstance(path, str) or not path or not isinstance(key, int) or not trashed:
                continue
            until = _seconds(expires)
            said = ["in the bin" + (f", to be deleted for good at {until.value}" if until else "")]
            said += _origin(text(owner), text(shown), path.rpartition("/")[2])
            milliseconds = number(taken)
            at = utc_seconds(milliseconds / 1000, "media-store") if milliseconds else _seconds(added)
            yield Reference(path, Asset("MediaStore", at=at, said=", ".join(said)), key, number(size))

    def message_of(self, database: Database, table: Table, row: Row) -> Message | None:
        """No pictures lie in its rows."""
        return None

    def deleted(self, database: Database, left: Leftover) -> Reference | None:
        """What was deleted for good has left the folder too."""
        return None


def _seconds(value: Value) -> Timestamp | None:
    seconds = number(value)
    return utc_seconds(seconds, "media-store") if seconds else None


def _since(what: str, at: Timestamp | None) -> str:
    return f"{what} since {at.value}" if at is not None else what


def _origin(app: str, original: str, name: str) -> list[str]:
    """Which app brought a picture, and what it was called."""
    said = [f"brought by {app[:100]}"] if app else []
    return [*said, f"called {original[:100]}"] if original and original != name else said
