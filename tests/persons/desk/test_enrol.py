"""Enrolling the same register again: what left stays away, what was corrected stays corrected, no crop is left over."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from safelight.errors import UsageError
from safelight.persons.desk.enrol import Enrolment, _Waiting
from safelight.persons.person import PhotoRef, Status
from safelight.persons.portraits.describe import Described, Portrait
from safelight.persons.portraits.quality import Quality
from safelight.store.tables import person_photo, person_template
from safelight.workspace import Workspace
from tests.conftest import of_missing_people
from tests.persons.desk.permit import Permit
from tests.persons.made import vector

FILE = b"f" * 32


def register(folder: Path, *rows: dict[str, str], status: str = "") -> Path:
    """A register of these people."""
    path = folder / "list.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        lines = csv.DictWriter(file, list(rows[0]))
        lines.writeheader()
        lines.writerows(rows)
    return path


@pytest.fixture
def workspace(open_again: Callable[..., Workspace]) -> Workspace:
    opened = open_again(evaluation=True)
    opened.open_case("S", of_missing_people())
    return opened


def enrol(workspace: Workspace, path: Path, status: Status = Status.MISSING) -> dict[str, Any]:
    return workspace.enrol_persons(path, status=status)


def face(seed: int, pixels: int = 200) -> Described:
    best = Quality(*[1.0] * 11)
    crop = f"crop {seed}".encode()
    return Described((0.1, 0.1, 0.2, 0.2), pixels, 0, 1.0, best, vector(seed).astype("<f4").tobytes(), crop)


def photograph(workspace: Workspace, person: str, faces: tuple[Described, ...], chosen: int | None) -> Any:
    """A photograph goes through enrolment with these faces found in it."""
    case = workspace.list_cases()[-1]
    permit: Any = Permit(workspace, case)
    run = Enrolment(workspace, permit, Status.MISSING, "dlib-mirrored", {})
    run._store(_Waiting(person, PhotoRef("a.jpg", face=chosen), FILE, "a.jpg"), Portrait(0, faces=faces))
    return run.said


def stored(workspace: Workspace, table: sa.Table) -> int:
    with workspace.database.transaction() as connection:
        return int(connection.scalar(sa.select(sa.func.count()).select_from(table)) or 0)


@pytest.mark.parametrize("leave", ["withdrawn", "home"])
def test_who_is_home_or_withdrawn_is_not_taken_in_again(
    workspace: Workspace, tmp_path: Path, leave: str
) -> None:
    path = register(tmp_path, {"person_id": "1", "name": "Kim", "photo": "k.jpg"})
    enrol(workspace, path)
    (tmp_path / "k.jpg").write_bytes(b"whatever")
    workspace.update_person("1", status=Status(leave))
    said = enrol(workspace, path)
    assert (said["photos"], said["enrolled"], stored(workspace, person_photo)) == (0, 0, 0)
    (note,) = (one["note"] for one in said["notes"])
    assert note == f"is {leave}: bring them back with `persons update --status missing`"


def test_a_register_with_a_status_of_its_own_brings_nobody_back(workspace: Workspace, tmp_path: Path) -> None:
    path = register(tmp_path, {"person_id": "1", "name": "Kim", "status": "missing"})
    enrol(workspace, path)
    workspace.withdraw_person("1", reason="The family asked.")
    enrol(workspace, path)
    assert workspace.show_person("1")["status"] == "withdrawn"


def test_a_photograph_that_was_on_its_way_when_its_person_was_withdrawn_is_dropped(
    workspace: Workspace, tmp_path: Path
) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}))
    person = workspace.withdraw_person("1", reason="The family asked.")["id"]
    photograph(workspace, person, (face(1),), None)
    assert (stored(workspace, person_photo), stored(workspace, person_template)) == (0, 0)


def test_a_correction_by_hand_outlives_the_register(workspace: Workspace, tmp_path: Path) -> None:
    line = {"person_id": "1", "name": "Kim", "sex": "male", "eyes": "brown"}
    enrol(workspace, register(tmp_path, line))
    workspace.update_person("1", changes={"sex": "female"})
    said = enrol(workspace, register(tmp_path, {**line, "eyes": "green"}))
    facts = workspace.show_person("1")["facts"]
    assert (facts["sex"], facts["eyes"], said["corrected"]) == ("female", "green", 1)
    (note,) = (one["note"] for one in said["notes"])
    assert note.endswith("the correction stays: sex")


def test_the_same_register_again_corrects_nobody(workspace: Workspace, tmp_path: Path) -> None:
    path = register(tmp_path, {"person_id": "1", "name": "Kim", "sex": "male"})
    enrol(workspace, path)
    workspace.update_person("1", changes={"sex": "female"})
    assert enrol(workspace, path)["corrected"] == 0


def test_an_empty_value_takes_a_fact_back_for_good(workspace: Workspace, tmp_path: Path) -> None:
    path = register(tmp_path, {"person_id": "1", "name": "Kim", "eyes": "brown", "ward": "7"})
    enrol(workspace, path)
    workspace.update_person("1", changes={"name": "", "ward": ""})
    enrol(workspace, path)
    facts = workspace.show_person("1")["facts"]
    assert "names" not in facts and "more" not in facts and facts["eyes"] == "brown"


def test_correcting_the_place_keeps_the_day(workspace: Workspace, tmp_path: Path) -> None:
    line = {"person_id": "1", "name": "Kim", "place": "Market", "seen_on": "2026-02-01"}
    enrol(workspace, register(tmp_path, line))
    seen = workspace.update_person("1", changes={"place": "Harbour"})["facts"]["seen"]
    assert (seen["place"], seen["days"]["first"]) == ("Harbour", "2026-02-01")


@pytest.mark.parametrize("column", ["status", "photo", "no such column"])
def test_what_is_no_fact_cannot_be_corrected(workspace: Workspace, tmp_path: Path, column: str) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}))
    for value in ("", "x"):
        with pytest.raises(UsageError):
            workspace.update_person("1", changes={column: value})


def test_another_choice_of_face_leaves_nothing_of_the_first(workspace: Workspace, tmp_path: Path) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}))
    person = workspace.show_person("1")["id"]
    photograph(workspace, person, (face(1), face(2)), 1)
    (before,) = workspace.blobs.ids()
    photograph(workspace, person, (face(1), face(2)), 2)
    (after,) = workspace.blobs.ids()
    assert after != before and stored(workspace, person_template) == 1


def test_a_choice_that_the_photograph_does_not_have_takes_the_wrong_face_out(
    workspace: Workspace, tmp_path: Path
) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}))
    person = workspace.show_person("1")["id"]
    photograph(workspace, person, (face(1), face(2)), 1)
    photograph(workspace, person, (face(1), face(2)), 3)
    assert (list(workspace.blobs.ids()), stored(workspace, person_template)) == ([], 0)


def test_a_worker_that_failed_takes_no_good_photograph_away(workspace: Workspace, tmp_path: Path) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}))
    person = workspace.show_person("1")["id"]
    photograph(workspace, person, (face(1),), None)
    photograph(workspace, person, (), None)
    assert workspace.show_person("1")["photos"][0]["state"] == "enrolled"


def test_only_who_has_a_template_is_said_to_be_compared(workspace: Workspace, tmp_path: Path) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}))
    person = workspace.show_person("1")["id"]
    assert not workspace.show_person("1")["in_gallery"]
    photograph(workspace, person, (face(1),), None)
    assert workspace.show_person("1")["in_gallery"]
    with workspace.database.transaction() as connection:
        connection.execute(person_template.update().values(version="other-1"))
    assert not workspace.show_person("1")["in_gallery"]


def test_a_match_names_who_it_could_not_compare(workspace: Workspace, tmp_path: Path) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}, {"person_id": "2", "name": "Lee"}))
    photograph(workspace, workspace.show_person("1")["id"], (face(1),), None)
    found = workspace.match_persons()
    assert [one["person_id"] for one in found["not_compared"]] == ["2"]
    assert found["not_compared_count"] == 1


def test_a_register_under_the_wrong_status_is_noticed(workspace: Workspace, tmp_path: Path) -> None:
    path = register(tmp_path, {"person_id": "1", "name": "Kim"}, {"person_id": "2", "name": "Lee"})
    enrol(workspace, path)
    (note,) = enrol(workspace, path, Status.FOUND)["notes"]
    assert note["note"].startswith("2 new with a number that is in the register of missing people too")
    assert enrol(workspace, path, Status.FOUND)["notes"] == []


def test_who_must_say_which_face_is_told_how_to_see_them_numbered(
    workspace: Workspace, tmp_path: Path
) -> None:
    enrol(workspace, register(tmp_path, {"person_id": "1", "name": "Kim"}))
    said = photograph(workspace, workspace.list_persons()[0]["id"], (face(1), face(2)), None)
    (one,) = said.ambiguous
    assert "--face a.jpg=N" in one["why"] and "safelight persons faces PHOTO -o faces.html" in one["why"]
