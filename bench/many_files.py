"""What a file costs and how much memory a scan takes, from ten thousand files to a million.

    python bench/many_files.py [--counts 10000,100000,1000000] [--image 500000]

Small text files, a thousand to a folder, scanned from the command line with `hash-match`; the cost is the CPU time of
the scan, its start included (modules are compiled, as pip does it). Then an ext4 image of so many files. Goals: below
1.5 GB at the peak, and a cost per file that is constant within 10 % from 10,000 files on.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from time import monotonic

SAFELIGHT = Path(sys.executable).with_name("safelight")
_PER_FOLDER = 1_000


def make(folder: Path, count: int) -> None:
    """Small files, each with other content."""
    for first in range(0, count, _PER_FOLDER):
        below = folder / f"{first // 100_000:02}" / f"{first // _PER_FOLDER:04}"
        below.mkdir(parents=True)
        for number in range(first, min(count, first + _PER_FOLDER)):
            (below / f"{number}.txt").write_bytes(b"small file %d\n" % number * (1 + number % 40))


def scan(exhibit: Path, compiled: Path) -> tuple[float, float, float]:
    """CPU seconds, clock seconds and peak MiB of scanning it in a new workspace."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name)
        environment = os.environ | {"SAFELIGHT_WORKSPACE": f"{home}/w", "SAFELIGHT_KEY_FOLDER": f"{home}/k"}
        environment |= {"PYTHONPYCACHEPREFIX": str(compiled)}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        opening = (
            "case open x --basis warrant --reference 1 --issued-by Court --valid-until 2099-01-01 --allow"
        )
        subprocess.run(
            [SAFELIGHT, *opening.split(), "hash-match"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        begun = monotonic()
        running = subprocess.Popen([SAFELIGHT, "scan", exhibit], env=environment, stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(running.pid, 0)
        running.returncode = os.waitstatus_to_exitcode(status)
        assert running.returncode in (0, 5), running.returncode
        return usage.ru_utime + usage.ru_stime, monotonic() - begun, usage.ru_maxrss / 1024


def main() -> None:
    """A line a size."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--counts", default="10000,100000,1000000")
    parser.add_argument("--image", type=int, default=500_000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        compiled, nothing = Path(name) / "compiled", Path(name) / "nothing"
        nothing.mkdir()
        scan(nothing, compiled)
        measure(given.counts, given.image, compiled, scan(nothing, compiled)[0])


def measure(counts: str, image_files: int, compiled: Path, start: float) -> None:
    """Print a line a size; `start` is what a scan of nothing costs, in CPU seconds."""
    print(f"a scan of nothing: {start:.2f} s", flush=True)
    first: float | None = None
    for count in map(int, counts.split(",")):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "tree"
            folder.mkdir()
            make(folder, count)
            cpu, clock, peak = scan(folder, compiled)
        each = cpu / count * 1e6
        first = first or each
        print(
            f"folder {count:>9,} files {each:7.0f} us a file ({each / first:.2f}x) {clock:7.1f} s  {peak:6.0f} MiB",
            flush=True,
        )
    if image_files:
        with tempfile.TemporaryDirectory() as name:
            folder, image = Path(name) / "tree", Path(name) / "disk.img"
            folder.mkdir()
            make(folder, image_files)
            size = image_files * 4_096 * 3 // 2 + (256 << 20)
            with image.open("wb") as file:
                file.truncate(size)
            inodes = str(image_files * 5 // 4 + 2_000)
            subprocess.run(["mkfs.ext4", "-q", "-F", "-N", inodes, "-d", folder, image], check=True)
            shutil.rmtree(folder)
            cpu, clock, peak = scan(image, compiled)
        each = cpu / image_files * 1e6
        print(
            f"image  {image_files:>9,} files {each:7.0f} us of CPU a file          {clock:7.1f} s  {peak:6.0f} MiB",
            flush=True,
        )


if __name__ == "__main__":
    main()
