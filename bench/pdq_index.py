"""The PDQ index against `faiss.IndexBinaryFlat`, in one run: queries a second, bytes a hash, opening, warming.

    python bench/pdq_index.py                                  # 10 M random codes, and 10 M of correlated bits
    python bench/pdq_index.py --codes 100000000 --kinds random # needs about 14 GB of memory and 11 GB of disk
    python bench/pdq_index.py --small                          # 1 M, a minute

One in a hundred codes lies in a cluster of 2,000 near copies. Half of the queries are copies of listed codes with up to
40 bits flipped, half are like the codes and new. Correlated codes flip from bit to bit with a chance of 1 in 8. Every
measurement is of the file: written, then opened, read through and searched in a process of its own, which asks both
in turns, some rounds, because other work on a machine slows both; the ratio is of the medians. The radius is 31 bits
inclusive; faiss takes it as exclusive. Where faiss answers, all its pairs must be the index's. The processor's time is
printed too: it says more where other work goes on.

One thread for each core that this process may use, unless `--threads` says otherwise. Queries come in `--rounds` parts;
the more in a part, the faster each.

Goal at 10 M, two cores: 70 × faiss at 130 bytes a hash, codes included; 40 × on correlated ones; opens in 10 ms; read
through in 1 s. At 100 M: 2,000 queries/s in 11 GB.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads of faiss do not spin away time

import numpy as np

RADIUS = 31
CLUSTER = 2_000
_BLOCK = 1 << 17


def main() -> None:
    options = _options()
    if options.step == "search":
        search(options)
        return
    for kind in options.kinds:
        with tempfile.TemporaryDirectory(dir=options.folder) as made:
            options.made = Path(made)
            print(
                f"\n{options.codes:,} {kind} codes, {options.threads} threads, seed {options.seed}",
                flush=True,
            )
            write(options, kind)
            step = [sys.executable, __file__, "--step", "search", "--made", made, *_passed(options)]
            subprocess.run(step, check=True)


def write(options: argparse.Namespace, kind: str) -> None:
    """Make codes and queries, and write the index of the codes."""
    from safelight.matching.pdqindex.compiled import kernels
    from safelight.matching.pdqindex.file import write_index

    loops = kernels(compile=True)
    assert loops is not None, "the loops cannot be compiled here"
    random = np.random.default_rng(options.seed)
    codes = np.empty((options.codes, 32), np.uint8)
    draw = {"random": drawn, "correlated": correlated}[kind]
    for start in range(0, len(codes), _BLOCK):
        codes[start : start + _BLOCK] = draw(random, min(_BLOCK, len(codes) - start))
    for _ in range(len(codes) // 100 // CLUSTER):
        rows = random.integers(0, len(codes), CLUSTER)
        codes[rows] = flipped(random, np.repeat(codes[rows[:1]], CLUSTER, axis=0), 16)
    copies = flipped(random, codes[random.integers(0, len(codes), options.queries // 2)], 41)
    queries = np.concatenate([copies, draw(random, options.queries - len(copies))])
    np.save(options.made / "queries.npy", random.permutation(queries))
    codes.tofile(options.made / "codes")
    started = time.perf_counter()
    write_index(options.made / "index", codes, _sha256(options.made / "codes"), loops, options.threads)
    size = sum((options.made / name).stat().st_size for name in ("codes", "index"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    seconds, each = time.perf_counter() - started, size / len(codes)
    print(f"  written in {seconds:.1f} s (peak {peak:.1f} GB)")
    print(f"  {each:.1f} bytes a hash, codes included: {size / 1e9:.2f} GB")


def drawn(random: np.random.Generator, count: int) -> np.ndarray:
    return np.frombuffer(random.bytes(32 * count), np.uint8).reshape(count, 32)


def correlated(random: np.random.Generator, count: int) -> np.ndarray:
    """Codes whose bits equal the one before them seven times of eight."""
    changes = drawn(random, count) & drawn(random, count) & drawn(random, count)
    bits = np.unpackbits(changes, axis=1, bitorder="little")
    bits[:, 0] = random.integers(0, 2, count)
    return np.packbits(np.bitwise_xor.accumulate(bits, axis=1), axis=1, bitorder="little")


def flipped(random: np.random.Generator, codes: np.ndarray, below: int) -> np.ndarray:
    """The codes with fewer than `below` bits flipped."""
    flips = random.integers(0, below, len(codes))
    order = random.random((len(codes), 256), np.float32).argsort(axis=1)
    return codes ^ np.packbits(order < flips[:, None], axis=1)


def search(options: argparse.Namespace) -> None:
    """Open, read through, ask; then faiss and the index in turns."""
    from safelight.matching.pdqindex.compiled import kernels
    from safelight.matching.pdqindex.index import PdqIndex

    started = time.perf_counter()
    loops = kernels(compile=False)
    loaded = time.perf_counter() - started
    assert loops is not None
    queries = np.load(options.made / "queries.npy")
    source = _sha256(options.made / "codes")
    started = time.perf_counter()
    codes = np.memmap(options.made / "codes", np.uint8, "r").view(np.ndarray).reshape(-1, 32)
    index = PdqIndex.open(options.made / "index", codes, source, loops)
    opened = time.perf_counter() - started
    warmed = Clock()
    index.verify(options.threads)
    print(
        f"  loops loaded in {1e3 * loaded:.0f} ms, opened in {1e3 * opened:.1f} ms, read through in {warmed}"
    )
    peer = None
    if options.flat:
        import faiss

        faiss.omp_set_num_threads(options.threads)
        peer = faiss.IndexBinaryFlat(256)
        peer.add(codes)
    ours, theirs, pairs = Rates(), Rates(), 0
    part = len(queries) // options.rounds
    for turn in range(options.rounds):
        clock = Clock()
        found = list(index.search(queries[turn * part : (turn + 1) * part], RADIUS, options.threads))
        ours.add(part, clock)
        pairs += sum(len(one[0]) for one in found)
        if peer is not None:
            asked = queries[turn * part : turn * part + options.flat]
            clock = Clock()
            limits, distances, labels = peer.range_search(asked, RADIUS + 1)
            theirs.add(len(asked), clock)
            _compare(found, limits, labels, distances, len(asked))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(
        f"  index {ours}, {pairs / (part * options.rounds):.1f} pairs a query (peak {peak:.1f} GB)",
        flush=True,
    )
    if peer is not None:
        print(f"  faiss {theirs}, the same pairs")
        elapsed, cpu = ours.elapsed / theirs.elapsed, ours.cpu / theirs.cpu
        print(
            f"  index / faiss: {elapsed:,.0f} × by the clock, {cpu:,.0f} × by the processor's time",
            flush=True,
        )


class Clock:
    """Seconds since it was made, by the clock and of this process's processor time."""

    def __init__(self) -> None:
        self._began, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> tuple[float, float]:
        return time.perf_counter() - self._began, time.process_time() - self._cpu

    def __str__(self) -> str:
        elapsed, cpu = self.read()
        return f"{elapsed:.2f} s ({cpu:.2f} s of CPU)"


