"""Who gets what next: a decision covers what was there, and nothing that came later."""

from __future__ import annotations

from pathlib import Path

import pytest

from safelight.errors import RefusedError, UsageError
from safelight.workspace import Workspace

from ..making import bring, xml


def next_number(opened: Workspace) -> str | None:
    found = opened.next_report("Berlin")
    return None if found is None else str(found["report_id"])


def test_a_decided_report_comes_again_with_a_later_version(desk: Workspace, tmp_path: Path) -> None:
    bring(desk, tmp_path / "one", a=xml(1, account="robin"))
    assert next_number(desk) == "1"
    desk.decide_report("1", "not-pertinent")
    assert next_number(desk) is None
    bring(desk, tmp_path / "two", a=xml(1, account="robin", text="He meets the child tomorrow."))
    [line] = desk.rank_reports()["queue"]
    assert (line["decided"], line["news"]) == ("not-pertinent", True)
    assert next_number(desk) == "1"
    desk.decide_report("1", "investigate")
    assert next_number(desk) is None


def test_a_copy_that_comes_after_the_decision_is_handed_out(desk: Workspace, tmp_path: Path) -> None:
    said = "The same words, sent by many."
    bring(
        desk,
        tmp_path / "one",
        a=xml(1, account="robin", text=said),
        b=xml(2, account="robin", text=said),
    )
    [line] = desk.rank_reports()["queue"]
    assert line["same"] == 2
    first = next_number(desk)
    assert first is not None
    desk.decide_report(first, "not-pertinent")
    assert next_number(desk) is None  # both were there
    bring(desk, tmp_path / "two", c=xml(3, account="robin", text=said))
    assert next_number(desk) == "3"


def test_a_report_is_found_by_the_beginning_of_its_id(desk: Workspace, tmp_path: Path) -> None:
    bring(desk, tmp_path / "one", **{f"r{number}": xml(number) for number in range(17)})
    whole = desk.show_report("1")["id"]
    assert desk.show_report(whole[:14])["id"] == whole
    begins = [one["id"][:3] for one in desk.rank_reports()["queue"]]
    twice = next(one for one in begins if begins.count(one) > 1)  # of 17 ids two begin alike
    with pytest.raises(UsageError, match="may be several"):
        desk.show_report(twice)


def test_the_page_of_an_evaluation_needs_the_right_to_export(desk: Workspace, tmp_path: Path) -> None:
    bring(desk, tmp_path / "one", a=xml(1))
    labels = tmp_path / "labels.csv"
    labels.write_text("report_id,label\n1,1\n")
    assert desk.evaluate_reports(labels)["in_danger"] == 1
    with pytest.raises(RefusedError):
        desk.evaluate_reports(labels, out=tmp_path / "page.html")


def test_a_proposal_is_accepted_as_it_was_shown_or_not_at_all(desk: Workspace, tmp_path: Path) -> None:
    documents = {f"r{number}": xml(number, text=f"Words of {number}.") for number in range(1, 81)}
    bring(desk, tmp_path / "one", **documents)
    for number in range(1, 81):
        desk.decide_report(str(number), "child-in-danger" if number % 2 else "not-pertinent")
    shown = desk.learn_reports()
    assert shown["accepted_by"] is None
    desk.decide_report("2", "child-in-danger")
    accepted = desk.learn_reports(accept=shown["id"])
    assert accepted["changes"] == shown["changes"]
    assert accepted["accepted_by"]
    with pytest.raises(UsageError, match="no proposal"):
        desk.learn_reports(accept="W-00000000")
