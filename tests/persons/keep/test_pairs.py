"""Candidates and verdicts: readable only with both people's keys, the same when compared again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import sqlalchemy as sa

from safelight.errors import IntegrityError, KeyMissingError, UsageError
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.keep.people import person_key
from safelight.persons.person import Side, Status, Verdict, Weighed
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


def test_every_field_of_a_candidate_comes_back(house: House, two: tuple[str, str]) -> None:
    lines = (
        Weighed("seen-after", Side.AGAINST, "Seen later elsewhere.", -2.0, "prior", True),
        Weighed("name", Side.UNKNOWN, "Neither states a name.", 0.0),
    )
    made = KeptCandidate(
        "C-0123456789abcdef", *two, 3, 0.91, None, lines, datetime(2026, 11, 2, tzinfo=UTC), "v", 0.2, 0.1,
        same_file=True,
    )  # fmt: skip
    with house.pairs() as pairs:
        pairs.put([made])
        assert pairs.get(made.id) == made
        assert pairs.many([made.id, "C-nobody"]) == {made.id: made}


def test_what_was_compared_before_keeps_its_first_day(house: House, two: tuple[str, str]) -> None:
    one = house.candidate(*two)
    with house.pairs() as pairs:
        first = pairs.get(one)
        pairs.put([replace(first, made_at=datetime(2027, 1, 1, tzinfo=UTC))])
        assert pairs.get(one).made_at == first.made_at


def test_many_lists_are_stored_in_as_many_statements_as_a_few(house: House) -> None:
    person = house.enrol("missing-1")
    probes = [house.enrol(f"found-{number}", Status.FOUND) for number in range(12)]
    ids = [house.candidate(one, person) for one in probes]
    taken = []
    for some in (2, 12):
        with house.pairs() as pairs:
            made = list(pairs.many(ids[:some]).values())
        with house.pairs() as pairs, statements(house) as seen:
            pairs.let_go(probes[:some], {one.id for one in made})
            pairs.put(made)
        taken.append(len(seen))
    assert taken[0] == taken[1]


@contextmanager
def statements(house: House) -> Iterator[list[str]]:
    """What is asked of the store meanwhile."""
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        seen.append(statement)

    sa.event.listen(sa.engine.Engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(sa.engine.Engine, "before_cursor_execute", note)
