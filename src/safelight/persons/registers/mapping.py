"""Which column of a register is which field: by a mapping file (`--map`), a ready one, else by its name."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from safelight.errors import UsageError
from safelight.persons.person import Sex, Status
from safelight.persons.registers.text import folded, squeezed
from safelight.stated import Order, order_of, texts

READY = ("namus", "interpol")
"""Mappings that come with Safelight, by name; each also applies by itself where its columns are recognised."""
BY_NAME = 1_000
"""Ranks from here on are of columns known by their names; below are those of a mapping."""
_LARGEST = 1 << 20
_UNITS: Mapping[str, Mapping[str, str]] = {
    "height": {
        **dict.fromkeys(("cm", "centimetres", "centimeters"), "cm"),
        **dict.fromkeys(("m", "metres", "meters"), "m"),
        **dict.fromkeys(("ft", "feet"), "ft"),
        **dict.fromkeys(("in", "inches", "inch"), "in"),
    },
    "age": {"months": "months", "years": "years"},
}
"""Last words of a column's name that say its unit."""


@dataclass(frozen=True, slots=True)
class Field:
    """What columns can be mapped to."""

    means: str
    each: bool
    """Does it take every column that has it, and every value in one?"""
    date: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where the column at `index` goes; of several columns of one field, the one of the lowest rank goes first."""

    index: int
    field: str
    rank: int
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Mapped:
    """A mapping file's content, checked."""

    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of each field that is mapped, as the file writes them."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What a field says in every line that says nothing else."""
    order: Order | None = None
    """Of dates that may be two."""
    means: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """For a field, its own words (folded) to ours."""
    units: Mapping[str, str] = field(default_factory=dict)
    recognise: tuple[frozenset[str], ...] = ()
    """Names of columns (squeezed), one set of which is enough to know a ready mapping's register."""

    def places(self, columns: Sequence[str]) -> list[Place]:
        """Which of these columns goes where, by rank. A field that the mapping names takes no other column by its name.

        A column that is not in the answer has no field, and is kept as it came.
        """
        mapped = {
            squeezed(one): (name, rank)
            for name, several in self.named.items()
            for rank, one in enumerate(several)
        }
        found = []
        for index, column in enumerate(columns):
            known = mapped.get(squeezed(column)) or _known().get(squeezed(column))
            if known is not None:
                found.append(Place(index, *known, self._unit(known[0], column)))
        taken = {one.field for one in found if one.rank < BY_NAME}
        return sorted(
            (one for one in found if one.rank < BY_NAME or one.field not in taken),
            key=lambda one: one.rank,
        )

    def absent(self, columns: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Fields of the mapping and their columns, none of which is in this register: misspelt, most likely."""
        there = set(map(squeezed, columns))
        for name, several in self.named.items():
            if there.isdisjoint(map(squeezed, several)):
                yield name, "” or “".join(several)

    def fits(self, columns: Iterable[str]) -> bool:
        """Are these the columns of the register that this ready mapping is for?"""
        there = set(map(squeezed, columns))
        return any(one <= there for one in self.recognise)

    def _unit(self, name: str, column: str) -> str:
        base = name.removesuffix("_to")
        stated = self.units.get(name) or self.units.get(base)
        last = folded(column).replace("_", " ").strip(" ().").split()[-1:]
        return stated or (_UNITS.get(base, {}).get(last[0].strip("()."), "") if last else "")


def looks_like_register(columns: Iterable[str]) -> bool:
    """Do these names tell who somebody is (an id, a photograph, a name) and one thing more?"""
    said = {_known()[key][0] for one in columns if (key := squeezed(one)) in _known()}
    return len(said) >= 2 and not said.isdisjoint(("person_id", "photo", "name", "family_name", "given_name"))


def for_columns(said: Mapping[str, object], columns: Iterable[str]) -> Mapped:
    """The mapping that is given, checked; without one the ready one that fits, if any."""
    if said:
        return mapped(said)
    columns = list(columns)
    return next((one for name in READY if (one := ready(name)).fits(columns)), Mapped())


def read_mapping(said: str) -> Mapping[str, object]:
    """The content of a mapping file (TOML), or of a ready mapping by its name. Raises UsageError."""
    if said in READY:
        return tomllib.loads((files(__package__) / f"{said}.toml").read_text(encoding="utf-8"))
    try:
        with Path(said).open("rb") as source:
            head = source.read(_LARGEST + 1)
        content = tomllib.loads(head.decode("utf-8-sig"))
    except (OSError, UnicodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise UsageError(
            f"The mapping '{said}' cannot be read: {error}.",
            f"Give a TOML file, or one of: {', '.join(READY)}.",
        ) from error
    mapped(content)
    return content


@cache
def ready(name: str) -> Mapped:
    """One of `READY`."""
    return mapped(read_mapping(name))


def mapped(said: Mapping[str, object]) -> Mapped:
    """A mapping file's content, checked: `[columns]`, `[values]`, `[means.FIELD]`, `[units]` and `dates`.

    Raises UsageError for what is none of these, for a field that there is not, and for a column with two fields.
    """
    tables = {"columns", "values", "means", "units", "dates", "recognise"}
    if said and "columns" not in said and not said.keys() & tables:
        said = {"columns": said}  # the fields themselves
    if stray := said.keys() - tables:
        raise UsageError(
            f"The mapping has no place for '{min(stray)}'.", f"It has: {', '.join(sorted(tables))}."
        )
    named: dict[str, tuple[str, ...]] = {}
    taken: dict[str, str] = {}
    for name, one in _table(said.get("columns", {}), "columns").items():
        named[_checked(name)] = tuple(texts(name, one))
        for column in named[name]:
            if taken.setdefault(squeezed(column), name) != name:
                raise UsageError(
                    f"The mapping gives the column '{column}' to '{taken[squeezed(column)]}' and to '{name}'.",
                    "Give a column to one field.",
                )
    values = {
        _checked(name): " ".join(texts(name, one))
        for name, one in _table(said.get("values", {}), "values").items()
    }
    means = {
        _checked(name): {
            folded(word): _meaning(name, one) for word, one in _table(table, f"means.{name}").items()
        }
        for name, table in _table(said.get("means", {}), "means").items()
    }
    return Mapped(named, values, order_of(said.get("dates")), means, _units(said), _recognise(said))


def _recognise(said: Mapping[str, object]) -> tuple[frozenset[str], ...]:
    groups = said.get("recognise", [])
    if not isinstance(groups, list):
        raise UsageError("'recognise' of the mapping is no list.", 'Write recognise = [["…", "…"]].')
    return tuple(frozenset(map(squeezed, texts("recognise", one))) for one in groups)


def _units(said: Mapping[str, object]) -> dict[str, str]:
    found = {}
    for name, one in _table(said.get("units", {}), "units").items():
        known = _UNITS.get(name.removesuffix("_to"), {})
        if not isinstance(one, str) or one not in {*known, *known.values()}:
            raise UsageError(
                f"The mapping's unit of '{name}' is not understood.",
                "Units: cm, m, ft, in for height; years, months for age.",
            )
        found[name] = known.get(one, one)
    return found


def _meaning(name: str, said: object) -> str:
    allowed = {"sex": {*Sex, "unknown"}, "status": {*Status, "unknown"} - {Status.PROBE}}.get(name)
    if not isinstance(said, str) or (allowed is not None and said not in allowed):
        expected = (
            f"Use one of: {', '.join(sorted(allowed))}." if allowed else f'Write [means.{name}] "…" = "…".'
        )
        raise UsageError(f"What the mapping says a value of '{name}' means is not understood.", expected)
    return said


def _table(said: object, name: str) -> Mapping[str, object]:
    if not isinstance(said, Mapping):
        raise UsageError(
            f"'{name}' of the mapping is no table.", f'Write [{name}], and below it field = "…".'
        )
    return said


def _checked(name: str) -> str:
    if name not in fields():
        raise UsageError(f"There is no field '{name}' to map.", f"Fields: {', '.join(fields())}.")
    return name


@cache
def fields() -> Mapping[str, Field]:
    """Every field, from the table."""
    return {
        name: Field(one["means"], one["takes"] == "each", one.get("date", False))
        for name, one in _said().items()
    }


@cache
def _said() -> Mapping[str, Mapping[str, Any]]:
    return tomllib.loads((files(__package__) / "columns.toml").read_text(encoding="utf-8"))


@cache
def _known() -> Mapping[str, tuple[str, int]]:
    """Names by which columns are known; a field's own name first, then as the table orders them."""
    found = {squeezed(name): (name, BY_NAME) for name in _said()}
    for name, one in _said().items():
        for several in one["names"].values():
            for rank, known in enumerate(several, BY_NAME + 1):
                found.setdefault(squeezed(known), (name, rank))
    return found
