"""Import a plain list of digests, open it, look digests up: rates, times and resident memory.

    python bench/hashset_import.py [--digests 10000000] [--algorithm sha1] [--lookups 100000] [--seed 1]

The list is made first, in a temporary folder (`--folder`). Import and look-up each run in a process of
their own, bound to one core, whose peak resident memory is read at its end. The peer is SQLite, as RDS v3
uses it: the same list into a table with a primary key (`--peer`, on a tenth of the digests).
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

WIDTH = {"md5": 16, "sha1": 20, "sha256": 32}
BLOCK = 1 << 16


def digests(algorithm: str, count: int, seed: int):
    """Yield the list in blocks of `(n, width) uint8`."""
    random = np.random.default_rng(seed)
    for start in range(0, count, BLOCK):
        yield random.integers(0, 256, (min(BLOCK, count - start), WIDTH[algorithm]), np.uint8)


def make(path: Path, algorithm: str, count: int, seed: int) -> None:
    """Write the list, one hex digest a line."""
    width = WIDTH[algorithm]
    with path.open("w", encoding="ascii") as out:
        for block in digests(algorithm, count, seed):
            text = block.tobytes().hex()
            out.writelines(text[at : at + 2 * width] + "\n" for at in range(0, len(text), 2 * width))


def peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run_import(file: Path, folder: Path) -> dict[str, float]:
    from safelight.hashsets.hexlist import HexList
    from safelight.hashsets.protocol import ReadOptions
    from safelight.hashsets.store import build

    started = time.perf_counter()
    report = build(HexList().read(file, ReadOptions()), folder)
    seconds = time.perf_counter() - started
    return {
        "added": report.added,
        "seconds": seconds,
        "per_second": report.records / seconds,
        "peak_mib": peak_mib(),
    }


def run_lookup(folder: Path, algorithm: str, count: int, lookups: int, seed: int) -> dict[str, float]:
    from safelight.hashsets.store import HashList

    started = time.perf_counter()
    listed = HashList.open(folder)
    opened = time.perf_counter() - started
    width = WIDTH[algorithm]
    known = next(digests(algorithm, count, seed))[: lookups // 2]
    other = np.random.default_rng(seed + 1).integers(0, 256, (lookups - len(known), width), np.uint8)
    asked = np.random.default_rng(seed).permutation(np.concatenate([known, other]))
    times = []
    for _ in range(3):
        started = time.perf_counter()
        indexes, _ = listed.lookup(algorithm, asked)
        times.append(time.perf_counter() - started)
    if len(indexes) != len(known):
        raise SystemExit(f"found {len(indexes)} of {len(known)}")
    return {"open_ms": 1000 * opened, "first_s": times[0], "again_s": min(times), "peak_mib": peak_mib()}


def run_peer(file: Path, folder: Path, width: int) -> dict[str, float]:
    """The same list into SQLite: hex to bytes, a table without row ids, one transaction."""
    started = time.perf_counter()
    database = sqlite3.connect(folder / "peer.db")
    database.execute("PRAGMA synchronous = OFF")
    database.execute("CREATE TABLE digest (value BLOB PRIMARY KEY) WITHOUT ROWID")
    with file.open("r", encoding="ascii") as lines:
        database.executemany(
            "INSERT OR IGNORE INTO digest VALUES (?)",
            ((bytes.fromhex(line),) for line in lines if len(line) > width),
        )
    database.commit()
    (count,) = database.execute("SELECT count(*) FROM digest").fetchone()
    database.close()
    seconds = time.perf_counter() - started
    return {"added": count, "seconds": seconds, "per_second": count / seconds, "peak_mib": peak_mib()}


def child(folder: Path, step: str, args: argparse.Namespace, count: int) -> dict[str, float]:
    """Run one step in a process of its own."""
    options = ["--algorithm", args.algorithm, "--lookups", str(args.lookups), "--seed", str(args.seed)]
    command = [
        sys.executable,
        __file__,
        "--step",
        step,
        "--folder",
        str(folder),
        "--digests",
        str(count),
        *options,
    ]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    result: dict[str, float] = json.loads(done.stdout)
    print(f"{step:8}", "  ".join(f"{name} {value:,.2f}" for name, value in result.items()), flush=True)
    return result


def step(args: argparse.Namespace) -> None:
    """What a child does."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    folder, width = args.folder, WIDTH[args.algorithm]
    if args.step == "import":
        result = run_import(folder / f"{args.digests}.txt", folder / f"set-{args.digests}")
    elif args.step == "lookup":
        result = run_lookup(
            folder / f"set-{args.digests}", args.algorithm, args.digests, args.lookups, args.seed
        )
    else:
        result = run_peer(folder / f"{args.digests}.txt", folder, width)
    print(json.dumps(result))


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--digests", type=int, default=10_000_000)
    parser.add_argument("--algorithm", choices=WIDTH, default="sha1")
    parser.add_argument("--lookups", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--peer", action="store_true", help="measure SQLite too, and Safelight at the same size"
    )
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--step", choices=("import", "lookup", "peer"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.step:
        step(args)
        return
    with tempfile.TemporaryDirectory(dir=args.folder) as made:
        folder = Path(made)
        make(folder / f"{args.digests}.txt", args.algorithm, args.digests, args.seed)
        print(f"{args.digests:,} {args.algorithm} digests, one core")
        child(folder, "import", args, args.digests)
        child(folder, "lookup", args, args.digests)
        if args.peer:
            fewer = max(1, args.digests // 10)
            print(f"{fewer:,} digests, against SQLite")
            make(folder / f"{fewer}.txt", args.algorithm, fewer, args.seed)
            ours, peer = child(folder, "import", args, fewer), child(folder, "peer", args, fewer)
            print(f"Safelight / SQLite: {ours['per_second'] / peer['per_second']:.1f} ×")


if __name__ == "__main__":
    main()
