"""A step is ticked by how it begins, and nothing is ticked that is not on the list."""

from __future__ import annotations

import pytest

from safelight.errors import UsageError
from safelight.persons.desk.checklist import step_meant
from safelight.persons.desk.ledger import STEPS


def test_a_usual_step_is_meant_by_its_beginning() -> None:
    assert step_meant(" dna", [], STEPS) == "DNA, where papers and marks do not settle it"


def test_a_step_of_the_list_comes_before_a_usual_one() -> None:
    assert step_meant("dna", ["DNA"], STEPS) == "DNA"


def test_the_whole_name_comes_before_longer_ones() -> None:
    assert step_meant("Call", ["Call back", "Call"], ()) == "Call"


def test_a_beginning_of_several_steps_is_refused() -> None:
    with pytest.raises(UsageError, match="'Call back'; 'Call Anna'"):
        step_meant("Call", ["Call back", "Call Anna"], ())


@pytest.mark.parametrize("what", ["passport", "", " "])
def test_a_step_that_is_not_on_the_list_is_refused_with_the_list(what: str) -> None:
    with pytest.raises(UsageError, match="hear the child"):
        step_meant(what, ["Call"], STEPS)
