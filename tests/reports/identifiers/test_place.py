"""Where somebody is: country names in fourteen languages, and what several statements say together."""

from __future__ import annotations

import pytest
from babel import Locale

from safelight.reports.identifiers.place import (
    country_code,
    country_of_language,
    country_of_time_zone,
    where,
)
from safelight.reports.report import Kind, Spot

from .stating import found

LANGUAGES = ["en", "de", "nl", "fr", "es", "pt", "it", "pl", "tr", "ru", "uk", "ar", "hi", "zh"]
COMMON = [
    "DE",
    "NL",
    "FR",
    "ES",
    "PT",
    "IT",
    "PL",
    "TR",
    "RU",
    "UA",
    "IN",
    "CN",
    "US",
    "GB",
    "BR",
    "MX",
    "CA",
    "AU",
    "JP",
    "PH",
    "TH",
    "BE",
    "CH",
    "AT",
    "SE",
    "CZ",
    "RO",
    "EG",
    "MA",
    "SA",
]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_usual_countries_are_known_by_name_in_every_language(language: str) -> None:
    names = Locale.parse(language).territories
    assert {code: country_code(names[code]) for code in COMMON} == {code: code for code in COMMON}
    assert {code: country_code(names[code].upper()) for code in COMMON if language != "tr"} == (
        {} if language == "tr" else {code: code for code in COMMON}
    )


@pytest.mark.parametrize(
    ("stated", "code"),
    [
        ("US", "US"),
        ("us", "US"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States of America", "US"),
        ("840", "US"),
        ("DEU", "DE"),
        ("276", "DE"),
        ("UK", "GB"),
        ("England", "GB"),
        ("Великобритания", "GB"),
        ("The Netherlands", "NL"),
        ("Holland", "NL"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("Czech Republic", "CZ"),
        ("Russian Federation", "RU"),
        ("Bosnia and Herzegovina", "BA"),
        ("Hong Kong", "HK"),
        ("South Korea", "KR"),
        ("Côte d'Ivoire", "CI"),
        ("Ivory Coast", "CI"),
        ("Germany (DE)", "DE"),
        ("Example City, Germany", "DE"),
        ("US - United States", "US"),
        ("  germany ", "DE"),
        ("ＧＥＲＭＡＮＹ", "DE"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
    ],
)
def test_a_country_as_reports_write_it(stated: str, code: str) -> None:
    assert country_code(stated) == code


@pytest.mark.parametrize(
    "stated", [None, "", "XX", "ZZ", "EU", "Europe", "Atlantis", "-", "001", "a" * 201, "somewhere"]
)
def test_what_is_no_country_has_no_code(stated: str | None) -> None:
    assert country_code(stated) is None


@pytest.mark.parametrize(
    ("zone", "code"),
    [
        ("Europe/Berlin", "DE"),
        ("america/new_york", "US"),
        ("W. Europe Standard Time", "DE"),
        ("UTC+1", None),
        ("EST", None),
        ("", None),
        (None, None),
    ],
)
def test_a_named_time_zone_tells_its_country(zone: str | None, code: str | None) -> None:
    assert country_of_time_zone(zone) == code


@pytest.mark.parametrize(
    ("language", "code"),
    [
        ("pl", "PL"),
        ("pt-BR", "BR"),
        ("en_GB", "GB"),
        ("en", None),
        ("es", None),
        ("zh-Hant", "CN"),
        ("", None),
        (None, None),
    ],
)
def test_a_language_tells_a_country_only_where_it_has_one(language: str | None, code: str | None) -> None:
    assert country_of_language(language) == code


PHONE_US = found(Kind.PHONE, "+12025550123")
IP_DE = found(Kind.IP, "80.187.100.1", time="2024-03-01T10:20:30Z")


def test_what_agrees_is_no_conflict_and_carries_its_region() -> None:
    told = where([Spot("address", country="Germany", region="Hessen")], [IP_DE], "de", "Europe/Berlin")
    assert (told.country, told.region, told.conflict) == ("DE", "Hessen", False)
    assert set(told.sources) == {("address", "DE"), ("ip", "DE"), ("time-zone", "DE"), ("language", "DE")}


def test_what_disagrees_is_shown() -> None:
    told = where([Spot("address", country="DE")], [PHONE_US])
    assert (told.country, told.conflict) == ("DE", True)
    assert set(told.sources) == {("address", "DE"), ("phone", "US")}


def test_two_weaker_statements_outweigh_one() -> None:
    assert where([Spot("estimated", country="DE")], [PHONE_US], None, "America/New_York").country == "US"


def test_a_language_alone_makes_no_conflict() -> None:
    told = where([], [PHONE_US], "pl")
    assert (told.country, told.conflict) == ("US", False)


def test_saying_it_twice_does_not_make_it_truer() -> None:
    spots = [Spot("estimated", country="US")] * 50 + [Spot("address", country="DE")]
    assert where(spots, []).country == "DE"


def test_a_region_of_another_country_is_not_taken() -> None:
    spots = [Spot("estimated", country="US", region="Ohio"), Spot("address", country="DE", region="Hessen")]
    assert where(spots, []).region == "Hessen"


def test_nothing_stated_is_nowhere() -> None:
    told = where([], [])
    assert (told.country, told.region, told.sources, told.conflict) == (None, None, (), False)
