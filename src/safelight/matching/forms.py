"""The eight ways a picture can be turned and mirrored, and a ninth: with a border that the listed one has not.

A PDQ hash is 16 × 16 signs of DCT coefficients against their median. Mirroring changes the sign of every other
column, and with it the median: such hashes come from the picture (`signals/pdq.py` keeps three beside the first).
Transposing the picture transposes the coefficients and leaves the median: the other four follow from these, bit for
bit. So what is asked for is turned, exactly, and lists stay as they are: of a listed hash alone the other forms could
only be guessed (7 bits off on average, up to 24).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.model import IDENTITY

FORMS: Final = (
    IDENTITY,
    "mirrored",
    "mirrored, turned 180",
    "turned 180",
    "mirrored, turned 270",
    "turned 90",
    "turned 270",
    "mirrored, turned 90",
)
"""How an item comes from what it is like: mirrored left-right first, then turned clockwise. In the order of `turned`:
the hash, its three mirrored forms, and the transpositions of these four."""
INVERSE: Final = (0, 1, 2, 3, 4, 6, 5, 7)
"""The form that undoes each."""
_TURNS: Final = {
    "turned 90": "turned by 90° clockwise",
    "turned 180": "turned by 180°",
    "turned 270": "turned by 90° anticlockwise",
}
"""In words; every form counts clockwise."""
TRIMMED: Final = "trimmed"
"""The item has a uniform border that what it is like has not."""

_BLOCK: Final = 1 << 16
"""Hashes turned at a time: the bits of their transpositions take 1 KiB each, twice."""

Codes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Prints:
    """PDQ hashes of pictures, several of one where it has a border or frames.

    `codes` `(n, 32) uint8`; `qualities` `(n,)`, 0..100; `mirrored` `(n, 96) uint8`, three hashes, zeros where there
    are none; `turns` `(n,) bool`, where there are; `owners` `(n,)`, the index of the item; `trimmed` `(n,) bool`;
    `positions` `(n,)`, the second of a film or animation that each is of, NaN of what does not move.
    """

    codes: Codes
    qualities: NDArray[np.int64]
    mirrored: Codes
    turns: NDArray[np.bool_]
    owners: NDArray[np.int64]
    trimmed: NDArray[np.bool_]
    positions: NDArray[np.float64] | None = None

    @classmethod
    def of(cls, rows: list[tuple[int, bool, bytes, int, bytes | None]]) -> Prints:
        """From `(owner, trimmed, hash, quality, mirrored or None)`; whole pictures go before trimmed ones."""
        rows = sorted(rows, key=lambda row: row[:2])
        count = len(rows)
        return cls(
            np.frombuffer(b"".join(row[2] for row in rows), np.uint8).reshape(count, 32),
            np.array([row[3] for row in rows], np.int64),
            np.frombuffer(b"".join(row[4] or bytes(96) for row in rows), np.uint8).reshape(count, 96),
            np.array([row[4] is not None for row in rows], bool),
            np.array([row[0] for row in rows], np.int64),
            np.array([row[1] for row in rows], bool),
        )

    def only(self, rows: NDArray[np.bool_]) -> Prints:
        """Some of the rows; the owners keep their numbers."""
        return Prints(
            self.codes[rows],
            self.qualities[rows],
            self.mirrored[rows],
            self.turns[rows],
            self.owners[rows],
            self.trimmed[rows],
            self.positions[rows] if self.positions is not None else None,
        )

    def __len__(self) -> int:
        """How many hashes."""
        return len(self.codes)

    def blocks(self) -> Iterator[tuple[Codes, NDArray[np.int64], NDArray[np.int64]]]:
        """Yield all forms in blocks: hashes `(m, 32)`, the row here of each, and its place in `FORMS`.

        Within a block the forms of one row stand together, in the order of `FORMS`.
        """
        for start in range(0, len(self), _BLOCK):
            rows = np.arange(start, min(start + _BLOCK, len(self)))
            counts = np.where(self.turns[rows], len(FORMS), 1)
            every = turned(self.codes[rows], self.mirrored[rows])
            forms = np.broadcast_to(np.arange(len(FORMS)), every.shape[:2])
            kept = forms < counts[:, None]
            yield every[kept], np.repeat(rows, counts), forms[kept]

    def at(self, row: int) -> tuple[float, float] | None:
        """Where in a film a row is of, as `Match.at` has it; None of what does not move."""
        if self.positions is None or np.isnan(self.positions[row]):
            return None
        return float(self.positions[row]), float(self.positions[row])

    def form(self, row: int, form: int) -> str:
        """The name of a row's form."""
        return form_name(bool(self.trimmed[row]), form)


def form_name(trimmed: bool, form: int) -> str:
    """`identity`, `mirrored`, `trimmed`, `trimmed, turned 90` …, by the place in `FORMS`."""
    if not trimmed:
        return FORMS[form]
    return TRIMMED if form == 0 else f"{TRIMMED}, {FORMS[form]}"


def told(form: str) -> str:
    """A form, behind what it is like: `, mirrored and turned by 90° clockwise`; empty for the identity.

    What is told is how the item stands against what it is like: to stand as that, it must be turned back.
    """
    if form == IDENTITY:
        return ""
    parts = form.split(", ")
    said = [_TURNS.get(part, part) for part in parts if part != TRIMMED]
    border = ", without its border" if TRIMMED in parts else ""
    return border + (f", {' and '.join(said)}" if said else "")


def turned(codes: Codes, mirrored: Codes) -> Codes:
    """`(n, 8, 32)`: every hash in the forms of `FORMS`, from `(n, 32)` hashes and `(n, 96)` mirrored ones."""
    four = np.concatenate((codes[:, None], mirrored.reshape(-1, 3, 32)), axis=1)
    return np.concatenate((four, transposed(four)), axis=1)


def transposed(codes: Codes) -> Codes:
    """The hashes `(…, 32)` of the pictures reflected in the diagonal from top left."""
    bits = np.unpackbits(codes, axis=-1).reshape(*codes.shape[:-1], 16, 16)
    return np.packbits(bits.swapaxes(-1, -2).reshape(*codes.shape[:-1], 256), axis=-1)
