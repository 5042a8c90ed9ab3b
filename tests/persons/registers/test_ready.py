"""The ready mappings, on invented lists with the columns of the real ones."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

from safelight.persons.person import Days, Record, Sex, Span, Status
from safelight.persons.registers.csv_ import CsvReader
from safelight.persons.registers.json_ import JsonReader
from safelight.persons.registers.mapping import read_mapping


def only(made: Any) -> Record:
    (one,) = made
    assert isinstance(one, Record)
    return one


def test_a_namus_list_of_missing_people_is_known_by_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "missing.csv"
    file.write_text(
        '"Case Number","DLC","Legal Last Name","Legal First Name","Missing Age","City","County","State",'
        '"Biological Sex","Race / Ethnicity","Date Modified"\n'
        '"MP00001","02/03/2020","Example","Alpha","9 Years","Sampletown","Probe","OH",'
        '"Female","Uncertain","01/02/2021"\n'
    )
    one = only(CsvReader().read(file, {}))
    assert one.person_id == "MP00001"
    assert one.facts.names == ("Alpha Example",)
    assert one.facts.sex is Sex.FEMALE
    assert one.facts.born == Days(date(2010, 2, 4), date(2011, 2, 3))
    assert one.facts.seen is not None
    assert (one.facts.seen.place, one.facts.seen.country) == ("Sampletown, Probe, OH", "US")
    assert one.facts.seen.days == Days.of(date(2020, 2, 3))
    assert one.facts.source == "NamUs"
    assert one.facts.more == {"Race / Ethnicity": "Uncertain", "Date Modified": "01/02/2021"}


def test_a_namus_list_of_unidentified_people_is_known_by_its_columns(tmp_path: Path) -> None:
    file = tmp_path / "unidentified.csv"
    file.write_text(
        "Case,ME/C Case,DBF,Age From,Age To,City,County,State,Biological Sex,Race / Ethnicity,Date Modified\n"
        "UP00001,S-1,05/06/2020,12,16,Sampletown,Probe,OH,Unsure,Uncertain,01/02/2021\n"
    )
    one = only(CsvReader().read(file, {}))
    assert one.person_id == "UP00001"
    assert one.facts.sex is None
    assert one.facts.born == Days(date(2003, 5, 7), date(2008, 5, 6))


def test_a_namus_list_may_be_named_as_the_mapping(tmp_path: Path) -> None:
    file = tmp_path / "missing.csv"
    file.write_text(
        "Case Number,DLC,Last Name,First Name,Missing Age,Sex\nMP00002,02/03/2020,Example,Beta,9,Male\n"
    )
    one = next(one for one in CsvReader().read(file, dict(read_mapping("namus"))) if isinstance(one, Record))
    assert (one.facts.names, one.facts.sex) == (("Beta Example",), Sex.MALE)


NOTICE = {
    "entity_id": "2099/10003",
    "forename": "ALPHA",
    "name": "EXAMPLE",
    "birth_name": None,
    "sex_id": "F",
    "height": 1.2,
    "weight": 20,
    "date_of_birth": "2015/03/04",
    "place_of_birth": "SAMPLETOWN",
    "country_of_birth_id": "IN",
    "nationalities": ["IN", "NP"],
    "languages_spoken_ids": ["HIN", "ENG"],
    "eyes_colors_id": ["BRO"],
    "hairs_id": ["BLA"],
    "distinguishing_marks": "SCAR ON LEFT KNEE",
    "date_of_event": "2024/05/01",
    "place": "SAMPLETOWN",
    "country": "IN",
    "_embedded": {"links": []},
    "_links": {
        "thumbnail": {"href": "https://example.org/images/1"},
        "self": {"href": "https://example.org/1"},
    },
}


def test_a_yellow_notice_is_a_person(tmp_path: Path) -> None:
    file = tmp_path / "notice.json"
    file.write_text(json.dumps(NOTICE))
    one = only(JsonReader().read(file, {}))
    assert (one.person_id, one.status) == ("2099/10003", Status.MISSING)
    facts = one.facts
    assert (facts.names, facts.sex, facts.height) == (("ALPHA EXAMPLE",), Sex.FEMALE, Span(120, 120))
    assert (facts.languages, facts.eyes, facts.hair) == (("hi", "en"), "brown", "black")
    assert facts.marks == ("SCAR ON LEFT KNEE",)
    assert facts.seen is not None
    assert (facts.seen.country, facts.seen.days) == ("IN", Days.of(date(2024, 5, 1)))


def test_a_notice_s_pictures_are_addresses_and_never_fetched(tmp_path: Path) -> None:
    file = tmp_path / "notice.json"
    file.write_text(json.dumps(NOTICE))
    one = only(JsonReader().read(file, {}))
    assert one.photos == ()
    assert one.facts.more["picture addresses"] == "https://example.org/images/1"
    assert "never fetched" in one.notes[0]
    assert "2099-10003.jpg" in one.notes[0]


def test_a_list_of_notices_is_its_people(tmp_path: Path) -> None:
    short = {
        key: NOTICE[key]
        for key in ("forename", "name", "date_of_birth", "entity_id", "nationalities", "_links")
    }
    file = tmp_path / "notices.json"
    content = {
        "total": 2,
        "query": {"page": 1, "resultPerPage": 20},
        "_embedded": {
            "notices": [short, {**short, "entity_id": "2099/10004", "forename": None, "date_of_birth": None}]
        },
        "_links": {"self": {"href": "https://example.org/"}},
    }
    file.write_text(json.dumps(content))
    made = list(JsonReader().read(file, {}))
    assert [one.person_id for one in made if isinstance(one, Record)] == ["2099/10003", "2099/10004"]
