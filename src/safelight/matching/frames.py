"""Match the frames of films with lists of pictures: a listed picture may be one frame of a film.

The signal `vpdq` has up to 1,500 frames of a film, far more than the nine that stand for it. All of a quality of 50
and more are compared, upright and mirrored, within the 31 of 256 bits that two pictures are compared with. An entry is
named once a film, by the frame that lies nearest to it and the stretch around this frame in which all are like it:
frames that follow one another are alike, and say the same. Lists of films are not asked here (`films.py`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from safelight.hashsets.vpdqlist import NAME
from safelight.matching.films import Codes, Film, Times
from safelight.matching.forms import FORMS
from safelight.matching.hamming import RADIUS, hamming_distance
from safelight.matching.match import LOWEST_QUALITY, Listed, Matched, Matcher
from safelight.matching.pdqindex.stream import Pairs
from safelight.model import Match

_BRIDGED: Final = 2.0
"""Seconds without a frame like the entry's that do not end a stretch, or twice the usual distance of two frames."""


class _Near(NamedTuple):
    """Which of what was asked for lies nearest to an entry: bits, its row, and the number of the entry's hash."""

    bits: int
    row: int
    code: int


def frame_matches(matcher: Matcher, films: Sequence[Film]) -> Matched:
    """One match for each film, set and entry that a frame of it is like, by owner and distance; `by` is `pdq`."""
    found: Matched = []
    for listed in matcher.looked_like():
        if listed.hash_set.format != NAME:
            for film in films:
                found += [(film.owner, match) for match in _of_list(listed, film)]
    return matcher.one_each(found)


def has_picture_lists(matcher: Matcher) -> bool:
    """Is there a list of pictures' PDQ hashes that frames are compared with?"""
    return any(one.hash_set.format != NAME for one in matcher.looked_like())


def joined(frames: Matched, nine: Matched) -> Matched:
    """What was found of a film by all of its frames, and by the nine that stand for it: once each, the nearest.

    The nine are hashed from colours and also turned and without a border: they may lie nearer, or alone. Where one of
    them lies within the stretch that all frames tell, the stretch is told with the smaller distance.
    """
    best = {(owner, match.hashset, match.entry): match for owner, match in frames}
    for owner, match in nine:
        key = (owner, match.hashset, match.entry)
        held = best.get(key)
        if held is None or match.distance < held.distance:
            best[key] = match if held is None else _placed(match, held)
    found = [(owner, match) for (owner, _, _), match in best.items()]
    return sorted(found, key=lambda one: (one[0], one[1].distance))


def _placed(near: Match, stretch: Match) -> Match:
    """The nearer of two matches, with the stretch of the other where it lies within."""
    if near.at is None or stretch.at is None or near.form != stretch.form:
        return near
    begins, ends = stretch.at[0] - _BRIDGED, stretch.at[1] + _BRIDGED
    if not begins <= near.at[0] <= ends:
        return near
    return replace(near, at=(min(stretch.at[0], near.at[0]), max(stretch.at[1], near.at[1])))


def _of_list(listed: Listed, film: Film) -> Iterator[Match]:
    """What one list says of one film's frames, asked at once."""
    asked, owners = _asked(film)
    upright = len(film.codes)
    nearest: dict[int, _Near] = {}
    for pairs in listed.hamming().range_chunks(asked, RADIUS):
        for number, near in _best(listed, pairs):
            held = nearest.get(number)
            if held is None or near < held:
                nearest[number] = near
    for number, near in nearest.items():
        entry, hash_set = listed.hash_list.entry(number), listed.hash_set
        is_mirrored = near.row >= upright
        at = None
        if film.times is not None:
            one_way = slice(upright, None) if is_mirrored else slice(0, upright)
            like = hamming_distance(asked[one_way], listed.hash_list.codes[near.code]) <= RADIUS
            at = _stretch(film.times, owners[one_way][like], int(owners[near.row]))
        form = FORMS[1] if is_mirrored else FORMS[0]
        yield Match(hash_set.name, hash_set.kind, entry.id, "pdq", near.bits, entry.category, form, None, at)


def _asked(film: Film) -> tuple[Codes, NDArray[np.int64]]:
    """The hashes to ask for, upright ones first, and the frame that each is of.

    A frame too small to be mirrored has zeros there, which would be like another such.
    """
    frames = np.arange(len(film.codes))
    if film.mirrored is None:
        return film.codes, frames
    there = film.mirrored.any(axis=1)
    return np.concatenate((film.codes, film.mirrored[there])), np.concatenate((frames, frames[there]))


def _best(listed: Listed, pairs: Pairs) -> Iterator[tuple[int, _Near]]:
    """Of a chunk of pairs the nearest for each number of the list, without entries of a low quality."""
    rows, codes, bits = pairs
    numbers = listed.hash_list.numbers("pdq", codes)
    stated = listed.hash_list.qualities(numbers)
    good = np.flatnonzero((stated < 0) | (stated >= LOWEST_QUALITY))
    order = good[np.lexsort((rows[good], bits[good], numbers[good]))]
    _, first = np.unique(numbers[order], return_index=True)
    for at in order[first].tolist():
        yield int(numbers[at]), _Near(int(bits[at]), int(rows[at]), int(codes[at]))


def _stretch(times: Times, like: NDArray[np.int64], best: int) -> tuple[float, float]:
    """The seconds of the first and last frame around the best between which no gap is bridged that is too long."""
    usual = float(np.median(np.diff(times))) if len(times) > 1 else 0.0
    shown = times[like]
    ends = np.flatnonzero(np.diff(shown) > max(_BRIDGED, 2 * usual))
    at = int(np.searchsorted(like, best))
    part = int(np.searchsorted(ends, at))
    first = int(ends[part - 1]) + 1 if part else 0
    last = int(ends[part]) if part < len(ends) else len(shown) - 1
    return float(shown[first]), float(shown[last])
