"""What the report says about itself: the audit log verified or not, the key to check it, the lists, the models."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import sqlalchemy as sa

from safelight.export import log_state as of_log
from safelight.export.protocol import NOT_ALLOWED, LogState
from safelight.governance import inspection
from safelight.model import HashSetKind, SignalValue
from safelight.store.tables import log_event
from safelight.workspace import Workspace

from .page import Page, section, written
from .sample import rich


def exported(workspace: Workspace, folder: Path) -> tuple[Page, list[str]]:
    out = folder / "report.html"
    notes = workspace.export("html", out)["notes"]
    return Page(out.read_text("utf-8")), list(notes)


def test_a_log_that_verifies_is_said_to_with_its_public_key(workspace: Workspace, tmp_path: Path) -> None:
    page, notes = exported(workspace, tmp_path)
    said = section(page, 12)
    assert "It verified: all " in said
    assert (workspace.folder / inspection.PUBLIC_KEY).read_text().strip() in said
    assert workspace.log.vkey in said
    assert not notes
    assert "did not verify" not in page.said()


def test_a_report_from_an_altered_log_says_so_at_its_head(workspace: Workspace, tmp_path: Path) -> None:
    with workspace.database.transaction() as connection:
        connection.execute(log_event.update().where(log_event.c.seq == 1).values(actor="somebody else"))
    page, notes = exported(workspace, tmp_path)
    assert "did not verify when this report was made" in section(page, 1)
    assert "first bad event is" in section(page, 12)
    assert "did not verify" in notes[0]


def test_a_missing_public_key_is_said(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.folder / inspection.PUBLIC_KEY).unlink()
    page, _ = exported(workspace, tmp_path)
    assert "It did not verify." in section(page, 12)
    assert "There is none in the workspace." in section(page, 12)


def test_a_very_long_log_is_compared_at_its_end_only_and_the_report_says_that(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_log, "RECOMPUTED", 0)
    page, _ = exported(workspace, tmp_path)
    assert "It was not verified as a whole" in section(page, 12)
    with workspace.database.transaction() as connection:
        count = connection.scalar(sa.select(sa.func.count()).select_from(log_event))
    assert of_log.log_state(workspace.database, workspace.folder) == LogState(
        workspace.log.vkey, None, count or 0
    )


def test_lists_stand_in_the_record_with_time_and_digest(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("d41d8cd98f00b204e9800998ecf8427e\n")
    made = workspace.import_hashset(tmp_path / "list.txt", name="National", kind=HashSetKind.KNOWN_ILLEGAL)
    said = section(exported(workspace, tmp_path)[0], 12)
    assert "National, known-illegal, taken in 20" in said
    assert made.source_sha256 in said


def test_what_the_order_does_not_allow_is_said_once_and_not_at_every_lead() -> None:
    findings = rich()
    refused = SignalValue("templates", "", None, NOT_ALLOWED)
    views = [replace(one, signals={**one.signals, "templates": refused}) for one in findings.leads()]
    page = Page(written(replace(findings, lead_views=views)))
    assert "not allowed" not in section(page, 5)
    assert "Signals that the order does not allow (templates)" in section(page, 5)
    assert section(page, 10).count("templates") == 1


def test_limits_of_models_are_a_list() -> None:
    source = written(rich())
    assert "<li>Apparent, not actual age.</li><li>No test face was under 18.</li>" in source


def test_one_exhibit_is_spoken_of_in_the_singular() -> None:
    findings = rich()
    assert "1 exhibit was examined. It holds " in section(
        Page(written(replace(findings, exhibits=findings.exhibits[:1]))), 1
    )
