"""Match films with lists of films by vPDQ: how much of the one is found in the other, and the reverse.

A frame counts when its quality is 50 or more on both sides; it is found when a frame of the other lies within 31 of 256
bits. A pair is a match when at least 80 % of either's frames are found, as in the reference: a short clip out of a long
film covers all of itself and little of the film, a film that holds a listed clip the reverse. Both shares are told.

The reference hashes every frame of both. Of a longer film there is one frame a second here, and some lists hold no
more: such a film can lie near a thirtieth of the entry's frames at most, though it holds the entry whole. Where either
was sampled, a frame of the other also counts as found that is shown within half of the sample's distance from a frame
that was found.

Source: ThreatExchange `vpdq/` and `python-threatexchange` (BSD): the thresholds and the two shares.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from safelight.errors import KeyMissingError
from safelight.hashsets.store import HashList
from safelight.hashsets.vpdqlist import NAME
from safelight.matching.forms import FORMS
from safelight.matching.hamming import RADIUS
from safelight.matching.match import LOWEST_QUALITY, Listed, Matched, Matcher
from safelight.model import HashSetKind, Match

COVERED_FROM: Final = 80.0
"""Percent of the frames of one of the two that must be found in the other."""

_SPARSE: Final = 0.2
"""Seconds between two frames of a list's film from which on it was sampled: films have ten frames a second or more."""
_WIDEST: Final = 10.0
"""Seconds between two samples that are bridged at most."""

_LIKELIEST: Final = 200
"""Entries of one list for which it is asked whether either was sampled; a title card may be in thousands."""

Codes = NDArray[np.uint8]
Times = NDArray[np.float64]


class Film(NamedTuple):
    """A film that is looked for: the reliable hashes of its frames, `(n, 32) uint8`, as they are and mirrored."""

    owner: int
    codes: Codes
    mirrored: Codes | None = None
    times: Times | None = None
    """When each frame is shown, in seconds, where that is known."""
    step: float = 0.0
    """Seconds from one frame to the next where the film was sampled; 0 where every frame was hashed."""


def film_of(owner: int, value: Any) -> Film | None:
    """A film from a value of the signal `vpdq`; None where no frame is reliable, or there is no value."""
    if value is None:
        return None
    good = np.asarray(value["quality"], np.int64) >= LOWEST_QUALITY
    codes, mirrored = (
        np.ascontiguousarray(np.frombuffer(bytes.fromhex(value[name]), np.uint8).reshape(-1, 32)[good])
        for name in ("hashes", "mirrored")
    )
    if not len(codes):
        return None
    times = np.asarray(value["position"], np.float64)[good] if "position" in value else None
    step = 0.0 if times is None or value.get("rule") == "every frame" else _step(times)
    return Film(owner, codes, mirrored, times, step)


def _step(times: Times) -> float:
    """The usual distance of two frames, in seconds; 0 of one frame, at most what is bridged."""
    return min(_WIDEST, float(np.median(np.abs(np.diff(times))))) if len(times) > 1 else 0.0


def when(at: Sequence[float] | None) -> str:
    """Where in a film the like frames lie, in words: `, from 0:40 to 0:58 of it`; nothing for pictures."""
    if at is None:
        return ""
    begin, end = (clock(seconds) for seconds in at)
    return f", at {begin} of it" if begin == end else f", from {begin} to {end} of it"


def clock(seconds: float) -> str:
    """A time within a film as players show it: `0:40`, `1:02:05`."""
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def shares(covered: Sequence[int] | None) -> str:
    """How much two films share, in words: `, 93 % of its frames and 100 % of the entry's`; nothing for pictures."""
    return "" if covered is None else f", {covered[0]} % of its frames and {covered[1]} % of the entry's"


def film_sets(matcher: Matcher) -> frozenset[str]:
    """The names of the lists of films.

    Single frames of a film are not compared with these: black and title cards are alike everywhere. Pictures are.
    """
    return frozenset(one.hash_set.name for one in _lists(matcher))


def films_of(values: Iterable[Any], first: int = 0) -> list[Film]:
    """The films among values of the signal `vpdq`, each owned by its index, counted from `first`."""
    films = (film_of(index, value) for index, value in enumerate(values, first))
    return [film for film in films if film is not None]


def film_matches(matcher: Matcher, films: Sequence[Film]) -> Matched:
    """One match for each film, set and entry of which enough is found, by owner and best share.

    Mirrored films are found too; where both ways are as good, it is not mirrored.
    """
    best: dict[tuple[int, str, str], Match] = {}
    for listed in _lists(matcher):
        spans = _Spans(listed.hash_list)
        for film in films:
            ways = ((film.codes, FORMS[0]), (film.mirrored, FORMS[1]))
            for match in (
                one
                for codes, form in ways
                if codes is not None
                for one in _of_list(listed, spans, film, codes, form)
            ):
                key = (film.owner, match.hashset, match.entry)
                if key not in best or _share(match) > _share(best[key]):
                    best[key] = match
    found = [(owner, match) for (owner, _, _), match in best.items()]
    return sorted(found, key=lambda one: (one[0], -_share(one[1]), one[1].entry))


def _share(match: Match) -> int:
    return max(match.covered or (0, 0))


def _lists(matcher: Matcher) -> list[Listed]:
    return [
        one
        for one in matcher.listed
        if one.hash_set.format == NAME
        and one.hash_set.kind is not HashSetKind.KNOWN_GOOD
        and "pdq" in one.hash_list.counts
    ]


