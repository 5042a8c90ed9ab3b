"""What a database is read for: media in its values, files that its rows refer to, and what was deleted of both."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import TypeVar

from safelight.errors import EvidenceError
from safelight.evidence.beside import Beside, Neighbour, keeps
from safelight.evidence.guards import GuardError, Meter
from safelight.evidence.messengers.app import App, Message, Reference, has_shape, origin_of, raw_name
from safelight.evidence.protocol import Kind, Node, Source
from safelight.evidence.sqlite.deleted import Leftover, leftovers
from safelight.evidence.sqlite.media import HEAD, Medium, media_in, suffix
from safelight.evidence.sqlite.pages import HEADER
from safelight.evidence.sqlite.records import Blob, BlobSource, Row, cells, leaf_row, local_size, varint
from safelight.evidence.sqlite.schema import Table
from safelight.evidence.sqlite.tree import Database
from safelight.evidence.unlock import NO_KEYS, LockedError
from safelight.model import State, Times

NOT_THERE = "the file is not in the exhibit"
_KEY_INSIDE = "its own key, which the database holds"
_WITHIN = "a picture within a larger value of its row: a preview, perhaps of what the message quotes"
_LONGEST_NOTE, _LONGEST_DOUBT = 500, 300
_MOST_KEPT = 2_000_000
_PART = 16 << 10
T = TypeVar("T")


class Contents:
    def __init__(
        self, database: Database, app: App | None, beside: Beside | None, meter: Meter, *, may_unlock: bool
    ) -> None:
        """`may_unlock`: does the case allow that keys are used which lie in the database itself?"""
        self._database = database
        self._may_unlock = may_unlock
        self._app = app
        self._beside = beside
        self._meter = meter
        self._clock = _Clock(meter)
        database.pages.tick = self._clock.tick
        self._seen: set[int] = set()
        self._begun: set[int] = set()
        self._stated: set[int] = set()

    def all(self) -> Iterator[Node]:
        database, app = self._database, self._app
        if app is not None:
            yield from self._references(app)
        for table in database.tables.values():
            yield from self._of_table(table) if table.has_rowid else self._of_keyed(table)
        patterns = [HEAD.pattern, *((app.anchor,) if app is not None and app.anchor else ())]
        anchor = re.compile(b"|".join(patterns), re.DOTALL)
        for left in self._clock.timed(leftovers(database, anchor, database.problems)):
            yield from self._of_leftover(left)
        for problem in database.problems:
            yield Node(b"", Kind.FINDING, error=problem)

    def _references(self, app: App) -> Iterator[Node]:
        try:
            for reference in self._clock.timed(app.references(self._database)):
                if len(self._stated) < _MOST_KEPT:
                    self._stated.add(hash((reference.key, reference.path)))
                yield from self._referred(reference)
        except GuardError:
            raise
        except EvidenceError as error:
            self._database.problems.append(f"{app.name}: not every message could be read: {error}")

    def _referred(self, reference: Reference) -> Iterator[Node]:
        """The files that a reference means: listed under their chat, opened where they lie."""
        said = (reference.message.note(), reference.note, reference.origin)
        times = Times(created=reference.message.at, modified=reference.message.at)
        found = []
        if self._beside is not None:
            names = [(raw_name(name), True) for name in reference.names] or [
                (raw_name(reference.path), False)
            ]
            for path, by_name in names:
                neighbour = self._beside.find(path, by_name=by_name)
                if neighbour is not None:
                    found.append(neighbour)
        folder, address = reference.message.folder(), {"member": reference.key}
        for neighbour in found:
            self._meter.entry()
            node = Node(
                folder + b"/" + neighbour.node.name.rpartition(b"/")[2],
                Kind.FILE,
                reference.state,
                neighbour.node.size,
                times,
                address,
                "member",
                note=_joined(*said, _doubt(neighbour, reference)),
                refers=True,
                outside=not neighbour.allowed,
            )
            content = neighbour.node.open
            if reference.locked is not None:
                node.error = reference.locked
            elif reference.unlock is not None and not self._may_unlock:
                what = f"encrypted file of {reference.message.app}"
                node.error = str(LockedError(what, NO_KEYS, opens=_KEY_INSIDE, own_key=True))
            elif content is not None and neighbour.allowed:
                node.open = partial(_counted, content, self._meter, reference)
            yield node
        if not found:
            self._meter.entry()
            error = NOT_THERE
            if self._beside is not None and self._beside.in_order:
                error = "not opened from here: the archive that it may lie in can only be read in order"
            elif self._beside is not None and not reference.names and b"/" not in raw_name(reference.path):
                error = "looked for in the folder of the database only: a name is stated, which other files may have"
            elif self._beside is not None and not keeps(raw_name(reference.path).rpartition(b"/")[2]):
                error = "not looked for: by its name it is no medium, document or archive"
            elif self._beside is not None and self._beside.listing.cut is not None:
                error = f"{NOT_THERE}, as far as that was listed: {self._beside.listing.cut}"
            name = folder + b"/" + (raw_name(reference.path).rpartition(b"/")[2] or b"unnamed")
            yield Node(
                name,
                Kind.FILE,
                reference.state,
                reference.size,
                times,
                address,
                "member",
                error=error,
                note=_joined(*said),
            )

    def _of_table(self, table: Table) -> Iterator[Node]:
        """The media in the values of a table, as it stands."""
        database, problem = self._database, None
        try:
            for number, page in self._clock.timed(database.leaves(table)):
                matches = HEAD.search(page) is not None
                for at in cells(page, HEADER if number == 1 else 0, 8):
                    try:
                        if not matches and (
                            page[at] < 0x80  # a short row, as most are
                            or local_size(size := varint(page, at)[0], database.layout.usable) == size
                        ):
                            continue
                        row = leaf_row(page, at, database.layout, database.pages.page)
                    except (EvidenceError, IndexError) as error:
                        problem = problem or f"page {number:,}: {error or 'a row breaks off'}"
                        continue
                    yield from self._of_row(table, row)
        except GuardError:
            raise
        except EvidenceError as error:
            problem = problem or str(error)
        if problem is not None:
            name = raw_name(table.name).decode("utf-8", "replace")
            database.problems.append(f"the table “{name}” is not wholly readable: {problem}")

    def _of_keyed(self, table: Table) -> Iterator[Node]:
        """The media of a table without row ids. Its columns are stored in another order, so that they have no names."""
        bare = Table(table.name, table.root, (), None, False)
        problem = None
        try:
            for row in self._clock.timed(self._database.key_rows(table)):
                for column, blob in row.blobs(HEAD):
                    for medium in media_in(blob):
                        self._keep(blob)
                        address = {"member": row.rowid or 0}
                        yield self._node(_name(bare, row, column, medium), blob, medium, None, address)
        except GuardError:
            raise
        except EvidenceError as error:
            problem = str(error)
        if problem is not None:
            name = raw_name(table.name).decode("utf-8", "replace")
            self._database.problems.append(f"the table “{name}” is not wholly readable: {problem}")

    def _of_row(self, table: Table, row: Row) -> Iterator[Node]:
        message: Message | None = None
        for column, blob in row.blobs(HEAD):
            for number, medium in enumerate(media_in(blob)):
                if not number:
                    self._keep(blob)
                if message is None and self._app is not None:
                    message = self._app.message_of(self._database, table, row)
                name = _name(table, row, column, medium)
                if message is not None:
                    name = message.folder() + b"/" + name.replace(b"/", b" ")
                origin = _WITHIN if message is not None and medium.size < blob.size else ""
                yield self._node(name, blob, medium, message, {"member": row.rowid or 0}, origin=origin)

    def _node(
        self,
        name: bytes,
        blob: Blob,
        medium: Medium,
        message: Message | None,
        address: dict[str, int],
        state: State = State.ALLOCATED,
        origin: str = "",
    ) -> Node:
        self._meter.entry()
        times = Times(created=message.at, modified=message.at) if message is not None else Times()
        content = partial(BlobSource, blob, medium.start, medium.size)
        return Node(
            name, Kind.FILE, state, medium.size, times, address, "member",
            note=_joined(message.note() if message is not None else "", origin) or None,
            open=partial(_counted, content, self._meter),
        )  # fmt: skip

    def _of_leftover(self, left: Leftover) -> Iterator[Node]:
        """The media in a row that is no longer in force, and the file that it refers to."""
        database, app = self._database, self._app
        reference = app.deleted(database, left) if app is not None else None
        if reference is not None and hash((reference.key, reference.path)) not in self._stated:
            self._stated.add(hash((reference.key, reference.path)))
            yield from self._referred(reference)
        size = database.pages.size
        address = {"page": left.page, "offset": (left.page - 1) * size + left.offset, "member": left.order}
        kept: list[Blob] = []
        for column, blob in left.row.blobs(HEAD):
            for medium in () if self._is_known(blob) else media_in(blob):
                kept.append(blob)
                message = None
                if app is not None and left.table is not None and has_shape(left, left.table):
                    message = app.message_of(database, left.table, left.row)
                where = raw_name(left.table.name if left.table is not None else "unknown table").replace(
                    b"/", b"_"
                )
                row = (
                    f"row {left.row.rowid}"
                    if left.row.rowid is not None
                    else f"page {left.page} at {left.offset}"
                )
                name = _column(left.table, column) + f" ({left.origin}).{suffix(medium.suffix)}".encode()
                if medium.start:
                    name = f"at {medium.start} of ".encode() + name
                name = b"/".join((b"deleted", where, row.encode(), name))
                yield self._node(name, blob, medium, message, address, left.state, origin_of(left))
        for blob in kept:
            self._keep(blob)

    def _is_known(self, blob: Blob) -> bool:
        """Was the same value met, or one with the same beginning where no more of this one is left?"""
        if _whole(blob) in self._seen:
            return True
        return not blob.read(1, blob.size - 1) and _beginning(blob) in self._begun

    def _keep(self, blob: Blob) -> None:
        if len(self._seen) < _MOST_KEPT:
            self._seen.add(_whole(blob))
            self._begun.add(_beginning(blob))


def _joined(first: str, *others: str) -> str:
    """One note of several: a long first one is cut, so that what qualifies it is still there."""
    more = "".join(f"; {one}" for one in others if one)[:_LONGEST_DOUBT]
    return (first[: _LONGEST_NOTE - len(more)] + more).removeprefix("; ")


def _doubt(neighbour: Neighbour, reference: Reference) -> str:
    """What is not certain about a file's being the one that a row means."""
    doubts = []
    if reference.names and neighbour.others:
        doubts.append("found by its name alone")
    if neighbour.is_partial:
        doubts.append("only the end of its path is the one that the database states")
    if neighbour.others:
        doubts.append(f"one of {neighbour.others + 1:,} files that may be meant")
    return ", ".join(doubts)


