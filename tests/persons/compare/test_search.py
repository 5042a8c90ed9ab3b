"""Exact search: the answer of a brute force, whatever the blocks, the threads and the neighbours."""

from __future__ import annotations

from collections.abc import Callable

import faiss
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

from safelight.persons.compare import search
from safelight.persons.compare.search import everything_above, longest_of, products, top
from safelight.progress import Progressed

Floats = NDArray[np.float32]


def faces(seed: int, count: int, dimensions: int = 128) -> Floats:
    """Unit vectors that lie as near each other as those of faces: cosine about .8."""
    rng = np.random.default_rng(seed)
    made = 1 + 0.5 * rng.standard_normal((count, dimensions), dtype=np.float32)
    return (made / np.linalg.norm(made, axis=1, keepdims=True)).astype(np.float32)


def brute(probes: Floats, gallery: Floats, k: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Every pair by the documented sum, sorted stably."""
    scores = np.stack([products(np.repeat(probe[None], len(gallery), 0), gallery) for probe in probes])
    places = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.take_along_axis(scores, places, 1), places


def same(answer: tuple[NDArray[np.float64], NDArray[np.int64]], truth: tuple[object, object]) -> None:
    np.testing.assert_array_equal(answer[1], truth[1])
    np.testing.assert_array_equal(answer[0], truth[0])


def doubled(seed: int) -> tuple[Floats, Floats]:
    people = faces(seed, 60)
    return faces(seed + 1, 40), np.concatenate([people] * 9)


def all_alike(seed: int) -> tuple[Floats, Floats]:
    return faces(seed, 30), np.repeat(faces(seed + 1, 1), 300, axis=0)


def clustered(seed: int) -> tuple[Floats, Floats]:
    """Forty people, each enrolled a dozen times in other batches: they differ in the last digits only."""
    people = np.repeat(faces(seed, 40), 12, axis=0)
    shaken = people * (1 + np.random.default_rng(seed).uniform(-1e-6, 1e-6, people.shape).astype(np.float32))
    return faces(seed, 40), shaken.astype(np.float32)


def whole_numbers(seed: int) -> tuple[Floats, Floats]:
    """Different vectors with equal scores."""
    rng = np.random.default_rng(seed)
    return rng.integers(-1, 2, (50, 8)).astype(np.float32), rng.integers(-1, 2, (400, 8)).astype(np.float32)


def tiny(seed: int) -> tuple[Floats, Floats]:
    return faces(seed, 30) * np.float32(1e-25), faces(seed + 1, 200) * np.float32(1e-19)


def plain(seed: int) -> tuple[Floats, Floats]:
    return faces(seed, 50), faces(seed + 1, 700)


CASES = [plain, doubled, all_alike, clustered, whole_numbers, tiny]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("k", [1, 10, 37])
def test_it_equals_a_brute_force_in_float64(case: Callable[[int], tuple[Floats, Floats]], k: int) -> None:
    probes, gallery = case(k)
    same(top(probes, gallery, k), brute(probes, gallery, k))


@settings(max_examples=60, deadline=None)
@given(
    data=st.data(),
    dimensions=st.integers(1, 9),
    people=st.integers(1, 40),
    faces_asked=st.integers(1, 40),
    k=st.integers(1, 45),
)
def test_it_equals_a_brute_force_for_any_small_vectors(
    data: st.DataObject, dimensions: int, people: int, faces_asked: int, k: int
) -> None:
    numbers = st.floats(-4, 4, width=32)
    draw = lambda rows: np.array(  # noqa: E731
        data.draw(st.lists(numbers, min_size=rows * dimensions, max_size=rows * dimensions)), np.float32
    ).reshape(rows, dimensions)
    probes, gallery = draw(faces_asked), draw(people)
    same(top(probes, gallery, k), brute(probes, gallery, k))


def test_scores_are_the_inner_products() -> None:
    probes, gallery = plain(3)
    scores, places = top(probes, gallery, 5)
    exact = np.take_along_axis(probes.astype(np.float64) @ gallery.T.astype(np.float64), places, 1)
    np.testing.assert_allclose(scores, exact, atol=1e-14)


@pytest.mark.parametrize("case", CASES)
def test_it_does_not_depend_on_how_many_are_asked_at_once(
    case: Callable[[int], tuple[Floats, Floats]], monkeypatch: pytest.MonkeyPatch
) -> None:
    probes, gallery = case(5)
    whole = top(probes, gallery, 10)
    alone = [top(probes[row : row + 1], gallery, 10) for row in range(len(probes))]
    same(whole, (np.concatenate([one[0] for one in alone]), np.concatenate([one[1] for one in alone])))
    monkeypatch.setattr(search, "_PROBES", 7)
    monkeypatch.setattr(search, "_FEW", 3)
    same(top(probes, gallery, 10), whole)


def test_it_does_not_depend_on_the_order_of_the_probes() -> None:
    probes, gallery = clustered(6)
    order = np.random.default_rng(6).permutation(len(probes))
    scores, places = top(probes, gallery, 10)
    same(top(probes[order], gallery, 10), (scores[order], places[order]))


def test_it_does_not_depend_on_the_number_of_threads() -> None:
    probes, gallery = faces(7, 300), faces(8, 5_000)
    before = faiss.omp_get_max_threads()
    try:
        answers = []
        for threads in (1, 2, 3):
            faiss.omp_set_num_threads(threads)
            with threadpool_limits(threads):
                answers.append(top(probes, gallery, 10))
    finally:
        faiss.omp_set_num_threads(before)
    same(answers[1], answers[0])
    same(answers[2], answers[0])


def test_a_score_is_the_same_with_the_two_sides_exchanged() -> None:
    left, right = faces(9, 20, 100), faces(10, 20, 100)
    np.testing.assert_array_equal(products(left, right), products(right, left))


def test_people_left_out_by_rounding_are_found_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The quick product is made as wrong as its bound allows, against the nearest: the answer stays."""
    probes, gallery = faces(11, 40), faces(12, 400)
    gallery[50:90] = gallery[50] * (1 + np.arange(40, dtype=np.float32)[:, None] * np.float32(1e-7))
    truth = brute(probes, gallery, 10)
    honest = faiss.knn

    def shaken(left: Floats, right: Floats, k: int, metric: int) -> tuple[Floats, NDArray[np.int64]]:
        rough, places = honest(left, right, len(right), metric=metric)
        rough = rough + np.random.default_rng(1).uniform(-3e-6, 3e-6, rough.shape).astype(np.float32)
        order = np.argsort(-rough, axis=1)[:, :k]
        return np.take_along_axis(rough, order, 1), np.take_along_axis(places, order, 1)

    monkeypatch.setattr(faiss, "knn", shaken)
    same(top(probes, gallery, 10), truth)


def test_a_small_gallery_gives_all_it_has() -> None:
    probes, gallery = faces(13, 20), faces(14, 3)
    scores, places = top(probes, gallery, 10)
    assert scores.shape == places.shape == (20, 3)
    same((scores, places), brute(probes, gallery, 3))


@pytest.mark.parametrize(("probes", "people", "shape"), [(3, 0, (3, 0)), (0, 5, (0, 4)), (0, 0, (0, 0))])
def test_nothing_is_found_in_nothing(probes: int, people: int, shape: tuple[int, int]) -> None:
    scores, places = top(faces(1, probes), faces(2, people), 4)
    assert scores.shape == places.shape == shape


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf, 1e30])
@pytest.mark.parametrize("side", [0, 1])
def test_numbers_that_are_none_are_refused(bad: float, side: int) -> None:
    both = (faces(1, 4), faces(2, 5))
    both[side][2, 3] = bad
    with pytest.raises(ValueError, match="not finite"):
        top(*both, 2)
    with pytest.raises(ValueError, match="not finite"):
        list(everything_above(*both, 0.5))


