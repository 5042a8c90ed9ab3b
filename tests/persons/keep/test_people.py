"""People in the store: under their own keys, with their history, found by number."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import sqlalchemy as sa

from safelight.errors import IntegrityError, KeyMissingError, UsageError
from safelight.persons.keep import templates
from safelight.persons.keep.people import face_key, person_key
from safelight.persons.person import Days, Facts, Seen, Sex, Span, Status
from safelight.store.tables import person, person_template
from tests.persons.made import CASE, VERSION, House, vector

FACTS = Facts(
    names=("Sample Child", "नमूना"),
    sex=Sex.FEMALE,
    born=Days(date(2015, 1, 1), date(2015, 12, 31)),
    born_from="age at last seen",
    height=Span(120, 125),
    height_on=Days.of(date(2024, 5, 1)),
    marks=("scar on the left hand",),
    languages=("hi",),
    seen=Seen("Market", "IN", 28.6, 77.2, Days.of(date(2024, 5, 1))),
    source="Station 7",
    more={"column": "value"},
)


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def test_what_is_stated_comes_back_as_it_was(house: House) -> None:
    made = house.enrol("17", facts=FACTS)
    with house.people() as people:
        assert people.get(made).facts == FACTS


def test_nothing_that_names_a_person_lies_in_clear(house: House) -> None:
    house.enrol("number-17", facts=FACTS, vector=vector(1))
    house.database.shrink_wal()
    raw = b"".join(path.read_bytes() for path in house.folder.glob("safelight.db*"))
    for one in ("Sample Child", "नमूना", "Market", "scar", "number-17.jpg"):
        assert one.encode() not in raw
    assert vector(1).astype("<f4").tobytes() not in raw


def test_a_person_is_found_by_number_id_and_register(house: House) -> None:
    made = house.enrol("17")
    with house.people() as people:
        assert {people.find(one).id for one in ("17", made, made[:8], "missing:17")} == {made}
        with pytest.raises(UsageError, match="no person"):
            people.find("18")


def test_one_number_in_both_registers_must_be_told_apart(house: House) -> None:
    missing, found = house.enrol("17"), house.enrol("17", Status.FOUND)
    with house.people() as people:
        with pytest.raises(UsageError, match="several") as refused:
            people.find("17")
        assert "found:17" in refused.value.hint
        assert [people.find(f"{one}:17").id for one in ("missing", "found")] == [missing, found]


def test_the_history_keeps_what_was_there_before(house: House) -> None:
    made = house.enrol("17", facts=FACTS)
    with house.people() as people:
        people.note(made, "corrected", "ben", {"before": {"sex": "female"}, "after": {"sex": "male"}})
        assert [(one["kind"], one["by"]) for one in people.history(made)] == [
            ("enrolled", "anna"),
            ("corrected", "ben"),
        ]


def test_a_status_that_was_altered_in_the_store_is_noticed(house: House) -> None:
    made = house.enrol("17")
    with house.database.transaction() as connection:
        connection.execute(person.update().values(status="home"))
    with house.people() as people, pytest.raises(IntegrityError):
        people.get(made)


def test_only_the_gallery_s_people_are_loaded(house: House) -> None:
    kept, gone = house.enrol("1", vector=vector(1)), house.enrol("2", vector=vector(2))
    with house.people() as people:
        people.change(replace(people.get(gone, photos=False), status=Status.HOME))
    with house.database.transaction() as connection:
        loaded = templates.load(connection, house.keys, (CASE,), (Status.MISSING,), VERSION, 128)
    assert loaded.ids == (kept,)
    assert np.array_equal(loaded.vectors[0], vector(1))


def test_templates_of_another_version_are_not_loaded(house: House) -> None:
    house.enrol("1", vector=vector(1))
    with house.database.transaction() as connection:
        loaded = templates.load(
            connection, house.keys, (CASE,), (Status.MISSING,), "other-1+0123456789ab", 128
        )
        assert (loaded.ids, loaded.vectors.shape) == ((), (0, 128))


def test_several_photographs_of_a_person_are_rows_of_that_person(house: House) -> None:
    first, second = sorted((house.enrol("1", vector=vector(1)), house.enrol("2", vector=vector(2))))
    with house.people() as people:
        people.put_template(second, b"z" * 32, VERSION, vector(3).astype("<f4").tobytes())
    with house.database.transaction() as connection:
        loaded = templates.load(connection, house.keys, (CASE,), (Status.MISSING,), VERSION, 128)
    assert loaded.ids == (first, second)
    assert loaded.person.tolist() == [0, 1, 1]


def test_a_template_moved_to_another_person_does_not_open(house: House) -> None:
    house.enrol("1", vector=vector(1))
    with house.database.transaction() as connection:
        other = house.keys.create(connection, face_key("P-other"), CASE)
        row = connection.execute(sa.select(person_template)).one()
        with pytest.raises(IntegrityError):
            other.unseal(row.sealed, b"person_template:P-other")


def test_without_the_face_key_the_facts_stay_and_the_template_does_not(house: House) -> None:
    made = house.enrol("1", facts=FACTS, vector=vector(1))
    with house.database.transaction() as connection:
        house.keys.destroy(connection, face_key(made))
    with house.people() as people:
        assert people.get(made).facts == FACTS
    with house.database.transaction() as connection, pytest.raises(IntegrityError):
        templates.load(connection, house.keys, (CASE,), (Status.MISSING,), VERSION, 128)


def test_without_the_person_s_key_nothing_can_be_read(house: House) -> None:
    made = house.enrol("1", facts=FACTS)
    with house.database.transaction() as connection:
        house.keys.destroy(connection, person_key(made))
    with house.people() as people, pytest.raises(KeyMissingError):
        people.get(made)


def test_people_are_counted_by_status_without_being_read(house: House) -> None:
    for number in range(3):
        house.enrol(f"M-{number}")
    house.enrol("F-1", Status.FOUND)
    with house.people() as people:
        assert people.count((Status.MISSING,)) == 3
        assert people.count((Status.MISSING, Status.FOUND, Status.HOME)) == 4
