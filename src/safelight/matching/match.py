"""Match items against every hash set at once: exactly by digest, nearly by PDQ."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from safelight.hashsets.scheme import scheme
from safelight.hashsets.store import Entry, HashList
from safelight.matching.exact import STRONGEST_FIRST, Agreement, agreements
from safelight.matching.forms import Prints
from safelight.matching.hamming import RADIUS, HammingIndex
from safelight.matching.pdqindex.lists import OPEN_NS, opener
from safelight.matching.pdqindex.stream import Pairs
from safelight.model import Digests, HashSet, HashSetKind, Match

_FEWER: Final = 2
"""So many times fewer entries than forms of pictures: then an index of the forms is made, and asked for the entries."""

LOWEST_QUALITY: Final = 50
"""PDQ hashes of lower quality (flat or blank pictures) lie near to anything; they are not matched."""

_ORDER: Final = {name: rank for rank, name in enumerate((*STRONGEST_FIRST, "pdq"))}

Matched = list[tuple[int, Match]]
"""Pairs of an item's index and a match, by index and distance; several where several entries or sets know it."""


@dataclass(slots=True)
class Listed:
    """A hash set, its list, and its index of PDQ hashes once one was needed."""

    hash_set: HashSet
    hash_list: HashList
    index: HammingIndex | None = field(default=None)

    def hamming(self) -> HammingIndex:
        if self.index is None:
            self.index = HammingIndex(self.hash_list.codes, opener(self.hash_list), OPEN_NS)
        return self.index


class Matcher:
    """Every hash set of a workspace, ready to be asked.

    Sets that disagree (one says known-illegal, another known-good) both answer; nothing is settled here.
    """

    def __init__(self, sets: Iterable[tuple[HashSet, HashList]]) -> None:
        """Take the sets with their opened lists; nothing is read yet."""
        self._sets = [Listed(hash_set, hash_list) for hash_set, hash_list in sets]

    @property
    def listed(self) -> Sequence[Listed]:
        """The sets with their lists, for those who ask in ways of their own (`films.py`)."""
        return self._sets

    def __bool__(self) -> bool:
        """Is there any set?"""
        return bool(self._sets)

    @cached_property
    def hash_sets(self) -> tuple[HashSet, ...]:
        """The sets, in the order given."""
        return tuple(one.hash_set for one in self._sets)

    def match(
        self, digests: Sequence[Digests], codes: NDArray[np.uint8], qualities: NDArray[np.int64]
    ) -> Matched:
        """Exact matches, and near ones of the entries that did not match exactly.

        Args:
            digests: of `n` items.
            codes: `(n, 32) uint8`, the PDQ hash of each item; anything where it has none.
            qualities: `(n,)`, -1 for an item without a PDQ hash.
        """
        found = self.exact(digests)
        known = {(index, one.hashset, one.entry) for index, one in found}
        near = [
            pair
            for pair in self.near(codes, qualities)
            if (pair[0], pair[1].hashset, pair[1].entry) not in known
        ]
        return sorted(found + near, key=_place)

    def exact(self, digests: Sequence[Digests]) -> Matched:
        """One match for each item, set and entry id that agree in MD5, SHA-1 or SHA-256; `by` the strongest."""
        found: Matched = []
        for listed in self._sets:
            for agreement in agreements(listed.hash_list, digests):
                found.append((agreement.item, _match(listed.hash_set, agreement.entry, agreement.by, 0)))
        return self.one_each(found)

    def holds_illegal(self, algorithm: str, digests: NDArray[np.uint8]) -> NDArray[np.bool_]:
        """Which digests, stated elsewhere and of files that are not at hand, a list of illegal material holds.

        Args:
            algorithm: `md5`, `sha1`, `sha256` (exactly) or `pdq` (within 31 bits).
            digests: `(n, bytes) uint8`.
        """
        held = np.zeros(len(digests), dtype=bool)
        illegal = [one for one in self._sets if one.hash_set.kind is HashSetKind.KNOWN_ILLEGAL]
        for listed in illegal:
            if algorithm not in listed.hash_list.counts or not len(digests):
                continue
            if algorithm == "pdq":
                for left, _, _ in listed.hamming().range_chunks(np.ascontiguousarray(digests), RADIUS):
                    held[left] = True
            else:
                held[listed.hash_list.lookup(algorithm, digests)[0]] = True
        return held

    def stated(self, algorithm: str, digest: bytes) -> list[Match]:
        """What lists say of one digest that a report states: exactly, a PDQ hash within 31 bits."""
        row = np.frombuffer(digest, np.uint8).reshape(1, -1)
        if algorithm == "pdq":
            return [match for _, match in self.near(row, np.array([100], dtype=np.int64))]
        found: Matched = []
        for listed in self._sets:
            if algorithm in listed.hash_list.counts:
                for number in listed.hash_list.lookup(algorithm, row)[1].tolist():
                    found.append(
                        (0, _match(listed.hash_set, listed.hash_list.entry(int(number)), algorithm, 0))
                    )
        return [match for _, match in self.one_each(found)]

    def disagreements(self, digests: Sequence[Digests]) -> list[tuple[HashSet, Agreement]]:
        """The exact matches in which another digest of the same entry differs from the item's.

        Such an item is still a match, by the digest that agrees, and somebody should look at both: the list
        is wrong, or the item was made to collide with a listed one.
        """
        return [
            (listed.hash_set, agreement)
            for listed in self._sets
            for agreement in agreements(listed.hash_list, digests)
            if agreement.disagree
        ]

    def near(self, codes: NDArray[np.uint8], qualities: NDArray[np.int64], radius: int = RADIUS) -> Matched:
        """One match for each item, set and entry id whose PDQ hashes lie within `radius` bits; the nearest.

        Hashes of a quality below 50, on either side where it is stated, are not matched. Sets of known-good
        media are not asked: a near copy of something harmless may be anything.

        Args:
            codes: `(n, 32) uint8`.
            qualities: `(n,)`, 0..100; -1 for an item without a PDQ hash.
            radius: Hamming bits, inclusive.
        """
        good = np.flatnonzero(np.asarray(qualities) >= LOWEST_QUALITY)
        asked = np.ascontiguousarray(codes)[good] if good.size else np.empty((0, 32), np.uint8)
        found: Matched = []
        for listed in self.looked_like() if good.size else ():
            for pairs in listed.hamming().range_chunks(asked, radius):
                found += [(int(good[at]), match) for at, match in _near(listed, pairs)]
        return self.one_each(found)

    def near_forms(self, prints: Prints) -> Matched:
        """As `near`, of pictures in all forms that they have: one match for each owner, set and entry id.

        The nearest form counts, and where several are as near the first of `FORMS`, untrimmed. Of the forms and
        the list the fewer are asked for among the others: the pairs are the same.
        """
        found: Matched = []
        for codes, rows, forms in prints.blocks():
            here: list[tuple[int, int, Match]] = []
            good = np.flatnonzero(prints.qualities[rows] >= LOWEST_QUALITY)
            codes, rows, forms = codes[good], rows[good], forms[good]
            index: HammingIndex | None = None
            for listed in self.looked_like():
                entries = listed.hash_list.codes
                chunks: Iterable[Pairs]
                if _FEWER * len(entries) <= len(codes):
                    index = HammingIndex(codes) if index is None else index
                    chunks = (
                        (right, left, bits) for left, right, bits in index.range_chunks(entries, RADIUS)
                    )
                else:
                    chunks = listed.hamming().range_chunks(codes, RADIUS)
                for pairs in chunks:
                    for at, match in _near(listed, pairs):
                        row, form = int(rows[at]), int(forms[at])
                        here.append(
                            (row, form, replace(match, form=prints.form(row, form), at=prints.at(row)))
                        )
            here.sort(key=lambda one: one[:2])
            found += self.one_each([(int(prints.owners[row]), match) for row, _, match in here])
        return self.one_each(found)

    def looked_like(self) -> Iterator[Listed]:
        """The sets that are asked for what is like an item."""
        for listed in self._sets:
            if listed.hash_set.kind is not HashSetKind.KNOWN_GOOD and "pdq" in listed.hash_list.counts:
                yield listed

    def one_each(self, found: Matched) -> Matched:
        """Keep one match per item, set and entry id: the best, under the gravest category the list gives it."""
        best: dict[tuple[int, str, str], Match] = {}
        schemes = {one.name: one.scheme for one in self.hash_sets}
        for index, match in found:
            key = (index, match.hashset, match.entry)
            held = best.get(key)
            if held is None:
                best[key] = match
                continue
            category = _graver(held.category, match.category, schemes[match.hashset])
            better = min(held, match, key=lambda one: (one.distance, _ORDER[one.by]))
            best[key] = _with_category(better, category)
        return sorted(((index, match) for (index, _, _), match in best.items()), key=_place)