def test_templates_of_other_dimensions_are_refused() -> None:
    with pytest.raises(ValueError, match="128 dimensions, the gallery 64"):
        top(faces(1, 4), faces(2, 5, 64), 2)


def test_other_types_are_refused_and_not_rounded() -> None:
    with pytest.raises(ValueError, match="float64"):
        top(faces(1, 4).astype(np.float64), faces(2, 5), 2)  # type: ignore[arg-type]


def test_no_place_cannot_be_asked_for() -> None:
    with pytest.raises(ValueError, match="at least one"):
        top(faces(1, 4), faces(2, 5), 0)


def test_progress_is_told_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "_PROBES", 20)
    told: list[Progressed] = []
    top(faces(1, 50), faces(2, 100), 3, told.append)
    assert [(one.done, one.total) for one in told] == [(20, 50), (40, 50), (50, 50)]


def test_the_longest_may_be_known_beforehand() -> None:
    probes, gallery = plain(15)
    same(top(probes, gallery, 4, longest=longest_of(gallery)), top(probes, gallery, 4))


@pytest.mark.parametrize("case", CASES)
def test_everything_above_is_everything_above(
    case: Callable[[int], tuple[Floats, Floats]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "_ABOVE", 16)
    monkeypatch.setattr(search, "_GALLERY", 64)
    probes, gallery = case(16)
    scores, places = brute(probes, gallery, len(gallery))
    threshold = float(scores[:, 12].max())  # one that some pairs meet exactly
    truth = {
        (row, int(place)): score
        for row in range(len(probes))
        for place, score in zip(places[row], scores[row], strict=True)
        if score >= threshold
    }
    found = {
        (int(row), int(place)): score
        for chunk in everything_above(probes, gallery, threshold)
        for row, place, score in zip(*chunk, strict=True)
    }
    assert found == truth
    assert len(found) >= 12
