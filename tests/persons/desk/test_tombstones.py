"""After an erasure: no event names who was erased, and whoever takes the same number in again is told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import KeyMissingError, SafelightError, UsageError
from safelight.governance.log import events
from safelight.persons.person import Status
from safelight.workspace import Workspace
from tests.export.person_desk import PersonDesk, desk

ORDER = "44 X 7/26"


@pytest.fixture
def made(open_again: Callable[..., Workspace]) -> PersonDesk:
    return desk(open_again)


def register(folder: Path, *numbers: str) -> Path:
    """A register without photographs."""
    path = folder / "list.csv"
    path.write_text("\n".join(["person_id,name", *(f"{one},Robin" for one in numbers)]), encoding="utf-8")
    return path


def sealed_under_the_case(made: PersonDesk) -> list[tuple[str, str, dict[str, Any]]]:
    """Verb, phase and words of every event that the case's key opens."""
    with made.workspace.database.transaction() as connection:
        sealer = made.workspace.keys.sealer(connection, made.case)
        found = []
        for one in events(connection, case=made.case):
            try:
                found.append((one.verb, str(one.phase), one.personal(sealer)))
            except SafelightError:
                continue  # of a person's own key
        return found


@pytest.mark.parametrize("name", ["F-1", "found:F-1"])
def test_no_event_of_an_erasure_has_the_name_it_was_called_with(made: PersonDesk, name: str) -> None:
    made.workspace.show_person(name)
    made.workspace.erase_person(name, order=ORDER)
    said = [one for one in sealed_under_the_case(made) if one[0] == "persons erase"]
    assert [phase for _, phase, _ in said] == ["begun", "ended"]
    assert all(one["asked"] == {"person": made.found, "order": ORDER} for _, _, one in said)
    assert "F-1" not in str(sealed_under_the_case(made))


def test_no_event_has_the_name_of_somebody_who_is_not_there(made: PersonDesk) -> None:
    opened = made.workspace
    for call, words in (
        (opened.erase_person, {"order": ORDER}),
        (opened.show_person, {}),
        (opened.withdraw_person, {"reason": "Asked for."}),
    ):
        refused: Any = call
        with pytest.raises(UsageError, match="no person"):
            refused("Robin", **words)
    assert "Robin" not in str(sealed_under_the_case(made))


def test_the_beginning_of_an_erasure_says_whom_by_id(made: PersonDesk) -> None:
    made.workspace.erase_person("F-1", order=ORDER)
    assert [one["subject"] for one in made.events("persons erase")] == [[made.found], [made.found]]


def test_the_same_erasure_under_another_name_goes_on_with_the_first(
    made: PersonDesk, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.persons.desk import pending

    def die(*_: Any) -> None:
        raise OSError("no space")

    with monkeypatch.context() as patched:
        patched.setattr(pending, "finish", die)
        with pytest.raises(OSError):
            made.workspace.erase_person("F-1", order=ORDER)
    made.workspace.erase_person(made.found, order=ORDER)
    assert [one["phase"] for one in made.events("persons erase")] == ["begun", "failed", "resumed", "ended"]


@pytest.mark.parametrize("number", ["F-1", "f-1", " F-1"])
@pytest.mark.parametrize("status", [Status.FOUND, Status.MISSING])
def test_who_takes_an_erased_number_in_again_is_told(
    made: PersonDesk, tmp_path: Path, number: str, status: Status
) -> None:
    made.workspace.erase_person("F-1", order=ORDER)
    found = made.workspace.enrol_persons(register(tmp_path, number, "F-2"), status=status)
    (note,) = [one for one in found["notes"] if "erased" in one["note"]]
    assert ORDER in note["note"] and note["person_id"].strip() == number.strip()
    assert found["erased_before"] == 1
    assert made.events("persons enrol")[-1]["detail"]["erased_before"] == 1
    history = made.workspace.show_person(f"{status}:{number.strip()}")["history"]
    assert ORDER in history[0]["taken in again"]


def test_it_is_said_once_and_not_when_the_register_comes_again(made: PersonDesk, tmp_path: Path) -> None:
    made.workspace.erase_person("F-1", order=ORDER)
    for told in (1, 0):
        found = made.workspace.enrol_persons(register(tmp_path, "F-1"), status=Status.FOUND)
        assert found["erased_before"] == told


def test_what_stays_of_an_erased_number_is_a_digest(made: PersonDesk) -> None:
    made.workspace.erase_person("F-1", order=ORDER)
    with made.workspace.database.transaction() as connection:
        rows = connection.exec_driver_sql("select * from person_act where kind = 'erased'").all()
        made.workspace.keys.destroy(connection, made.case)
    assert (
        len(rows) == 1 and "F-1" not in str(rows) and made.found not in str(rows) and ORDER not in str(rows)
    )
    with made.workspace.database.transaction() as connection, pytest.raises(KeyMissingError):
        made.workspace.keys.sealer(connection, made.case)


def test_an_event_says_how_long_lists_could_get(made: PersonDesk) -> None:
    made.workspace.match_persons(top=3, chance=0.02)
    made.workspace.match_persons()
    begun, ended, _, usual = made.events("persons match")
    assert (ended["detail"]["top"], ended["detail"]["chance"]) == (3, "0.02")
    assert (usual["detail"]["top"], usual["detail"]["chance"]) == (10, "0.1")
    with made.workspace.database.transaction() as connection:
        sealer = made.workspace.keys.sealer(connection, made.case)
        first = next(one for one in events(connection, verb="persons match"))
        assert first.personal(sealer)["asked"] == {"top": 3, "chance": 0.02}
    assert begun["operation"] != usual["operation"]
