"""The pool: every item comes out once, whatever a worker does to itself."""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from safelight.engine import wire
from safelight.engine.inprocess import InProcessEngine
from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import Done, Engine, Failed, TaskLimits
from safelight.engine.worker import HEADER, RESULTS
from safelight.errors import SafelightError
from tests.engine.worker_tasks import ATTACKS, Attack, Liar, Measure, Square, Unready


@pytest.fixture(scope="module")
def pool() -> Iterator[PoolEngine]:
    with PoolEngine(2) as engine:
        yield engine


def children(pid: int | str = "self") -> set[int]:
    """Child processes of all threads of a process; a thread may end while we look."""
    found: set[int] = set()
    for thread in Path(f"/proc/{pid}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            found |= {int(child) for child in (thread / "children").read_text().split()}
    return found


@pytest.mark.parametrize("kind", ["pool", "inprocess"])
def test_every_item_comes_out_once(kind: str, pool: PoolEngine) -> None:
    engine: Engine = pool if kind == "pool" else InProcessEngine()
    batches = [[1, 2, 3], [], [4], [5, 6]]
    squares = {}
    for outcome in engine.map(Square(), batches):
        assert isinstance(outcome, Done)
        squares.update(zip(outcome.items, outcome.results, strict=True))
    assert squares == {number: number * number for number in range(1, 7)}


@pytest.mark.parametrize("attack", [name for name in ATTACKS if not name.startswith("hang")])
def test_an_attack_fails_and_costs_only_its_item(attack: str, pool: PoolEngine) -> None:
    outcomes = list(pool.map(Attack(), [["before", attack, "after"], ["elsewhere"]]))
    failed = [outcome for outcome in outcomes if isinstance(outcome, Failed)]
    assert [failure.item for failure in failed] == [attack]
    done = sorted(item for outcome in outcomes if isinstance(outcome, Done) for item in outcome.items)
    assert done == ["after", "before", "elsewhere"]


@pytest.mark.parametrize(
    ("attack", "reason"),
    [
        ("crash", "SIGSEGV"),
        ("abort", "SIGABRT"),
        ("leave", "exit code 7"),
        ("eat memory", "memory"),
        ("raise", "ValueError: bad picture [31m"),
        ("hang", "longer than 0.3 s"),
        ("hang in C", "longer than 0.3 s"),
    ],
)
def test_the_reason_says_what_happened(attack: str, reason: str, pool: PoolEngine) -> None:
    task = Attack(TaskLimits(memory_bytes=1 << 28, seconds_per_item=0.3 if "hang" in attack else 20))
    (failure,) = pool.map(task, [[attack]])
    assert isinstance(failure, Failed)
    assert reason in failure.reason


def test_a_beat_shortens_the_wait_for_a_hang(pool: PoolEngine) -> None:
    task = Attack(TaskLimits(seconds_per_item=0.4))
    begun = time.monotonic()
    outcomes = list(pool.map(task, [["fine"] * 40 + ["hang"]]))
    assert time.monotonic() - begun < 10  # 41 items at 0.4 s are 16 s without beats
    assert sum(isinstance(outcome, Failed) for outcome in outcomes) == 1


def test_large_payloads_go_through_whole(pool: PoolEngine) -> None:
    batches = [[bytes([number]) * (3 << 20) for number in range(5)] for _ in range(4)]
    outcomes = list(pool.map(Measure(), batches))
    assert all(
        outcome.results == [(3 << 20, bytes([number])) for number in range(5)]
        for outcome in outcomes
        if isinstance(outcome, Done)
    )
    assert len(outcomes) == 4


def test_a_worker_that_chatters_on_standard_error_is_not_stuck(pool: PoolEngine) -> None:
    assert list(pool.map(Attack(), [["noise"]])) == [Done(["noise"], ["noise"])]


def test_batches_are_taken_only_when_one_is_free(pool: PoolEngine) -> None:
    taken = 0

    def batches() -> Iterator[Sequence[int]]:
        nonlocal taken
        for number in range(1000):
            taken += 1
            yield [number]

    outcomes = pool.map(Square(), batches())
    done = 0
    for _ in outcomes:
        done += 1
        assert taken - done <= 2 * pool.workers
    assert done == 1000


def test_equal_tasks_keep_their_workers(pool: PoolEngine) -> None:
    list(pool.map(Square(), [[1], [2], [3], [4]]))
    before = children()
    list(pool.map(Square(), [[5]]))
    assert children() == before


def test_leaving_the_iterator_stops_the_work() -> None:
    before = children()
    with PoolEngine(2) as engine:
        task = Attack(TaskLimits(seconds_per_item=60))
        outcomes = engine.map(task, [["fine"], ["hang"], ["hang"], ["hang"]])
        assert isinstance(next(outcomes), Done)
        begun = time.monotonic()
        outcomes.close()
        assert list(engine.map(Square(), [[3]])) == [Done([3], [9])]
        assert time.monotonic() - begun < 20
    assert children() == before


def test_an_error_of_the_source_reaches_the_caller(pool: PoolEngine) -> None:
    def batches() -> Iterator[Sequence[int]]:
        yield [1]
        raise OSError("the exhibit was pulled out")

    with pytest.raises(OSError, match="pulled out"):
        list(pool.map(Square(), batches()))


def test_a_task_that_cannot_start_ends_the_run_with_its_words(pool: PoolEngine) -> None:
    with pytest.raises(SafelightError, match="the model is not there"):
        list(pool.map(Unready(), [[1]]))


FORGERIES = {
    "a pickle": HEADER.pack(RESULTS, 100) + pickle.dumps(os.getcwd).ljust(100, b"."),
    "another number of results": HEADER.pack(RESULTS, len(wire.encode([1, 2]))) + wire.encode([1, 2]),
    "not a list": HEADER.pack(RESULTS, len(wire.encode({"a": 1}))) + wire.encode({"a": 1}),
    "an endless answer": HEADER.pack(RESULTS, 1 << 60),
    "an unknown frame": struct.pack("<BQ", 77, 1) + b"N",
    "a strange error": HEADER.pack(3, 1) + b"N",
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_lying_worker_costs_its_items(name: str, pool: PoolEngine) -> None:
    task = Liar(FORGERIES[name], TaskLimits(seconds_per_item=3))
    (failure,) = pool.map(task, [[1]])
    assert isinstance(failure, Failed)
    assert failure.reason


def test_workers_die_with_their_parent(tmp_path: Path) -> None:
    script = f"""
import sys; sys.path.insert(0, {str(Path(__file__).parents[2])!r})
from tests.engine.worker_tasks import Attack
from safelight.engine.pool import PoolEngine
from safelight.engine.protocol import TaskLimits
outcomes = PoolEngine(2).map(Attack(TaskLimits(seconds_per_item=600)), [["fine"], ["hang"], ["hang"]])
next(outcomes)
print("busy", flush=True)
for _ in outcomes: pass
"""
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE)
    assert parent.stdout is not None
    assert parent.stdout.readline() == b"busy\n"
    workers = children(parent.pid)
    assert workers
    parent.send_signal(signal.SIGKILL)
    parent.wait()
    parent.stdout.close()
    deadline = time.monotonic() + 5
    while any(Path(f"/proc/{pid}").exists() for pid in workers) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not any(_alive(pid) for pid in workers)


def _alive(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rsplit(") ", 1)[1][0] != "Z"
