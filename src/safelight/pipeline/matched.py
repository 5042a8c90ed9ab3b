"""Match everything that was read against the hash sets: exact digests of files, PDQ of pictures, vPDQ of films."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Final

import sqlalchemy as sa

from safelight.matching import films, frames, prints
from safelight.matching.match import Matched, Matcher
from safelight.model import Digests, HashSetKind, Match
from safelight.pipeline.entries import add_items
from safelight.store import inventory
from safelight.store.keys import Sealer
from safelight.store.page import IS_MEDIA, Page
from safelight.store.tables import item, match
from safelight.triage import facts

_FILMS: Final = 50
"""Films whose hashes are held at a time: some 100 kB each, of up to 1,500 frames."""


@dataclass(slots=True)
class Tally:
    """Distinct contents by what the lists say of them, within some exhibits."""

    good: set[bytes] = field(default_factory=set)
    items: set[bytes] = field(default_factory=set)


def match_case(
    connection: sa.Connection, sealer: Sealer, case_id: str, matcher: Matcher, exhibits: set[str]
) -> Tally:
    """Match a case's whole inventory and replace its matches, in the caller's transaction.

    The tally covers the given exhibits only. Files that are no media become items when a list that is not
    `known-good` holds them.
    """
    connection.execute(match.delete().where(match.c.case_id == case_id))
    tally = Tally()
    found: dict[bytes, list[Match]] = {}
    media = set(connection.execute(sa.select(item.c.sha256).where(item.c.case_id == case_id)).scalars())
    for exhibit_id in inventory.exhibits_of(connection, case_id):
        here: set[bytes] = set()
        for page in inventory.pages(connection, sealer, exhibit_id):
            here |= _match_page(connection, case_id, matcher, page, found, media)
        if exhibit_id in exhibits:
            tally.items |= here
    moving, of_frames = _match_films(connection, sealer, case_id, matcher, found)
    _match_pdq(connection, case_id, matcher, found, moving, of_frames)
    _store(connection, case_id, matcher, found, media)
    for sha256, matches in found.items():
        kinds = {one.kind for one in matches if not one.is_perceptual}
        if HashSetKind.KNOWN_GOOD in kinds:
            tally.good.add(sha256)
    return tally


def _match_page(
    connection: sa.Connection,
    case_id: str,
    matcher: Matcher,
    page: Page,
    found: dict[bytes, list[Match]],
    media: set[bytes],
) -> set[bytes]:
    """Match what was read anew on a page; returns the distinct contents on it."""
    read = {number: sha256 for number, sha256 in enumerate(page.sha256s) if sha256 is not None}
    if matcher:
        new = [page.digests(number) for number, sha256 in read.items() if sha256 not in found]
        known = [digests for digests in new if digests is not None]
        for digests, matches in zip(known, exact(matcher, known), strict=True):
            if matches:
                found[digests.sha256] = matches
        become = [
            (number, page[number])
            for number, sha256 in read.items()
            if not page.flags[number] & IS_MEDIA
            and any(one.kind is not HashSetKind.KNOWN_GOOD for one in found.get(sha256, ()))
        ]
        if become:
            add_items(connection, case_id, page.id, become)
            media.update(read[number] for number, _ in become)
    return set(read.values())


def exact(matcher: Matcher, digests: list[Digests]) -> list[list[Match]]:
    """Exact matches of each of a list of digests."""
    matches: list[list[Match]] = [[] for _ in digests]
    for index, one in matcher.exact(digests):
        matches[index].append(one)
    return matches


def _match_pdq(
    connection: sa.Connection,
    case_id: str,
    matcher: Matcher,
    found: dict[bytes, list[Match]],
    moving: list[bytes],
    of_frames: Matched,
) -> None:
    """Match pictures, and of films the nine frames that stand for them; and tell with these what all frames gave."""
    if not matcher:
        return
    items, hashes, _ = prints.of_case(connection, case_id)
    at = {sha256: index for index, sha256 in enumerate(items)}
    for sha256 in moving:
        if at.setdefault(sha256, len(items)) == len(items):
            items.append(sha256)
    of_films, films_at = films.film_sets(matcher), {at[sha256] for sha256 in moving}
    near = [
        (index, one)
        for index, one in matcher.near_forms(hashes)
        if one.hashset not in of_films or index not in films_at
    ]
    for index, one in frames.joined([(at[moving[film]], one) for film, one in of_frames], near):
        matches = found.setdefault(items[index], [])
        if all((one.hashset, one.entry) != (known.hashset, known.entry) for known in matches):
            matches.append(one)


def _match_films(
    connection: sa.Connection,
    sealer: Sealer,
    case_id: str,
    matcher: Matcher,
    found: dict[bytes, list[Match]],
) -> tuple[list[bytes], Matched]:
    """Match films with lists of films, and their frames with lists of pictures.

    Returns the films of the case, and what their frames are like, by the place in these; neither where there is no
    list with PDQ hashes.
    """
    moving: list[bytes] = []
    of_frames: Matched = []
    if not films.film_sets(matcher) and not frames.has_picture_lists(matcher):
        return moving, of_frames
    values = facts.each_signal(connection, sealer, case_id, "vpdq")
    for batch in _batches(values):
        first = len(moving)
        moving += [sha256 for sha256, _ in batch]
        held = films.films_of((value for _, value in batch), first)
        for index, one in films.film_matches(matcher, held):
            matches = found.setdefault(moving[index], [])
            if all((one.hashset, one.entry) != (known.hashset, known.entry) for known in matches):
                matches.append(one)
        of_frames += frames.frame_matches(matcher, held)
    return moving, of_frames


def _batches(values: Iterator[tuple[bytes, Any]]) -> Iterator[list[tuple[bytes, Any]]]:
    while batch := list(islice(values, _FILMS)):
        yield batch


def _store(
    connection: sa.Connection,
    case_id: str,
    matcher: Matcher,
    found: dict[bytes, list[Match]],
    items: set[bytes],
) -> None:
    ids = {one.name: one.id for one in matcher.hash_sets}
    best: dict[tuple[bytes, str, str], Match] = {}
    for sha256, matches in found.items():
        for one in matches if sha256 in items else ():
            key = (sha256, ids[one.hashset], one.entry)
            if key not in best or one.distance < best[key].distance:
                best[key] = one
    rows = [
        {
            "case_id": case_id,
            "sha256": sha256,
            "hash_set_id": hash_set_id,
            "entry": entry,
            "by": one.by,
            "distance": one.distance,
            "category": one.category,
            "form": one.form,
            "of_item": one.covered[0] if one.covered is not None else None,
            "of_entry": one.covered[1] if one.covered is not None else None,
            "begins": one.at[0] if one.at is not None else None,
            "ends": one.at[1] if one.at is not None else None,
        }
        for (sha256, hash_set_id, entry), one in best.items()
    ]
    if rows:
        connection.execute(match.insert(), rows)
