"""Who is put into a list because they are unlike: far from alike, and nothing that is stated speaks for them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from safelight.persons.compare.gallery import Gallery
from safelight.persons.desk.compare import FOILS, Compared, Comparison, Probe, store
from safelight.persons.desk.meaning import Meaning
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.person import Days, Facts, Seen, Sex, Status, Verdict
from safelight.persons.protocol import Floats
from safelight.persons.weigh.crowd import crowd_of
from tests.persons.made import VERSION, House, vector

CHILD = Facts(
    names=("Robin Example",), sex=Sex.FEMALE, born=Days.of(date(2015, 5, 3)), born_from="birth date"
)
OTHER = Facts(names=("Somebody Else",), sex=Sex.MALE, born=Days.of(date(1950, 1, 2)), born_from="birth date")
PROBE = vector(1)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def at(similarity: float, seed: int = 2) -> Floats:
    """A template of this cosine to the probe's."""
    across = vector(seed) - (vector(seed) @ PROBE) * PROBE
    across /= np.linalg.norm(across)
    made: Floats = (similarity * PROBE + np.sqrt(1 - similarity**2) * across).astype(np.float32)
    return made


def foils(house: House, facts: Facts, *gallery: tuple[Facts, float]) -> list[KeptCandidate]:
    """The foils of a found person with these facts among missing people with theirs, so far from alike."""
    probe = house.enrol("F-1", Status.FOUND, facts=facts)
    made = [
        (house.enrol(f"M-{number}", facts=theirs), at(similarity, number + 5))
        for number, (theirs, similarity) in enumerate(gallery)
    ]
    made.sort(key=lambda one: one[0])
    with house.people() as people:
        meant = Gallery(tuple(one for one, _ in made), np.stack([one for _, one in made]), VERSION)
        crowd = crowd_of([facts, *(theirs for theirs, _ in gallery)])
        comparison = Comparison(people.case_sealer, meant, crowd, Meaning(meant, "dlib-mirrored", 1.0))
        comparison.within(people)
        said = Probe(probe, "F-1", facts, register=Status.FOUND)
        return list(
            comparison.foils(Compared(said, ()), PROBE, comparison.meaning.calibration.near(PROBE[None]))
        )


def test_who_is_unlike_and_of_whom_other_things_are_stated_is_one(house: House) -> None:
    (one,) = foils(house, CHILD, (OTHER, 0.2))
    assert one.foil and one.rank == 0


@pytest.mark.parametrize("similarity", [0.86, 0.2, -0.5])
def test_an_equal_name_and_birth_are_never_one_however_unlike_the_faces(
    house: House, similarity: float
) -> None:
    assert foils(house, CHILD, (CHILD, similarity)) == []


def test_a_contradiction_alone_makes_none(house: House) -> None:
    found = replace(CHILD, seen=Seen(days=Days.of(date(2020, 1, 1))))
    missed = replace(CHILD, seen=Seen(days=Days.of(date(2021, 1, 1))))
    assert foils(house, found, (missed, 0.2)) == []


def test_other_things_that_are_stated_make_none_of_somebody_who_is_alike(house: House) -> None:
    assert foils(house, CHILD, (OTHER, 0.95)) == []


@pytest.mark.parametrize(("one", "other"), [(Facts(), CHILD), (CHILD, Facts())])
def test_where_nothing_is_stated_of_one_the_faces_alone_count(house: House, one: Facts, other: Facts) -> None:
    assert len(foils(house, one, (other, 0.2))) == 1


def test_where_little_is_stated_and_nothing_against_it_is_none(house: House) -> None:
    assert foils(house, Facts(sex=Sex.FEMALE), (Facts(sex=Sex.FEMALE), 0.2)) == []


def test_there_are_enough_for_two_lists_and_no_more(house: House) -> None:
    assert len(foils(house, CHILD, *((OTHER, 0.1),) * 9)) == FOILS


def test_a_new_list_takes_the_place_of_the_old_but_for_what_people_said(house: House) -> None:
    probe, first, second = (
        house.enrol("F-1", Status.FOUND),
        *(house.enrol(f"M-{number}") for number in (1, 2)),
    )
    spoken, silent = house.candidate(probe, first), house.candidate(probe, second)
    of_another = house.candidate(house.enrol("F-2", Status.FOUND), second)
    with house.pairs() as pairs:
        pairs.say(pairs.get(spoken), "anna", Verdict.DIFFERENT, 0, None)
        pairs.hold(pairs.get(silent), "anna")
        store(pairs, [(Compared(Probe(probe, "F-1", Facts()), ()), [])], whole=True)
        assert {one.id for one in pairs.all(foils=True)} == {spoken, of_another}
