"""A whole `safelight scan` that only digests, of many small files in ext4, against digesting the same bytes in memory.

    python bench/scan_digest.py                    # 100,000 files: some 2 GB of memory, 4 GB of disk
    python bench/scan_digest.py --files 20000 --rounds 1

Sizes are spread evenly over the doublings from 1 to 64 KiB (log-uniform: half of the files are below 8 KiB, the
mean is 15 KiB), content is noise, 200 files a folder. Peer: MD5, SHA-1 and SHA-256 of the same bytes by hashlib,
held in memory, file by file. Ours: the command, started in a fresh workspace under a case that allows hash-match
alone, until it ends: starting Python (modules are compiled, as pip does it), opening the store, listing, reading,
digesting, sealing and storing the inventory, matching, the log, *and the SHA-256 of the whole image*, which the
peer has no part in. Both on one core in the same run, alternating; the best of `--rounds` counts, as elapsed and
as CPU seconds. Then the same scan once more (nothing has changed), and where the time goes, sampled in a run of
its own. Needs e2fsprogs.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any, NamedTuple

SAFELIGHT = Path(sys.executable).with_name("safelight")
SMALLEST, LARGEST = 1 << 10, 1 << 16
IN_FOLDER = 200
GOAL = 1.25
SAMPLE = 0.002
"""Seconds of CPU time between two looks at the stack."""

PARTS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("importing modules", ("<frozen importlib._bootstrap>:",)),
    ("digesting the image", ("pipeline/medium.py:digest_medium",)),
    ("matching", ("pipeline/matched.py:match_case",)),
    ("what could not be read", ("triage/facts.py:unread",)),
    ("ranking", ("triage/leads.py:rank",)),
    ("learning what is known", ("pipeline/known.py:__init__",)),
    ("inventory: sealing", ("store/sealing.py:",)),
    ("inventory: packing", ("store/page.py:", "store/entry.py:")),
    ("storing (SQLite, to the disk)", ("pipeline/reading.py:flush",)),
    ("digesting files", ("signals/digest.py:",)),
    ("reading files", ("evidence/tsk.py:read_at",)),
    ("recognising files", ("evidence/walk.py:_recognise", "evidence/sniff.py:", "evidence/found.py:reader")),
    ("carving", ("evidence/carve.py:", "evidence/carving/")),
    ("listing", ("evidence/filesystem.py:", "evidence/ext.py:", "evidence/stamps.py:")),
    ("walking, making entries", ("pipeline/", "evidence/")),
    ("opening, log, settings", ("",)),
)
"""What a moment is counted as: the first part one of whose marks is anywhere on the stack."""


class Spent(NamedTuple):
    """Seconds of a piece of work."""

    elapsed: float
    cpu: float

    def __str__(self) -> str:
        return f"{self.elapsed:6.2f} s elapsed, {self.cpu:6.2f} s CPU"


def main() -> None:
    """Print both sides, their ratio, the scan once more, and where the time goes."""
    if sys.argv[1:2] == ["--sampled"]:
        sampled(Path(sys.argv[2]), sys.argv[3:])
        return
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--files", type=int, default=100_000, help="how many files (100,000)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument(
        "--keep", type=Path, metavar="DIR", help="make the image there, or use the one that is"
    )
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        contents = make_contents(options.files, options.seed)
        image = (options.keep or work) / f"{options.files}-{options.seed}.img"
        if not image.exists():
            make_image(contents, image)
        size = sum(map(len, contents))
        print(
            f"{len(contents):,} files, {size >> 20:,} MiB, in an image of {image.stat().st_size >> 20:,} MiB"
        )
        peers, scans, again, media = [], [], [], []
        for number in range(options.rounds):
            peers.append(peer(contents))
            home = work / f"home-{number}"
            opened(home)
            spent, found = scan(home, image)
            assert (found["files"], found["carved"], found["unreadable"]) == (len(contents), 0, 0), found
            scans.append(spent)
            again.append(scan(home, image)[0])
            media.append(image_digest(image))
        home = work / "home-sampled"
        opened(home)
        samples, spent = where(home, image)
    report(best(peers), best(scans), best(again), best(media), samples, spent, len(contents))


def make_contents(count: int, seed: int) -> list[bytes]:
    """Noise, from `SMALLEST` to `LARGEST` bytes; none begins like a medium."""
    rng = random.Random(seed)
    doublings = (LARGEST // SMALLEST).bit_length() - 1
    return [
        b"noise " + rng.randbytes(int(SMALLEST * 2 ** rng.uniform(0, doublings)) - 6) for _ in range(count)
    ]


def make_image(contents: Sequence[bytes], image: Path) -> None:
    """Write the files into an ext4 image, `IN_FOLDER` a folder."""
    tree = image.with_suffix(".tree")
    for start in range(0, len(contents), IN_FOLDER):
        folder = tree / f"folder {start // IN_FOLDER:04}"
        folder.mkdir(parents=True)
        for number, data in enumerate(contents[start : start + IN_FOLDER]):
            (folder / f"file_{number:04}.bin").write_bytes(data)
    blocks = sum(-(-len(data) // 4096) for data in contents) + len(contents) // 10 + 8_192
    blocks += blocks // 20
    inodes = len(contents) * 11 // 10 + 1_000
    command = [
        "mke2fs",
        "-q",
        "-F",
        "-t",
        "ext4",
        "-b",
        "4096",
        "-N",
        inodes,
        "-m",
        "0",
        "-d",
        tree,
        image,
        blocks,
    ]
    subprocess.run(list(map(str, command)), check=True)
    shutil.rmtree(tree)


def peer(contents: Sequence[bytes]) -> Spent:
    """The three digests of everything, from memory."""
    started, used = time.perf_counter(), time.process_time()
    md5, sha1, sha256 = hashlib.md5, hashlib.sha1, hashlib.sha256
    for data in contents:
        md5(data).digest()
        sha1(data).digest()
        sha256(data).digest()
    return Spent(time.perf_counter() - started, time.process_time() - used)


def image_digest(image: Path) -> Spent:
    """SHA-256 of the image alone, read in pieces: the part of a scan that the peer has no like of."""
    started, used = time.perf_counter(), time.process_time()
    whole = hashlib.sha256()
    with image.open("rb", buffering=0) as file:
        while piece := file.read(1 << 20):
            whole.update(piece)
    return Spent(time.perf_counter() - started, time.process_time() - used)


def opened(home: Path) -> None:
    """A fresh workspace with a case that allows hash-match alone."""
    run(
        home, SAFELIGHT, "case", "open", "bench", "--basis", "warrant", "--reference", "1", "--issued-by", "Court",
        "--valid-until", "2099-12-31", "--allow", "hash-match",
    )  # fmt: skip


def scan(home: Path, image: Path) -> tuple[Spent, dict[str, Any]]:
    """The command as a user runs it; what it cost and what it says."""
    spent, out = run(home, SAFELIGHT, "scan", image, "--workers", "1", "--json")
    found: dict[str, Any] = json.loads(out)
    return spent, found


def where(home: Path, image: Path) -> tuple[Counter[str], Spent]:
    """Samples of a scan, by part, and what that run cost."""
    out = home / "samples.json"
    this = Path(__file__).resolve()
    spent, _ = run(home, sys.executable, this, "--sampled", out, "scan", image, "--workers", "1", "--json")
    return Counter(json.loads(out.read_text("ascii"))), spent


def run(home: Path, *command: str | Path) -> tuple[Spent, bytes]:
    """Run a command in a workspace of its own, to its end; it must succeed."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SAFELIGHT_")}
    environment = kept | {
        "SAFELIGHT_WORKSPACE": str(home / "workspace"),
        "SAFELIGHT_KEY_FOLDER": str(home / "keys"),
        "PYTHONPYCACHEPREFIX": str(home.parent / "compiled"),
    }
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(list(map(str, command)), env=environment, capture_output=True, check=False)
    elapsed, after = time.perf_counter() - started, os.times()
    if done.returncode:
        raise SystemExit(done.stderr.decode())
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    return Spent(elapsed, cpu), done.stdout


