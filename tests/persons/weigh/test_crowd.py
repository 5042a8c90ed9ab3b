"""Shares are those of the gallery, drawn towards the priors while few state anything."""

from __future__ import annotations

import random

import pytest

from safelight.persons.person import Facts, Sex
from safelight.persons.weigh import Crowd, crowd_of
from safelight.spelling import parts
from tests.persons.weigh.people import day, gallery


def test_an_empty_gallery_has_the_priors() -> None:
    crowd = Crowd()
    assert crowd.sex_share(Sex.FEMALE) == 0.5
    assert crowd.name_share("zzz") == pytest.approx(0.001)
    assert sum(crowd.distance_share(step) for step in range(5)) == pytest.approx(1)


def test_shares_follow_the_gallery_once_it_states_enough() -> None:
    crowd = crowd_of(gallery(4000, girls=0.8))
    assert crowd.sex_share(Sex.FEMALE) == pytest.approx(0.8, abs=0.01)
    assert crowd.language_share(["ta"]) == pytest.approx(0.1, abs=0.01)


def test_a_name_counts_once_a_person_and_in_any_spelling() -> None:
    (key,) = (part.key for part in parts("Sunita"))
    crowd = crowd_of([Facts(names=("Sunita", "सुनीता", "Suneeta"))])
    assert crowd.names == {key: 1}


def test_names_of_whole_peoples_are_common_even_where_the_gallery_has_none() -> None:
    crowd = Crowd()
    assert crowd.name_share(parts("Kumar")[0].key) > 10 * crowd.name_share(parts("Vostek")[0].key)


def test_the_order_of_a_register_does_not_matter() -> None:
    people = gallery(300)
    mixed = people[:]
    random.Random(3).shuffle(mixed)
    there, back = crowd_of(people), crowd_of(mixed)
    assert there.distances == back.distances
    assert there.names == back.names
    assert there.births == pytest.approx(back.births)


def test_one_birth_date_hardly_moves_the_spread() -> None:
    mean, deviation = crowd_of([Facts(born=day(2011))]).birth_spread(2011)
    assert mean == pytest.approx(2010.45, abs=0.1)  # years since the first of January of year one
    assert deviation == pytest.approx(5.0, abs=0.1)
