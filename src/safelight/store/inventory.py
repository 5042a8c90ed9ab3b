"""Everything read from an exhibit, in sealed and compressed pages: one page a batch of entries.

A page is append-only. A later entry with the same key (the same place, read again because it changed)
supersedes an earlier one; nothing is rewritten, so a scan killed anywhere leaves whole pages behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

import sqlalchemy as sa

from safelight.model import LOCKED
from safelight.store.entry import ANEW, CLOSED, FINDING, NOTE, Entry, Fingerprint, fingerprint, place_key
from safelight.store.keys import Sealer
from safelight.store.page import HAS_DIGESTS, HAS_ERROR, IS_ANEW, IS_CLOSED, IS_FINDING, IS_MARK, Page, pack
from safelight.store.tables import exhibit, inventory

_IN_MEDIUM = 2
"""Files in the trail of what a medium's own file systems hold: the image, and the file in it."""


def append_page(connection: sa.Connection, sealer: Sealer, exhibit_id: str, entries: Sequence[Entry]) -> int:
    """Store one page and return its id."""
    sealed = sealer.seal(pack(entries), _context(exhibit_id))
    done = connection.execute(
        inventory.insert()
        .values(exhibit_id=exhibit_id, count=len(entries), sealed=sealed)
        .returning(inventory.c.id)
    )
    return int(done.scalar_one())


def page(connection: sa.Connection, sealer: Sealer, page_id: int) -> Page:
    """One page, opened."""
    row = connection.execute(
        sa.select(inventory.c.exhibit_id, inventory.c.sealed).where(inventory.c.id == page_id)
    ).one()
    return Page(page_id, sealer.unseal(row.sealed, _context(row.exhibit_id)))


def pages(connection: sa.Connection, sealer: Sealer, exhibit_id: str) -> Iterator[Page]:
    """All pages of an exhibit, oldest first, one in memory at a time."""
    ids = connection.execute(
        sa.select(inventory.c.id).where(inventory.c.exhibit_id == exhibit_id).order_by(inventory.c.id)
    ).scalars()
    for page_id in list(ids):
        yield page(connection, sealer, page_id)


def newest(connection: sa.Connection, sealer: Sealer, exhibit_id: str) -> Iterator[tuple[int, int, Entry]]:
    """`(page, number, entry)` of every place's newest entry, in the order they were written."""
    for opened, numbers in newest_of_pages(connection, sealer, exhibit_id):
        for number in numbers:
            yield opened.id, number, opened[number]


def newest_of_pages(
    connection: sa.Connection, sealer: Sealer, exhibit_id: str
) -> Iterator[tuple[Page, list[int]]]:
    """Every page with the numbers of those entries in it that are the newest of their place.

    A place's own line comes before what was found wrong there: findings older than it are of an earlier reading.
    """
    last: dict[bytes, tuple[int, int]] = {}
    wrong: dict[bytes, list[bytes]] = {}
    of_medium: dict[bytes, bytes] = {}
    closed: set[bytes] = set()
    locked: dict[bytes, list[bytes]] = {}
    repeated = False
    for opened in pages(connection, sealer, exhibit_id):
        if not wrong and all(map(_is_sound, set(opened.flags))):
            expected = len(last) + len(opened)  # nearly every page is like this: not line by line
            last.update(zip(opened.keys, zip(repeat(opened.id), range(len(opened))), strict=False))
            repeated |= len(last) != expected
            continue
        for number, (key, flags) in enumerate(zip(opened.keys, opened.flags, strict=True)):
            if flags & IS_CLOSED:
                if len(opened[number].place.trail) > 1:  # a medium itself is walked by every scan
                    closed.add(key)
                continue
            if flags & IS_ANEW:
                for outdated in [one for one, of in of_medium.items() if of not in closed]:
                    del of_medium[outdated]
                    repeated |= last.pop(outdated, None) is not None
                continue
            if flags & HAS_ERROR and not flags & HAS_DIGESTS:
                place = opened[number].place
                of = place_key(place)
                if place.layers.count("file") <= _IN_MEDIUM:
                    of_medium[key] = of
                if flags & IS_FINDING:
                    if LOCKED in (opened[number].error or ""):
                        repeated |= _forget(last, locked.pop(of, ()))
                        locked.setdefault(of, []).append(key)
                    wrong.setdefault(of, []).append(key)
            elif flags & IS_FINDING and locked:  # a note: what was locked is open now
                repeated |= _forget(last, locked.pop(place_key(opened[number].place), ()))
            if wrong and not flags & IS_FINDING:
                for outdated in wrong.pop(key, ()):
                    repeated |= last.pop(outdated, None) is not None
            here = (opened.id, number)
            repeated |= last.setdefault(key, here) != here
            last[key] = here
    for opened in pages(connection, sealer, exhibit_id):
        numbers = [number for number, flags in enumerate(opened.flags) if not flags & IS_MARK]
        if repeated:
            keys = opened.keys
            numbers = [number for number in numbers if last.get(keys[number]) == (opened.id, number)]
        yield opened, numbers


def _forget(last: dict[bytes, tuple[int, int]], outdated: Iterable[bytes]) -> bool:
    """Drop lines that are outdated; returns whether any was there."""
    return sum(last.pop(key, None) is not None for key in outdated) > 0


def _is_sound(flags: int) -> bool:
    """Is it the line of something that was read, or needed no reading?"""
    return not flags & (IS_MARK | IS_FINDING) and (not flags & HAS_ERROR or bool(flags & HAS_DIGESTS))


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


__all__ = [
    "ANEW",
    "CLOSED",
    "FINDING",
    "NOTE",
    "Entry",
    "Fingerprint",
    "Page",
    "append_page",
    "exhibits_of",
    "fingerprint",
    "newest",
    "newest_of_pages",
    "page",
    "pages",
    "place_key",
]
