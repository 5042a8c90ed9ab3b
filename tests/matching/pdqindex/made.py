"""Codes for these tests: drawn, correlated from bit to bit, clustered, repeated; and the answer to compare with."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from safelight.matching.pdqindex.stream import Pairs

Triples = list[tuple[int, int, int]]


def drawn(random: np.random.Generator, count: int) -> np.ndarray:
    return random.integers(0, 256, (count, 32)).astype(np.uint8)


def correlated(random: np.random.Generator, count: int) -> np.ndarray:
    """Codes whose bits equal the one before them fifteen times of sixteen."""
    bits = (random.random((count, 256)) < 1 / 16).astype(np.uint8)
    bits[:, 0] = random.integers(0, 2, count)
    return np.packbits(np.bitwise_xor.accumulate(bits, axis=1), axis=1)


def flipped(random: np.random.Generator, codes: np.ndarray, below: int) -> np.ndarray:
    """The codes with fewer than `below` bits flipped."""
    flips = random.integers(0, max(1, below), len(codes))
    order = random.random((len(codes), 256)).argsort(axis=1)
    return codes ^ np.packbits(order < flips[:, None], axis=1)


def listed(random: np.random.Generator, count: int) -> np.ndarray:
    """What a list may hold: a third drawn, a third of correlated bits, a third copies, near and exact, of a few."""
    third = count // 3
    copies = flipped(random, drawn(random, 3)[random.integers(0, 3, count - 2 * third)], 40)
    copies[: len(copies) // 4] = copies[:1]
    every = np.concatenate([drawn(random, third), correlated(random, third), copies])
    return every[random.permutation(count)]


def asked(random: np.random.Generator, codes: np.ndarray, count: int) -> np.ndarray:
    """Queries: copies of codes with up to 45 bits flipped, and new ones."""
    if not len(codes):
        return drawn(random, count)
    copies = flipped(random, codes[random.integers(0, len(codes), count - count // 4)], 46)
    return np.concatenate([copies, drawn(random, count // 4)])


def compared(codes: np.ndarray, queries: np.ndarray, radius: int) -> Triples:
    """Every pair within the radius, by comparing everything in plain NumPy."""
    found: Triples = []
    for number, query in enumerate(queries):
        bits = np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.int64)
        near = np.flatnonzero(bits <= radius)
        found += zip([number] * len(near), near.tolist(), bits[near].tolist(), strict=True)
    return found


def triples(chunks: Iterable[Pairs]) -> Triples:
    """All pairs of some chunks, as they come."""
    return [one for chunk in chunks for one in zip(*(part.tolist() for part in chunk), strict=True)]
