"""Several photographs of a person become one template; a stranger among them is reported and left out."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from safelight.persons.compare.fuse import APART_DLIB, Fused, fuse, strangers

Floats = NDArray[np.float32]


class Album:
    """Photographs of drawn people whose scores are as far apart as those of adults' photographs."""

    def __init__(self, seed: int = 1) -> None:
        self._rng = np.random.default_rng(seed)
        self._people: dict[int, NDArray[np.float64]] = {}

    def photograph(self, person: int, noise: float = 0.035) -> Floats:
        if person not in self._people:
            self._people[person] = self._scatter(0.155)
        made = np.concatenate([[0.9], self._people[person] + self._scatter(noise)])
        return (made / np.linalg.norm(made)).astype(np.float32)

    def _scatter(self, variance: float) -> NDArray[np.float64]:
        return self._rng.standard_normal(127) * np.sqrt(variance / 127)


def fused(photographs: list[Floats], person: list[int], quality: list[float] | None = None) -> Fused:
    return fuse(
        np.stack(photographs),
        np.array(quality or [1.0] * len(person), np.float32),
        np.array(person),
        apart=APART_DLIB,
    )


def test_a_single_photograph_stays_as_it_is() -> None:
    one = Album().photograph(1)
    np.testing.assert_array_equal(fused([one], [7]).people, one[None])


def test_people_come_by_number_whatever_the_order_of_photographs() -> None:
    album = Album()
    photographs = [album.photograph(person) for person in (3, 1, 3, 2)]
    made = fused(photographs, [3, 1, 3, 2])
    assert made.person.tolist() == [1, 2, 3]
    np.testing.assert_array_equal(made.people[0], photographs[1])


def test_templates_have_length_one() -> None:
    album = Album()
    made = fused([album.photograph(1) for _ in range(4)], [1] * 4)
    assert np.linalg.norm(made.people[0]) == pytest.approx(1, abs=1e-6)


def test_a_fused_template_is_nearer_to_a_new_photograph_than_a_single_one() -> None:
    album = Album()
    photographs = [album.photograph(1) for _ in range(4)]
    probe = album.photograph(1)
    assert fused(photographs, [1] * 4).people[0] @ probe > max(float(one @ probe) for one in photographs)


def test_a_better_photograph_counts_more() -> None:
    album = Album()
    good, poor = album.photograph(1), album.photograph(1)
    template = fused([good, poor], [1, 1], [0.9, 0.3]).people[0]
    assert template @ good > template @ poor


def test_photographs_of_no_quality_still_give_a_template() -> None:
    album = Album()
    made = fused([album.photograph(1) for _ in range(2)], [1, 1], [0.0, 0.0])
    assert np.linalg.norm(made.people[0]) == pytest.approx(1, abs=1e-6)


def test_somebody_else_among_three_is_reported_and_left_out() -> None:
    album = Album()
    mine = [album.photograph(1), album.photograph(1)]
    made = fused([mine[0], album.photograph(2), mine[1]], [1, 1, 1], [0.4, 1.0, 0.4])
    assert [(one.photograph, one.person) for one in made.apart] == [(1, 1)]
    assert made.used.tolist() == [True, False, True]
    np.testing.assert_array_equal(made.people, fused(mine, [1, 1], [0.4, 0.4]).people)
    assert made.apart[0].score < APART_DLIB


def test_of_two_that_disagree_the_better_stays_and_nobody_decided() -> None:
    album = Album()
    made = fused([album.photograph(1), album.photograph(2)], [1, 1], [0.3, 0.9])
    assert made.used.tolist() == [False, True]
    assert made.apart[0].undecided


def test_two_and_two_are_undecided() -> None:
    album = Album()
    made = fused([album.photograph(person) for person in (1, 1, 2, 2)], [1] * 4)
    assert [one.undecided for one in made.apart] == [True, True]
    assert made.used.sum() == 2


def test_a_clear_majority_decides() -> None:
    album = Album()
    made = fused([album.photograph(person) for person in (1, 1, 1, 2)], [1] * 4)
    assert [(one.photograph, one.undecided) for one in made.apart] == [(3, False)]


def test_a_photograph_that_somebody_vouched_for_is_kept() -> None:
    album = Album()
    photographs = np.stack([album.photograph(person) for person in (1, 1, 2)])
    made = fuse(
        photographs,
        np.ones(3, np.float32),
        np.ones(3, np.int64),
        apart=APART_DLIB,
        vouched=np.array([True, False, True]),
    )
    assert made.used.all()
    assert made.apart == ()


def test_hundreds_of_photographs_of_one_person_are_sorted_out_too() -> None:
    album = Album()
    people = [2 if number % 50 == 7 else 1 for number in range(600)]
    made = fused([album.photograph(person) for person in people], [1] * 600)
    assert [one.photograph for one in made.apart] == [row for row, one in enumerate(people) if one == 2]


def test_opposite_templates_do_not_give_a_template_of_no_length() -> None:
    one = Album().photograph(1)
    made = fuse(np.stack([one, -one]), np.ones(2, np.float32), np.ones(2, np.int64), apart=-1.0)
    assert np.linalg.norm(made.people[0]) == pytest.approx(1, abs=1e-6)


def test_no_photographs_give_no_people() -> None:
    made = fuse(np.empty((0, 128), np.float32), np.empty(0, np.float32), np.empty(0, np.int64), apart=0.9)
    assert made.people.shape == (0, 128)


def test_adults_photographs_are_hardly_ever_left_out() -> None:
    album = Album()
    people = np.repeat(np.arange(200), 3)
    made = fused([album.photograph(int(person)) for person in people], people.tolist())
    assert len(made.apart) <= 2


def test_strangers_in_a_gallery_say_how_near_strangers_come() -> None:
    album = Album()
    people = np.repeat(np.arange(100), 2)
    templates = np.stack([album.photograph(int(person)) for person in people])
    level = strangers(templates, people)
    scores = templates @ templates.T
    assert level == pytest.approx(float(np.quantile(scores[people[:, None] != people], 0.99)), abs=0.002)


def test_a_handful_of_people_says_nothing_about_strangers() -> None:
    album = Album()
    assert strangers(np.stack([album.photograph(person) for person in range(20)]), np.arange(20)) is None


@pytest.mark.parametrize(
    ("templates", "quality", "message"),
    [
        (np.full((2, 4), 0.5, np.float32), [0.5], "differ in number"),
        (np.full((2, 4), 0.7, np.float32), [0.5, 0.5], "length one"),
        (np.full((2, 4), np.nan, np.float32), [0.5, 0.5], "length one"),
        (np.full((2, 4), 0.5, np.float32), [0.5, 1.5], "outside"),
        (np.full((2, 4), 0.5, np.float32), [0.5, np.nan], "outside"),
    ],
)
def test_what_is_no_template_or_no_quality_is_refused(
    templates: Floats, quality: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fuse(templates, np.array(quality, np.float32), np.ones(2, np.int64), apart=0.9)
