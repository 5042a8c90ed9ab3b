"""An erasure or an evaluation that was altered in the store, or put in another's place, is noticed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from safelight.errors import IntegrityError
from safelight.persons.desk import signed_act, tombstones
from safelight.store.sealed import seal
from safelight.store.tables import person_act
from tests.persons.made import CASE, House


@pytest.fixture
def house(tmp_path: Path) -> House:
    return House(tmp_path)


def put(house: House, subject: str = "M-1") -> None:
    with house.database.transaction() as connection:
        sealer = house.keys.sealer(connection, CASE)
        signed_act.put(connection, sealer, CASE, "erased", subject, "anna", {"order": "7"})


def read(house: House) -> dict[str, Any]:
    with house.database.transaction() as connection:
        row = connection.execute(sa.select(person_act)).one()
        return signed_act.read(house.keys.sealer(connection, CASE), row, "an erasure")


def alter(house: House, **values: Any) -> None:
    with house.database.transaction() as connection:
        connection.execute(person_act.update().values(**values))


def test_what_was_put_is_read_without_what_is_signed(house: House) -> None:
    put(house)
    assert read(house) == {"order": "7"}


@pytest.mark.parametrize(
    "values",
    [{"made_by": "ben"}, {"made_at": "2026-01-01T00:00:00+00:00"}, {"subject": "M-2"}, {"kind": "accepted"}],
)
def test_a_row_that_was_altered_does_not_read(house: House, values: dict[str, str]) -> None:
    put(house)
    alter(house, **values)
    with pytest.raises(IntegrityError):
        read(house)


def test_an_erasure_of_an_older_store_is_read(house: House) -> None:
    with house.database.transaction() as connection:
        sealer, at = house.keys.sealer(connection, CASE), "2026-11-01T09:30:00+00:00"
        subject = tombstones.digest(sealer, "M-1")
        sealed = seal(sealer, {"order": "7", "said": [subject, "anna", at]}, f"erased:{subject}")
        row = {"case_id": CASE, "kind": "erased", "subject": subject, "made_by": "anna", "made_at": at}
        connection.execute(person_act.insert().values(**row, sealed=sealed))
        (one,) = tombstones.of(tombstones.everyone(connection, sealer, CASE), sealer, "M-1")
    assert one.said == "erased by order 7 on 2026-11-01"
