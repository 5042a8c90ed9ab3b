"""What `safelight persons` takes and refuses before anything is done."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from safelight.cli import persons
from safelight.errors import UsageError


def test_people_are_enrolled_as_missing_or_found_only() -> None:
    with pytest.raises(UsageError) as refused:
        persons._status("home", "missing", "found")
    assert refused.value.hint == "Use one of: missing, found."


def test_a_folder_is_not_searched_with(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="is a folder: a search takes one photograph"):
        persons._no_folder(tmp_path)


def test_a_face_of_a_photograph_that_is_not_there_is_said(tmp_path: Path) -> None:
    (tmp_path / "deeper").mkdir()
    (tmp_path / "deeper/family.jpg").write_bytes(b"")
    (said,) = persons._not_met(tmp_path, {"family.jpg": 2, "famly.jpg": 1})
    assert said.startswith("--face famly.jpg=1 was not used")


@pytest.mark.parametrize("said", ["2026-12-10", "10.12.2026", "10/12/2026"])
def test_days_are_taken_in_the_usual_forms(said: str) -> None:
    def read(form: str) -> datetime | None:
        try:
            return datetime.strptime(said, form)
        except ValueError:
            return None

    assert [one for form in persons.DATES if (one := read(form))] == [datetime(2026, 12, 10)]
