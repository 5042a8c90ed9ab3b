"""Which column is which field."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.errors import UsageError
from safelight.persons.registers.mapping import (
    READY,
    fields,
    for_columns,
    looks_like_register,
    mapped,
    read_mapping,
    ready,
)


def fields_of(columns: list[str], said: dict[str, object] | None = None) -> dict[str, str]:
    return {columns[one.index]: one.field for one in mapped(said or {}).places(columns)}


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("Case_Number", "person_id"),
        ("Geburtsdatum", "birth_date"),
        ("señas particulares", "marks"),
        ("особые приметы", "marks"),
        ("लिंग", "sex"),
        ("تاريخ الميلاد", "birth_date"),
        ("失踪日期", "seen_on"),
        ("Height (cm)", "height"),
        ("photo2", "photo"),
    ],
)
def test_a_column_is_known_by_its_name_in_many_languages(column: str, field: str) -> None:
    assert fields_of([column]) == {column: field}


def test_a_column_that_nobody_knows_has_no_field() -> None:
    assert fields_of(["blood group"]) == {}


def test_the_unit_stands_in_the_column_s_name() -> None:
    assert [one.unit for one in mapped({}).places(["Height in inches", "Age (months)", "Height"])] == [
        "",
        "in",
        "months",
    ]


def test_a_mapping_goes_before_names() -> None:
    assert fields_of(["Name", "Child"], {"columns": {"name": "Child"}}) == {"Child": "name"}


def test_a_mapping_may_be_the_fields_themselves() -> None:
    assert fields_of(["K1"], {"person_id": "K1"}) == {"K1": "person_id"}


@pytest.mark.parametrize(
    "said",
    [
        {"columns": {"colour": "x"}},
        {"columns": {"name": 3}},
        {"columns": {"name": "x", "sex": "x"}},
        {"columns": "x"},
        {"colums": {"name": "x"}, "values": {}},
        {"columns": {"name": "x"}, "dates": "year-first"},
        {"means": {"sex": {"1": "boy"}}},
        {"means": {"status": {"1": "probe"}}},
        {"units": {"height": "stone"}},
        {"recognise": "x", "columns": {}},
    ],
)
def test_a_mapping_that_cannot_be_is_refused(said: dict[str, object]) -> None:
    with pytest.raises(UsageError):
        mapped(said)


def test_a_mapping_file_is_read(tmp_path: Path) -> None:
    file = tmp_path / "map.toml"
    file.write_text('\ufeffdates = "day-first"\n[columns]\nname = "Kind"\n', encoding="utf-8")
    assert read_mapping(str(file)) == {"dates": "day-first", "columns": {"name": "Kind"}}


@pytest.mark.parametrize("content", [b"[columns", b"\xff\xfe", b"x = " + b"[" * 5000])
def test_a_mapping_file_that_is_none_is_a_sentence(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "map.toml"
    file.write_bytes(content)
    with pytest.raises(UsageError, match="cannot be read"):
        read_mapping(str(file))


@pytest.mark.parametrize("name", READY)
def test_a_ready_mapping_names_fields_that_there_are(name: str) -> None:
    assert ready(name).named.keys() <= fields().keys()


def test_a_ready_mapping_applies_where_its_columns_are_recognised() -> None:
    assert for_columns({}, ["Case Number", "DLC", "City"]) == ready("namus")


def test_a_list_of_dates_and_places_is_no_register() -> None:
    assert not looks_like_register(["date", "place", "country"])
