"""What an earlier run of the same exhibit has left: so that finished work is neither lost nor done twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from typing import NamedTuple

from safelight.model import LOCKED, Place
from safelight.pipeline.salvage import is_salvaged
from safelight.store.entry import NOT_READ, NOTE
from safelight.store.inventory import ANEW, CLOSED, Entry, Fingerprint, Page, fingerprint, place_key
from safelight.store.page import IS_ANEW, IS_CLOSED, IS_FINDING, IS_GONE, IS_MEDIA, NOT_EXAMINED


class Seen(NamedTuple):
    """What is kept of an entry to know it again."""

    fingerprint: Fingerprint
    sha256: bytes | None
    media: bool
    container: bool
    counts: tuple[str, ...]
    error: str | None
    again: bool
    """It could not be read. That may have been the cable, the disk or a right: the next scan tries again."""


def counts_of(entry: Entry) -> tuple[str, ...]:
    """The counters of a scan's summary that an entry raises."""
    if entry.note == NOT_READ and not entry.examined:
        return ("not_read",)
    return _counts(entry.kind, entry.place.state, entry.examined, entry.media, entry.error is not None)


@cache
def _counts(kind: str, state: str, examined: bool, media: bool, failed: bool) -> tuple[str, ...]:
    if kind in (ANEW, CLOSED, NOTE):
        return ()
    if not examined:
        return ("not_examined",)
    raised = ["files", str(state)] if kind == "file" else []
    if media:
        raised.append("media")
    if failed:
        raised.append("unreadable")
    return tuple(raised)


class Known:
    """The entries of earlier runs by place, the containers that were read to their end, and their counts."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._seen: dict[bytes, Seen] = {}
        self._closed: dict[bytes, Fingerprint] = {}
        self._within: dict[bytes, set[bytes]] = defaultdict(set)
        self._fresh: set[bytes] = set()
        self._locked: dict[bytes, list[bytes]] = defaultdict(list)
        """What was said of a place that needs a key, until a note says that one opened it."""
        self._opened: set[bytes] = set()
        for page in pages:
            self._take(page)
        self._unmet = set(self._seen)
        """Places that this run has not come to yet."""

    def _take(self, page: Page) -> None:
        columns = page.columns
        parents = [_enclosing(trail) for trail in page.containers]
        lines = zip(
            page.keys,
            page.flags,
            page.fingerprints,
            page.sha256s,
            columns["kind"],
            columns["state"],
            columns["container"],
            columns["error"],
            columns["within"],
            strict=True,
        )
        for number, line in enumerate(lines):
            key, flags, mark, sha256, kind, state, container, error, within = line
            if flags & IS_CLOSED:
                self._closed[key] = mark
            elif flags & IS_ANEW:
                self.walk_anew()
            elif flags & IS_GONE:
                self._seen.pop(key, None)  # it is read again if it comes back
            elif flags & NOT_EXAMINED:
                continue  # left out by that order: a wider one must read it
            else:
                media = bool(flags & IS_MEDIA)
                counts = _counts(kind, state, True, media, error is not None)
                failed = error is not None and (sha256 is None or is_salvaged(error))
                locked = flags & IS_FINDING and LOCKED in (error or "")
                again = failed and bool(locked or not flags & IS_FINDING)
                if locked:
                    self._locked[place_key(page[number].place)].append(key)
                elif kind == NOTE:
                    place = place_key(page[number].place)
                    self._opened.add(place)
                    for outdated in self._locked.pop(place, ()):
                        self._seen.pop(outdated, None)
                self._seen[key] = Seen(mark, sha256, media, container is not None, counts, error, again)
                for parent in parents[within]:
                    self._within[parent].add(key)

    def __bool__(self) -> bool:
        return bool(self._seen)

    def find(self, place: Place) -> Seen | None:
        """The earlier entry of this place, if it could be read and nothing says that it changed."""
        key = place_key(place)
        self._unmet.discard(key)
        seen = self._seen.get(key)
        if seen is None or seen.again or seen.fingerprint != fingerprint(place):
            return None
        if self._fresh and any(parent in self._fresh for parent in _enclosing(place.trail[:-1])):
            return None
        return seen

    def leave_shut(self, place: Place) -> bool:
        """Say that a place is there and is not opened by this order; returns whether an earlier order read it."""
        key = place_key(place)
        self._unmet.discard(key)
        self._unmet -= self._within.get(_container_key(place.trail), set())
        return key in self._seen

    def was_opened(self, place: Place) -> bool:
        """Did an earlier run open with a key what lies at this place?"""
        return place_key(place) in self._opened

    def unmet(self) -> set[bytes]:
        """Keys of the places that an earlier run read and a walk to the end has not come to."""
        return self._unmet

    def read_anew(self, place: Place) -> None:
        """Say that a container was read anew, so that nothing in it counts as known."""
        if self._within:
            self._fresh.add(_container_key(place.trail))

    def walk_anew(self) -> None:
        """Say that the store lets go of what failed before (see `ANEW`): it must be said again where it still fails."""
        self._seen = {
            key: seen._replace(error=None) if seen.again else seen for key, seen in self._seen.items()
        }

    def has_said(self, entry: Entry) -> bool:
        """Did an earlier run fail on this place in the same way? Then its line is there."""
        seen = self._seen.get(entry.key) if entry.digests is None else None
        return (
            seen is not None
            and seen.again
            and seen.error is not None
            and seen.error == entry.error
            and seen.fingerprint == fingerprint(entry.place)
        )

    def is_listed(self, place: Place) -> bool:
        """Does an entry say that this container, as it is, was listed to its end?"""
        return self._closed.get(place_key(place)) == fingerprint(place)

    def is_closed(self, place: Place) -> bool:
        """Was everything in this container listed and read by an earlier run, and is it unchanged?"""
        if self.find(place) is None or not self.is_listed(place):
            return False
        within = self._within.get(_container_key(place.trail), set())
        return not any(self._seen[key].again for key in within & self._seen.keys())

    def counts_within(self, place: Place) -> Counter[str]:
        """What the entries below a container add to the summary."""
        found: Counter[str] = Counter()
        within = self._within.get(_container_key(place.trail), set())
        self._unmet -= within
        for key in within & self._seen.keys():
            found.update(self._seen[key].counts)
        return found


def _enclosing(trail: tuple[bytes, ...]) -> list[bytes]:
    """Keys of a container and of those around it, outermost first."""
    return [_container_key(trail[:depth]) for depth in range(1, len(trail) + 1)]


def _container_key(trail: tuple[bytes, ...]) -> bytes:
    return b"".join(len(part).to_bytes(4, "little") + part for part in trail)
