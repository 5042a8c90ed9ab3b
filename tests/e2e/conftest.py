"""The public evidence and one scan of it, shared by the tests that compare it with other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.scanned import Scanned, scan


@pytest.fixture(scope="session")
def evidence(shared: Path) -> Path:
    """The folder of public disk images and archives."""
    return shared / "evidence"


@pytest.fixture(scope="session")
def public(evidence: Path, tmp_path_factory: pytest.TempPathFactory) -> Scanned:
    """One scan of everything that lies in it."""
    return scan(tmp_path_factory.mktemp("public"), *sorted(evidence.iterdir()))
