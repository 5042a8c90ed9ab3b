"""Link, score and rank reports: 18.4 million of them by default, against the plain way (pandas and networkx).

    .venv/bin/python bench/reports.py [--reports 18400000] [--plain 200000] [--add 10000]

Made reports: about 3.8 identifiers each, persons with few or many reports, carriers' shared addresses, viral files, one
flood. The columns are written as importing writes them; then `rank` runs over them as the verb does, without texts.
"""

from __future__ import annotations

import argparse
import resource
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path
from time import monotonic, process_time
from typing import Any

import numpy as np

from safelight.model import Authority, Basis, Capability
from safelight.progress import silent
from safelight.reports.desk.desk import Desk
from safelight.reports.keep.columns import KINDS, LINK_COLUMNS, NONE, ROLES, ROW_COLUMNS
from safelight.reports.keep.people import people_table
from safelight.reports.keep.store import Segment
from safelight.reports.report import Kind, Role
from safelight.settings import Settings
from safelight.workspace import Workspace

SEGMENT = 131_072
DAY = 86_400


def made(seed: int, first: int, count: int, total: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """Columns of `count` reports from number `first`: rows, and their identifiers."""
    random = np.random.default_rng([seed, first])
    rows: dict[str, Any] = {name: np.zeros(count, dtype=dtype) for name, dtype in ROW_COLUMNS.items()}
    rows["key"] = random.integers(1, 2**63, count, dtype=np.uint64)
    rows["content"] = rows["key"]
    rows["replaces"][:] = NONE
    now = int(datetime.now(UTC).timestamp())
    rows["received"] = now - random.integers(0, 365 * DAY, count)
    rows["taken_in"] = rows["received"]
    rows["sender"] = random.zipf(1.6, count).clip(max=500).astype(np.uint64)
    rows["signature"] = np.where(
        random.random(count) < 0.05, random.zipf(1.5, count) + 7, rows["key"]
    ).astype(np.uint64)
    rows["country"] = random.choice(np.array([0x4445, 0x5553, 0x4652, 0x494E], dtype=np.uint16), count)
    for code, share in (
        ("enticement", 0.1),
        ("escalated", 0.002),
        ("young", 0.15),
        ("viral", 0.1),
        ("sextortion", 0.02),
    ):
        rows[f"f_{code}"] = np.where(random.random(count) < share, 255, 0).astype(np.uint8)
    # A person has a geometric number of reports; each of its identifiers is in most of them.
    person = random.integers(0, max(1, total * 7 // 10), count).astype(np.uint64)
    parts: list[tuple[Any, int, int, Any]] = []
    everyone = np.arange(count, dtype=np.uint32)
    for kind, share in ((Kind.ACCOUNT, 0.95), (Kind.EMAIL, 0.8), (Kind.PHONE, 0.35), (Kind.DEVICE, 0.5)):
        has = random.random(count) < share
        key = person[has] * np.uint64(8) + np.uint64(KINDS.index(kind))
        parts.append((everyone[has], KINDS.index(kind), ROLES.index(Role.REPORTED), key))
    shared = random.random(count) < 0.6  # addresses of carriers: a thousand people each
    parts.append(
        (
            everyone[shared],
            KINDS.index(Kind.IP),
            ROLES.index(Role.REPORTED),
            random.integers(0, max(1, total // 1000), int(shared.sum()), dtype=np.uint64)
            + np.uint64(1 << 40),
        )
    )
    files = random.random(count) < 0.6  # files: some viral
    parts.append(
        (
            everyone[files],
            KINDS.index(Kind.MD5),
            0,
            random.zipf(1.3, int(files.sum())).clip(max=2**39).astype(np.uint64) + np.uint64(1 << 41),
        )
    )
    links = {
        "row": np.concatenate([row for row, _, _, _ in parts]),
        "kind": np.concatenate([np.full(len(row), kind) for row, kind, _, _ in parts]),
        "role": np.concatenate([np.full(len(row), role) for row, _, role, _ in parts]),
        "weak": np.zeros(sum(len(row) for row, _, _, _ in parts)),
        "key": np.concatenate([key for _, _, _, key in parts]) * np.uint64(0x9E3779B97F4A7C15),
    }
    order = np.argsort(links["row"], kind="stable")
    return rows, {name: values[order].astype(LINK_COLUMNS[name]) for name, values in links.items()}


def fill(desk: Desk, count: int, seed: int = 1) -> None:
    """Write so many made reports as segments."""
    import pyarrow as pa

    with desk.permit.transaction() as connection:
        segments = desk.store.segments(connection)
    first, number = sum(one.count for one in segments), len(segments)
    end = first + count
    nothing = pa.table(
        {
            "row": np.zeros(0, np.uint32),
            "file": np.zeros(0, np.uint16),
            "kind": np.zeros(0, np.uint8),
            "digest": pa.array([], pa.binary()),
        }
    )
    while first < end:
        size = min(SEGMENT, end - first)
        rows, links = made(seed, first, size, end)
        desk.store.vault.write(f"{number:06d}-rows", rows)
        desk.store.write_links(number, links)
        desk.store.vault.write(f"{number:06d}-digests", nothing)
        desk.store.vault.write(f"{number:06d}-people", people_table([], []))
        with desk.permit.transaction() as connection:
            desk.store.append(connection, Segment(number, first, size), datetime.now(UTC))
        first, number = first + size, number + 1


def plain(count: int, seed: int) -> float:
    """The plain way: a data frame of identifiers, an edge for each two reports in a row that share one, networkx."""
    import networkx as nx
    import pandas as pd

    rows, links = made(seed, 0, count, count)
    started = monotonic()
    frame = pd.DataFrame({"report": links["row"], "kind": links["kind"], "key": links["key"]})
    frame = frame[~frame.kind.isin([KINDS.index(Kind.IP), KINDS.index(Kind.MD5)])]
    graph = nx.Graph()
    graph.add_nodes_from(range(count))
    for _, group in frame.groupby("key"):
        numbers = group.report.tolist()
        if 2 <= len(numbers) <= 400:
            nx.add_star(graph, numbers)
    label = {one: number for number, members in enumerate(nx.connected_components(graph)) for one in members}
    frame = pd.DataFrame({name: values for name, values in rows.items() if name.startswith("f_")})
    frame["cluster"] = pd.Series(label)
    frame["size"] = frame.groupby("cluster")["cluster"].transform("size")
    frame["score"] = frame.filter(like="f_").sum(axis=1) + np.log2(frame["size"])
    frame.sort_values("score", ascending=False).head(100)
    return monotonic() - started


def main() -> None:
    """Print times, memory and ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=int, default=18_400_000)
    parser.add_argument("--plain", type=int, default=200_000)
    parser.add_argument("--add", type=int, default=10_000)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        config = Settings(workspace=Path(folder) / "w", key_folder=Path(folder) / "k")
        with Workspace(config.workspace, config, evaluation=True) as house:
            allows = frozenset({Capability.REPORT_TRIAGE})
            today = datetime.now(UTC).date()
            house.open_case("bench", Authority(Basis.STATUTE, "B", "bench", today, date(2099, 1, 1), allows))
            started = monotonic()
            measure(house, wanted, started)
    if wanted.plain:
        seconds = plain(wanted.plain, 1)
        print(
            f"plain (pandas + networkx), {wanted.plain:,} reports: {seconds:.1f} s, "
            f"{seconds / wanted.plain * 1e6:.1f} us a report"
        )


def measure(house: Workspace, wanted: argparse.Namespace, started: float) -> None:
    """Fill, rank, add, rank again."""
    from safelight.governance.gate import verb

    def run(self: Workspace, permit: Any, *, case: str | None = None) -> None:
        desk = Desk(self, permit)
        fill(desk, wanted.reports)
        print(f"written {wanted.reports:,} reports in {monotonic() - started:.1f} s")
        for what in ("rank, first", "rank, again"):
            began, cpu = monotonic(), process_time()
            ranked = desk.ranked(silent)
            seconds, used = monotonic() - began, process_time() - cpu
            print(
                f"{what}: {seconds:.1f} s, {used:.1f} s CPU, {seconds / wanted.reports * 1e6:.2f} us a report, "
                f"{_peak()}"
            )
            print(f"  largest cluster {ranked.sizes.max()}, {int((ranked.sizes > 1).sum()):,} clusters")
            del ranked
        fill(desk, wanted.add, seed=2)
        began, cpu = monotonic(), process_time()
        desk.ranked(silent)
        seconds, used = monotonic() - began, process_time() - cpu
        print(f"{wanted.add:,} more, ranked: {seconds:.1f} s, {used:.1f} s CPU, {_peak()}")

    verb("bench", needs=Capability.REPORT_TRIAGE, long=True)(run)(house, case="bench")


def _peak() -> str:
    return f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB"


if __name__ == "__main__":
    main()
