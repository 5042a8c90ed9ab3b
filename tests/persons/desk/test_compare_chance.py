"""What is said of chance is about the list that is printed, whatever years lie between and wherever it is cut."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, cast

import numpy as np
import pytest

from safelight.persons.calibrate.listed import Listed
from safelight.persons.compare.gallery import Gallery
from safelight.persons.desk.compare import Compared, Comparison, as_json
from safelight.persons.desk.meaning import Meaning
from safelight.persons.desk.searching import twice
from safelight.persons.keep.people import ENROLLED, Kept, People, Photo
from safelight.persons.person import Days, Facts, Seen, Side, Status
from safelight.persons.protocol import Floats
from safelight.persons.weigh.crowd import crowd_of
from tests.persons.calibrate import faces

MISSING, FOUND, PLANTED = 700, 500, 5


class _People:
    """Enough of the people of a case, in memory."""

    def __init__(self, some: dict[str, Kept]) -> None:
        self._some = some

    def many(self, ids: list[str]) -> dict[str, Kept]:
        return {one: self._some[one] for one in ids}

    def get(self, person: str) -> Kept:
        return self._some[person]


class _Sealer:
    def digest(self, data: bytes) -> bytes:
        return data.rjust(16, b"-")[:16]


@dataclass(frozen=True, slots=True)
class Crowd:
    """Missing people last seen in one year, found ones of another, some of whom are the same."""

    missing: Floats
    found: Floats
    people: dict[str, Kept]

    @classmethod
    def of(
        cls, years: int, seed: int, missing: int = MISSING, found: int = FOUND, planted: int = PLANTED
    ) -> Crowd:
        generator = np.random.default_rng(seed)
        everybody = faces.gallery(missing + found, generator)
        searched = everybody[missing:].copy()
        searched[:planted] = faces.again(everybody[:planted], generator)
        people = {}
        for status, count, year in ((Status.MISSING, missing, 2025 - years), (Status.FOUND, found, 2025)):
            for number in range(count):
                key = f"P-{status}-{number:04}"
                seen = Seen(days=Days.of(date(year, 5, 5)))
                people[key] = Kept(
                    key, status, key, status, Facts(born=Days.of(date(2015, 3, 1)), seen=seen),
                    photos=(Photo(key.encode(), ENROLLED, "numbers"),),
                )  # fmt: skip
        return cls(everybody[:missing], searched, people)

    def match(self, most: int, limit: float = 0.1) -> tuple[Listed, list[Compared]]:
        gallery = Gallery(
            tuple(f"P-missing-{number:04}" for number in range(len(self.missing))), self.missing, "test-1"
        )
        meaning = Meaning(gallery, "dlib-mirrored", limit)
        comparison = Comparison(cast(Any, _Sealer()), gallery, crowd_of([]), meaning)
        comparison.within(cast(People, _People(self.people)))
        scored = meaning.score(self.found, min(3 * most, len(gallery)))
        found = [
            comparison.candidates(comparison.probe(f"P-found-{row:04}"), scored, row, most)
            for row in range(len(self.found))
        ]
        means = [one.mean_by_chance for one in found if one.mean_by_chance is not None]
        listed = meaning.listed(scored, sum(len(one.candidates) for one in found), means, most)
        assert listed is not None
        return listed, found


def _strangers(found: list[Compared]) -> int:
    return sum(one.probe[-4:] != one.person[-4:] for each in found for one in each.candidates)


@pytest.fixture(scope="module")
def crowd() -> Crowd:
    """Eight years between the photographs, as from a register of long ago."""
    return Crowd.of(8, 12)


@pytest.mark.parametrize(("most", "limit"), [(10, 0.1), (10, 1.0), (3, 1.0), (1, 1.0)])
def test_chance_gives_as_many_as_is_said_of_the_list(crowd: Crowd, most: int, limit: float) -> None:
    listed, found = crowd.match(most, limit)
    low, high = listed.interval
    assert low <= _strangers(found) <= high
    assert listed.expected == pytest.approx(_strangers(found), rel=0.3)
    assert listed.listed == sum(len(one.candidates) for one in found)


def test_a_list_that_is_cut_says_so(crowd: Crowd) -> None:
    listed, _ = crowd.match(1, 1.0)
    assert listed.sentence().endswith("Of each probe only the best one is listed.")


def test_more_years_make_a_longer_list_by_chance(crowd: Crowd) -> None:
    now, found = Crowd.of(0, 12).match(3)
    assert crowd.match(3)[0].expected > 3 * now.expected
    assert now.interval[0] <= _strangers(found) <= now.interval[1]


@pytest.fixture(scope="module")
def one_file() -> tuple[list[Compared], str]:
    """A few, where the first found child came with the very file that the first missing one has."""
    crowd = Crowd.of(3, 13, missing=300, found=30)
    found = crowd.people["P-found-0000"]
    photo = crowd.people["P-missing-0000"].photos[0]
    crowd.people["P-found-0000"] = replace(found, photos=(photo,))
    crowd.found[0] = crowd.missing[0]
    return crowd.match(5)[1], "P-missing-0000"


def test_the_very_same_file_says_nothing_about_two_people(one_file: tuple[list[Compared], str]) -> None:
    found, person = one_file
    one = next(each for each in found[0].candidates if each.person == person)
    face = one.weighed[0]
    assert one.same_file
    assert (face.code, face.side, face.weight) == ("face", Side.UNKNOWN, 0.0)
    assert "one and the same photograph file" in face.text and "nothing about whether two people" in face.text
    assert (one.fmr, one.expected, one.q) == (None, None, None)


def test_only_that_candidate_is_marked_so(one_file: tuple[list[Compared], str]) -> None:
    found, person = one_file
    marked = [(each.probe.id, one.person) for each in found for one in each.candidates if one.same_file]
    assert marked == [("P-found-0000", person)]


def test_the_flag_is_in_the_json(one_file: tuple[list[Compared], str]) -> None:
    found, person = one_file
    people = {
        one.person: Crowd.of(3, 13, missing=300, found=30).people[one.person] for one in found[0].candidates
    }
    listed = [(found[0].probe, one) for one in found[0].candidates]
    said = {one["person"]: one["same_file"] for one in as_json(listed, people, {})}
    assert said.pop(person) is True
    assert not any(said.values())


def test_whoever_is_searched_with_twice_is_listed() -> None:
    people = faces.gallery(400, np.random.default_rng(14))
    people[7] = people[3]
    found = twice(Gallery(tuple(f"P-{number}" for number in range(400)), people, "test-1"), "dlib-mirrored")
    assert [one["people"] for one in found] == [["P-3", "P-7"]]


def test_one_person_alone_is_not_searched_with_twice() -> None:
    one = faces.gallery(1, np.random.default_rng(15))
    assert twice(Gallery(("P-1",), one, "test-1"), "dlib-mirrored") == []
