"""Lines of the queue: copies are one line with a count, and a flood moves nobody further than its merit."""

from __future__ import annotations

from typing import Any

import numpy as np

from safelight.reports.desk.groups import groups
from safelight.reports.desk.lines import lines


def columns(count: int, **changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = {
        "signature": np.arange(1, count + 1, dtype=np.uint64),
        "wave": np.zeros(count, dtype=np.uint64),
        "text": np.ones(count, dtype=np.uint64),
        "f_viral": np.zeros(count, dtype=np.uint8),
    }
    return {**made, **changes}


def order(rows: dict[str, Any], scores: list[float], burst: Any = None) -> tuple[Any, Any, Any]:
    count = len(scores)
    flags = np.zeros(count, dtype=np.uint8) if burst is None else burst
    return lines(groups(rows)[1], np.ones(count, dtype=bool), np.array(scores, dtype=np.float32), flags)


def test_the_highest_score_stands_first_and_equal_ones_by_arrival() -> None:
    _, queue, _ = order(columns(4), [-1.0, 2.5, -1.0, 0.0])
    assert queue.tolist() == [1, 3, 0, 2]


def test_copies_are_one_line_with_a_count_headed_by_the_best() -> None:
    rows = columns(3, signature=np.array([7, 7, 9], dtype=np.uint64))
    line, queue, counts = order(rows, [0.0, 1.0, 0.5])
    assert queue.tolist() == [1, 2]
    assert line.tolist() == [1, 1, 2]
    assert counts[1] == 2


def test_a_viral_wave_is_one_line_but_a_report_with_words_of_its_own_stays_apart() -> None:
    rows = columns(
        3,
        wave=np.array([5, 5, 5], dtype=np.uint64),
        text=np.array([0, 0, 3], dtype=np.uint64),
        f_viral=np.full(3, 255, dtype=np.uint8),
    )
    assert len(order(rows, [0.0, 0.0, 0.0])[1]) == 2


def test_an_earlier_version_does_not_stand_in_the_queue() -> None:
    rows = columns(2)
    current = np.array([False, True])
    _, queue, _ = lines(groups(rows)[1], current, np.zeros(2, dtype=np.float32), np.zeros(2, dtype=np.uint8))
    assert queue.tolist() == [1]


def test_a_flood_with_the_highest_scores_takes_at_most_every_second_place() -> None:
    flood, others = 1000, 50
    burst = np.array([255] * flood + [0] * others, dtype=np.uint8)
    scores = [5.0] * flood + [4.0 - number / 100 for number in range(others)]
    queue = order(columns(flood + others), scores, burst)[1]
    places = {number: place for place, number in enumerate(queue.tolist())}
    assert all(places[flood + number] <= 2 * number + 1 for number in range(others))
    assert [one for one in queue.tolist() if one >= flood] == list(range(flood, flood + others))
