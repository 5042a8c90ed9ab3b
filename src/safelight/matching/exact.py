"""Match items against one list by their digests: what agrees, what does not, for every entry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import md5, sha1, sha256
from typing import Final

import numpy as np

from safelight.hashsets.store import Entry, HashList
from safelight.model import Digests

STRONGEST_FIRST: Final = ("sha256", "sha1", "md5")

_OF_NOTHING: Final = {
    "md5": md5(usedforsecurity=False).digest(),
    "sha1": sha1(usedforsecurity=False).digest(),
    "sha256": sha256().digest(),
}
"""The digests of an empty file: lists hold them by mistake, and an empty file shows nothing."""


@dataclass(frozen=True, slots=True)
class Agreement:
    """An item and an entry of a list that agree in at least one digest.

    `by` is the strongest digest that agrees. `disagree` names digests that the entry also gives and that
    differ from the item's: then the item is not the file that the list describes, or the list is wrong
    (MD5 and SHA-1 collisions can be made on purpose). It is shown, and never settled in silence.
    """

    item: int
    number: int
    entry: Entry
    by: str
    agree: tuple[str, ...]
    disagree: tuple[str, ...]


def agreements(listed: HashList, items: Sequence[Digests]) -> list[Agreement]:
    """Every entry that agrees with an item in MD5, SHA-1 or SHA-256, by item and entry number.

    Items without content are never matched: they show nothing, and their digests are in many lists.
    """
    pairs: dict[tuple[int, int], list[str]] = {}
    for algorithm in STRONGEST_FIRST:
        if algorithm not in listed.counts:
            continue
        packed = b"".join(getattr(one, algorithm) for one in items)
        rows = (
            np.frombuffer(packed, np.uint8).reshape(len(items), -1) if items else np.empty((0, 1), np.uint8)
        )
        for index, number in zip(*(found.tolist() for found in listed.lookup(algorithm, rows)), strict=True):
            pairs.setdefault((index, number), []).append(algorithm)
    found = []
    for (index, number), agree in sorted(pairs.items()):
        item, entry = items[index], listed.entry(number)
        if item.sha256 == _OF_NOTHING["sha256"]:
            continue
        disagree = tuple(
            name
            for name in STRONGEST_FIRST
            if entry.digests.get(name, digest := getattr(item, name)) != digest
        )
        found.append(Agreement(index, number, entry, agree[0], tuple(agree), disagree))
    return found