class Rates:
    """Queries a second of some rounds, by the clock and by processor time."""

    def __init__(self) -> None:
        self._rounds: list[tuple[float, float]] = []

    def add(self, queries: int, clock: Clock) -> None:
        elapsed, cpu = clock.read()
        self._rounds.append((queries / elapsed, queries / cpu))

    @property
    def elapsed(self) -> float:
        return median(one for one, _ in self._rounds)

    @property
    def cpu(self) -> float:
        return median(one for _, one in self._rounds)

    def __str__(self) -> str:
        rates = [one for one, _ in self._rounds]
        spread = f"{min(rates):,.0f} to {max(rates):,.0f}"
        return f"{self.elapsed:,.0f} queries/s ({spread}), {self.cpu:,.0f} a second of CPU"


def _compare(found, limits, labels, distances, count: int) -> None:
    """Are the index's pairs of the first `count` queries faiss's?"""
    query, number, bits = (np.concatenate(parts) for parts in zip(*found, strict=True))
    asked = query < count
    theirs = np.repeat(np.arange(count), np.diff(limits.astype(np.int64)))
    order = np.lexsort((labels, theirs))
    for mine, other in ((query, theirs), (number, labels), (bits, distances)):
        if not np.array_equal(mine[asked], other[order]):
            raise SystemExit("the index and faiss do not agree")


def _sha256(path: Path) -> str:
    import hashlib

    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _passed(options: argparse.Namespace) -> list[str]:
    names = ("codes", "queries", "flat", "rounds", "threads")
    return [word for name in names for word in (f"--{name}", str(getattr(options, name)))]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--codes", type=int, default=10_000_000)
    parser.add_argument(
        "--kinds", nargs="+", choices=("random", "correlated"), default=["random", "correlated"]
    )
    parser.add_argument("--small", action="store_true", help="1 M codes")
    parser.add_argument("--queries", type=int, default=50_000)
    parser.add_argument(
        "--flat", type=int, default=100, help="queries for faiss, each round; 0: it is not asked"
    )
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, help="where the temporary folder is made")
    parser.add_argument("--step", choices=("search",), help=argparse.SUPPRESS)
    parser.add_argument("--made", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.small:
        options.codes = 1_000_000
    return options


if __name__ == "__main__":
    main()
