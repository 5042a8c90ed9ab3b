"""A scan of what was scanned before: finished work is kept, and what an order or a change brings in is read."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from PIL import Image

from safelight.evidence import zip_
from safelight.model import HashSetKind
from safelight.workspace import Workspace


def lines(opened: Workspace, folder: Path) -> dict[str, dict[str, str]]:
    """Lines of `export files` by path."""
    out = Path(opened.export("files", folder / "files.csv")["file"])
    with out.open(encoding="utf-8", newline="") as file:
        return {row["path"]: row for row in csv.DictReader(file)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "evidence"
    made.mkdir()
    (made / "a.txt").write_bytes(b"first")
    (made / "b.log").write_bytes(b"second")
    return made


def test_a_wider_order_reads_what_a_narrower_one_left_out(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    assert workspace.scan([folder], exclude=["*.log"])["not_examined"] == 1
    assert lines(workspace, tmp_path)["b.log"]["sha256"] == ""
    wider = workspace.scan([folder])
    assert (wider["files"], wider["not_examined"]) == (2, 0)
    assert lines(workspace, tmp_path)["b.log"]["sha256"]


def test_a_changed_file_is_read_again_and_the_others_keep_their_line(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    workspace.scan([folder])
    before = lines(workspace, tmp_path)
    (folder / "a.txt").write_bytes(b"other")
    workspace.scan([folder])
    after = lines(workspace, tmp_path)
    assert after["a.txt"]["sha256"] != before["a.txt"]["sha256"]
    assert after["b.log"] == before["b.log"]


def test_an_image_that_changed_is_read_anew_though_sizes_and_times_inside_are_the_same(
    workspace: Workspace, tmp_path: Path
) -> None:
    def image(content: bytes) -> Path:
        staged = tmp_path / "staged"
        shutil.rmtree(staged, ignore_errors=True)
        staged.mkdir()
        (staged / "same.txt").write_bytes(content)
        os.utime(staged / "same.txt", (1_700_000_000, 1_700_000_000))
        made = tmp_path / "disk.img"
        made.unlink(missing_ok=True)
        subprocess.run(
            ["mkfs.ext4", "-q", "-F", "-d", staged, made, "4M"],
            check=True,
            env={**os.environ, "E2FSPROGS_FAKE_TIME": "1700000000"},
        )
        return made

    workspace.scan([image(b"one")])
    before = lines(workspace, tmp_path)["disk.img//same.txt"]["sha256"]
    workspace.scan([image(b"two")])
    assert lines(workspace, tmp_path)["disk.img//same.txt"]["sha256"] != before


def test_an_archive_is_left_shut_though_it_holds_what_nobody_looks_at(
    workspace: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Known good pictures, and files of a list that are no pictures: neither ever gets a look."""
    folder = tmp_path / "evidence"
    folder.mkdir()
    Image.linear_gradient("L").save(tmp_path / "good.png")
    (tmp_path / "watched.txt").write_bytes(b"text on a list")
    with zipfile.ZipFile(folder / "both.zip", "w") as archive:
        for name in ("good.png", "watched.txt"):
            archive.write(tmp_path / name, name)
    for name, kind in (("good.png", HashSetKind.KNOWN_GOOD), ("watched.txt", HashSetKind.WATCH)):
        digest = hashlib.sha1((tmp_path / name).read_bytes()).hexdigest()
        (tmp_path / "list.txt").write_text(digest + "\n", encoding="ascii")
        workspace.import_hashset(tmp_path / "list.txt", name=name, kind=kind)
    first = workspace.scan([folder])
    opened: list[str] = []
    monkeypatch.setattr(zip_.ZipReader, "walk", lambda self, *_: opened.append("again") or iter(()))
    again = workspace.scan([folder])
    assert opened == []
    assert {name: again[name] for name in ("files", "media", "embedded", "leads")} == {
        "files": 3, "media": 1, "embedded": 2, "leads": 1,
    } == {name: first[name] for name in ("files", "media", "embedded", "leads")}  # fmt: skip
