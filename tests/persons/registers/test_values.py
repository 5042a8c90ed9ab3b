"""Facts from values that somebody states by field."""

from __future__ import annotations

from safelight.persons.person import Sex, Span
from safelight.persons.registers.values import facts_of


def test_a_correction_by_the_fields_names_is_understood() -> None:
    facts, notes = facts_of({"sex": "girl", "height": "1.20 m", "name": "Example Alpha"})
    assert (facts.sex, facts.height, facts.names) == (Sex.FEMALE, Span(120, 120), ("Example Alpha",))
    assert notes == ()


def test_what_is_not_understood_is_said() -> None:
    _, notes = facts_of({"sex": "q"})
    assert notes == ("sex “q”: not understood; say what it means under [means.sex] of the mapping",)


def test_what_has_no_field_is_kept() -> None:
    assert facts_of({"blood group": "0+"})[0].more == {"blood group": "0+"}
