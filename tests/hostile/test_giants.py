"""What claims a terabyte and is next to nothing: a scan with a budget ends in time and says what it did not read."""

from __future__ import annotations

import csv
import shutil
import struct
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.command import Command
from tests.evidence import images
from tests.hostile import disks

TERABYTE = 1 << 40
IMAGES = {"a.qcow2": "qcow2", "a.vmdk": "vmdk", "a.vhdx": "vhdx", "a.vhd": "vpc", "a.vdi": "vdi"}
BUDGET, SLACK = 15, 90
"""Seconds: of the scan, and what it may take beyond them on a machine that does other things too (the promise is
a tenth more, five seconds at the least)."""


def _ext() -> bytes:
    """An ext4 of some hundred KiB that claims a terabyte in blocks of 1 KiB."""
    data = bytearray(disks.ext(4))
    struct.pack_into("<I", data, 1024 + 4, 1 << 30)
    return bytes(data)


def _gpt() -> bytes:
    """A GPT of 2 MiB with a partition of a terabyte."""
    disk = images.gpt(4_096, [(64, TERABYTE // 512)])
    disk[64 * 512 : 64 * 512 + len(disks.fat(12))] = disks.fat(12)
    return bytes(disk)


def _evidence(folder: Path) -> Path:
    folder.mkdir()
    with (folder / "huge.raw").open("wb") as file:
        file.truncate(TERABYTE)
    for name, format in IMAGES.items():
        images.run("qemu-img", "create", "-q", "-f", format, folder / name, "1T")
    hole = folder.parent / "hole"
    with hole.open("wb") as file:
        file.truncate(TERABYTE)
    (folder / "sparse.tar").write_bytes(images.run("tar", "-C", folder.parent, "-S", "-c", "-f", "-", "hole"))
    hole.unlink()
    (folder / "gpt.img").write_bytes(_gpt())
    (folder / "ext4.img").write_bytes(_ext())
    (folder / "DCIM").mkdir()
    for number in range(12):
        (folder / "DCIM" / f"IMG_{number:04}.JPG").write_bytes(images.jpeg(number, 64, 48))
    return folder


def _scan(command: Command, evidence: Path) -> dict[str, Any]:
    begun = time.monotonic()
    ran = command.run("scan", evidence, "--budget", f"{BUDGET}s", "--json", code=None, timeout=600)
    assert time.monotonic() - begun < BUDGET + SLACK
    assert ran.code in (0, 5), ran.err[-2_000:]
    assert "Traceback" not in ran.err
    summary: dict[str, Any] = ran.json
    return summary


@pytest.mark.soak
@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
def test_terabytes_of_nothing_are_left_in_time_and_said(tmp_path: Path) -> None:
    evidence = _evidence(tmp_path / "evidence")
    command = Command(tmp_path)
    command.open_case("hash-match,classify,export")
    first = _scan(command, evidence)
    assert "time of this scan" in first["stopped"]
    table = command.home / "files.csv"
    command.run("export", "files", "-o", table)
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    lines = {row["path"]: row for row in rows if row["kind"] == "file"}
    assert all(lines[f"DCIM/IMG_{number:04}.JPG"]["sha256"] for number in range(12))
    assert not lines["huge.raw"]["sha256"] and "time" in lines["huge.raw"]["note"]
    assert {path.name for path in evidence.iterdir() if path.is_file()} <= lines.keys()
    said = {row["path"].split("//")[0] for row in rows if row["error"] or "time" in row["note"]}
    assert {"gpt.img", "ext4.img", "huge.raw"} <= said
    used = int(subprocess.run(["du", "-sk", tmp_path], capture_output=True, check=True).stdout.split()[0])
    assert used < 200_000, "the zeros were written somewhere"
