"""Candidates and verdicts: readable only with both people's keys, the same when compared again."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from safelight.errors import IntegrityError, KeyMissingError, UsageError
from safelight.persons.keep.people import person_key
from safelight.persons.person import Status, Verdict
from safelight.store.tables import verdict
from tests.persons.made import House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


@pytest.fixture
def two(house: House) -> tuple[str, str]:
    return house.enrol("found-1", Status.FOUND), house.enrol("missing-1")


def test_a_candidate_comes_back_as_it_was(house: House, two: tuple[str, str]) -> None:
    made = house.candidate(*two)
    with house.pairs() as pairs:
        kept = pairs.get(made[:8])
        assert (kept.probe, kept.person, kept.fmr, kept.weight) == (*two, 1e-4, 3.0)


def test_the_same_two_compared_again_are_the_same_candidate_with_its_verdicts(
    house: House, two: tuple[str, str]
) -> None:
    made = house.candidate(*two)
    with house.pairs() as pairs:
        pairs.say(pairs.get(made), "anna", Verdict.SAME, 0, None)
    assert house.candidate(*two, rank=4) == made
    with house.pairs() as pairs:
        (kept,) = pairs.all()
        assert kept.rank == 4
        assert [one.by for one in pairs.said()[made]] == ["anna"]


@pytest.mark.parametrize("whose", [0, 1])
def test_erasing_either_person_makes_the_candidate_unreadable(
    house: House, two: tuple[str, str], whose: int
) -> None:
    made = house.candidate(*two)
    with house.database.transaction() as connection:
        house.keys.destroy(connection, person_key(two[whose]))
    with house.pairs() as pairs, pytest.raises(KeyMissingError):
        pairs.get(made)


def test_what_a_decider_said_does_not_lie_in_clear(house: House, two: tuple[str, str]) -> None:
    made = house.candidate(*two)
    with house.pairs() as pairs:
        pairs.say(pairs.get(made), "anna", Verdict.DIFFERENT, 0, "a remark")
    house.database.shrink_wal()
    raw = b"".join(path.read_bytes() for path in house.folder.glob("safelight.db*"))
    assert b"different" not in raw
    assert b"a remark" not in raw


def test_a_verdict_put_under_another_name_is_noticed(house: House, two: tuple[str, str]) -> None:
    made = house.candidate(*two)
    with house.pairs() as pairs:
        pairs.say(pairs.get(made), "anna", Verdict.SAME, 0, None)
    with house.database.transaction() as connection:
        connection.execute(sa.update(verdict).values(made_by="ben"))
    with house.pairs() as pairs, pytest.raises(IntegrityError):
        pairs.said()


def test_foils_are_left_out_unless_asked_for(house: House, two: tuple[str, str]) -> None:
    house.candidate(*two, foil=True)
    with house.pairs() as pairs:
        assert list(pairs.all()) == []
        assert len(list(pairs.all(foils=True))) == 1


def test_an_unknown_candidate_is_said_to_be(house: House) -> None:
    with house.pairs() as pairs, pytest.raises(UsageError, match="no candidate"):
        pairs.get("C-0000")
