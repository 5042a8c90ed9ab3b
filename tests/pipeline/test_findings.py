"""What is wrong with a thing stands beside its own line in `export files`, and takes nothing else away."""

from __future__ import annotations

import csv
import hashlib
import os
import subprocess
import zlib
from pathlib import Path

import pytest

from safelight.workspace import Workspace
from tests.evidence import images


def lines(opened: Workspace, folder: Path) -> list[tuple[str, str, str, str]]:
    """(path, kind, SHA-256, error) of each line of `export files`."""
    out = Path(opened.export("files", folder / "files.csv")["file"])
    with out.open(encoding="utf-8", newline="") as file:
        return [(row["path"], row["kind"], row["sha256"], row["error"]) for row in csv.DictReader(file)]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "evidence"
    made.mkdir()
    return made


def broken_disk(path: Path) -> None:
    """A partition table of which two lines lead nowhere."""
    subprocess.run(["qemu-img", "create", "-q", "-f", "raw", path, "1M"], check=True)
    with path.open("r+b") as file:
        for number, (start, length) in enumerate(((64, 64), (5_000, 10), (9_000, 10))):
            file.seek(446 + 16 * number + 4)
            file.write(b"\x83\0\0\0" + start.to_bytes(4, "little") + length.to_bytes(4, "little"))
        file.seek(510)
        file.write(b"\x55\xaa")


def test_a_file_that_cannot_be_opened_as_a_container_keeps_its_line(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    (folder / "disk.ex01").write_bytes(b"EVF2\x0d\x0a\x81\x00".ljust(2_000, b"x"))
    summary = workspace.scan([folder])
    found = lines(workspace, tmp_path)
    sha256 = hashlib.sha256((folder / "disk.ex01").read_bytes()).hexdigest()
    assert [line[:3] for line in found] == [("disk.ex01", "file", sha256), ("disk.ex01", "finding", "")]
    assert summary["exhibits"][0]["sha256"] != hashlib.sha256().hexdigest()  # that of a folder without files


def test_a_member_that_cannot_be_opened_keeps_its_line(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    (folder / "disk.ex01").write_bytes(b"EVF2\x0d\x0a\x81\x00".ljust(2_000, b"x"))
    subprocess.run(["gzip", folder / "disk.ex01"], check=True)
    summary = workspace.scan([folder])
    assert [line[1] for line in lines(workspace, tmp_path)] == ["file", "file", "finding"]
    assert (summary["files"], summary["unreadable"]) == (2, 1)


def test_everything_that_is_wrong_with_one_thing_is_said(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    broken_disk(folder / "disk.img")
    summary = workspace.scan([folder])
    assert [line[1] for line in lines(workspace, tmp_path)] == ["file", "finding", "finding"]
    assert {one["reason"][:21] for one in summary["unread"]} == {
        "partition 2 begins ou",
        "partition 3 begins ou",
    }


def test_a_second_scan_says_it_once_and_a_mended_file_no_more(
    workspace: Workspace, folder: Path, tmp_path: Path
) -> None:
    disk = folder / "disk.img"
    broken_disk(disk)
    first = workspace.scan([folder])
    again = workspace.scan([folder])
    assert again["unread"] == first["unread"] and again["files"] == first["files"]
    os.truncate(disk, 6 << 20)  # now the partitions lie within
    assert workspace.scan([folder])["unread"] == []


def test_damage_that_was_met_while_reading_is_not_said_again_of_the_medium(
    workspace: Workspace, folder: Path
) -> None:
    with (folder / "zeros.img").open("wb") as file:
        file.truncate(1 << 20)
    acquired = images.e01(image=folder / "zeros.img")
    image = folder / "zeros.E01"
    data = bytearray(acquired.read_bytes())
    chunk = data.index(zlib.compress(bytes(32_768), 1)[:8])
    data[chunk + 20] ^= 0xFF
    image.write_bytes(data)
    (only,) = workspace.scan([image])["unread"]
    assert only["path"] == "zeros.E01" and "damaged" in only["reason"]


def test_what_cannot_be_opened_is_said_once(workspace: Workspace, folder: Path) -> None:
    (folder / "disk.ex01").write_bytes(b"EVF2\x0d\x0a\x81\x00".ljust(2_000, b"x"))
    summary = workspace.scan([folder / "disk.ex01"])
    assert [one["path"] for one in summary["unread"]] == ["disk.ex01"]
    assert summary["exhibits"][0]["sha256"] is None
