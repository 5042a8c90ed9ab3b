"""Matching a register against a register: `persons.compare.search.top` against `faiss.IndexFlatIP`, in one run.

    python bench/persons_search.py            # both matches, and one face against 250,000
    python bench/persons_search.py --small    # a tenth of the people, a few seconds

Both sides get the same unit vectors on the same cores and take turns, a few thousand probes each, so that a busy
machine troubles both alike; elapsed and CPU time are printed as ratios (goal: 1.1 × at most). Ours answers as a brute
force in float64 does, whatever the threads; faiss's last digits, and so its order of near-equal people, vary.

The vectors are drawn: no face was seen. They share a common direction and scatter about it along falling axes, so that
scores of strangers and of two photographs of one person have the measured mean and spread (dlib's network, mirrored:
.81 ± .035 and .965 ± .01, public adults). A share of the probes is planted in the gallery; how many come first is
printed, and whether the two sides name the same people.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_WAIT_POLICY", "passive")  # idle threads do not spin away the other side's time

import faiss
import numpy as np
from numpy.typing import NDArray

from safelight.persons.compare.search import longest_of, top

DIMENSIONS = 128
STRANGERS, SAME = 0.81, 0.965
"""Mean cosine of two people, and of two photographs of one."""
FALL = 0.958
"""Each axis scatters by so much less (variance): gives strangers' scores a spread of .035."""
K = 10
TURN = 8192
PLANTED = 0.2
MATCHES = ((40_137, 65_906), (45_000, 250_000))
Floats = NDArray[np.float32]


def main() -> None:
    """Draw, match, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--small", action="store_true", help="a tenth of the people")
    parser.add_argument("--cores", type=int, default=2, help="cores of both sides (2)")
    parser.add_argument("--seed", type=int, default=6)
    options = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.cores])
    faiss.omp_set_num_threads(options.cores)
    scale = 10 if options.small else 1
    print(
        f"faiss {faiss.__version__}, {options.cores} cores, {DIMENSIONS} dimensions, k = {K}, seed {options.seed}"
    )
    worst = 0.0
    for probes, people in MATCHES:
        worst = max(worst, match(probes // scale, people // scale, options.seed))
    one_face(MATCHES[1][1] // scale, options.seed)
    print(f"\nlargest ratio {worst:.2f} ×  (goal: 1.1 × at most)")


def match(probe_count: int, people_count: int, seed: int) -> float:
    """Both sides over one pair of registers; returns the ratio of elapsed time."""
    people = Drawn(seed)
    nature = people.natures(people_count)
    gallery = people.photographs(nature)
    planted = round(PLANTED * probe_count)
    probes = np.concatenate(
        [people.photographs(nature[:planted]), people.photographs(people.natures(probe_count - planted))]
    )
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(gallery)
    ours, theirs = Clock(), Clock()
    top(probes[:TURN], gallery[:1000], K)  # both sides warm
    index.search(probes[:64], K)
    agree = first = 0
    for turn, start in enumerate(range(0, probe_count, TURN)):
        block = probes[start : start + TURN]
        for side in ("ours", "theirs") if turn % 2 else ("theirs", "ours"):
            if side == "ours":
                with ours:
                    _, mine = top(block, gallery, K)
            else:
                with theirs:
                    _, other = index.search(block, K)
        agree += int((np.sort(mine, axis=1) == np.sort(other, axis=1)).all(axis=1).sum())
        rows = np.arange(start, min(start + TURN, planted))
        first += int((mine[: len(rows), 0] == rows).sum())
    ratio = ours.elapsed / theirs.elapsed
    print(
        f"\n{probe_count:,} × {people_count:,}\n"
        f"  safelight {ours.elapsed:7.2f} s  {ours.cpu:7.2f} s of CPU"
        f"  the process grew by {ours.memory / 1e6:.0f} MB (the second match uses it again)\n"
        f"  faiss     {theirs.elapsed:7.2f} s  {theirs.cpu:7.2f} s of CPU  and a copy of the gallery\n"
        f"  ratio     {ratio:7.2f} ×  {ours.cpu / theirs.cpu:7.2f} × of CPU\n"
        f"  the same {K} people for {agree / probe_count:.2%} of the probes; {first / max(planted, 1):.2%} of the"
        f" {planted:,} planted come first"
    )
    return ratio


def one_face(people_count: int, seed: int) -> None:
    """One face, already described, in a warm process: the middle and the slowest of thirty searches."""
    people = Drawn(seed)
    gallery = people.photographs(people.natures(people_count))
    probes = people.photographs(people.natures(31))
    longest = longest_of(gallery)
    index = faiss.IndexFlatIP(DIMENSIONS)
    index.add(gallery)
    times: dict[str, list[float]] = {"safelight": [], "faiss": []}
    for row in range(31):
        probe = probes[row : row + 1]
        start = time.perf_counter()
        top(probe, gallery, K, longest=longest)
        times["safelight"].append(time.perf_counter() - start)
        start = time.perf_counter()
        index.search(probe, K)
        times["faiss"].append(time.perf_counter() - start)
    print(f"\none face against {people_count:,}  (goal: 100 ms)")
    for side, taken in times.items():
        print(
            f"  {side:<10}{1000 * float(np.median(taken[1:])):6.1f} ms, slowest {1000 * max(taken[1:]):.1f} ms"
        )


class Drawn:
    """Draws people and photographs of them as unit vectors."""

    def __init__(self, seed: int) -> None:
        self._rng = np.random.default_rng(seed)
        axes = FALL ** np.arange(DIMENSIONS - 1)
        self._axes = np.sqrt(axes / axes.sum()).astype(np.float32)

    def natures(self, count: int) -> Floats:
        """What is a person's own: `(count, 127) float32`."""
        return self._scatter(count, SAME - STRANGERS)

    def photographs(self, natures: Floats, noise: float | Floats = 1 - SAME) -> Floats:
        """One photograph of each: `(count, 128) float32`, of length one. `noise` is a variance, one or one each."""
        made = np.empty((len(natures), DIMENSIONS), np.float32)
        made[:, 0] = np.sqrt(STRANGERS)
        made[:, 1:] = natures + self._scatter(len(natures), noise)
        made /= np.linalg.norm(made, axis=1, keepdims=True)
        return made

    def _scatter(self, count: int, variance: float | Floats) -> Floats:
        drawn = self._rng.standard_normal((count, DIMENSIONS - 1), dtype=np.float32)
        drawn *= self._axes
        drawn *= np.sqrt(np.asarray(variance, np.float32)).reshape(-1, 1)
        return drawn


class Clock:
    """Adds up what the blocks under it take; `memory` is the most that was added since it was made, in bytes."""

    def __init__(self) -> None:
        self.elapsed = self.cpu = 0.0
        self.memory = 0
        self._memory = _status("VmRSS")

    def __enter__(self) -> None:
        Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
        self._start = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self.elapsed += time.perf_counter() - self._start[0]
        self.cpu += time.process_time() - self._start[1]
        self.memory = max(self.memory, _status("VmHWM") - self._memory)


def _status(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    sys.exit(f"no {name} in /proc/self/status")


if __name__ == "__main__":
    main()
