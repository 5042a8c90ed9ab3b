"""The reliable PDQ hashes of a case's pictures: which form a stack, and which look like known illegal ones."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import sqlalchemy as sa
from numpy.typing import NDArray

from safelight.matching.forms import INVERSE, Prints, form_name
from safelight.matching.hamming import HammingIndex
from safelight.matching.prints import of_case
from safelight.triage.stacks import RADIUS, representatives

RELIABLE = 50
"""PDQ quality below which a hash says little (formats.md)."""

Key = tuple[bool, int, bytes]


class Pictures:
    """The hashes of a case's still pictures."""

    def __init__(self, connection: sa.Connection, case_id: str, pixels: Mapping[bytes, int]) -> None:
        """Read the hashes of the items that `pixels` gives a size in pixels."""
        self._shas, prints, films = of_case(connection, case_id, RELIABLE)
        self._number = {
            sha: number for number, sha in enumerate(self._shas) if sha in pixels and number not in films
        }
        self._pixels = pixels
        self._prints = prints.only(np.isin(prints.owners, np.array([*self._number.values()], np.int64)))

    def stacks(self, illegal: set[bytes]) -> dict[bytes, bytes]:
        """Each item's representative: known illegal first, then the largest picture, then by digest.

        Here pictures of one stack stand as their representative does; see `joined`.
        """
        whole = np.flatnonzero(~self._prints.trimmed)
        shas = [self._shas[owner] for owner in self._prints.owners[whole].tolist()]
        order = _order([self._key(sha, illegal) for sha in shas])
        chosen = representatives(self._prints.codes[whole], order)
        stack = {sha: sha for sha in self._pixels}
        stack.update({sha: shas[int(chosen[index])] for index, sha in enumerate(shas)})
        return stack

    def joined(
        self, stack_of: Mapping[bytes, bytes], shown: Iterable[bytes], illegal: set[bytes]
    ) -> dict[bytes, bytes]:
        """The stacks of items that are to be shown, joined where representatives are turned, mirrored or bordered
        copies: of few pictures, because every form of each is compared.
        """
        stack_of = {sha: stack_of[sha] for sha in shown}
        heads = sorted({head for head in stack_of.values() if head in self._number})
        numbers = np.array([self._number[head] for head in heads], np.int64)
        prints = self._prints.only(np.isin(self._prints.owners, numbers))
        near: dict[bytes, set[bytes]] = defaultdict(set)
        for row, other, _, _ in _alike(prints, prints):
            one, two = (self._shas[int(prints.owners[at])] for at in (row, other))
            near[one].add(two)
            near[two].add(one)
        head_of: dict[bytes, bytes] = {}
        for head in sorted(near, key=lambda sha: self._key(sha, illegal)):
            if head not in head_of:
                head_of.update(
                    dict.fromkeys([head, *(sha for sha in near[head] if sha not in head_of)], head)
                )
        return {sha: head_of.get(head, head) for sha, head in stack_of.items()}

    def near(self, illegal: set[bytes]) -> dict[bytes, tuple[int, str]]:
        """Bits to the nearest known illegal picture in any of its forms, and the form, of every other picture
        within the stacks' radius of one."""
        numbers = np.array([self._number[sha] for sha in illegal if sha in self._number], np.int64)
        known = self._prints.only(np.isin(self._prints.owners, numbers))
        nearest: dict[bytes, tuple[int, bool, int]] = {}
        for _, row, form, distance in _alike(known, self._prints):
            sha = self._shas[int(self._prints.owners[row])]
            found = (distance, bool(self._prints.trimmed[row]), form)
            if sha not in illegal and (sha not in nearest or found < nearest[sha]):
                nearest[sha] = found
        # What was turned is the known picture: the other one came from it by the inverse.
        return {sha: (bits, form_name(trim, INVERSE[form])) for sha, (bits, trim, form) in nearest.items()}

    def _key(self, sha: bytes, illegal: set[bytes]) -> Key:
        return sha not in illegal, -self._pixels[sha], sha


def _order(keys: list[Key]) -> NDArray[np.int64]:
    order = np.empty(len(keys), np.int64)
    order[sorted(range(len(keys)), key=keys.__getitem__)] = np.arange(len(keys))
    return order


def _alike(asked: Prints, among: Prints) -> Iterable[tuple[int, int, int, int]]:
    """Rows of `asked` and of `among` of different owners within the radius, the form of the first, and the bits."""
    if not len(asked) or not len(among):
        return
    index = HammingIndex(among.codes)
    for codes, rows, forms in asked.blocks():
        for left, right, distances in index.range_chunks(codes, RADIUS):
            own = asked.owners[rows[left]] == among.owners[right]
            left, right, distances = left[~own], right[~own], distances[~own]
            yield from zip(
                rows[left].tolist(), right.tolist(), forms[left].tolist(), distances.tolist(), strict=True
            )
