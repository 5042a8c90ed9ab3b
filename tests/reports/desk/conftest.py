"""A report desk without reports."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from safelight.model import Capability
from safelight.workspace import Workspace

from ...conftest import authority


@pytest.fixture
def desk(open_again: Callable[..., Workspace]) -> Workspace:
    """A workspace with a case that may read reports."""
    opened = open_again()
    opened.open_case("desk", authority(Capability.REPORT_TRIAGE))
    return opened
