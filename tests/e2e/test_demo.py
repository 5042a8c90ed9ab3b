"""The demonstration, as a user runs it: every planted thing is found where it lies, and nothing leaks."""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from safelight.demo.tour import Tour, tour
from safelight.demo.truth import Role
from safelight.model import State
from safelight.progress import silent
from safelight.settings import Settings
from safelight.workspace import open_workspace

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def toured(tmp_path_factory: pytest.TempPathFactory) -> Tour:
    return tour(tmp_path_factory.mktemp("demo"), silent, lambda line: None)


@pytest.fixture(scope="module")
def config(toured: Tour) -> Settings:
    return Settings(workspace=toured.folder / "workspace", key_folder=toured.folder / "keys", user="examiner")


@pytest.fixture(scope="module")
def files(toured: Tour, config: Settings) -> dict[str, list[dict[str, str]]]:
    """Lines of `export files` by SHA-256."""
    out = toured.folder / "files.csv"
    with open_workspace(config=config) as workspace:
        written = Path(workspace.export("files", out)["file"])
    found: dict[str, list[dict[str, str]]] = defaultdict(list)
    with written.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            found[row["sha256"]].append(row)
    return found


@pytest.fixture(scope="module")
def leads(config: Settings) -> dict[str, dict[str, Any]]:
    with open_workspace(config=config) as workspace:
        return {lead["sha256"]: lead for lead in workspace.leads()}


def test_every_planted_file_is_listed_with_its_digest(toured: Tour, files: dict[str, Any]) -> None:
    wanted = {
        one
        for one in toured.exhibit.planted
        if one.state is not State.CARVED and one.role is not Role.LINK and one.size
    }
    missing = [one for one in wanted if one.sha256 not in files]
    assert not missing


def test_states_are_what_was_done_to_the_files(toured: Tour, files: dict[str, Any]) -> None:
    for one in toured.exhibit.planted:
        if one.size and one.role is not Role.LINK and one.sha256 in files:
            assert str(one.state) in {row["state"] for row in files[one.sha256]}, one


def test_what_is_on_the_list_leads_and_nobody_needs_to_look(toured: Tour, leads: dict[str, Any]) -> None:
    for sha256 in toured.exhibit.digests(Role.KNOWN):
        assert any(reason["code"] == "known-illegal" for reason in leads[sha256]["reasons"])


def test_changed_copies_lead_and_share_their_originals_stack(toured: Tour, leads: dict[str, Any]) -> None:
    near = toured.exhibit.digests(Role.NEAR_KNOWN)
    found = {sha256 for sha256 in near if sha256 in leads}
    assert found == near
    for sha256 in found:
        assert any(reason["code"] == "near-known" for reason in leads[sha256]["reasons"])


def test_lists_that_disagree_are_shown_as_such(toured: Tour, leads: dict[str, Any]) -> None:
    for sha256 in toured.exhibit.digests(Role.DISPUTED):
        assert any(reason["code"] == "conflict" for reason in leads[sha256]["reasons"])


def test_known_good_alone_never_leads(toured: Tour, leads: dict[str, Any]) -> None:
    assert not toured.exhibit.digests(Role.KNOWN_GOOD) & leads.keys()


def test_what_cannot_be_read_is_listed_with_a_reason(toured: Tour) -> None:
    said = " ".join(one["path"] for one in toured.scan["unread"])
    for one in toured.exhibit.with_role(Role.UNREADABLE):
        assert one.trail[-1].rpartition(b"/")[2].decode("utf-8", "replace") in said, one
    assert all(one["reason"] for one in toured.scan["unread"])


def test_nothing_derived_lies_in_clear(toured: Tour) -> None:
    for file in (toured.folder / "workspace").rglob("*"):
        if file.is_file() and "hashsets" not in file.parts:
            content = file.read_bytes()
            assert b"\xff\xd8\xff\xe0" not in content and b"JFIF" not in content, file
            assert b"Users/" not in content and b"DCIM" not in content, file


def test_the_evidence_is_as_it_was(toured: Tour, config: Settings) -> None:
    import hashlib

    for exhibit, record in zip(toured.exhibit.exhibits, toured.scan["exhibits"], strict=True):
        assert hashlib.sha256(exhibit.read_bytes()).hexdigest() == record["sha256"]


def test_the_report_stands_alone(toured: Tour) -> None:
    page = toured.report.read_text(encoding="utf-8")
    assert (
        "EVALUATION" in page
        and "<script src" not in page
        and "http://" not in page.replace("http://www.w3.org", "")
    )
