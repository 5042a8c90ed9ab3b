"""What an earlier run of the same exhibit has left: so that finished work is neither lost nor done twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache
from typing import Any, NamedTuple

from safelight.model import Place
from safelight.store.inventory import ANEW, CLOSED, FINDING, Entry, Page, fingerprint, place_key


class Seen(NamedTuple):
    """What is kept of an entry to know it again."""

    fingerprint: tuple[Any, ...]
    sha256: bytes | None
    media: bool
    container: bool
    counts: tuple[str, ...]
    error: str | None
    again: bool
    """It could not be read. That may have been the cable, the disk or a right: the next scan tries again."""


def counts_of(entry: Entry) -> tuple[str, ...]:
    """The counters of a scan's summary that an entry raises."""
    return _counts(entry.kind, entry.place.state, entry.examined, entry.media, entry.error is not None)


@cache
def _counts(kind: str, state: str, examined: bool, media: bool, failed: bool) -> tuple[str, ...]:
    if kind in (ANEW, CLOSED):
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
        self._closed: dict[bytes, tuple[Any, ...]] = {}
        self._within: dict[bytes, set[bytes]] = defaultdict(set)
        self._fresh: set[bytes] = set()
        for page in pages:
            for entry in page:
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        key = entry.key
        if entry.kind == CLOSED:
            self._closed[key] = fingerprint(entry.place)
            return
        if entry.kind == ANEW:
            self.walk_anew()
            return
        if not entry.examined:
            self._seen.pop(key, None)  # left out by that order: a wider one must read it
            return
        digest = entry.digests.sha256 if entry.digests else None
        self._seen[key] = Seen(
            fingerprint(entry.place),
            digest,
            entry.media,
            entry.container is not None,
            counts_of(entry),
            entry.error,
            entry.error is not None and digest is None and entry.kind != FINDING,
        )
        for parent in _parents(entry.place):
            self._within[parent].add(key)

    def __bool__(self) -> bool:
        return bool(self._seen)

    def find(self, place: Place) -> Seen | None:
        """The earlier entry of this place, if it could be read and nothing says that it changed."""
        seen = self._seen.get(place_key(place))
        if seen is None or seen.again or seen.fingerprint != fingerprint(place):
            return None
        return None if any(parent in self._fresh for parent in _parents(place)) else seen

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
        return not any(self._seen[key].again for key in self._within.get(_container_key(place.trail), ()))

    def counts_within(self, place: Place) -> Counter[str]:
        """What the entries below a container add to the summary."""
        found: Counter[str] = Counter()
        for key in self._within.get(_container_key(place.trail), ()):
            found.update(self._seen[key].counts)
        return found


def _parents(place: Place) -> list[bytes]:
    return [_container_key(place.trail[:depth]) for depth in range(1, len(place.trail))]


def _container_key(trail: tuple[bytes, ...]) -> bytes:
    return b"".join(len(part).to_bytes(4, "little") + part for part in trail)
