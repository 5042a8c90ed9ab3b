"""Countries, languages and coordinates as registers write them."""

from __future__ import annotations

import pytest

from safelight.persons.registers.places import coordinates, country, country_in, degrees, language


@pytest.mark.parametrize("stated", ["India", "भारत", "IND", "in", "Indien", "Индия", "印度"])
def test_a_country_has_its_code_in_any_language(stated: str) -> None:
    assert country(stated) == "IN"


@pytest.mark.parametrize("stated", ["Congo", "Utopia", "", "ZZ"])
def test_a_name_of_two_countries_or_none_has_no_code(stated: str) -> None:
    assert country(stated) is None


def test_the_end_of_a_place_tells_its_country() -> None:
    assert country_in("Sampletown, Bihar, India") == "IN"


@pytest.mark.parametrize("stated", ["Sampletown, IN", "Sampletown, Georgia", "India Gate Road"])
def test_the_end_of_a_place_that_may_be_a_state_tells_none(stated: str) -> None:
    assert country_in(stated) is None


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("Hindi", "hi"),
        ("हिन्दी", "hi"),
        ("HIN", "hi"),
        ("GER", "de"),
        ("Pashto", "ps"),
        ("العربية", "ar"),
        ("Dari", "fa-AF"),
        ("Bhojpuri", "bho"),
    ],
)
def test_a_language_has_its_code(stated: str, code: str) -> None:
    assert language(stated) == code


def test_a_word_that_is_no_language_has_none() -> None:
    assert language("village dialect") is None


@pytest.mark.parametrize(
    "stated", ["25.6, 85.1", "25.6N 85.1E", "85.1 E, 25.6 N", "25,6 85,1", "25°36'N 85°6'E"]
)
def test_coordinates_are_latitude_and_longitude(stated: str) -> None:
    assert coordinates(stated) == pytest.approx((25.6, 85.1))


@pytest.mark.parametrize("stated", ["95, 200", "somewhere", "25.6", "1, 2, 3"])
def test_what_is_no_place_on_earth_is_none(stated: str) -> None:
    assert coordinates(stated) is None


def test_the_west_is_negative() -> None:
    assert degrees("58.4 W", 180) == -58.4
