"""What a person cut or joined stays as that person saw it, and stands in the history of both reports."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from pathlib import Path

import pytest

from safelight.cli.reports import in_full
from safelight.model import Capability
from safelight.workspace import Workspace

from ...conftest import authority
from ..making import xml

REASON = "Two people of one name."


def take_in(opened: Workspace, folder: Path, number: int, version: int = 1) -> None:
    path = folder / f"{number}-{version}.xml"
    path.write_text(
        xml(number, account="robin", text=f"Version {version} of what is told."), encoding="utf-8"
    )
    opened.import_reports([path])


@pytest.fixture
def desk(open_again: Callable[..., Workspace], tmp_path: Path) -> Workspace:
    """Three reports of one account, the first two of them cut apart."""
    opened = open_again()
    opened.open_case("desk", authority(Capability.REPORT_TRIAGE))
    for number in (1, 2, 3):
        take_in(opened, tmp_path, number)
    opened.cut_reports("1", "2", reason=REASON)
    return opened


def with_third(opened: Workspace) -> str | None:
    """The report with which the third one is in a cluster."""
    sure = [link for link in opened.report_links("3")["links"] if link["scale"] == "certain"]
    return str(sure[0]["report_id"]) if len(sure) == 1 else None


@pytest.mark.parametrize("order", list(permutations((1, 2, 3))))
def test_later_versions_take_a_third_report_to_no_other_side(
    order: tuple[int, ...], desk: Workspace, tmp_path: Path
) -> None:
    seen = with_third(desk)
    assert seen is not None
    for number in order:
        take_in(desk, tmp_path, number, 2)
        assert with_third(desk) == seen


def test_the_history_of_both_reports_says_who_cut_and_joined_them_when_and_why(desk: Workspace) -> None:
    desk.join_reports("2", "1", reason="It is one person after all.")
    ids = {number: desk.show_report(number)["id"] for number in ("1", "2", "3")}
    for mine, other in (("1", "2"), ("2", "1")):
        linked = [one for one in desk.show_report(mine)["history"] if one["what"] in ("cut", "join")]
        assert [(one["what"], one["to"], one["report_id"], one["reason"]) for one in linked] == [
            ("cut", ids[other], other, REASON),
            ("join", ids[other], other, "It is one person after all."),
        ]
        assert all(one["by"] == desk.actor and one["at"] for one in linked)
    assert {one["what"] for one in desk.show_report("3")["history"]} == {"version"}


def test_the_terminal_prints_who_cut_a_link_and_why(desk: Workspace) -> None:
    other = desk.show_report("2")["id"]
    lines = list(in_full(desk.show_report("1")))
    assert any(f"cut from {other} (2) by {desk.actor}: {REASON}" in line for line in lines)
