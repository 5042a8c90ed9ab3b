"""What an earlier run of the same exhibit has left: so that finished work is neither lost nor done twice."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, NamedTuple

from safelight.model import Place
from safelight.store.inventory import CLOSED, Entry, fingerprint, place_key


class Seen(NamedTuple):
    """What is kept of an entry to know it again."""

    fingerprint: tuple[Any, ...]
    sha256: bytes | None
    media: bool
    container: bool
    counts: tuple[str, ...]


def counts_of(entry: Entry) -> tuple[str, ...]:
    """The counters of a scan's summary that an entry raises."""
    if entry.kind == CLOSED:
        return ()
    if not entry.examined:
        return ("not_examined",)
    raised = []
    if entry.kind == "file":
        raised.append("files")
        raised.append(
            {"deleted": "deleted", "carved": "carved", "embedded": "embedded"}.get(
                entry.place.state, "allocated"
            )
        )
    if entry.media:
        raised.append("media")
    if entry.error is not None:
        raised.append("unreadable")
    return tuple(raised)


class Known:
    """The entries of earlier runs by place, the containers that were read to their end, and their counts."""

    def __init__(self, pages: Iterable[tuple[int, list[Entry]]]) -> None:
        self._seen: dict[bytes, Seen] = {}
        self._closed: dict[bytes, tuple[Any, ...]] = {}
        self._within: dict[bytes, set[bytes]] = defaultdict(set)
        self._fresh: set[bytes] = set()
        for _, entries in pages:
            for entry in entries:
                self._take(entry)

    def _take(self, entry: Entry) -> None:
        key = entry.key
        if entry.kind == CLOSED:
            self._closed[key] = fingerprint(entry.place)
            return
        if not entry.examined:
            self._seen.pop(key, None)  # left out by that order: a wider one must read it
            return
        digest = entry.digests.sha256 if entry.digests else None
        self._seen[key] = Seen(
            fingerprint(entry.place), digest, entry.media, entry.container is not None, counts_of(entry)
        )
        for parent in _parents(entry.place):
            self._within[parent].add(key)

    def __bool__(self) -> bool:
        return bool(self._seen)

    def find(self, place: Place) -> Seen | None:
        """The earlier entry of this place, if nothing says that it changed."""
        seen = self._seen.get(place_key(place))
        if seen is None or seen.fingerprint != fingerprint(place):
            return None
        return None if any(parent in self._fresh for parent in _parents(place)) else seen

    def read_anew(self, place: Place) -> None:
        """Say that a container was read anew, so that nothing in it counts as known."""
        if self._within:
            self._fresh.add(_container_key(place.trail))

    def is_closed(self, place: Place) -> bool:
        """Was everything in this container listed by an earlier run, and is it unchanged?"""
        return self.find(place) is not None and self._closed.get(place_key(place)) == fingerprint(place)

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
