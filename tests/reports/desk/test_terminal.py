"""What the terminal prints of reports: an estimate is never said to be certain."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from safelight.cli.common import priority
from safelight.cli.reports import in_full
from safelight.export import desk_phrases
from safelight.model import Capability
from safelight.workspace import Workspace

from ...conftest import authority
from ..making import bring, xml


@pytest.mark.parametrize(
    ("value", "printed"),
    [(0.0, "<0.01"), (0.0049, "<0.01"), (0.005, "0.01"), (0.5, "0.50"), (0.9949, "0.99"), (0.995, ">0.99")],
)
def test_a_priority_is_never_printed_as_certain(value: float, printed: str) -> None:
    assert priority(value) == printed
    in_words = printed.replace("<", "below ").replace(">", "above ")
    assert desk_phrases.priority(value) == in_words


def test_a_report_in_full_is_headed_by_its_estimate(
    open_again: Callable[..., Workspace], tmp_path: Path
) -> None:
    desk = open_again()
    desk.open_case("desk", authority(Capability.REPORT_TRIAGE))
    bring(desk, tmp_path / "in", one=xml(1))
    shown = {**desk.show_report("1"), "priority": 0.9973}
    assert next(in_full(shown)).endswith(">0.99")
