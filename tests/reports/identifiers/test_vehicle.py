"""Number plates: letters and digits, with their country."""

from __future__ import annotations

import pytest

from safelight.reports.report import Kind

from .stating import PERSONAL, WEAK, found, none


@pytest.mark.parametrize("value", ["B-XY 1234", "b xy 1234", "BXY1234", "B·XY·1234", "Ｂ-ＸＹ １２３４"])
def test_spellings_of_one_plate_are_one(value: str) -> None:
    one = found(Kind.VEHICLE, value, None, "DE")
    assert (one.key, one.reach, one.country, one.shown) == ("de:bxy1234", PERSONAL, "DE", "BXY1234")


def test_cyrillic_letters_of_plates_are_those_that_look_latin() -> None:
    assert (
        found(Kind.VEHICLE, "А123ВС 77", None, "RU").key == found(Kind.VEHICLE, "A123BC 77", None, "RU").key
    )


def test_a_plate_without_its_country_is_a_hint() -> None:
    assert found(Kind.VEHICLE, "B-XY 1234").reach is WEAK


def test_the_note_may_name_the_country() -> None:
    assert found(Kind.VEHICLE, "B-XY 1234", None, "FR", note={"country": "Germany"}).key == "de:bxy1234"


@pytest.mark.parametrize("country", ["0\x1f", "XX", "nowhere", "||"])
def test_a_country_that_there_is_not_leaves_a_hint(country: str) -> None:
    one = found(Kind.VEHICLE, "B-XY 1234", note={"country": country})
    assert (one.key, one.reach, one.country) == ("bxy1234", WEAK, None)


def test_a_vehicle_identification_number_needs_no_country() -> None:
    one = found(Kind.VEHICLE, "1M8-GDM9AXKP042788")  # the example of the standard's check digit
    assert (one.key, one.reach) == ("vin:1m8gdm9axkp042788", PERSONAL)


@pytest.mark.parametrize("value", ["", "-", "7", "unknown", "n/a", "a red car with a trailer"])
def test_what_is_no_plate_is_none(value: str) -> None:
    assert none(Kind.VEHICLE, value)
