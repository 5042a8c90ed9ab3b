"""A budget is kept within files and free space, and what it did not reach is told as what it is."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from safelight.cli.leads import unfinished
from safelight.evidence.agenda import Agenda
from safelight.evidence.carving import search
from safelight.evidence.protocol import Kind, Node
from safelight.evidence.walk import walk
from safelight.model import HashSetKind
from safelight.pipeline import medium, waiting
from safelight.pipeline.looking import Job
from safelight.workspace import Workspace
from tests.evidence import images


@pytest.fixture
def listed(workspace: Workspace, tmp_path: Path) -> None:
    """A list is at hand, so that media are digested first and looked at later."""
    digests = tmp_path / "list.txt"
    digests.write_text(hashlib.sha256(images.jpeg(2)).hexdigest() + "\n")
    workspace.import_hashset(digests, name="known", kind=HashSetKind.KNOWN_ILLEGAL)


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    made = tmp_path / "evidence" / "DCIM"
    made.mkdir(parents=True)
    for number in range(24):
        (made / f"{number:02}.jpg").write_bytes(images.jpeg(number))
    return made.parent


def report(workspace: Workspace, to: Path) -> str:
    """The text of the HTML report."""
    page = Path(workspace.export("html", to)["file"]).read_text(encoding="utf-8")
    page = re.sub(r"<(style|script)[^>]*>.*?</\1>", "", page, flags=re.DOTALL)
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))


def test_a_search_of_free_space_gives_its_caller_a_turn_though_nothing_is_found(tmp_path: Path) -> None:
    disk = tmp_path / "wiped.dd"
    with disk.open("wb") as file:
        file.write(b"\1")
        file.truncate(5 * search._TURN)
    with Agenda() as agenda:
        kinds = Counter(found.kind for found in walk(disk, agenda=agenda))
    assert kinds[Kind.PAUSE] == 5  # one before it, and four on the way
    assert Counter(found.kind for found in walk(disk))[Kind.PAUSE] == 4


def test_the_time_of_a_scan_ends_within_free_space_that_holds_nothing(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.pipeline.account.grace", lambda _: 0.0)
    disk = tmp_path / "wiped.dd"
    with disk.open("wb") as file:
        file.write(b"\1")
        file.truncate(4 << 40)  # hours of searching
    found = workspace.scan([disk], budget=0.5)
    assert found["seconds"] < 60
    assert found["not_listed"] == [str(disk)]
    (state,) = workspace.leads().unfinished
    assert "not all of it listed" in unfinished(state)
    text = report(workspace, tmp_path / "report.html")
    assert "The listing is not complete: more may lie in this exhibit" in text
    assert "Everything within the scope was read" not in text


@pytest.mark.usefixtures("listed")
def test_what_has_a_name_is_looked_at_before_free_space_is_searched(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []
    run, jobs = search._Search.run, waiting.Waiting.jobs

    def searched(self: search._Search) -> Iterator[Node]:
        happened.append("search")
        return run(self)

    def looked(self: waiting.Waiting, most: int, most_bytes: int) -> list[Job]:
        happened.append("look")
        return jobs(self, most, most_bytes)

    monkeypatch.setattr(search._Search, "run", searched)
    monkeypatch.setattr(waiting.Waiting, "jobs", looked)
    workspace.scan([images.ext()])
    assert happened[0] == "look" and "look" not in happened[happened.index("search") :]


def test_a_large_file_is_left_when_the_time_is_over_and_read_next_time(
    workspace: Workspace, tmp_path: Path
) -> None:
    folder = tmp_path / "evidence"
    folder.mkdir()
    with (folder / "vm.bin").open("wb") as file:
        file.truncate(64 << 20)
    found = workspace.scan([folder], budget=1e-6)
    assert (found["files"], found["not_read"]) == (0, 1)
    again = workspace.scan([folder])
    assert (again["files"], again["not_read"], again["exhibits"][0]["sha256"] is None) == (1, 0, False)


def test_the_digest_of_a_whole_medium_is_left_when_the_time_is_over(tmp_path: Path) -> None:
    disk = tmp_path / "a.dd"
    disk.write_bytes(bytes(1 << 20))
    with pytest.raises(waiting.TimeOverError):
        medium.digest_medium(disk, lambda _: None, until=0.0)
    assert medium.digest_medium(disk, lambda _: None)[0]


@pytest.mark.usefixtures("listed")
def test_exhibits_that_the_time_did_not_reach_are_named(
    workspace: Workspace, pictures: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "a.jpg").write_bytes(images.jpeg(50))
    (other / "b.jpg").write_bytes(images.jpeg(51))
    found = workspace.scan([pictures, other], budget=1e-6)
    assert found["not_listed"] == [str(other)]
    assert "not all of it listed" in unfinished(workspace.leads().unfinished[-1])


def test_a_scan_that_goes_on_is_not_told_as_one_whose_time_was_over(
    workspace: Workspace, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stopped = workspace.scan([pictures], budget=1e-6)
    assert "its time was over" in unfinished(workspace.leads().unfinished[0])

    def cut(*_: object, **__: object) -> None:
        raise InterruptedError

    with monkeypatch.context() as patch, pytest.raises(InterruptedError):
        patch.setattr("safelight.pipeline.scan.walk", cut)
        workspace.scan([pictures])
    (state,) = workspace.leads().unfinished
    assert "it goes on, or was cut off" in unfinished(state)
    assert state["not_read"] == stopped["not_read"] > 0


@pytest.mark.usefixtures("listed")
def test_what_an_earlier_scan_digested_and_none_has_looked_at_is_counted(
    workspace: Workspace, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:  # everything is digested, nothing is looked at
        patch.setattr("safelight.pipeline.reading.ExhibitReader._next", lambda *_: [])
        patch.setattr("safelight.pipeline.reading.ExhibitReader._is_full", lambda _: False)
        first = workspace.scan([pictures], budget=600)
    assert (first["media"], first["not_looked_at"]) == (24, 24)
    assert workspace.leads().unfinished[0]["to_look"] == 24
    second = workspace.scan([pictures], budget=1e-6)
    assert second["not_looked_at"] >= 22
    third = workspace.scan([pictures])
    assert (third["not_looked_at"], workspace.leads().unfinished) == (0, [])


@pytest.mark.usefixtures("listed")
def test_nobody_says_of_what_was_not_looked_at_that_no_list_knows_it(
    workspace: Workspace, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("safelight.pipeline.reading.ExhibitReader._next", lambda *_: [])
        patch.setattr("safelight.pipeline.reading.ExhibitReader._is_full", lambda _: False)
        workspace.scan([pictures], budget=600)
    beside = [one for one in workspace.leads() if not one["matches"]]
    assert len(beside) == 23
    said = [{why["code"]: why["text"] for why in one["reasons"]} for one in beside]
    assert all("new-material" not in one for one in said)
    assert all("not looked at yet" in one["company"] for one in said)


@pytest.mark.usefixtures("listed")
def test_what_a_loose_cable_kept_from_its_look_is_looked_at_by_the_next_scan(
    workspace: Workspace, pictures: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(waiting.Waiting, "_read", lambda *_: None)
        first = workspace.scan([pictures])
    assert len([one for one in first["unread"] if "second time" in one["reason"]]) == first["unreadable"] > 0
    again = workspace.scan([pictures])
    assert (again["unreadable"], again["not_looked_at"]) == (0, 0)
    (lead,) = [one for one in workspace.leads() if one["matches"]]
    signals = {one["name"]: one["computed"] for one in workspace.leads(lead=lead["id"])[0]["signals"]}
    assert signals["pdq"]


def test_the_report_tells_what_the_time_left_from_what_the_order_left(
    workspace: Workspace, pictures: Path, tmp_path: Path
) -> None:
    (pictures / "notes.txt").write_text("left out by the order")
    found = workspace.scan([pictures], exclude=["*.txt"], budget=1e-6)
    text = report(workspace, tmp_path / "report.html")
    assert f"{found['not_read']} further files within the scope were listed and not read" in text
    assert "1 path lies outside the order’s scope" in text