def _place(pair: tuple[int, Match]) -> tuple[int, int]:
    return pair[0], pair[1].distance


def _match(hash_set: HashSet, entry: Entry, by: str, distance: int) -> Match:
    return Match(hash_set.name, hash_set.kind, entry.id, by, distance, entry.category)


def _near(listed: Listed, pairs: Pairs) -> Iterator[tuple[int, Match]]:
    """Matches of pairs of hashes asked for and listed; entries that state a low quality are left out."""
    left, right, distances = pairs
    numbers = listed.hash_list.numbers("pdq", right)
    stated = listed.hash_list.qualities(numbers)
    for at in np.flatnonzero((stated < 0) | (stated >= LOWEST_QUALITY)):
        entry = listed.hash_list.entry(int(numbers[at]))
        yield int(left[at]), _match(listed.hash_set, entry, "pdq", int(distances[at]))


def _with_category(match: Match, category: str | None) -> Match:
    return replace(match, category=category)


def _graver(first: str | None, second: str | None, named: str | None) -> str | None:
    """The graver of two categories that a list gives one entry; the first where its scheme does not say."""
    if first is None or first == second:
        return second
    if second is None or named is None:
        return first
    known = scheme(named)
    return second if (known.severity(second) or 0.0) > (known.severity(first) or 0.0) else first


def match_json(match: Match) -> dict[str, Any]:
    """A match as `leads --json` and `screen --json` print it."""
    return {
        "hashset": match.hashset,
        "kind": str(match.kind),
        "entry": match.entry,
        "by": match.by,
        "distance": match.distance,
        "form": match.form,
        "covered": list(match.covered) if match.covered is not None else None,
        "at": list(match.at) if match.at is not None else None,
        "category": match.category,
    }
