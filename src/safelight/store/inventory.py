"""Everything read from an exhibit, in sealed and compressed pages: one page a batch of entries.

A page is append-only. A later entry with the same key (the same place, read again because it changed)
supersedes an earlier one; nothing is rewritten, so a scan killed anywhere leaves whole pages behind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
import sqlalchemy as sa
import zstandard

from safelight.model import Digests, Place, State, Times, Timestamp
from safelight.store.keys import Sealer
from safelight.store.tables import exhibit, inventory

CLOSED = "closed"
"""Kind of the entry that says: everything in this container was listed. It is no place of its own."""
FINDING = "finding"
"""Kind of the entry that says what is wrong at a place, beside the place's own line; there may be several."""
ANEW = "anew"
"""Kind of the entry that says: the medium could not be read as a whole, and is walked once more from its start.
What could not be read of it and its file systems no longer holds, but for what was said of archives that were
read to their end. It is no place of its own either."""
_MARKS = frozenset({CLOSED, ANEW})
_IN_MEDIUM = 2
"""Files in the trail of what a medium's own file systems hold: the image, and the file in it."""
_CODEC = "latin-1"  # raw bytes through JSON: every byte is one character, and back


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that was read, or could not be: a line of `export files`.

    `kind` is the node kind (`file`, `folder`, `link`, `special`, `finding`); `format` the type by content;
    `container` the reader that descended into it; `error` why it could not be read (or only in part).
    """

    place: Place
    kind: str
    format: str | None = None
    digests: Digests | None = None
    error: str | None = None
    examined: bool = True
    container: str | None = None
    media: bool = False
    target: bytes | None = None

    @property
    def key(self) -> bytes:
        """16 bytes that name the place within its exhibit; of a finding, the place and what it says of it."""
        return place_key(self.place, self.error if self.kind == FINDING else None)


def place_key(place: Place, finding: str | None = None) -> bytes:
    """16 bytes that name a place within its exhibit: trail, state and address where the state needs it."""
    digest = hashlib.blake2b(digest_size=16)
    for part in place.trail:
        digest.update(len(part).to_bytes(4, "little"))
        digest.update(part)
    if place.state is not State.ALLOCATED:
        address = place.address
        digest.update(f"\0{place.state}:{address.get('inode', '')}:{address.get('offset', '')}".encode())
    if finding is not None:
        digest.update(b"\1" + finding.encode("utf-8", "surrogatepass"))
    return digest.digest()


def fingerprint(place: Place) -> tuple[Any, ...]:
    """What must be the same for a place not to be read again: size, times and address."""
    times = place.times
    return (
        place.size,
        times.modified.value if times.modified else None,
        times.changed.value if times.changed else None,
        place.address.get("inode"),
    )


def append_page(connection: sa.Connection, sealer: Sealer, exhibit_id: str, entries: Sequence[Entry]) -> int:
    """Store one page and return its id."""
    rows = [_pack(entry) for entry in entries]
    plain = zstandard.ZstdCompressor(level=1).compress(orjson.dumps(rows))
    sealed = sealer.seal(plain, _context(exhibit_id))
    done = connection.execute(
        inventory.insert()
        .values(exhibit_id=exhibit_id, count=len(rows), sealed=sealed)
        .returning(inventory.c.id)
    )
    return int(done.scalar_one())


def page(connection: sa.Connection, sealer: Sealer, page_id: int) -> list[Entry]:
    """One page's entries, in their order."""
    row = connection.execute(
        sa.select(inventory.c.exhibit_id, inventory.c.sealed).where(inventory.c.id == page_id)
    ).one()
    return _open(sealer, row.exhibit_id, row.sealed)


def pages(connection: sa.Connection, sealer: Sealer, exhibit_id: str) -> Iterator[tuple[int, list[Entry]]]:
    """All pages of an exhibit, oldest first, one in memory at a time."""
    ids = connection.execute(
        sa.select(inventory.c.id).where(inventory.c.exhibit_id == exhibit_id).order_by(inventory.c.id)
    ).scalars()
    for page_id in list(ids):
        yield page_id, page(connection, sealer, page_id)


