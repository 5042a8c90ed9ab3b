"""An event says what was asked, whatever became of it: sealed, so that erasing a case erases it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from safelight.errors import KeyMissingError, SafelightError, UsageError
from safelight.governance import log
from safelight.governance.gate import HOUSE_KEY
from safelight.model import HashSetKind
from safelight.workspace import Workspace


def told(workspace: Workspace, verb: str) -> list[tuple[str, dict[str, Any]]]:
    """Phase and unsealed part of every event of a verb."""
    with workspace.database.transaction() as connection:
        return [
            (str(one.phase), one.personal(workspace.keys.sealer(connection, one.case or HOUSE_KEY)))
            for one in log.events(connection)
            if one.verb == verb
        ]


def test_a_scan_says_from_its_beginning_what_it_reads_and_under_which_order(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "a.txt").write_text("a", encoding="ascii")
    monkeypatch.chdir(tmp_path)
    workspace.scan([Path("evidence")], exclude=["Legal/**"])
    with pytest.raises(SafelightError):
        workspace.scan([Path("nowhere")])
    asked = {"paths": [str(folder)], "exclude": ["Legal/**"]}
    gone = {"paths": [str(tmp_path / "nowhere")]}
    events = told(workspace, "scan")
    assert [phase for phase, _ in events] == ["begun", "ended", "begun", "failed"]
    for (_, personal), wanted in zip(events, (asked, asked, gone, gone), strict=True):
        assert personal["asked"] == wanted


def test_a_refusal_says_what_was_refused(workspace: Workspace, tmp_path: Path) -> None:
    with pytest.raises(SafelightError):
        workspace.export("csv", tmp_path / "out.csv", case="somebody's case")
    ((phase, personal),) = told(workspace, "export")
    assert phase == "refused"
    assert personal["asked"] == {"format": "csv", "out": str(tmp_path / "out.csv"), "case": "somebody's case"}


def test_the_same_work_in_another_folder_is_another_operation(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("one", "two"):
        (tmp_path / name / "evidence").mkdir(parents=True)
        monkeypatch.chdir(tmp_path / name)
        workspace.scan([Path("evidence")])
    operations = {event["operation"] for event in workspace.audit_show() if event["verb"] == "scan"}
    assert len(operations) == 2


def test_screened_files_are_named_by_digest(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a", encoding="ascii")
    (found,) = workspace.screen([tmp_path / "a.txt"])
    assert workspace.audit_show()[-1]["subject"] == [found["sha256"]]


def test_a_name_that_is_no_unicode_ends_nothing(workspace: Workspace, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/bad\xff.csv"))
    workspace.export("csv", odd)
    assert odd.exists()
    assert [phase for phase, _ in told(workspace, "export")] == ["begun", "ended"]


@pytest.mark.parametrize(
    "where", ["workspace/safelight.db", "workspace/new.csv", "keys/x.csv", "evidence/a.png", "."]
)
def test_nothing_is_exported_over_evidence_or_the_store(
    workspace: Workspace, tmp_path: Path, where: str
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"evidence")
    known = tmp_path / "list.txt"
    known.write_text("0" * 32 + "\n", encoding="ascii")
    workspace.import_hashset(known, name="n", kind=HashSetKind.WATCH)
    workspace.scan([folder])
    with pytest.raises(UsageError):
        workspace.export("csv", tmp_path / where)
    if not where.startswith("evidence"):  # a list is of no case, and knows no exhibits
        with pytest.raises(UsageError):
            workspace.export_hashset("n", tmp_path / where)
    assert (folder / "a.png").read_bytes() == b"evidence"
    assert workspace.audit_verify()["ok"]


def test_what_an_event_says_goes_with_the_key(workspace: Workspace, tmp_path: Path) -> None:
    workspace.show_case()
    with workspace.database.transaction() as connection:
        case = next(one.case for one in log.events(connection) if one.verb == "case show")
        assert case is not None
        workspace.keys.destroy(connection, case)
    with pytest.raises(KeyMissingError):
        told(workspace, "case show")
    assert workspace.audit_verify()["ok"]
