"""Reading the evidence again (`--verify-after`) keeps to the time of the scan, and says how far it came."""

from __future__ import annotations

import json
import os
import re
from html import unescape
from pathlib import Path

import pytest

from safelight.cli.scan import _read_again
from safelight.pipeline import again
from safelight.pipeline.entries import read_whole
from safelight.progress import Progressed
from safelight.store import inventory
from safelight.workspace import Workspace
from tests.e2e.command import Command
from tests.evidence import images


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "evidence"
    (made / "below").mkdir(parents=True)
    for number in range(40):
        (made / ("below" if number % 2 else ".") / f"{number:02}.txt").write_text(
            f"file {number}", encoding="ascii"
        )
    return made


def report(workspace: Workspace, to: Path) -> str:
    page = Path(workspace.export("html", to)["file"]).read_text(encoding="utf-8")
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", page)))


def stop_after(monkeypatch: pytest.MonkeyPatch, reads: int) -> None:
    """The time of the scan is over once so many files were read again."""
    done = 0

    def read(*given: object, **named: object) -> object:
        nonlocal done
        done += 1
        if done > reads:
            raise again.TimeOverError
        return read_whole(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(again, "read_whole", read)


def test_all_is_read_again_where_the_time_is_enough(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    (found,) = workspace.scan([folder], verify_after=True, budget=600)["exhibits"]
    assert (found["verified_after"], found["read_again"]) == (True, {"files": 40, "of": 40})
    assert "Read again afterwards the same digest" in report(workspace, tmp_path / "report.html")


def test_what_the_time_was_enough_for_is_told_and_is_not_called_verified(
    workspace: Workspace, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(monkeypatch, 12)
    found = workspace.scan([folder], verify_after=True, budget=600)
    (exhibit,) = found["exhibits"]
    assert "stopped" not in found and workspace.leads().unfinished == []  # all was read, once
    assert (exhibit["verified_after"], exhibit["read_again"]) == (None, {"files": 12, "of": 40})
    assert _read_again(exhibit["read_again"]).startswith(
        "Read again: 12 of 40 files, each with the same digest"
    )
    assert "12 of 40 files, with the same digests; not the rest" in report(
        workspace, tmp_path / "report.html"
    )
    monkeypatch.undo()
    (exhibit,) = workspace.scan([folder], verify_after=True)["exhibits"]
    assert exhibit["verified_after"] is True


def test_a_difference_counts_though_the_rest_was_not_read_again(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop_after(monkeypatch, 2)

    def alter(at: Progressed) -> None:
        if at.stage == "matching":
            status = (folder / "00.txt").stat()
            (folder / "00.txt").write_text("file X", encoding="ascii")
            os.utime(folder / "00.txt", ns=(status.st_atime_ns, status.st_mtime_ns))

    found = workspace.scan([folder], verify_after=True, budget=600, progress=alter)
    assert found["changed"] == [f"{folder}: 00.txt has another content than before"]
    assert found["exhibits"][0]["verified_after"] is False


def test_an_image_is_read_again_as_a_whole_or_not_at_all(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def too_long(*_: object, **__: object) -> None:
        raise again.TimeOverError

    disk = images.ext()
    with monkeypatch.context() as patch:
        patch.setattr(again, "digest_medium", too_long)
        (found,) = workspace.scan([disk], verify_after=True, budget=600)["exhibits"]
    assert found["sha256"] and (found["verified_after"], found["read_again"]) == (None, {"files": 0, "of": 1})
    assert "Read again afterwards asked for, and not done" in report(workspace, tmp_path / "report.html")
    (found,) = workspace.scan([disk], verify_after=True)["exhibits"]
    assert (found["verified_after"], found["read_again"]) == (True, {"files": 1, "of": 1})


def test_all_exhibits_are_read_before_any_is_read_again(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.txt").write_text("a", encoding="ascii")
    stages: list[str] = []
    workspace.scan(
        [folder, tmp_path / "other"], verify_after=True, progress=lambda at: stages.append(at.stage)
    )
    first = stages.index("reading again")
    assert "matching" in stages[:first]  # its leads are there
    assert not any(stage.startswith("reading folder") for stage in stages[first:])


def test_only_one_page_of_a_large_folder_is_in_memory(
    workspace: Workspace, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.pipeline.reading.PAGE_ENTRIES", 5)
    opened: list[int] = []
    page = inventory.page

    def one(*given: object) -> inventory.Page:
        found = page(*given)  # type: ignore[arg-type]
        opened.append(len(found))
        return found

    workspace.scan([folder])
    monkeypatch.setattr(inventory, "page", one)
    (found,) = workspace.scan([folder], verify_after=True)["exhibits"]
    assert found["read_again"] == {"files": 40, "of": 40}
    assert max(opened) <= 6 and len(opened) > 8


def test_the_command_line_says_so_and_leaves_with_5(tmp_path: Path) -> None:
    command = Command(tmp_path)
    command.open_case(allow="hash-match")
    (tmp_path / "evidence").mkdir()
    for number in range(300):
        (tmp_path / "evidence" / f"{number}.txt").write_text(str(number), encoding="ascii")
    ran = command.run("scan", tmp_path / "evidence", "--verify-after", "--budget", "0.001", code=5)
    assert "Not read again: the time of this scan was over." in ran.out
    assert "Not all of the evidence was read again" in ran.err
    (exhibit,) = json.loads(
        command.run("scan", tmp_path / "evidence", "--verify-after", "--budget", "10m", "--json").out
    )["exhibits"]
    assert (exhibit["verified_after"], exhibit["read_again"]["of"]) == (True, 300)
