"""The demonstration's exhibits, made once for all tests of a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.demo.exhibit import build
from safelight.demo.truth import DemoExhibit


@pytest.fixture(scope="session")
def exhibit(tmp_path_factory: pytest.TempPathFactory) -> DemoExhibit:
    """Two disk images, three lists, and the truth about them."""
    folder: Path = tmp_path_factory.mktemp("exhibit")
    return build(folder)
