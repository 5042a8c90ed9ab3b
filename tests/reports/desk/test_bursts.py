"""Floods by one sender: seen by the desk's own clock whatever dates they bear, and no archive is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from safelight.reports.desk.bursts import DAY, bursts, first_taken_in
from safelight.reports.keep.columns import NONE
from safelight.reports.scoring.table import prior

Said = tuple[int, int, int]
"""Sender, stated day, day on which it was taken in."""


def flooding(said: list[Said]) -> set[Said]:
    sender, received, taken_in = (np.array([one[at] for one in said], dtype=np.int64) for at in range(3))
    current = np.ones(len(said), dtype=bool)
    made = bursts(sender.astype(np.int32), received * DAY, taken_in * DAY + 5, current, prior())
    return {said[number] for number in np.flatnonzero(made).tolist()}


def daily(sender: int, count: int, days: range = range(30)) -> list[Said]:
    return [(sender, day, day) for day in days for _ in range(count)]


OTHERS = [*daily(2, 40), *daily(3, 100)]


def test_a_sender_far_above_its_usual_day_is_in_a_burst_and_others_are_not() -> None:
    flood = [(1, 29, 29)] * 2000
    assert flooding([*OTHERS, *daily(1, 5), *flood]) == {(1, 29, 29)}


def test_a_flood_that_is_dated_over_a_year_is_seen_by_the_day_on_which_it_came() -> None:
    flood = [(1, number % 365, 29) for number in range(2000)]
    assert flooding([*OTHERS, *daily(1, 5), *flood]) >= set(flood)


def test_a_flood_by_somebody_new_is_seen_on_its_second_day_too() -> None:
    flood = [(1, number % 365, 28 + number % 2) for number in range(4000)]
    assert flooding([*OTHERS, *flood]) == set(flood)


def test_a_flood_that_comes_in_slowly_is_seen_by_the_one_day_that_it_is_dated() -> None:
    flood = [(1, 29, day) for day in range(30) for _ in range(20)]
    assert flooding([*OTHERS, *daily(1, 5), *flood]) == set(flood)


def test_the_first_archive_that_a_desk_takes_in_is_no_flood() -> None:
    assert not flooding([(sender, day, 500) for sender, day, _ in [*OTHERS, *daily(1, 50)]])


def test_an_archive_that_is_taken_in_later_is_no_flood_of_its_largest_senders() -> None:
    archive = [(sender, day - 100, 29) for sender, day, _ in [*OTHERS, *daily(1, 50)]]
    assert not flooding([*OTHERS, *daily(1, 50), *archive])


def test_a_first_archive_that_is_taken_in_over_midnight_is_no_flood() -> None:
    archive = [*OTHERS, *daily(1, 50)]
    assert not flooding([(sender, day, 500 + (at % 20 > 0)) for at, (sender, day, _) in enumerate(archive)])


@pytest.mark.parametrize("count", [199, 400])
def test_a_sender_whose_every_day_is_large_is_in_no_burst(count: int) -> None:
    assert not flooding([*OTHERS, *daily(1, count)])


def test_a_later_version_came_when_the_first_one_did() -> None:
    replaces = np.array([NONE, NONE, 0, 2, NONE], dtype=np.uint32)
    taken_in = np.array([10, 20, 30, 40, 50], dtype=np.uint32)
    assert first_taken_in(taken_in, replaces).tolist() == [10, 20, 10, 10, 50]
    assert taken_in.tolist() == [10, 20, 30, 40, 50]
