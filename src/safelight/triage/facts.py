"""Gather from the store what `priority.py` needs to know about each item of a case."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from safelight.model import SOUND_ONLY, HashSetKind, Match, State
from safelight.store import inventory
from safelight.store.inventory import Entry
from safelight.store.keys import Sealer
from safelight.store.page import HAS_ERROR
from safelight.store.sealed import unseal
from safelight.store.tables import hash_set, item, match, place, signal
from safelight.store.tables import inventory as pages

_ROWS = 100
"""Signals fetched at a time: one of a film may have 200 kB."""
CAMERA_FOLDERS = re.compile(rb"/(DCIM|Camera|CameraRoll|Camera Roll|[1-9]\d\d[A-Z0-9_]{5})/", re.IGNORECASE)
"""Where cameras and phones store what they take (DCF: three digits and five characters)."""
_MEDIA_EXTENSIONS = frozenset(
    b"jpg jpeg jpe jfif thm png apng gif webp bmp dib ico cur icns tif tiff dng nef nrw cr2 cr3 arw raf orf rw2 pef "
    b"heic heics heif heifs hif avif avifs jp2 jpf j2k j2c jxl psd jb2 jbig2 mp4 m4v mov qt 3gp 3g2 mkv webm avi mpg "
    b"mpeg mpe m2v vob mts m2ts ts wmv asf flv f4v ogv ogg divx".split()
)
"""One picture format under the name of another is an everyday thing on the web, and hides nothing."""


@dataclass(slots=True)
class Located:
    """Where an item lies: every entry, with its exhibit."""

    entries: list[tuple[str, Entry]] = field(default_factory=list)

    def folders(self) -> set[tuple[Any, ...]]:
        """Keys of the folders and archives it lies in."""
        return {folder_key(exhibit, entry) for exhibit, entry in self.entries}

    def states(self) -> frozenset[State]:
        """The states of all its places."""
        return frozenset(entry.place.state for _, entry in self.entries)


def folder_key(exhibit: str, entry: Entry) -> tuple[Any, ...]:
    """A folder within an exhibit, or the archive where a member lies at its root."""
    *containers, name = entry.place.trail
    return (exhibit, *containers, name.rpartition(b"/")[0])


def locate(
    connection: sa.Connection, sealer: Sealer, case_id: str, wanted: Iterable[bytes]
) -> dict[bytes, Located]:
    """The places of the wanted items; each inventory page is opened once."""
    wanted = set(wanted)
    by_page: dict[int, list[tuple[int, bytes]]] = defaultdict(list)
    rows = connection.execute(
        sa.select(place.c.page, place.c.number, place.c.sha256).where(place.c.case_id == case_id)
    )
    for row in rows:
        if row.sha256 in wanted:
            by_page[row.page].append((row.number, row.sha256))
    exhibit_of = {
        row.id: row.exhibit_id for row in connection.execute(sa.select(pages.c.id, pages.c.exhibit_id))
    }
    found: dict[bytes, dict[tuple[str, bytes], Entry]] = defaultdict(dict)
    for page_id in sorted(by_page):
        entries = inventory.page(connection, sealer, page_id)
        for number, sha256 in by_page[page_id]:
            entry = entries[number]
            found[sha256][(exhibit_of[page_id], entry.key)] = entry
    return {
        sha256: Located([(exhibit, entry) for (exhibit, _), entry in places.items()])
        for sha256, places in found.items()
    }


def matches_of(connection: sa.Connection, case_id: str) -> dict[bytes, list[Match]]:
    """Every match of a case, by the item's SHA-256, in a stable order."""
    rows = connection.execute(
        sa.select(match, hash_set.c.name, hash_set.c.kind)
        .join(hash_set, hash_set.c.id == match.c.hash_set_id)
        .where(match.c.case_id == case_id)
        .order_by(match.c.sha256, hash_set.c.name, match.c.distance, match.c.entry)
    )
    found: dict[bytes, list[Match]] = defaultdict(list)
    for row in rows:
        kind = HashSetKind(row.kind)
        found[row.sha256].append(
            Match(
                row.name,
                kind,
                row.entry,
                row.by,
                row.distance,
                row.category,
                row.form,
                _covered(row),
                _at(row),
            )
        )
    return found


def _at(row: Any) -> tuple[float, float] | None:
    return None if row.begins is None else (row.begins, row.ends)


def _covered(row: Any) -> tuple[int, int] | None:
    return None if row.of_item is None else (row.of_item, row.of_entry)


def looked_at(connection: sa.Connection, case_id: str) -> set[bytes]:
    """Items that a worker has looked at, whatever came of it: before that nothing is known of what they show."""
    query = sa.select(signal.c.sha256).where(signal.c.case_id == case_id).distinct()
    return set(connection.execute(query).scalars())


def signals_of(connection: sa.Connection, sealer: Sealer, case_id: str, name: str) -> dict[bytes, Any]:
    """The values of one signal of a case, by SHA-256; only those that were computed."""
    return dict(each_signal(connection, sealer, case_id, name))


