"""Several processes in one workspace: two scans at once, and everything else beside a scan."""

from __future__ import annotations

import csv
import re
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.e2e.command import Command
from tests.e2e.test_kill import picture


def exhibit(folder: Path, size: int) -> Path:
    """Pictures, and a sparse file behind them that keeps a scan at work for a while."""
    folder.mkdir()
    for number in range(20):
        picture(folder / f"{number}.jpg", number)
    with (folder / "long.bin").open("wb") as file:
        file.truncate(size)
    return folder


def opened(home: Path) -> Command:
    home.mkdir()
    command = Command(home)
    command.open_case("hash-match,screening,export")
    return command


def at_work(command: Command) -> None:
    """Wait until the first long verb of a new workspace has taken its lock."""
    while not (command.home / "workspace" / "working.lock").exists():
        time.sleep(0.005)


def files(command: Command) -> list[list[str]]:
    """What `export files` lists, without the exhibit's id."""
    out = command.home / "files.csv"
    command.run("export", "files", "-o", out)
    with out.open(encoding="utf-8", newline="") as file:
        return sorted(row[1:] for row in csv.reader(file))


def test_of_two_scans_one_says_who_is_at_work_and_the_result_is_that_of_one(tmp_path: Path) -> None:
    command, evidence = opened(tmp_path / "both"), exhibit(tmp_path / "evidence", 512 << 20)
    scan = ("scan", evidence, "--workers", "1", "--json")
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(command.run, *scan)
        at_work(command)
        second = command.run(*scan, code=1)
        assert re.search(r"This workspace is at work already: process \d+ of \S+\.", second.err)
        assert "Wait until it has ended" in second.err
        assert "at work already" in second.json["error"]["message"]
        once = first.result().json
    again = command.run(*scan).json
    assert {**again, "seconds": 0} == {**once, "seconds": 0}
    alone = opened(tmp_path / "alone")
    alone.run(*scan)
    assert files(command) == files(alone)
    phases = [
        event["phase"] for event in command.run("audit", "show", "--json").json if event["verb"] == "scan"
    ]
    assert phases == ["begun", "failed", "ended", "begun", "ended"]
    assert command.run("audit", "verify", "--json").json["ok"] is True


def test_beside_a_scan_all_that_is_short_goes_on_and_all_that_is_long_says_why_not(tmp_path: Path) -> None:
    command, evidence = opened(tmp_path / "both"), exhibit(tmp_path / "evidence", 64 << 30)
    listed = tmp_path / "list.txt"
    listed.write_text("0" * 32 + "\n", encoding="ascii")
    scan = command.start("scan", evidence, "--workers", "1")
    try:
        at_work(command)
        for arguments in (
            ("leads", "--json"), ("screen", evidence / "1.jpg", "--json"), ("audit", "verify", "--json"),
            ("export", "files", "-o", tmp_path / "files.csv"),
        ):  # fmt: skip
            command.run(*arguments)
        importing = ("hashset", "import", listed, "--name", "known", "--kind", "watch")
        assert "at work already" in command.run(*importing, code=1).err
        assert scan.poll() is None
    finally:
        scan.kill()
        scan.wait()
    command.run(*importing)