def _whole(blob: Blob) -> int:
    """A value by all of its bytes, a long one by three parts of it."""
    if blob.size <= 3 * _PART:
        return hash((blob.size, blob.read(blob.size)))
    starts = (0, blob.size // 2, blob.size - _PART)
    return hash((blob.size, *(blob.read(_PART, start) for start in starts)))


def _beginning(blob: Blob) -> int:
    """A value by its length and what lies of it in its cell."""
    return hash((blob.size, blob.read(max(0, blob.payload.local - blob.offset))))


def _name(table: Table, row: Row, column: int, medium: Medium) -> bytes:
    start = f"+{medium.start}" if medium.start else ""
    ending = f"{start}.{suffix(medium.suffix)}".encode()
    return b"/".join(
        (raw_name(table.name).replace(b"/", b"_"), str(row.rowid).encode(), _column(table, column) + ending)
    )


def _column(table: Table | None, column: int) -> bytes:
    if table is not None and column < len(table.columns):
        return raw_name(table.columns[column]).replace(b"/", b"_")
    return f"column {column + 1}".encode()


class _Clock:
    """Counts the time that reading takes, page by page, and not what is done with what was found."""

    def __init__(self, meter: Meter) -> None:
        self._meter = meter
        self._last = time.monotonic()

    def tick(self) -> None:
        """Count the time since the last call. Raises GuardError."""
        now = time.monotonic()
        self._meter.give(0, now - self._last)
        self._last = now

    def timed(self, items: Iterator[T]) -> Iterator[T]:
        """Pass on what comes; the time until the next is asked for does not count. Raises GuardError."""
        while True:
            self._last = time.monotonic()
            item = next(items, None)
            self.tick()
            if item is None:
                return
            yield item


class _Counted:
    """The content of a value or of another file, counted for the guards as it is read."""

    def __init__(self, source: Source, meter: Meter) -> None:
        self._source = source
        self._meter = meter
        self._given = 0
        self.name = source.name
        self.size = source.size

    @property
    def damage(self) -> str | None:
        """What was found wrong while it was read."""
        return getattr(self._source, "damage", None)

    def read_at(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset`. Raises EvidenceError."""
        begun = time.monotonic()
        data = self._source.read_at(offset, length)
        self.size = self._source.size  # it may be another once its end was seen
        new = max(0, offset + len(data) - self._given)
        self._given += new
        self._meter.give(new, time.monotonic() - begun)
        return data

    def sibling(self, name: str) -> Source | None:
        """Nothing lies beside it here."""
        return None

    def close(self) -> None:
        """Close the other file."""
        self._source.close()


def _counted(content: Callable[[], Source], meter: Meter, reference: Reference | None = None) -> Source:
    source = content()
    if reference is not None and reference.unlock is not None:
        source = reference.unlock(source)
    return _Counted(source, meter)
