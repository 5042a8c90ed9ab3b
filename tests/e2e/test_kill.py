"""Killed at any instant and started again, every verb ends as one that was never killed; nothing is done twice."""

from __future__ import annotations

import csv
import hashlib
import os
import random
import shutil
import signal
import sqlite3
import subprocess
import time
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.e2e.command import Command

LOOKED = "hash-match,screening,export"
MODELLED = "hash-match,classify,screening,export"
"""What the case allows: without models, and with them. Preparing models makes most of a short scan."""
KILLS = {"open": 1, "import": 2, "scan": 6, "export": 2}
"""How often each verb of a story is killed before it may run to its end."""


def picture(path: Path, seed: int, size: tuple[int, int] = (320, 240)) -> None:
    """A benign picture: a smooth random pattern."""
    chooser = random.Random(seed)
    small = Image.new("RGB", (8, 6))
    small.putdata([tuple(chooser.randrange(256) for _ in range(3)) for _ in range(48)])
    small.resize(size, Image.Resampling.BICUBIC).save(path, quality=85)


@pytest.fixture(scope="module")
def evidence(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("evidence")
    for number in range(40):
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
    """A list that takes a while to import, with the digests of two of the pictures."""
    chosen = [evidence / "folder 1" / "1.jpg", evidence / "folder 2" / "9.jpg"]
    chooser = random.Random(7)
    digests = [hashlib.md5(path.read_bytes()).hexdigest() for path in chosen]
    digests += [chooser.randbytes(16).hex() for _ in range(100_000)]
    listed = evidence.parent / "known.txt"
    listed.write_text("".join(f"{digest}\n" for digest in digests), encoding="ascii")
    return listed


@dataclass(frozen=True, slots=True)
class Story:
    """One case from its opening to its export, in a workspace of its own."""

    command: Command
    evidence: Path
    known: Path
    allow: str

    @property
    def out(self) -> Path:
        return self.command.home / "out" / "files.csv"

    def verb(self, name: str) -> tuple[tuple[str | Path, ...], set[int]]:
        """The arguments of a step, and the exit codes that it may end with after a kill."""
        opening = (
            "case", "open", "sample", "--basis", "warrant", "--reference", "12 Gs 345/26",
            "--issued-by", "Sample Court", "--valid-until", "2099-12-31", "--allow", self.allow,
        )  # fmt: skip
        importing = ("hashset", "import", self.known, "--name", "known", "--kind", "known-illegal")
        return {
            "open": (opening, {0, 2}),  # 2: it was opened, and the kill came after that
            "import": (importing, {0}),
            "scan": (("scan", self.evidence, "--workers", "1"), {5}),
            "export": (("export", "files", "-o", self.out), {0}),
        }[name]

    def tell(self, chooser: random.Random | None = None, seconds: dict[str, float] | None = None) -> int:
        """Run all verbs to their end; killed before, at moments drawn over the whole of a run. How often."""
        killed = 0
        self.out.parent.mkdir(parents=True)
        for name, kills in KILLS.items():
            arguments, codes = self.verb(name)
            for _ in range(kills if chooser is not None and seconds is not None else 0):
                killed += kill(self.command, arguments, chooser.uniform(0, seconds[name]))
                assert not self.out.exists() or whole(self.out)
            assert self.command.run(*arguments, code=None).code in codes
        return killed

    def findings(self) -> dict[str, Any]:
        """All that was found and left, without what differs by nature (ids that a workspace's own key makes)."""
        leads = self.command.run("leads", "--top", "1000", "--json").json
        for lead in leads:
            lead["paths"] = sorted((place["path"], place["state"]) for place in lead["paths"])
        with self.out.open(encoding="utf-8", newline="") as file:
            files = sorted(row[1:] for row in csv.reader(file))
        workspace = self.command.home / "workspace"
        store = sqlite3.connect(workspace / "safelight.db")
        tables = ("case_file", "exhibit", "item", "place", "signal", "hash_set")
        counted = {name: store.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
        entries = store.execute("SELECT sum(count) FROM inventory").fetchone()[0]
        store.close()
        return {
            "leads": leads,
            "files": files,
            "rows": counted,
            "entries": entries,  # one more would be a place that was read twice
            "blobs": sum(path.is_file() for path in (workspace / "blobs").rglob("*")),
            "sets": len(list((workspace / "hashsets").iterdir())),
            "out": [path.name for path in self.out.parent.iterdir()],
        }


def kill(command: Command, arguments: tuple[str | Path, ...], after: float) -> bool:
    """Start, kill after some seconds with all that it started; False if it was over before."""
    run = command.start(*arguments)
    try:
        run.wait(timeout=after)
        return False
    except subprocess.TimeoutExpired:
        os.killpg(run.pid, signal.SIGKILL)
        run.wait()
        return True


def whole(out: Path) -> bool:
    """Does an export that has its name have all its lines?"""
    return out.read_bytes().endswith(b"\n") and len(out.read_bytes().splitlines()) > 250


@pytest.fixture(scope="module")
def never_killed(
    tmp_path_factory: pytest.TempPathFactory, evidence: Path, known: Path
) -> dict[str, tuple[dict[str, Any], dict[str, float]]]:
    """What a story without kills finds, and how long each of its verbs takes."""
    told = {}
    for allow in (LOOKED, MODELLED):
        story = Story(Command(tmp_path_factory.mktemp("never")), evidence, known, allow)
        story.out.parent.mkdir()
        seconds = {}
        for name in KILLS:
            begun = time.monotonic()
            arguments, codes = story.verb(name)
            assert story.command.run(*arguments, code=None).code in codes
            seconds[name] = time.monotonic() - begun
        told[allow] = story.findings(), seconds
    return told


def kill_at(
    moments: int, chooser: random.Random, folder: Path, evidence: Path, known: Path, never_killed: Any
) -> None:
    """Tell stories until there were that many kills; every other one with models."""
    killed = trial = 0
    while killed < moments:
        allow = MODELLED if trial % 2 else LOOKED
        home = folder / f"trial{trial}"
        home.mkdir()
        trial += 1
        expected, seconds = never_killed[allow]
        story = Story(Command(home), evidence, known, allow)
        killed += story.tell(chooser, seconds)
        assert story.findings() == expected
        assert story.command.run("audit", "verify", "--json").json["ok"] is True
        events = story.command.run("audit", "show", "--json", "--top", "1000").json
        for verb in ("scan", "hashset import", "export"):
            phases = [event["phase"] for event in events if event["verb"] == verb]
            assert phases[-1] == "ended" and set(phases) <= {"begun", "resumed", "ended"}
        shutil.rmtree(home)


def test_killed_at_random_moments_all_is_as_if_never_killed(
    tmp_path: Path, evidence: Path, known: Path, never_killed: Any
) -> None:
    kill_at(20, random.Random(20261125), tmp_path, evidence, known, never_killed)


@pytest.mark.soak
def test_killed_at_many_random_moments_all_is_as_if_never_killed(
    tmp_path: Path, evidence: Path, known: Path, never_killed: Any
) -> None:
    """For `make soak`; the seed is printed where it fails, and `SOAK_SEED` gives the same moments again."""
    seed = int(os.environ.get("SOAK_SEED", time.time_ns() % 1_000_000))
    print(f"SOAK_SEED={seed}")
    moments = int(os.environ.get("SOAK_MOMENTS", "500"))
    kill_at(moments, random.Random(seed), tmp_path, evidence, known, never_killed)
