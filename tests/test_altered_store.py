"""Whoever can write the store but has no key cannot make it say something else without its being noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa
from PIL import Image

from safelight.errors import IntegrityError
from safelight.export.deliver import CaseFindings
from safelight.model import HashSetKind
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace


@pytest.fixture
def worked(workspace: Workspace, tmp_path: Path) -> Workspace:
    """A case with a decided lead, and thumbnails of two watched pictures."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / "a.png")
    Image.radial_gradient("L").save(folder / "b.png")
    digests = [hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())]
    (tmp_path / "list.txt").write_text("\n".join(digests) + "\n", encoding="ascii")
    workspace.import_hashset(tmp_path / "list.txt", name="n", kind=HashSetKind.WATCH)
    workspace.scan([folder])
    workspace.decide(workspace.leads()[0]["id"], "unsure")
    return workspace


def alter(workspace: Workspace, statement: str) -> None:
    with workspace.database.transaction() as connection:
        assert connection.execute(sa.text(statement)).rowcount


def report(workspace: Workspace) -> None:
    workspace.export("html", workspace.folder.parent / "report.html")


def queue(workspace: Workspace) -> None:
    workspace.leads()


def pictures(workspace: Workspace) -> None:
    (case,) = workspace.list_cases()
    with workspace.database.snapshot() as connection:
        findings = CaseFindings(workspace, connection, case)
        assert all(findings.thumbnail(lead["sha256"]) for lead in workspace.leads())


ALTERED: list[tuple[str, Callable[[Workspace], None]]] = [
    ("UPDATE decision SET label = 'not-pertinent'", queue),
    ("UPDATE decision SET decided_by = 'somebody else'", report),
    ("UPDATE decision SET decided_at = '2020-01-01T00:00:00+00:00'", report),
    ("UPDATE lead SET priority = 0.01", queue),
    ("UPDATE lead SET band = 'low'", report),
    ("UPDATE lead SET stack = 'S-0'", queue),
    ("UPDATE item SET thumbnail = (SELECT max(thumbnail) FROM item)", pictures),
]


@pytest.mark.parametrize(("statement", "look"), ALTERED)
def test_what_was_found_or_decided_cannot_be_altered_unnoticed(
    worked: Workspace, statement: str, look: Callable[[Workspace], None]
) -> None:
    look(worked)
    alter(worked, statement)
    with pytest.raises(IntegrityError):
        look(worked)


def test_a_closed_case_is_not_opened_again_by_a_statement(worked: Workspace, tmp_path: Path) -> None:
    worked.close_case()
    alter(worked, "UPDATE case_file SET closed_at = NULL")
    with pytest.raises(IntegrityError):
        worked.scan([tmp_path / "evidence"])


@pytest.mark.parametrize("evaluation", [False, True])
def test_a_workspace_stays_what_it_was_made_as(config: Settings, evaluation: bool) -> None:
    with open_workspace(config=config, evaluation=evaluation) as opened:
        alter(opened, f"UPDATE info SET value = '{int(not evaluation)}' WHERE name = 'evaluation'")
    with pytest.raises(IntegrityError):
        open_workspace(config=config)
