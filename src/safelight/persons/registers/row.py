"""One line of a register by field: what each column says, what means nothing to us, and what was not understood."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

from safelight.persons.registers.mapping import Mapped, Place, fields
from safelight.persons.registers.text import cleaned
from safelight.persons.registers.words import is_unknown
from safelight.stated import Order

MOST_COLUMNS = 200
"""Columns without a field that are kept of one line."""
_NAMES = frozenset(("name", "given_name", "middle_name", "family_name", "other_names"))
_EXPONENT = re.compile(r"\d\.\d+[eE]\+\d{1,2}")


@dataclass(frozen=True, slots=True)
class Row:
    """A line as it came: `values` stand under `columns`; shorter or longer is normal."""

    where: str
    columns: tuple[str, ...]
    values: Sequence[str]
    problem: str = ""
    """What is wrong with the line itself, a sentence."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Where the columns of a register go."""

    mapped: Mapped
    places: tuple[Place, ...]
    placed: frozenset[int]

    @classmethod
    def of(cls, mapped: Mapped, columns: Sequence[str]) -> Plan:
        """The plan for these columns."""
        places = tuple(mapped.places(columns))
        return cls(mapped, places, frozenset(one.index for one in places))


@dataclass(frozen=True, slots=True)
class Told:
    """What the rest of a register tells about how it writes: learnt before its lines are read."""

    order: Order | None = None
    """Of dates that may be two."""
    letters: dict[str, str] = field(default_factory=dict)
    """What single letters for the sex mean here, where they differ between languages."""
    is_order_stated: bool = False
    """Does the mapping say the order? Then years of two figures are understood, too."""
    today: date = field(default_factory=date.today)
    """What lies behind it has not happened."""


@dataclass(frozen=True, slots=True)
class Value:
    """What one column says."""

    column: str
    text: str
    unit: str = ""


@dataclass(slots=True)
class Said:
    """A line while it is read. `more` and `notes` grow."""

    row: Row
    told: Told
    mapped: Mapped
    values: dict[str, list[Value]]
    more: dict[str, str]
    notes: list[str]
    failed: dict[str, str] = field(default_factory=dict)
    """For fields: what was stated and not understood."""

    def one(self, name: str) -> Value | None:
        """What is said first of a field."""
        found = self.values.get(name)
        return found[0] if found else None

    def each(self, name: str) -> list[Value]:
        """Everything that is said of a field."""
        return self.values.get(name, [])

    def text(self, name: str) -> str | None:
        """As stated, in the mapping's words where it has one."""
        value = self.one(name)
        if value is None:
            return None
        return self.mapped.means.get(name, {}).get(value.text.casefold(), value.text)

    def not_understood(self, value: Value, why: str) -> None:
        """Keep a value as it came, and say why nothing was made of it."""
        self.more.setdefault(value.column, value.text)
        self.notes.append(f"{value.column} “{shown(value.text)}”: {why}")
        for name, several in self.values.items():
            if any(one is value for one in several):
                self.failed.setdefault(name, value.text)


def said_of(row: Row, plan: Plan, told: Told) -> Said:
    """The line by field. A field of one value takes the first column that says something; others are kept in `more`."""
    said = Said(row, told, plan.mapped, {}, {}, [row.problem] if row.problem else [])
    known = fields()
    count = len(row.values)
    for place in plan.places:
        if (
            place.index >= count
            or not (text := cleaned(row.values[place.index]))
            or is_unknown(text, place.field in _NAMES)
        ):
            continue
        value = Value(row.columns[place.index], text, place.unit)
        if text[0] == "=" and len(text) > 1:
            said.not_understood(value, "a formula: kept as text, never calculated")
            continue
        there = said.values.setdefault(place.field, [])
        if there and not known[place.field].each:
            if there[0].text != text:
                said.more.setdefault(value.column, text)
            continue
        there.append(value)
        if _EXPONENT.fullmatch(text):
            said.notes.append(
                f"{value.column} “{text}”: a spreadsheet has rounded a long number: ask for the register as text"
            )
    for name, text in plan.mapped.values.items():
        said.values.setdefault(name, [Value(name, text)])
    _keep_others(said, plan, count)
    return said


def _keep_others(said: Said, plan: Plan, count: int) -> None:
    columns = said.row.columns
    left_out = 0
    for index in range(count):
        if index in plan.placed or not said.row.values[index]:
            continue
        text = cleaned(said.row.values[index])
        if not text:
            continue
        if len(said.more) >= MOST_COLUMNS:
            left_out += 1
            continue
        name = columns[index] if index < len(columns) else f"column {index + 1}"
        said.more.setdefault(name[:200], text)
    if left_out:
        said.notes.append(f"{left_out:,} more columns without a field are not kept")
    if count > len(columns) and any(said.row.values[len(columns) :]):
        said.notes.append(
            "the line has more fields than the register has columns: look whether they have slipped"
        )


def shown(text: str) -> str:
    """A value as it is quoted in a sentence."""
    line = " ".join(text.split())
    return line if len(line) <= 80 else f"{line[:79]}…"