def each_signal(
    connection: sa.Connection, sealer: Sealer, case_id: str, name: str
) -> Iterator[tuple[bytes, Any]]:
    """The same one after another, by SHA-256: the values of films are large."""
    query = sa.select(signal.c.sha256, signal.c.sealed).where(
        signal.c.case_id == case_id, signal.c.name == name
    )
    with connection.execute(query.order_by(signal.c.sha256), execution_options={"yield_per": _ROWS}) as rows:
        for row in rows:
            value, absent = unseal(sealer, row.sealed, signal_context(row.sha256, name))
            if absent is None:
                yield row.sha256, value


def other_previews(connection: sa.Connection, sealer: Sealer, case_id: str) -> dict[bytes, float]:
    """Items of which an embedded preview shows something else, and how like the picture it is (-1..1)."""
    found = {}
    for sha256, previews in signals_of(connection, sealer, case_id, "preview").items():
        likeness = [one["likeness"] for one in previews if one["differs"]]
        if likeness:
            found[sha256] = min(likeness)
    return found


def undecodable(connection: sa.Connection, case_id: str) -> dict[bytes, str]:
    """Why items could not be decoded, wholly or in part, by SHA-256."""
    rows = connection.execute(
        sa.select(item.c.sha256, item.c.error, item.c.damaged).where(
            item.c.case_id == case_id, sa.or_(item.c.error.is_not(None), item.c.damaged.is_not(None))
        )
    )
    return {row.sha256: row.error or row.damaged for row in rows}


def without_picture(connection: sa.Connection, case_id: str) -> set[bytes]:
    """Items that begin like a film and hold sound alone."""
    query = sa.select(item.c.sha256).where(item.c.case_id == case_id, item.c.format == SOUND_ONLY)
    return set(connection.execute(query).scalars())


def unread(
    connection: sa.Connection, sealer: Sealer, case_id: str, exhibits: Iterable[str]
) -> Iterator[tuple[str, Entry, str]]:
    """`(exhibit, entry, reason)` of everything that could not be read or decoded, wholly or in part."""
    broken = undecodable(connection, case_id)
    for exhibit_id in exhibits:
        for page, numbers in inventory.newest_of_pages(connection, sealer, exhibit_id):
            flags, sha256s = page.flags, page.sha256s
            for number in numbers:
                sha256 = sha256s[number] or b""
                if flags[number] & HAS_ERROR or sha256 in broken:
                    entry = page[number]
                    yield exhibit_id, entry, broken[sha256] if entry.error is None else entry.error


def bound_thumbnail(sealer: Sealer, sha256: bytes, blob: str) -> str:
    """A blob's id, bound to the item whose picture it is: `id.HMAC`."""
    return f"{blob}.{sealer.digest(b'thumbnail' + sha256 + blob.encode()).hex()[:32]}"


def signal_context(sha256: bytes, name: str) -> str:
    """What a sealed signal is bound to."""
    return f"signal:{sha256.hex()}:{name}"


def misnamed(located: Located) -> bool:
    """Do all names of a picture or video say that it is something else? (No extension at all says nothing.)"""
    names = [entry.place.trail[-1] for _, entry in located.entries if entry.place.state is not State.CARVED]
    extensions = [
        name.rpartition(b"/")[2].rpartition(b".")[2].lower()
        for name in names
        if b"." in name.rpartition(b"/")[2]
    ]
    return bool(names) and len(extensions) == len(names) and _MEDIA_EXTENSIONS.isdisjoint(extensions)


def hidden(located: Located) -> bool:
    """Does every place lie in an alternate stream or below a folder whose name begins with a dot?"""

    def out_of_sight(entry: Entry) -> bool:
        if "stream" in entry.place.layers:
            return True
        return any(part.startswith(b".") for name in entry.place.trail for part in name.split(b"/")[:-1])

    return bool(located.entries) and all(out_of_sight(entry) for _, entry in located.entries)


def in_camera_folder(located: Located) -> bool:
    """Does one of its places look like where a camera or phone stores what it takes?"""
    return any(
        CAMERA_FOLDERS.search(b"/" + name) for _, entry in located.entries for name in entry.place.trail
    )


def camera_name(exif: Mapping[str, Any] | None) -> str | None:
    """Make and model as one name, without the make repeated."""
    if not exif:
        return None
    make, model = str(exif.get("make") or "").strip(), str(exif.get("model") or "").strip()
    if model.casefold().startswith(make.casefold()):
        return model or None
    return f"{make} {model}".strip() or None


def taken(exif: Mapping[str, Any] | None) -> datetime | None:
    """The camera's time of taking, as it states it (local, without a zone)."""
    stated = str((exif or {}).get("taken") or "")
    try:
        return datetime.fromisoformat(stated).replace(tzinfo=None) if stated else None
    except ValueError:
        return None
