"""The people nearest to a face: exact, every pair, no sampling and no index that may miss one.

A score is the inner product of two float32 vectors, taken in float64 by one fixed order of additions (`products`): it
is the same number for the same two faces, whatever else is compared in that run. Matrix products in float32, which are
quick and whose last digits change with blocks and threads, only choose the candidates. Their error is bounded by

    |fl(x·y) − x·y| ≤ γ ‖x‖‖y‖,  γ = d·u / (1 − d·u),  u = 2⁻²⁴

for any order of additions (Higham, Accuracy and Stability of Numerical Algorithms, 2002, section 3.1). A few more
candidates than asked for are taken; where the last place is not clear of everything that was left out by that bound,
the probe is held against the whole gallery again and all within the bound are taken. So the answer is the one of a
brute force in float64, ties by the gallery's order, and depends on neither batches nor threads nor other probes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from safelight.persons.protocol import Floats
from safelight.progress import Progress, Progressed, silent

Scores = NDArray[np.float64]
Places = NDArray[np.int64]

STAGE: Final = "compare"
_PROBES: Final = 4096
"""Probes answered at a time: as many as faiss takes in one matrix product."""
_FEW: Final = 16
"""Up to so many probes are scanned by one plain product: less than a tenth of a second for 250,000 people."""
_SPARE: Final = 4
"""Candidates beyond those asked for. Neighbouring places lie about 10⁻³ apart at the top of a large gallery, and the
bound is 10⁻⁵: the last place is hardly ever unclear but for people enrolled many times over."""
_GALLERY: Final = 4096
"""People that `everything_above` holds against `_ABOVE` probes at a time."""
_ABOVE: Final = 1024
_PAIRS: Final = 128
_MOST_DIMENSIONS: Final = 2048
"""Of any embedder; the error of float32 lengths stays well within what `_lengths` allows."""
_LONGEST: Final = 1e9
"""Vectors beyond this length are no templates; float32 products of shorter ones cannot overflow."""


def top(
    probes: Floats, gallery: Floats, k: int, progress: Progress = silent, *, longest: float | None = None
) -> tuple[Scores, Places]:
    """The `k` rows of the gallery with the largest inner product, for each probe.

    Memory beside the two arrays and the answer is bounded, about 20 MB and 20 MB per 300,000 people. Time grows where
    a gallery holds thousands of nearly the same rows: at worst about a tenth of a second a probe for 250,000 people.

    Args:
        probes: `(m, d) float32`.
        gallery: `(n, d) float32`. It is not copied where it lies in one piece.
        k: how many; fewer come back where the gallery is smaller.
        progress: told after each few thousand probes.
        longest: `longest_of(gallery)`, where it is known; it also vouches that the gallery is finite.

    Returns:
        Scores `(m, min(k, n)) float64`, falling; rows of the gallery `(m, min(k, n)) int64`, rising among equal
        scores.

    Raises:
        ValueError: the dimensions differ, a number is not finite, or these are not float32.
    """
    _check(probes, gallery)
    if k < 1:
        raise ValueError("at least one place must be asked for")
    lengths = _lengths(probes)
    longest = longest_of(gallery) if longest is None else longest
    k = min(k, len(gallery))
    scores = np.empty((len(probes), k), np.float64)
    places = np.empty((len(probes), k), np.int64)
    margins = lengths * longest * _gamma(probes.shape[1])
    step = _FEW if len(probes) <= _FEW or k + _SPARE >= len(gallery) else _PROBES
    for start in range(0, len(probes) if k else 0, step):
        part = slice(start, start + step)
        answer = _few if step == _FEW else _many
        scores[part], places[part] = answer(probes[part], gallery, k, margins[part])
        progress(Progressed(STAGE, done=min(start + step, len(probes)), total=len(probes)))
    return scores, places


def everything_above(
    probes: Floats, gallery: Floats, threshold: float, progress: Progress = silent
) -> Iterator[tuple[Places, Places, Scores]]:
    """All pairs that score `threshold` or more, in chunks: rows of `probes`, rows of the gallery, scores.

    A chunk holds pairs of up to 1,024 probes and 4,096 people by probe and person, so that a threshold set too low
    fills one chunk and not the memory. Scores and errors as in `top`.
    """
    _check(probes, gallery)
    if not np.isfinite(threshold):
        raise ValueError("a threshold must be a number")
    margins = _lengths(probes) * longest_of(gallery) * _gamma(probes.shape[1])
    for start in range(0, len(probes), _ABOVE):
        block = probes[start : start + _ABOVE]
        floor = _below(threshold - margins[start : start + _ABOVE])[:, None]
        for first in range(0, len(gallery), _GALLERY):
            people = gallery[first : first + _GALLERY]
            left, right = np.nonzero(block @ people.T >= floor)
            score = _pair_products(block, people, left, right)
            kept = score >= threshold
            if kept.any():
                yield left[kept] + start, right[kept] + first, score[kept]
        progress(Progressed(STAGE, done=min(start + _ABOVE, len(probes)), total=len(probes)))


def longest_of(gallery: Floats) -> float:
    """The length of the longest row of `(n, d) float32`. ValueError where a number is not finite."""
    return float(_lengths(gallery).max(initial=0.0))


def products(left: Floats, right: Floats) -> Scores:
    """The inner product of each row with its partner, `(n, d)` and `(n, d)` float32 to `(n,) float64`.

    Products of two float32 are exact in float64. They are added in halves, first with second, so that each sum is
    taken in the same order on every machine, and is the same with the two sides exchanged.
    """
    terms = left.astype(np.float64)
    terms *= right
    while terms.shape[1] > 1:
        half = terms.shape[1] // 2
        rest = terms[:, 2 * half :]
        terms = terms[:, :half] + terms[:, half : 2 * half]
        if rest.shape[1]:
            terms = np.concatenate([terms, rest], axis=1)
    return terms[:, 0]


def _many(probes: Floats, gallery: Floats, k: int, margins: Scores) -> tuple[Scores, Places]:
    """`top` by faiss's brute force for the candidates; unclear probes are scanned again."""
    import faiss

    found, candidates = faiss.knn(probes, gallery, k + _SPARE, metric=faiss.METRIC_INNER_PRODUCT)
    rows = np.repeat(np.arange(len(probes)), k + _SPARE)
    exact = _pair_products(probes, gallery, rows, candidates.reshape(-1)).reshape(candidates.shape)
    scores, places = _ordered(exact, candidates, k)
    # what was left out scores no more than the least that was taken, give or take the margin
    unclear = np.flatnonzero(~(scores[:, -1] > found.min(axis=1) + margins))
    for start in range(0, len(unclear), _FEW):
        some = unclear[start : start + _FEW]
        scores[some], places[some] = _few(probes[some], gallery, k, margins[some])
    return scores, places