def _of_list(listed: Listed, spans: _Spans, film: Film, codes: Codes, form: str) -> Iterator[Match]:
    """What one list says of one film, taken one way."""
    mine: dict[int, set[int]] = defaultdict(set)
    theirs: dict[int, set[int]] = defaultdict(set)
    nearest: dict[int, int] = {}
    for left, right, bits in listed.hamming().range_chunks(codes, RADIUS):
        numbers = listed.hash_list.numbers("pdq", right)
        stated = listed.hash_list.qualities(numbers)
        reliable = (stated < 0) | (stated >= LOWEST_QUALITY)
        for frame, number, distance in zip(
            left[reliable].tolist(), numbers[reliable].tolist(), bits[reliable].tolist(), strict=True
        ):
            first = spans.first(number)
            mine[first].add(frame)
            theirs[first].add(number)
            nearest[first] = min(distance, nearest.get(first, distance))
    shared = {
        first: (100 * len(frames) / len(codes), 100 * len(theirs[first]) / spans.reliable(first))
        for first, frames in mine.items()
    }
    likeliest = sorted(shared, key=lambda first: -max(shared[first]))
    for rank, first in enumerate(likeliest):
        frames, covered = mine[first], shared[first]
        if rank < _LIKELIEST and (max(covered) < COVERED_FROM or film.step):
            covered = _sampled(film, frames, spans, first, theirs[first], covered)
        if max(covered) >= COVERED_FROM:
            entry = listed.hash_list.entry(first)
            shares = (round(covered[0]), round(covered[1]))
            hash_set = listed.hash_set
            shown = film.times[sorted(frames)] if film.times is not None else None
            at = None if shown is None else (float(shown.min()), float(shown.max()))
            by, near = "vpdq", nearest[first]
            yield Match(hash_set.name, hash_set.kind, entry.id, by, near, entry.category, form, shares, at)


def _sampled(
    film: Film, mine: set[int], spans: _Spans, first: int, theirs: set[int], covered: tuple[float, float]
) -> tuple[float, float]:
    """The two shares where one of the two was sampled: what lies beside a frame that was found counts too."""
    numbers, times = spans.shown(first)
    step = _step(times)
    of_film, of_entry = covered
    if film.times is not None and step >= _SPARSE:
        of_film = _beside(film.times, film.times[sorted(mine)], step / 2)
    if film.step and len(times) > 1:
        of_entry = _beside(times, times[np.isin(numbers, sorted(theirs))], film.step / 2)
    return max(of_film, covered[0]), max(of_entry, covered[1])


def _beside(times: Times, found: Times, within: float) -> float:
    """How many percent of some times lie within so many seconds of one of those that were found."""
    found = np.sort(found)
    at = np.searchsorted(found, times)
    before = np.abs(times - found[np.maximum(at - 1, 0)])
    behind = np.abs(times - found[np.minimum(at, len(found) - 1)])
    return float(100 * (np.minimum(before, behind) <= within + 1e-6).mean())


class _Spans:
    """Which numbers of a list belong to one film: those around each other with the same entry id."""

    def __init__(self, hash_list: HashList) -> None:
        self._list = hash_list
        self._starts: list[int] = []
        self._ends: list[int] = []
        self._reliable: dict[int, int] = {}
        self._shown: dict[int, tuple[NDArray[np.int64], Times]] = {}

    def first(self, number: int) -> int:
        """The number of the first frame of the film that has this frame."""
        at = bisect_right(self._starts, number) - 1
        if at >= 0 and number < self._ends[at]:
            return self._starts[at]
        if number >= self._list.entries:  # a hash that stands alone
            return number
        name = self._list.entry(number).id
        start, end = number, number + 1
        while start > 0 and self._list.entry(start - 1).id == name:
            start -= 1
        while end < self._list.entries and self._list.entry(end).id == name:
            end += 1
        self._starts.insert(at + 1, start)
        self._ends.insert(at + 1, end)
        return start

    def reliable(self, first: int) -> int:
        """How many frames of the film have a quality that counts; 1 at least."""
        if first not in self._reliable:
            end = self._end(first)
            stated = self._list.qualities(np.arange(first, end))
            self._reliable[first] = max(1, int(((stated < 0) | (stated >= LOWEST_QUALITY)).sum()))
        return self._reliable[first]

    def shown(self, first: int) -> tuple[NDArray[np.int64], Times]:
        """The numbers of the film's frames of a quality that counts, and when each is shown, in seconds.

        Both are empty where the list does not say it, or its facts are sealed from us.
        """
        if first not in self._shown:
            numbers = np.arange(first, self._end(first))
            stated = self._list.qualities(numbers)
            try:
                facts = self._list.facts_between(first, first + len(numbers))
                times = np.array([_seconds(one) for one in facts], np.float64)
            except KeyMissingError:
                times = np.empty(0)
            good = (stated < 0) | (stated >= LOWEST_QUALITY)
            known = len(times) == len(numbers) and not np.isnan(times).any()
            self._shown[first] = (numbers[good], times[good]) if known else (numbers[:0], np.empty(0))
        return self._shown[first]

    def _end(self, first: int) -> int:
        at = bisect_right(self._starts, first) - 1
        return self._ends[at] if at >= 0 and self._starts[at] == first else first + 1


def _seconds(facts: dict[str, object]) -> float:
    stated = facts.get("seconds")
    return float(stated) if isinstance(stated, int | float) else math.nan
