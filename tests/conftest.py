"""What many tests share: workspaces in temporary folders, sample authorities, where public test data lies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from safelight.model import Authority, Basis, Capability, Ground
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace

SHARED = Path(__file__).resolve().parents[1].parent / "shared" / "data"
EVERYDAY = frozenset(
    {
        Capability.HASH_MATCH,
        Capability.CLASSIFY,
        Capability.SCREENING,
        Capability.EXPORT,
        Capability.REPORT_TRIAGE,
    }
)


def authority(*allows: Capability, days: int = 30, start: date | None = None) -> Authority:
    """A sample warrant that allows the capabilities, from `start` (today) for `days` days."""
    first = start or datetime.now(UTC).date()
    allowed = frozenset(allows) or EVERYDAY
    return Authority(
        Basis.WARRANT, "12 Gs 345/26", "Sample Court", first, first + timedelta(days=days), allowed
    )


def of_missing_people(*also: Capability) -> Authority:
    """The authority of a missing-persons case: face search, approved by somebody else."""
    allowed = frozenset({Capability.FACE_SEARCH, *also})
    return replace(authority(), allows=allowed, approved_by="Chief", ground=Ground.MISSING_PERSON)


@pytest.fixture
def config(tmp_path: Path) -> Settings:
    """Settings of a workspace and a key folder below the test's own folder."""
    return Settings(workspace=tmp_path / "workspace", key_folder=tmp_path / "keys", workers=1)


@pytest.fixture
def open_again(config: Settings) -> Iterator[Callable[..., Workspace]]:
    """Open the test's workspace, as often as wanted; all are closed at the end."""
    opened: list[Workspace] = []

    def again(**options: object) -> Workspace:
        opened.append(open_workspace(config=config, **options))  # type: ignore[arg-type]
        return opened[-1]

    yield again
    for one in opened:
        one.close()


@pytest.fixture
def workspace(open_again: Callable[..., Workspace]) -> Workspace:
    """A workspace with one open case, 'sample', that allows the everyday capabilities."""
    opened = open_again()
    opened.open_case("sample", authority())
    return opened


@pytest.fixture(scope="session")
def shared() -> Path:
    """The public test data; tests that need it are skipped where it is not."""
    if not SHARED.is_dir():
        pytest.skip("the public test data is not there")
    return SHARED
