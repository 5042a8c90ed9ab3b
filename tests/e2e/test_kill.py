"""A scan killed at any instant and started again ends as one that was never killed; nothing is done twice."""

from __future__ import annotations

import csv
import os
import random
import shutil
import signal
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.e2e.command import Command

MOMENTS = int(os.environ.get("SOAK_MOMENTS", "20"))


def picture(path: Path, seed: int, size: tuple[int, int] = (320, 240)) -> None:
    """A benign picture: a smooth random pattern."""
    chooser = random.Random(seed)
    small = Image.new("RGB", (8, 6))
    small.putdata([tuple(chooser.randrange(256) for _ in range(3)) for _ in range(48)])
    small.resize(size, Image.Resampling.BICUBIC).save(path, quality=85)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    for number in range(60):
        place = folder / f"folder {number % 7}"
        place.mkdir(exist_ok=True)
        picture(place / f"{number}.jpg", number)
    for number in range(200):
        (folder / f"folder {number % 7}" / f"{number}.txt").write_text(
            f"note {number}\n" * (number + 1), encoding="ascii"
        )
    with zipfile.ZipFile(folder / "more.zip", "w") as archive:
        for number in range(20):
            picture(folder / "one.jpg", 1000 + number)
            archive.write(folder / "one.jpg", f"in/{number}.jpg")
    (folder / "half.jpg").write_bytes((folder / "folder 0" / "0.jpg").read_bytes()[:2000])
    return folder


@pytest.fixture(scope="module")
def known(evidence: Path) -> Path:
    import hashlib

    chosen = [evidence / "folder 1" / "1.jpg", evidence / "folder 2" / "9.jpg"]
    listed = evidence.parent / "known.txt"
    listed.write_text(
        "".join(f"{hashlib.md5(path.read_bytes()).hexdigest()}\n" for path in chosen), encoding="ascii"
    )
    return listed


def prepared(home: Path, known: Path) -> Command:
    command = Command(home)
    command.open_case()
    command.run("hashset", "import", known, "--name", "known", "--kind", "known-illegal")
    return command


def findings(command: Command) -> dict[str, Any]:
    """Everything a scan found, without what differs by nature (ids that a workspace's own key makes)."""
    leads = command.run("leads", "--top", "1000", "--json").json
    for lead in leads:
        lead["paths"] = sorted((place["path"], place["state"]) for place in lead["paths"])
    out = command.home / "files.csv"
    command.run("export", "files", "-o", out)
    with out.open(encoding="utf-8", newline="") as file:
        rows = [
            {name: value for name, value in row.items() if name != "exhibit"} for row in csv.DictReader(file)
        ]
        files = sorted(tuple(sorted(row.items())) for row in rows)
    return {"leads": leads, "files": files, "counts": command.run("case", "show", "--json").json["counts"]}


@pytest.fixture(scope="module")
def never_killed(
    tmp_path_factory: pytest.TempPathFactory, evidence: Path, known: Path
) -> tuple[dict[str, Any], float]:
    command = prepared(tmp_path_factory.mktemp("never"), known)
    started = time.monotonic()
    command.run("scan", evidence, "--workers", "1", code=5)
    return findings(command), time.monotonic() - started


def test_killed_at_random_moments_the_findings_are_the_same(
    tmp_path: Path, evidence: Path, known: Path, never_killed: tuple[dict[str, Any], float]
) -> None:
    expected, seconds = never_killed
    chooser = random.Random(20261125)
    killed = 0
    trial = 0
    while killed < MOMENTS:
        trial += 1
        home = tmp_path / f"trial{trial}"
        home.mkdir()
        command = prepared(home, known)
        for _ in range(5):
            run = command.start("scan", evidence, "--workers", "1")
            time.sleep(chooser.uniform(0.1, seconds * 0.95))
            if run.poll() is not None:
                break
            os.killpg(run.pid, signal.SIGKILL)
            run.wait()
            killed += 1
        command.run("scan", evidence, "--workers", "1", code=5)
        assert findings(command) == expected
        assert command.run("audit", "verify", "--json").json["ok"] is True
        phases = [
            event["phase"]
            for event in command.run("audit", "show", "--json", "--top", "1000").json
            if event["verb"] == "scan"
        ]
        assert phases[-1] == "ended" and set(phases) <= {"begun", "resumed", "ended"}
        shutil.rmtree(home)
