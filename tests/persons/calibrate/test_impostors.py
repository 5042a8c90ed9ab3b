from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from safelight.persons.calibrate import impostors
from tests.persons.calibrate import faces


@pytest.fixture(scope="module")
def people() -> faces.Templates:
    return faces.gallery(400, np.random.default_rng(3))


def test_a_small_gallery_gives_all_pairs(people: faces.Templates) -> None:
    pairs = impostors.sample(people, np.arange(400))
    assert pairs.all
    assert pairs.of == 400 * 399 // 2


def test_pairs_of_one_person_are_never_drawn(people: faces.Templates) -> None:
    persons = np.arange(400) // 3
    for limit in (1_000, 10**6):
        pairs = impostors.sample(people, persons, limit=limit)
        assert (persons[pairs.first] != persons[pairs.second]).all()


def test_the_number_of_pairs_is_that_of_counting_them(people: faces.Templates) -> None:
    generator = np.random.default_rng(4)
    persons, sides = generator.integers(0, 150, 400), generator.random(400) < 0.3
    for some in (None, sides):
        pairs = impostors.sample(people, persons, sides=some, limit=10**6)
        assert len(pairs.score) == pairs.of == impostors.different(persons, some)
        assert len(np.unique(pairs.first * 400 + pairs.second)) == pairs.of


def test_with_sides_every_pair_has_one_of_each(people: faces.Templates) -> None:
    sides = np.arange(400) < 3
    for limit in (500, 10**6):
        pairs = impostors.sample(people, np.arange(400), sides=sides, limit=limit)
        assert (sides[pairs.first] != sides[pairs.second]).all()
        assert len(pairs.score) == min(limit, 3 * 397)


def test_no_pair_is_drawn_twice_and_none_is_favoured(people: faces.Templates) -> None:
    pairs = impostors.sample(people, np.arange(400), limit=40_000)
    assert len(np.unique(pairs.first * 400 + pairs.second)) == 40_000
    drawn = np.bincount(np.concatenate([pairs.first, pairs.second]), minlength=400)
    assert drawn.min() > 150 and drawn.max() < 250


def test_the_scores_do_not_depend_on_threads(people: faces.Templates) -> None:
    with threadpool_limits(1):
        one = impostors.sample(people, np.arange(400), limit=5_000)
    two = impostors.sample(people, np.arange(400), limit=5_000)
    assert one.score.tobytes() == two.score.tobytes()


def test_the_scores_do_not_depend_on_the_size_of_a_batch(
    people: faces.Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = impostors.sample(people, np.arange(400), limit=5_000)
    monkeypatch.setattr(impostors, "_BLOCK", 77)
    assert impostors.sample(people, np.arange(400), limit=5_000).score.tobytes() == whole.score.tobytes()


def test_one_person_with_nearly_all_photographs_ends_the_drawing() -> None:
    people = faces.gallery(3_000, np.random.default_rng(5))
    persons = np.zeros(3_000, dtype=np.int64)
    persons[0] = 1
    pairs = impostors.sample(people, persons, limit=2_998)
    assert len(pairs.score) <= 2_999


def test_of_the_pairs_above_what_is_complete_hardly_one_is_missing(people: faces.Templates) -> None:
    found = impostors.top(people, np.arange(400), faces.nearest(people, people, 6))
    every = impostors.sample(people, np.arange(400))
    bound = found.complete_above()
    there, known = (every.score > bound).sum(), (found.pairs.score > bound).sum()
    assert 0.98 * there <= known <= there
    assert known > 20


def test_lists_of_one_side_alone_are_complete_above_their_own_ends(people: faces.Templates) -> None:
    sides = np.arange(400) < 100
    index = faces.nearest(people[:100], people[100:], 6) + 100
    found = impostors.top(people, np.arange(400), index, rows=np.arange(100), sides=sides)
    every = impostors.sample(people, np.arange(400), sides=sides)
    bound = found.complete_above()
    there, known = (every.score > bound).sum(), (found.pairs.score > bound).sum()
    assert 0.98 * there <= known <= there
    assert known > 5


def test_without_lists_nothing_is_complete(people: faces.Templates) -> None:
    found = impostors.top(people, np.arange(400), np.empty((0, 3), np.int64), rows=np.empty(0, np.int64))
    assert found.complete_above() == np.inf


def test_a_list_that_was_not_filled_lacks_nobody(people: faces.Templates) -> None:
    index = faces.nearest(people, people, 6)
    index[:, 5] = -1
    assert impostors.top(people, np.arange(400), index).complete_above() < -1


@pytest.mark.parametrize(("count", "of"), [(3_000, 10_000), (3_000, 10**7), (3_000, 50), (4, 4), (0, 4)])
def test_what_was_drawn_again_is_left_out_and_the_order_stays(count: int, of: int) -> None:
    keys = np.random.default_rng(count).integers(0, of, count)
    each = impostors._each_once(keys)
    assert each.tolist() == list(dict.fromkeys(keys.tolist()))
