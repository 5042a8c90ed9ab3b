"""An order of work: no candidate is urgent whose face says nothing that is known."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from safelight.persons.desk.leads import best_first, priority
from safelight.persons.keep.pairs import KeptCandidate
from safelight.persons.person import Side, Weighed

KEPT = KeptCandidate(
    "C-1", "P-1", "P-2", 1, 0.95, 1e-6, (Weighed("name", Side.FOR, "The names are alike.", 6.0),),
    datetime(2026, 11, 1, tzinfo=UTC), "v",
)  # fmt: skip


def test_what_weighs_much_among_few_is_urgent() -> None:
    assert priority(KEPT, 5) > 0.99


@pytest.mark.parametrize("weight", [3.0, 30.0, 300.0])
def test_a_face_that_is_not_calibrated_is_never_above_a_half(weight: float) -> None:
    facts = (Weighed("name", Side.FOR, "The names are alike.", weight),)
    assert priority(replace(KEPT, fmr=None, weighed=facts), 5) == 0.5


def test_a_light_one_stays_where_it_is() -> None:
    light = (Weighed("sex", Side.FOR, "Both are girls.", 0.3),)
    assert (
        priority(replace(KEPT, fmr=None, weighed=light), 100)
        == priority(replace(KEPT, weighed=light), 100)
        < 0.05
    )


def test_the_best_stands_first_and_where_all_is_equal_the_id_decides() -> None:
    light = replace(KEPT, id="C-0", weighed=(Weighed("name", Side.FOR, "The names are alike.", 1.0),))
    again, before = replace(KEPT, id="C-3"), replace(KEPT, id="C-2")
    some = [again, light, before, KEPT]
    for order in (some, some[::-1]):
        ranked = sorted(order, key=lambda one: best_first(one, 5))
        assert [one.id for one in ranked] == ["C-1", "C-2", "C-3", "C-0"]
