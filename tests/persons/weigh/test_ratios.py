"""Every number has a source, and a person can change it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import safelight.persons.weigh as package
from safelight.errors import FormatError
from safelight.persons.person import Facts, Sex
from safelight.persons.weigh import changed, crowd_of, delivered
from tests.persons.weigh.people import only

FOLDER = Path(package.__file__).parent


def test_every_number_is_a_prior_or_names_where_it_stands() -> None:
    for name, source in delivered().sources.items():
        assert source.startswith("prior: ") or re.search(r"(19|20)\d\d|by definition", source), name


def test_every_number_that_is_stated_is_used() -> None:
    code = "".join(file.read_text(encoding="utf-8") for file in FOLDER.glob("*.py"))
    built = {
        "place.near",
        "place.region",
        "place.country",
        "place.far",
        "place.abroad",
        "name.whole",
        "name.part",
        "name.none",
    }
    unused = [name for name in delivered().values if f'"{name}"' not in code and name not in built]
    assert unused == []


def test_a_changed_number_changes_the_weight_and_its_ground(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(
        '[sex]\nerror = { value = 0.2, source = "counted in our own lists, 2025" }\n', encoding="utf-8"
    )
    girl, boy = Facts(sex=Sex.FEMALE), Facts(sex=Sex.MALE)
    usual = only("sex", girl, boy)
    ours = only("sex", girl, boy, crowd_of([], changed(file)))
    assert usual.weight < ours.weight < 0
    assert ours.source == "counted in our own lists, 2025"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[sex]\nerror = { value = 0.2 }", "no source"),
        ('[sex]\nerror = { value = "0.2", source = "x" }', "no number"),
        ('[sex]\nerror = { value = nan, source = "x" }', "no number"),
        ('[sex]\nerror = { value = -1, source = "x" }', "below zero"),
        ('[sex]\neror = { value = 0.2, source = "x" }', "sex.eror, which nothing uses"),
        ("sex = 3", "nothing uses"),
        ("[sex", "not TOML"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "ours.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(FormatError, match=re.escape(says)):
        changed(file)
