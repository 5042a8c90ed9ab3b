"""Facts of one person from values that somebody states by field: a correction, or a line typed by hand."""

from __future__ import annotations

from collections.abc import Mapping

from safelight.persons.person import Facts
from safelight.persons.registers import facts
from safelight.persons.registers.mapping import Mapped
from safelight.persons.registers.row import Plan, Row, Told, said_of


def facts_of(values: Mapping[str, str], mapped: Mapped | None = None) -> tuple[Facts, tuple[str, ...]]:
    """The facts that values by the names of `columns.toml` state, and what of them was not understood, each a sentence.

    What has no field is in `more`, as in a register.
    """
    columns = tuple(values)
    row = Row("", columns, tuple(values.values()))
    said = said_of(row, Plan.of(mapped or Mapped(), columns), Told())
    found = facts.facts_of(said)
    return found, tuple(said.notes)
