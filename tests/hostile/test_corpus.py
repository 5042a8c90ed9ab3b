"""One scan of the whole corpus: it ends, writes nowhere, stays small, and says of each broken file what is wrong."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import shutil
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.command import SAFELIGHT, Command
from tests.evidence.encrypted.made import PASSWORD
from tests.hostile.corpus import Case, cases
from tests.peak import peak_of

MEMORY = 1_500
"""MiB of the scanning process."""
DEEP = 10_000
SOAK = 10_000
"""Cases from which pictures are decoded for perceptual hashes and metadata only: most of the time models would look at
ever other flips of the same picture."""
LOOK = "hash-match,classify"


def _write(folder: Path, made: list[Case]) -> None:
    for case in made:
        path = folder / case.name
        path.parent.mkdir(parents=True, exist_ok=True)
        case.write(path)


def _deep_folders(top: Path, depth: int) -> None:
    """Folders in folders, far beyond the longest path; made and left by descriptor."""
    fd = os.open(top, os.O_RDONLY)
    for _ in range(depth):
        os.mkdir("d", dir_fd=fd)
        below = os.open("d", os.O_RDONLY, dir_fd=fd)
        os.close(fd)
        fd = below
    last = os.open("last.txt", os.O_CREAT | os.O_WRONLY, dir_fd=fd)
    os.write(last, b"at the bottom")
    os.close(last)
    os.close(fd)


def _shallow(top: Path) -> None:
    """Take them away again, level by level: no tool that cleans up goes down so far."""
    while (top / "d").is_dir():
        below = top / "d" / "d"
        if below.is_dir():
            below.rename(top / "e")
        shutil.rmtree(top / "d")
        if (top / "e").is_dir():
            (top / "e").rename(top / "d")


class _killed_after:
    """A timer that kills a scan which hangs."""

    def __init__(self, seconds: float, scan: subprocess.Popen[bytes]) -> None:
        self._timer = threading.Timer(seconds, scan.kill)
        self._timer.start()

    def close(self) -> None:
        """It has ended by itself."""
        self._timer.cancel()


def _state(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*/*"))
        if path.is_file()
    }


def _scan(tmp_path: Path, made: list[Case], deep: int, limit: float) -> None:
    evidence, elsewhere = tmp_path / "evidence", tmp_path / "elsewhere"
    elsewhere.mkdir()
    _write(evidence, made)
    (evidence / "deep").mkdir()
    _deep_folders(evidence / "deep", deep)
    (evidence / "itself").symlink_to(evidence)
    try:
        _scan_corpus(tmp_path, evidence, elsewhere, made, limit)
    finally:
        _shallow(evidence / "deep")


def _scan_corpus(tmp_path: Path, evidence: Path, elsewhere: Path, made: list[Case], limit: float) -> None:
    before = _state(evidence)
    command = Command(tmp_path)
    command.open_case(f"{LOOK},unlock,export" if len(made) < SOAK else "hash-match,unlock,export")
    keys = tmp_path / "passwords.txt"
    keys.write_text(f"{PASSWORD}\n", encoding="utf-8")
    out, err = tmp_path / "out.json", tmp_path / "err.txt"
    with out.open("wb") as to, err.open("wb") as errors:
        scan = subprocess.Popen(
            [SAFELIGHT, "scan", evidence, "--password-file", keys, "--json"],
            env=command.environment() | {"TMPDIR": str(elsewhere)},
            cwd=elsewhere,
            stdout=to,
            stderr=errors,
        )
        begun = time.monotonic()
        with closing(_killed_after(limit, scan)):
            peak = peak_of(scan)
        print(
            f"{len(made):,} cases in {(time.monotonic() - begun) / 60:.1f} minutes, {peak:,.0f} MiB at the most"
        )
    said = err.read_text(encoding="utf-8", errors="replace")
    assert scan.returncode == 5, said[-2_000:]
    assert "Traceback" not in said
    assert 50 < peak < MEMORY
    assert not list(elsewhere.iterdir()), "something was left beside the evidence"
    assert _state(evidence) == before
    assert not list(Path("/tmp").glob("escaped*"))
    files = command.home / "files.csv"
    command.run("export", "files", "-o", files)
    with files.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    digests = {row["path"]: row["sha256"] for row in rows if row["kind"] == "file"}
    assert {path: digests.get(path) for path in before} == before, "a file was passed over"
    assert any(path.endswith("d/last.txt") for path in digests)
    with_reason = {row["path"].split("//")[0] for row in rows if row["error"]}
    listed = json.loads(out.read_text(encoding="utf-8"))
    with_reason |= {one["path"].split("//")[0] for one in listed["unread"]}
    assert all(one["reason"] for one in listed["unread"])
    silent = [case.name for case in made if case.must_say and case.name not in with_reason]
    assert silent == []
    assert not [row for row in rows if "reader failed" in row["error"]], "a parser threw what nobody expected"


def test_a_thousand_hostile_files_end_in_findings(tmp_path: Path) -> None:
    made = list(cases(cuts=4, flips=3))
    assert len(made) >= 1_000
    _scan(tmp_path, made, 1_000, 900)


@pytest.mark.soak
def test_ten_thousand_hostile_files_end_in_findings(tmp_path: Path) -> None:
    made = list(cases(cuts=64, flips=72, soak=True))
    assert len(made) >= SOAK
    _scan(tmp_path, made, DEEP, 3_600)