def newest(connection: sa.Connection, sealer: Sealer, exhibit_id: str) -> Iterator[tuple[int, int, Entry]]:
    """`(page, number, entry)` of every place's newest entry, in the order they were written.

    A place's own line comes before what was found wrong there: findings older than it are of an earlier reading.
    """
    last: dict[bytes, tuple[int, int]] = {}
    wrong: dict[bytes, list[bytes]] = {}
    of_medium: dict[bytes, bytes] = {}
    closed: set[bytes] = set()
    repeated = False
    for page_id, entries in pages(connection, sealer, exhibit_id):
        for number, entry in enumerate(entries):
            key = entry.key
            if entry.kind == CLOSED:
                if len(entry.place.trail) > 1:  # a medium itself is walked by every scan
                    closed.add(key)
                continue
            if entry.kind == ANEW:
                for outdated in [one for one, of in of_medium.items() if of not in closed]:
                    del of_medium[outdated]
                    repeated |= last.pop(outdated, None) is not None
                continue
            if entry.error is not None and entry.digests is None:
                of = place_key(entry.place)
                if entry.place.layers.count("file") <= _IN_MEDIUM:
                    of_medium[key] = of
                if entry.kind == FINDING:
                    wrong.setdefault(of, []).append(key)
            if entry.kind != FINDING and wrong:
                for outdated in wrong.pop(key, ()):
                    repeated |= last.pop(outdated, None) is not None
            repeated |= last.setdefault(key, (page_id, number)) != (page_id, number)
            last[key] = (page_id, number)
    for page_id, entries in pages(connection, sealer, exhibit_id):
        for number, entry in enumerate(entries):
            if entry.kind not in _MARKS and (not repeated or last.get(entry.key) == (page_id, number)):
                yield page_id, number, entry


def exhibits_of(connection: sa.Connection, case_id: str) -> list[str]:
    """Ids of a case's exhibits, in the order they were first read."""
    found = connection.execute(
        sa.select(exhibit.c.id).where(exhibit.c.case_id == case_id).order_by(sa.text("rowid"))
        if connection.dialect.name == "sqlite"
        else sa.select(exhibit.c.id).where(exhibit.c.case_id == case_id).order_by(exhibit.c.id)
    )
    return list(found.scalars())


def _context(exhibit_id: str) -> bytes:
    return f"inventory:{exhibit_id}".encode()


def _open(sealer: Sealer, exhibit_id: str, sealed: bytes) -> list[Entry]:
    plain = zstandard.ZstdDecompressor().decompress(sealer.unseal(sealed, _context(exhibit_id)))
    return [_unpack(row) for row in orjson.loads(plain)]


def _pack(entry: Entry) -> list[Any]:
    place, digests = entry.place, entry.digests
    return [
        [part.decode(_CODEC) for part in place.trail],
        place.layers,
        place.state,
        place.size,
        [
            _pack_time(time)
            for time in (place.times.created, place.times.modified, place.times.accessed, place.times.changed)
        ],
        dict(place.address),
        entry.kind,
        entry.format,
        (digests.md5 + digests.sha1 + digests.sha256).decode(_CODEC) if digests else None,
        entry.error,
        entry.examined,
        entry.container,
        entry.media,
        entry.target.decode(_CODEC) if entry.target is not None else None,
    ]


def _unpack(row: list[Any]) -> Entry:
    (
        trail,
        layers,
        state,
        size,
        times,
        address,
        kind,
        format_,
        packed,
        error,
        examined,
        container,
        media,
        target,
    ) = row
    raw = packed.encode(_CODEC) if packed is not None else None
    return Entry(
        place=Place(
            trail=tuple(part.encode(_CODEC) for part in trail),
            layers=tuple(layers),
            state=State(state),
            size=size,
            times=Times(*(_unpack_time(time) for time in times)),
            address=address,
        ),
        kind=kind,
        format=format_,
        digests=Digests(raw[:16], raw[16:36], raw[36:68]) if raw else None,
        error=error,
        examined=examined,
        container=container,
        media=media,
        target=target.encode(_CODEC) if target is not None else None,
    )


def _pack_time(time: Timestamp | None) -> list[str] | None:
    return [time.value, time.source, time.zone] if time else None


def _unpack_time(time: list[str] | None) -> Timestamp | None:
    return Timestamp(*time) if time else None


__all__ = [
    "ANEW",
    "CLOSED",
    "FINDING",
    "Entry",
    "append_page",
    "exhibits_of",
    "fingerprint",
    "newest",
    "page",
    "pages",
    "place_key",
]
