"""Measure the jailed worker pool: what a batch costs, and what a megabyte costs, on one worker.

    python bench/pool.py [--batches 2000] [--megabytes 3] [--payloads 160]

The peer is the standard library's ProcessPoolExecutor (spawned, one worker) with the same function: it has no
jail, no limits and no way to survive a crash, and believes pickles from its workers.
"""

from __future__ import annotations

import argparse
import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import TaskLimits
from safelight.engine.wire import Wire

BATCH = 8


@dataclass
class Measure:
    """The length of each payload."""

    limits: TaskLimits = field(default_factory=TaskLimits)

    def prepare(self) -> None:
        """Nothing to load."""

    def __call__(self, batch: Sequence[bytes]) -> list[Wire]:
        return [len(data) for data in batch]

    def decode(self, raw: Any) -> int:
        return int(raw)


def lengths(batch: Sequence[bytes]) -> list[int]:
    """The same, for the peer."""
    return [len(data) for data in batch]


def main() -> None:
    """Run both sides and print times and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batches", type=int, default=2000)
    parser.add_argument("--megabytes", type=int, default=3)
    parser.add_argument("--payloads", type=int, default=160)
    options = parser.parse_args()
    small = [[b"x"]] * options.batches
    large = [[bytes(options.megabytes << 20)] * BATCH] * (options.payloads // BATCH)
    distinct = [[bytes(bytearray(data)) for data in batch] for batch in large[:2]] * (len(large) // 2)

    import pool as here  # the workers import the task by name, not from __main__

    with PoolEngine(1) as engine:
        ours = [
            _timed(lambda work=work: list(engine.map(here.Measure(), work)))
            for work in (small[:1], small, distinct)
        ]
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as peer:
        theirs = [
            _timed(lambda work=work: list(peer.map(here.lengths, work)))
            for work in (small[:1], small, distinct)
        ]
    payloads = BATCH * len(distinct)
    print(
        f"start of a jailed worker: {ours[0] * 1000:.0f} ms (peer, without a jail: {theirs[0] * 1000:.0f} ms)"
    )
    print(
        f"an empty batch: {ours[1] / len(small) * 1e6:.0f} µs (peer {theirs[1] / len(small) * 1e6:.0f} µs, "
        f"ratio {theirs[1] / ours[1]:.2f})"
    )
    print(
        f"payloads of {options.megabytes} MiB: {payloads / ours[2]:.0f}/s, "
        f"{payloads * options.megabytes / ours[2]:.0f} MiB/s (peer {payloads / theirs[2]:.0f}/s, "
        f"ratio {theirs[2] / ours[2]:.2f})"
    )


def _timed(work: Any) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent))
    main()
