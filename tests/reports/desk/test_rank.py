"""What is ranked from what was kept is what would have been ranked from the beginning, whatever came between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from safelight.governance.gate import verb
from safelight.model import Capability
from safelight.progress import silent
from safelight.reports.desk import acts
from safelight.reports.desk.desk import Desk
from safelight.reports.desk.rank import Ranked, rank
from safelight.reports.desk.rows import Columns
from safelight.reports.keep import derived
from safelight.reports.keep.columns import KINDS, LINK_COLUMNS, NONE, ROLES, ROW_COLUMNS
from safelight.reports.keep.people import people_table
from safelight.reports.keep.store import Segment
from safelight.reports.report import Kind, Role
from safelight.store.tables import report_segment
from safelight.workspace import Workspace
from tests.conftest import authority

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
SIZE = 300
MIXED = (Kind.ACCOUNT, Kind.EMAIL, Kind.DEVICE, Kind.IP, Kind.MD5)


def rows(number: int, first: int, seed: int) -> dict[str, Any]:
    """Reports of few senders, many copies and waves, some dangerous; a few replace earlier ones."""
    random = np.random.default_rng([seed, number])
    made = {name: np.zeros(SIZE, dtype=dtype) for name, dtype in ROW_COLUMNS.items()}
    made["key"] = np.arange(first + 1, first + SIZE + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    made["replaces"][:] = NONE
    if first:
        made["replaces"][:4] = random.choice(first, 4, replace=False)
    made["received"] = int(NOW.timestamp()) - random.integers(0, 200 * 86_400, SIZE)
    made["taken_in"] = made["received"]
    made["sender"] = random.integers(1, 9, SIZE).astype(np.uint64) * np.uint64(7)
    made["signature"] = random.zipf(1.2, SIZE).clip(max=900).astype(np.uint64) - np.uint64(1)
    made["wave"] = random.integers(0, 60, SIZE).astype(np.uint64)
    made["text"] = random.integers(0, 2, SIZE).astype(np.uint64)
    made["country"] = random.choice(np.array([0, 0x4445, 0x5553], dtype=np.uint16), SIZE)
    for code, share in (
        ("enticement", 0.2),
        ("escalated", 0.1),
        ("young", 0.2),
        ("viral", 0.1),
        ("victim-account", 0.1),
    ):
        made[f"f_{code}"] = np.where(random.random(SIZE) < share, 255, 0).astype(np.uint8)
    return made


def identifiers(number: int, seed: int) -> dict[str, Any]:
    random = np.random.default_rng([seed, number, 1])
    kind = random.integers(0, len(MIXED), 3 * SIZE)
    columns = {
        "row": np.sort(random.integers(0, SIZE, 3 * SIZE)),
        "kind": np.array([KINDS.index(one) for one in MIXED])[kind],
        "role": random.choice([ROLES.index(Role.REPORTED), ROLES.index(Role.VICTIM)], 3 * SIZE),
        "weak": random.random(3 * SIZE) < 0.1,
        "key": (random.zipf(1.3, 3 * SIZE).clip(max=2000) * len(MIXED) + kind).astype(np.uint64)
        * np.uint64(0x9E3779B97F4A7C15),
    }
    return {name: values.astype(LINK_COLUMNS[name]) for name, values in columns.items()}


def take_in(desk: Desk, number: int, seed: int) -> None:
    first = number * SIZE
    nothing = {"row": np.zeros(0, np.uint32), "file": np.zeros(0, np.uint16), "kind": np.zeros(0, np.uint8)}
    desk.store.vault.write(f"{number:06d}-rows", rows(number, first, seed))
    desk.store.write_links(number, identifiers(number, seed))
    desk.store.vault.write(
        f"{number:06d}-digests", pa.table({**nothing, "digest": pa.array([], pa.binary())})
    )
    desk.store.vault.write(f"{number:06d}-people", people_table([], []))
    with desk.permit.transaction() as connection:
        desk.store.append(connection, Segment(number, first, SIZE), NOW)


def ranked(desk: Desk, days: float = 0) -> Ranked:
    return rank(desk.house, desk.permit, desk.store, desk.sealer, silent, now=NOW + timedelta(days=days))


def kept(desk: Desk) -> list[Path]:
    return sorted(desk.store.vault.folder.glob("state-*.parquet"))


def from_the_beginning(desk: Desk, days: float = 0) -> Ranked:
    """Ranked without anything that was kept, which is there again afterwards."""
    aside = [(path, path.read_bytes()) for path in kept(desk)]
    for path, _ in aside:
        path.unlink()
    made = ranked(desk, days)
    for path in kept(desk):
        path.unlink()
    for path, data in aside:
        path.write_bytes(data)
    return made


def assert_equal(mine: Ranked, theirs: Ranked) -> None:
    for name in ("log_odds", "line", "order", "counts", "sizes"):
        assert np.array_equal(getattr(mine, name), getattr(theirs, name)), name
    for code, strength in theirs.dynamic.items():
        assert np.array_equal(mine.dynamic[code], strength), code
    for name in ("certain", "probable", "others", "senders"):
        assert np.array_equal(
            getattr(mine.clusters, name)[mine.current], getattr(theirs.clusters, name)[theirs.current]
        ), name


@pytest.fixture(params=[1, 16], ids=["changes kept apart", "written anew"])
def at_a_desk(
    open_again: Callable[..., Workspace], request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[Desk], None]], None]:
    """Runs something at the desk of a new case; whether changes are kept apart or not."""
    monkeypatch.setattr(derived, "_SHARE", request.param)

    def at(body: Callable[[Desk], None]) -> None:
        house = open_again()
        house.open_case("desk", authority(Capability.REPORT_TRIAGE))

        def run(self: Workspace, permit: Any, *, case: str | None = None) -> None:
            body(Desk(self, permit))

        verb("try", needs=Capability.REPORT_TRIAGE, long=True)(run)(house, case="desk")

    return at


@pytest.mark.parametrize("seed", range(3))
def test_an_order_that_grew_is_that_of_ranking_everything_at_once(
    seed: int, at_a_desk: Callable[[Callable[[Desk], None]], None]
) -> None:
    def body(desk: Desk) -> None:
        for number in range(5):
            take_in(desk, number, seed)
            assert_equal(ranked(desk, number), from_the_beginning(desk, number))
        assert_equal(ranked(desk, 30), from_the_beginning(desk, 30))

    at_a_desk(body)


def test_links_that_people_cut_and_joined_hold_in_an_order_that_grows(
    at_a_desk: Callable[[Callable[[Desk], None]], None],
) -> None:
    def body(desk: Desk) -> None:
        take_in(desk, 0, 1)
        first = ranked(desk)
        label = int(np.argmax(first.sizes))
        a, b = np.flatnonzero((first.clusters.certain == label) & first.current)[:2].tolist()
        alone = np.flatnonzero(first.sizes == 1)[:2].tolist()
        for kind, pair in ((acts.CUT, (a, b)), (acts.JOIN, alone), (acts.CUT, alone)):
            keys = [f"{int(first.rows['key'][one]):016x}" for one in pair]
            desk.record(kind, "", {"pair": keys, "reason": "test"})
            assert_equal(ranked(desk), from_the_beginning(desk))
        take_in(desk, 1, 1)
        second = ranked(desk)
        assert_equal(second, from_the_beginning(desk))
        assert second.clusters.certain[a] != second.clusters.certain[b]

    at_a_desk(body)


def test_a_flood_is_judged_by_the_day_on_which_the_desk_took_it_in(
    at_a_desk: Callable[[Callable[[Desk], None]], None],
) -> None:
    """The last segment is of somebody new, and dated over two hundred days; each segment comes on a day of its own."""

    def body(desk: Desk) -> None:
        for number in range(4):
            take_in(desk, number, 1)
            columns = rows(number, number * SIZE, 1)
            columns["taken_in"][:] = int(NOW.timestamp()) - (4 - number) * 86_400
            if number == 3:
                columns["sender"][:] = 99
                columns["replaces"][:] = NONE
            desk.store.vault.write(f"{number:06d}-rows", columns)
        burst = ranked(desk).dynamic["burst"] > 0
        assert burst.tolist() == [False] * 3 * SIZE + [True] * SIZE

    at_a_desk(body)


@pytest.mark.parametrize("lost", range(12))
def test_a_kill_that_loses_some_of_what_was_kept_changes_nothing(
    lost: int, at_a_desk: Callable[[Callable[[Desk], None]], None]
) -> None:
    """Each file is written whole: a kill leaves some in the state of before, others in that of after."""

    def body(desk: Desk) -> None:
        take_in(desk, 0, 2)
        take_in(desk, 1, 2)
        ranked(desk)
        before = {path: path.read_bytes() for path in kept(desk)}
        take_in(desk, 2, 2)
        ranked(desk)
        random = np.random.default_rng(lost)
        for path in kept(desk):
            if random.random() < 0.5:
                if path in before:
                    path.write_bytes(before[path])
                else:
                    path.unlink()
        assert_equal(ranked(desk), from_the_beginning(desk))

    at_a_desk(body)


def test_what_was_kept_of_other_reports_of_the_same_number_is_not_taken(
    at_a_desk: Callable[[Callable[[Desk], None]], None],
) -> None:
    """A store restored from an older backup, then other reports: as many of them, and none the same."""

    def body(desk: Desk) -> None:
        take_in(desk, 0, 3)
        take_in(desk, 1, 3)
        ranked(desk)
        with desk.permit.transaction() as connection:
            connection.execute(report_segment.delete().where(report_segment.c.number == 1))
        take_in(desk, 1, 4)
        assert_equal(ranked(desk), from_the_beginning(desk))

    at_a_desk(body)


def test_the_newest_number_of_a_key_is_that_of_its_last_version(
    at_a_desk: Callable[[Callable[[Desk], None]], None],
) -> None:
    def body(desk: Desk) -> None:
        for number in range(2):
            columns = rows(number, 0, number)  # the same keys twice
            desk.store.vault.write(f"{number:06d}-rows", columns)
        segments = [Segment(0, 0, SIZE), Segment(1, SIZE, SIZE)]
        found = Columns(desk.store, segments)
        keys = found["key"][:2].tolist()
        assert found.newest([*keys, 5]) == {keys[0]: SIZE, keys[1]: SIZE + 1}
        assert found.newest([]) == {}

    at_a_desk(body)


def test_times_that_need_more_room_than_those_before_stay_as_they_are(
    at_a_desk: Callable[[Callable[[Desk], None]], None],
) -> None:
    """A report that says to be of the year 2200, or of 1950, is stored as it says."""

    def body(desk: Desk) -> None:
        expected: list[int] = []
        for number, second in enumerate((5, 8_000_000_000, -600_000_000, 7)):
            columns = rows(number, number * SIZE, 1)
            columns["received"][:] = second
            expected += [second] * SIZE
            desk.store.vault.write(f"{number:06d}-rows", columns)
            segments = [Segment(one, one * SIZE, SIZE) for one in range(number + 1)]
            assert Columns(desk.store, segments)["received"].tolist() == expected

    at_a_desk(body)
