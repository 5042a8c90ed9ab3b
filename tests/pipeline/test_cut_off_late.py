"""A scan that is cut off tells what was read by then, and of which exhibit, and blames nothing else."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from safelight.cli.leads import unfinished
from safelight.evidence.found import Found
from safelight.model import HashSetKind
from safelight.pipeline.looking import Job
from safelight.pipeline.reading import ExhibitReader
from safelight.progress import Progressed
from safelight.workspace import Workspace
from tests.evidence import images


def test_what_was_read_and_not_matched_is_no_finished_scan(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.pipeline.meanwhile._SOON", 3_600.0)
    folder = tmp_path / "folder"
    folder.mkdir()
    Image.linear_gradient("L").save(folder / "picture.png")

    def cut(at: Progressed) -> None:
        if at.stage == "matching":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        workspace.scan([folder], progress=cut)
    (left,) = workspace.leads().unfinished
    assert (left["path"], left["files"], left["stopped"]) == (str(folder), 1, False)
    workspace.scan([folder])
    assert workspace.leads().unfinished == []


def texts(folder: Path, count: int) -> Path:
    folder.mkdir()
    for number in range(count):
        (folder / f"{number:03}.txt").write_text(f"{folder.name} {number}", encoding="ascii")
    return folder


def cut_at(name: str) -> Callable[[ExhibitReader, Found], None]:
    """Somebody presses Ctrl-C when this file is to be read."""
    take = ExhibitReader._take

    def taken(self: ExhibitReader, found: Found) -> None:
        if found.place.trail[-1].endswith(name.encode()):
            raise KeyboardInterrupt
        take(self, found)

    return taken


def test_of_what_was_read_until_it_was_cut_off_the_number_is_told(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = texts(tmp_path / "evidence", 50)
    monkeypatch.setattr(ExhibitReader, "_take", cut_at("030.txt"))
    with pytest.raises(KeyboardInterrupt):
        workspace.scan([folder], budget=600)
    (left,) = workspace.leads().unfinished
    assert (left["files"], left["stopped"]) == (30, False)
    assert "it goes on, or was cut off" in unfinished(left)


def test_whoever_stops_a_scan_is_not_told_that_the_time_of_an_earlier_one_was_over(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = texts(tmp_path / "one", 20), texts(tmp_path / "other", 20)
    left_alone = texts(tmp_path / "left alone", 20)
    workspace.scan([one, other, left_alone], budget=1e-6)
    assert all("its time was over" in unfinished(left) for left in workspace.leads().unfinished)
    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(ExhibitReader, "_take", cut_at("005.txt"))
        workspace.scan([one, other], budget=600)  # it does not come to the second
    said = {left["path"]: unfinished(left) for left in workspace.leads().unfinished}
    assert "it goes on, or was cut off" in said[str(one)] and "5 files were read, 15 listed" in said[str(one)]
    assert "it goes on, or was cut off" in said[str(other)]
    assert "its time was over" in said[str(left_alone)]
    workspace.scan([one, other, left_alone])
    assert workspace.leads().unfinished == []


def test_an_exhibit_has_ended_when_all_of_it_is_looked_at_though_the_scan_goes_on(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("safelight.pipeline.meanwhile._SOON", 0.0)
    monkeypatch.setattr("safelight.pipeline.meanwhile.SHARE", 0)
    listed = tmp_path / "list.txt"
    listed.write_text(hashlib.sha256(images.jpeg(2)).hexdigest() + "\n")
    workspace.import_hashset(listed, name="known", kind=HashSetKind.KNOWN_ILLEGAL)
    one, other = texts(tmp_path / "one", 3), texts(tmp_path / "other", 3)
    (one / "a.jpg").write_bytes(images.jpeg(2))
    (other / "a.jpg").write_bytes(images.jpeg(3))
    seen: list[tuple[list[str], int]] = []
    end = ExhibitReader.batches

    def watched(self: ExhibitReader, *given: Any) -> Iterator[list[Job]]:
        yield from end(self, *given)
        found = workspace.leads()
        seen.append(
            ([left["path"] for left in found.unfinished], len([lead for lead in found if lead["matches"]]))
        )

    monkeypatch.setattr(ExhibitReader, "batches", watched)
    workspace.scan([one, other])
    assert seen[0][0] == [str(one)]
    assert workspace.leads().unfinished == []
    workspace.scan([one, other])  # nothing is looked at again: the first has ended when the second is begun
    assert seen[-1] == ([str(other)], 1)
