"""The desk's demonstration: invented reports taken in, ranked with reasons, measured against the hidden truth."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from safelight.demo.reports.tour import SHOWN, DeskTour, run
from safelight.model import Authority, Basis, Capability
from safelight.settings import Settings
from safelight.workspace import open_workspace


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> DeskTour:
    """Four hundred reports at a desk of their own."""
    folder = tmp_path_factory.mktemp("desk")
    config = Settings(workspace=folder / "workspace", key_folder=folder / "keys", user="examiner")
    allows = frozenset({Capability.REPORT_TRIAGE, Capability.TEXT_ANALYSIS})
    with open_workspace(config=config, evaluation=True) as workspace:
        workspace.open_case(
            "desk", Authority(Basis.STATUTE, "1", "sample", date(2020, 1, 1), date(2099, 1, 1), allows)
        )
        return run(workspace, folder / "reports", 400, seed=2)


def test_every_report_is_taken_in_once(toured: DeskTour) -> None:
    assert toured.taken["new"] == 400


def test_everything_in_the_folder_can_be_read(toured: DeskTour) -> None:
    assert toured.taken["unreadable"] == []


def test_the_first_ten_are_shown_with_reasons(toured: DeskTour) -> None:
    queue = toured.summary()["queue"]
    assert len(queue) == SHOWN
    assert all(one["reasons"] for one in queue)


def test_every_label_finds_its_report(toured: DeskTour) -> None:
    assert toured.measured["absent"] == []
    assert toured.measured["reports"] == 400


def test_the_order_is_much_better_than_chance(toured: DeskTour) -> None:
    top = {one["share"]: one["recall"] for one in toured.measured["top"]}
    assert top[0.10] >= 0.5


def test_languages_and_reasons_are_groups_of_the_evaluation(toured: DeskTour) -> None:
    assert {"language", "provider", "country", "situation", "why"} <= set(toured.measured["groups"])


def test_the_folder_holds_what_was_made(toured: DeskTour) -> None:
    assert isinstance(toured.written.inbox, Path) and toured.written.labels.is_file()