def _few(probes: Floats, gallery: Floats, k: int, margins: Scores) -> tuple[Scores, Places]:
    """`top` for a few probes: all scores in float32, and in float64 all that may be among the first `k`."""
    scores = np.empty((len(probes), k), np.float64)
    places = np.empty((len(probes), k), np.int64)
    # one product a row for one face, as fast as memory; a matrix product for several
    rough = (gallery @ probes[0])[None] if len(probes) == 1 else probes @ gallery.T
    for row, line in enumerate(rough):
        kth = np.partition(line, len(line) - k)[len(line) - k]
        # the true k-th is at least `kth` less the margin, and who reaches it shows no less than that less the margin
        candidates = np.flatnonzero(line >= _below(kth - 2 * margins[row]))
        exact = _pair_products(probes, gallery, np.full(len(candidates), row), candidates)
        best, place = _ordered(exact[None], candidates[None], k)
        scores[row], places[row] = best[0], place[0]
    return scores, places


def _ordered(scores: Scores, places: Places, k: int) -> tuple[Scores, Places]:
    """The first `k` of each row by falling score, among equal ones by rising place."""
    order = np.lexsort((places, -scores), axis=1)[:, :k]
    return np.take_along_axis(scores, order, axis=1), np.take_along_axis(places, order, axis=1)


def _pair_products(probes: Floats, gallery: Floats, rows: Places, candidates: Places) -> Scores:
    """`products` of chosen pairs, a few at a time: four times as fast as when they leave the cache."""
    scores = np.empty(len(rows), np.float64)
    for start in range(0, len(rows), _PAIRS):
        part = slice(start, start + _PAIRS)
        scores[part] = products(probes[rows[part]], gallery[candidates[part]])
    return scores


def _below(limits: Scores) -> Floats:
    """Limits in float32, not above what they were: whole blocks are compared with them in their own type."""
    rounded: Floats = np.nextafter(np.asarray(limits, np.float32), np.float32(-np.inf))
    return rounded


def _gamma(dimensions: int) -> float:
    """The error bound of a float32 inner product per product of the two lengths, with room for `products`."""
    rounding = (dimensions + 2) * 2.0**-24
    return 1.001 * rounding / (1 - rounding)


def _lengths(vectors: Floats) -> Scores:
    """`(n,) float64`. Raises ValueError where one is not finite, or longer than any template."""
    # squares beyond float32 become infinite, and not-a-number stays: one pass over the memory finds both
    squares = np.einsum("ij,ij->i", vectors, vectors)
    if not (squares < _LONGEST**2).all():
        raise ValueError("a vector holds a number that is not finite, or is far too large for a template")
    # room for rounding in the squares, and for products too small for float32
    lengths: Scores = np.sqrt(squares, dtype=np.float64) * (1 + 1e-4) + 1e-15
    return lengths


def _check(probes: Floats, gallery: Floats) -> None:
    for name, vectors in (("probes", probes), ("gallery", gallery)):
        if vectors.ndim != 2 or vectors.dtype != np.float32 or not 1 <= vectors.shape[1] <= _MOST_DIMENSIONS:
            raise ValueError(f"{name} are {vectors.shape} {vectors.dtype}, not (n, d) float32")
    if probes.shape[1] != gallery.shape[1]:
        raise ValueError(f"probes have {probes.shape[1]} dimensions, the gallery {gallery.shape[1]}")
