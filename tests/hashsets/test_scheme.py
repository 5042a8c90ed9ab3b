"""Category schemes are data: every code, its meaning, and files that are none."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.errors import FormatError, UsageError
from safelight.hashsets.scheme import Meaning, names, scheme


def test_all_schemes_load_and_rank_something_gravest() -> None:
    assert set(names()) >= {"us", "us-older", "uk", "interpol", "ncmec"}
    for name in names():
        loaded = scheme(name)
        assert len(set(loaded.codes())) == len(loaded.codes()) > 2
        assert max(one.severity for one in loaded.categories) == 1.0
        assert all(one.label for one in loaded.categories)
        assert any(one.meaning is Meaning.ILLEGAL for one in loaded.categories)


def test_zero_means_another_thing_in_the_older_american_numbering() -> None:
    newer, older = scheme("us").category("0"), scheme("us-older").category("0")
    assert newer is not None and newer.meaning is Meaning.NOT
    assert older is not None and older.meaning is Meaning.UNKNOWN
    assert scheme("us").severity("5") == scheme("us-older").severity("5") == 0.0


@pytest.mark.parametrize("code", ["A", "a", " Category A "])
def test_codes_are_found_in_other_spellings(code: str) -> None:
    found = scheme("uk").category(code)
    assert found is not None and found.code == "A"


@pytest.mark.parametrize("code", [None, "", "Z", "99"])
def test_an_unknown_code_is_unknown_and_not_harmless(code: str | None) -> None:
    assert scheme("us").category(code) is None
    assert scheme("us").severity(code) is None


def test_no_number_in_vics_is_invented() -> None:
    assert all(one.vics is None for name in names() for one in scheme(name).categories)


def test_an_agency_names_its_own_file(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'title="Own"\n[[category]]\ncode="x"\nlabel="X"\nseverity=0.5\nmeaning="unknown"\n', "utf-8"
    )
    assert scheme(str(path)).severity("X") == 0.5


@pytest.mark.parametrize(
    "text",
    [
        "title = 'x'",
        "not toml",
        "title='x'\n[[category]]\ncode='1'\nlabel='l'\nseverity=2\nmeaning='not'",
        "title='x'\n[[category]]\ncode='1'\nlabel='l'\nseverity=1\nmeaning='bad'",
        "title='x'\n[[category]]\ncode='1'\nlabel='l'\nseverity=1\nmeaning='not'\nvics='1'",
        "title='x'\n[[category]]\ncode='1'\nlabel='l'\nseverity=1\nmeaning='not'\nvics=-1",
        "title='x'\n[[category]]\ncode='1'\nlabel='l'\nseverity=1\nmeaning='not'\n"
        "[[category]]\ncode='A'\nlabel='l'\nseverity=1\nmeaning='not'\nvics=1",
        "title='x'\n" + 2 * "[[category]]\ncode='1'\nlabel='l'\nseverity=1\nmeaning='not'\n",
    ],
)
def test_a_file_that_is_no_scheme_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(FormatError):
        scheme(str(path))


def test_an_unknown_scheme_is_refused_with_those_there_are() -> None:
    with pytest.raises(UsageError) as caught:
        scheme("fr")
    assert "us" in caught.value.hint