def sampled(out: Path, arguments: list[str]) -> None:
    """Run the command in this process; look at the stack at every tick of a clock, and count the parts."""
    counts: Counter[str] = Counter()

    def look(_number: int, frame: FrameType | None) -> None:
        stack = []
        while frame is not None:
            code = frame.f_code
            stack.append(f"{code.co_filename.rpartition('/safelight/')[2]}:{code.co_name}")
            frame = frame.f_back
        counts[part(stack)] += 1

    sys.argv = ["safelight", *arguments]
    signal.signal(signal.SIGPROF, look)
    signal.setitimer(signal.ITIMER_PROF, SAMPLE, SAMPLE)
    try:
        from safelight.cli.main import main as command

        command()
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        out.write_text(json.dumps(counts), "ascii")


def part(stack: Sequence[str]) -> str:
    """What a stack is counted as, see `PARTS`."""
    for name, marks in PARTS:
        if any(call.startswith(mark) for mark in marks for call in stack):
            return name
    raise AssertionError("the last part takes everything")


def best(spent: Sequence[Spent]) -> Spent:
    """The least of each over the rounds."""
    return Spent(min(one.elapsed for one in spent), min(one.cpu for one in spent))


def report(
    peer: Spent, ours: Spent, again: Spent, image: Spent, samples: Counter[str], spent: Spent, files: int
) -> None:
    """Print everything."""
    print(f"three digests in memory      {peer}")
    print(f"safelight scan               {ours}")
    print(f"  scanned again              {again}")
    print(f"SHA-256 of the image alone   {image}")
    print(f"ratio: {ours.elapsed / peer.elapsed:.2f} elapsed, {ours.cpu / peer.cpu:.2f} CPU  (goal: {GOAL})")
    rest = Spent(ours.elapsed - image.elapsed, ours.cpu - image.cpu)
    print(
        f"   without the image's own digest: {rest.elapsed / peer.elapsed:.2f} elapsed, {rest.cpu / peer.cpu:.2f} CPU"
    )
    total = samples.total()
    print(f"where the CPU time goes (a run of its own, {spent}):")
    for name, count in samples.most_common():
        seconds = spent.cpu * count / total
        print(f"  {name:32} {count / total:6.1%} {seconds:7.2f} s {seconds / files * 1e6:7.1f} µs a file")


if __name__ == "__main__":
    main()
