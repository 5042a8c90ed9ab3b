"""The demonstration as `safelight demo` runs it, once for all tests of a session."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from safelight.demo.tour import Tour, tour
from safelight.demo.truth import DemoExhibit
from safelight.progress import silent
from safelight.settings import Settings
from safelight.workspace import Workspace, open_workspace


@pytest.fixture(scope="session")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Tour:
    """Exhibits, a workspace with a scanned case, a report."""
    return tour(tmp_path_factory.mktemp("tour"), silent, lambda said: None)


@pytest.fixture(scope="session")
def exhibit(toured: Tour) -> DemoExhibit:
    """Two disk images, three lists, and the truth about them."""
    return toured.exhibit


@pytest.fixture(scope="session")
def practice(toured: Tour) -> Iterator[Workspace]:
    """The workspace of the demonstration, opened again."""
    config = Settings(
        workspace=toured.folder / "workspace", key_folder=toured.folder / "keys", user="examiner"
    )
    with open_workspace(config=config) as workspace:
        yield workspace
