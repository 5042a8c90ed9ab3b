"""A scan by promise: leads while it runs, a budget that is kept and accounted for, and the same findings in the end."""

from __future__ import annotations

import csv
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from safelight.cli.scan import seconds
from safelight.errors import RefusedError, UsageError
from safelight.evidence.unlock import Keys
from safelight.model import HashSetKind
from safelight.pipeline import meanwhile, reading
from safelight.progress import Progressed
from safelight.workspace import Workspace
from tests.evidence import images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty pictures in the folders of a camera and of a program, and texts."""
    made = tmp_path / "evidence"
    for name in ("DCIM/100APPLE", "Program Files/thing", "notes"):
        (made / name).mkdir(parents=True)
    for number in range(20):
        (made / "DCIM/100APPLE" / f"IMG_{number:04}.JPG").write_bytes(images.jpeg(number))
        (made / "Program Files/thing" / f"{number}.png").write_bytes(images.png(number))
        (made / "notes" / f"{number}.txt").write_text(f"note {number}")
    return made


@pytest.fixture
def listed(workspace: Workspace, folder: Path, tmp_path: Path) -> Path:
    """One of the camera's pictures is on a list, and a text is."""
    known = folder / "DCIM/100APPLE/IMG_0007.JPG"
    digests = tmp_path / "list.txt"
    digests.write_text(hashlib.sha256(known.read_bytes()).hexdigest() + "\n")
    workspace.import_hashset(digests, name="known", kind=HashSetKind.KNOWN_ILLEGAL)
    return known


def _lines(opened: Workspace, folder: Path) -> dict[str, dict[str, str]]:
    out = Path(opened.export("files", folder / "files.csv")["file"])
    with out.open(encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


def _leads(opened: Workspace) -> list[tuple[str, float, str | None]]:
    return [(one["sha256"], one["priority"], one["decided"]) for one in opened.leads()]


@pytest.mark.usefixtures("listed")
def test_by_promise_and_in_order_the_same_is_found(
    workspace: Workspace, folder: Path, tmp_path: Path, open_again: Callable[..., Workspace]
) -> None:
    first = workspace.scan([folder])
    lines, leads = _lines(workspace, tmp_path), _leads(workspace)
    second = workspace.scan([folder], in_order=True)
    assert _lines(workspace, tmp_path) == lines
    assert _leads(workspace) == leads
    unlike = {"seconds", "exhibits"}
    assert {name: first[name] for name in first.keys() - unlike} == {
        name: second[name] for name in second.keys() - unlike
    }


def test_what_a_list_knows_is_a_lead_while_the_scan_still_runs(
    workspace: Workspace,
    folder: Path,
    listed: Path,
    monkeypatch: pytest.MonkeyPatch,
    open_again: Callable[..., Workspace],
) -> None:
    monkeypatch.setattr(meanwhile, "_SOON", 0.0)
    monkeypatch.setattr(meanwhile, "SHARE", 0)
    monkeypatch.setattr(reading, "PAGE_ENTRIES", 1)
    monkeypatch.setattr(reading, "BATCH_ITEMS", 2)
    beside = open_again()
    seen: list[tuple[list[str], list[dict[str, Any]]]] = []

    def look(_: Progressed) -> None:
        found = beside.leads()
        seen.append(([one["sha256"] for one in found], [dict(one) for one in found.unfinished]))

    workspace.scan([folder], progress=look)
    sha256 = hashlib.sha256(listed.read_bytes()).hexdigest()
    during = [unfinished for leads, unfinished in seen if sha256 in leads and unfinished]
    assert during, "it was no lead before the scan had ended"
    assert any(one["to_look"] for (one,) in during)
    assert beside.leads().unfinished == []


@pytest.mark.usefixtures("listed")
def test_how_far_the_look_at_media_is_is_told_after_all_is_read(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BATCH_ITEMS", 4)
    told: list[Progressed] = []
    workspace.scan([folder], progress=told.append)
    looks = [(one.done, one.total) for one in told if one.stage == "looking at media"]
    assert len(looks) > 5 and looks == sorted(looks)
    assert looks[-1] == (40, 40)


@pytest.mark.usefixtures("listed")
def test_when_the_time_is_over_the_rest_is_listed_and_the_next_scan_goes_on(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    found = workspace.scan([folder], budget=1e-6)
    assert "time of this scan" in found["stopped"]
    assert found["files"] + found["not_read"] == 60
    assert found["not_read"] >= 58
    lines = _lines(workspace, tmp_path)
    unread = [row for row in lines.values() if row["kind"] == "file" and not row["sha256"]]
    assert len(unread) == found["not_read"]
    assert {(row["examined"], row["error"]) for row in unread} == {("no", "")}
    assert all("time" in row["note"] for row in unread)
    (state,) = workspace.leads().unfinished
    assert (state["stopped"], state["not_read"]) == (True, found["not_read"])
    assert workspace.show_case()["exhibits"][0]["state"] == "begun"
    again = workspace.scan([folder])
    assert (again["files"], again["not_read"], again.get("stopped")) == (60, 0, None)
    assert all(
        row["sha256"] and not row["note"]
        for row in _lines(workspace, tmp_path).values()
        if row["kind"] == "file"
    )
    assert workspace.leads().unfinished == []


@pytest.mark.usefixtures("listed")
def test_what_was_digested_and_not_looked_at_is_counted_and_looked_at_next_time(
    workspace: Workspace, folder: Path
) -> None:
    def waits(at: Progressed) -> None:  # by now all is digested, and little is looked at
        assert at

    found = workspace.scan([folder], budget=0.05, progress=waits)
    again = workspace.scan([folder])
    assert again["items"] == 40
    assert again["not_looked_at"] == 0
    assert found["not_looked_at"] <= 40
    coverage = workspace.show_case()
    assert coverage["counts"]["media"] == 40


@pytest.mark.usefixtures("listed")
def test_a_file_that_changes_before_its_look_is_said_and_not_looked_at(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from safelight.pipeline.waiting import Waiting

    take = Waiting.take

    def and_change(self: Waiting, found: Any, job: Any) -> bool:
        taken = take(self, found, job)
        if found.path.endswith("IMG_0003.JPG"):
            (folder / "DCIM/100APPLE/IMG_0003.JPG").write_bytes(images.jpeg(99))
        return taken

    monkeypatch.setattr(Waiting, "take", and_change)
    found = workspace.scan([folder])
    (unread,) = found["unread"]
    assert unread["path"].endswith("IMG_0003.JPG")
    assert "second time" in unread["reason"]


def test_passwords_need_the_capability_unlock(workspace: Workspace, folder: Path) -> None:
    with pytest.raises(RefusedError) as refused:
        workspace.scan([folder], keys=Keys(("secret",)))
    assert "unlock" in str(refused.value)


@pytest.mark.parametrize(("text", "value"), [("90", 90.0), ("90s", 90.0), ("10m", 600.0), ("1.5h", 5400.0)])
def test_a_budget_is_written_as_people_write_times(text: str, value: float) -> None:
    assert seconds(text) == value
    assert seconds(None) is None


@pytest.mark.parametrize("text", ["", "soon", "-5m", "0", "10 days"])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        seconds(text)
