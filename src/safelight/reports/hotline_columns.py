"""Which column of a hotline's list is which field: by a mapping file (`--map`), else by its name in many languages."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache, lru_cache
from importlib.resources import files

from safelight.errors import UsageError
from safelight.stated import Order, order_of, texts

BY_NAME = 1_000
"""Ranks from here on are of columns known by their names; below are those of a mapping."""
_LONGEST_NAME = 200


class Takes(StrEnum):
    """What a field takes of several columns."""

    ONE = "one"
    """the first that says something"""
    JOINED = "joined"
    """those that a mapping names together, as one text; else the first that says something"""
    EACH = "each"
    """every column, and every value in it"""


@dataclass(frozen=True, slots=True)
class Field:
    """A field that columns are mapped to. `names` are those by which a column is known, by language."""

    means: str
    takes: Takes
    date: bool
    names: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a column goes: of several, the one of the lowest rank goes first."""

    field: str
    rank: int


@dataclass(frozen=True, slots=True)
class Columns:
    """What a mapping file says, checked."""

    named: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The columns of each field that is mapped, as the file writes them."""
    mapped: Mapping[str, Place] = field(default_factory=dict)
    """By the name as it is compared."""
    values: Mapping[str, str] = field(default_factory=dict)
    """What a field says in every line that says nothing else."""
    order: Order | None = None
    """Of dates that may be two."""

    def places(self, names: Iterable[str]) -> dict[str, Place]:
        """Which of these columns goes where. A field whose column a mapping names takes no other by its name alone.

        A column that is not in the answer has no field, and is kept without a place.
        """
        found: dict[str, Place] = {}
        known = _known()
        for name in names:
            compared = squeezed(name)
            if (place := self.mapped.get(compared) or known.get(compared)) is not None:
                found[name] = place
        taken = {one.field for one in found.values() if one.rank < BY_NAME}
        return {
            name: one
            for name, one in found.items()
            if one.rank < BY_NAME or one.field not in taken or fields()[one.field].takes is Takes.EACH
        }

    def recognise(self, names: Iterable[str]) -> bool:
        """Are these the columns of a list of reports? Two fields are enough, or all columns that the mapping names."""
        names = list(names)
        if len({one.field for one in self.places(names).values()}) >= 2:
            return True
        return bool(self.mapped) and self.mapped.keys() <= set(map(squeezed, names))

    def absent(self, names: Iterable[str]) -> Iterator[tuple[str, str]]:
        """Fields of a mapping that fits this list, and their columns, none of which is in it: misspelt, most likely."""
        there = set(map(squeezed, names))
        if there.isdisjoint(self.mapped):
            return
        for field_, named in self.named.items():
            if there.isdisjoint(map(squeezed, named)):
                yield field_, "” or “".join(named)


def columns_of(said: Mapping[str, object]) -> Columns:
    """A mapping file's content, checked: tables `columns` and `values`, and `dates`; or the fields themselves.

    Raises UsageError for what is neither, for a field that there is not, and for a column that would have two fields.
    """
    if not said:
        return Columns()
    mapping = said.get("columns")
    if mapping is None:
        mapping = {name: one for name, one in said.items() if name not in _SETTINGS}
    elif stray := said.keys() - {*_SETTINGS, "columns"}:
        raise UsageError(
            f"The mapping has no place for '{min(stray)}'.", f"It has: columns, {', '.join(_SETTINGS)}."
        )
    named: dict[str, tuple[str, ...]] = {}
    mapped: dict[str, Place] = {}
    for name, one in _table(mapping, "columns").items():
        _check(name)
        named[name] = tuple(texts(name, one))
        for rank, column in enumerate(named[name]):
            before = mapped.setdefault(squeezed(column), Place(name, rank))
            if before.field != name:
                raise UsageError(
                    f"The mapping gives the column '{column}' to '{before.field}' and to '{name}'.",
                    "Give a column to one field.",
                )
    values: dict[str, str] = {}
    for name, one in _table(said.get("values", {}), "values").items():
        _check(name)
        values[name] = " ".join(texts(name, one))
    return Columns(named, mapped, values, order_of(said.get("dates")))


_SETTINGS = ("values", "dates")


def _table(said: object, name: str) -> Mapping[str, object]:
    if not isinstance(said, Mapping):
        raise UsageError(
            f"'{name}' of the mapping is no table.", f'Write [{name}], and below it field = "…".'
        )
    return said


def _check(name: str) -> None:
    if name not in fields():
        raise UsageError(f"There is no field '{name}' to map.", f"Fields: {', '.join(fields())}.")


@lru_cache(maxsize=8192)
def squeezed(name: str) -> str:
    """A name as it is compared: letters, marks and digits of any script, case folded; all of it where none is left."""
    said = unicodedata.normalize("NFKC", name[:_LONGEST_NAME]).casefold()
    kept = "".join(one for one in said if one.isalnum() or unicodedata.category(one)[0] == "M")
    return kept or said.strip()


@cache
def fields() -> Mapping[str, Field]:
    """Every field, from the table."""
    table = tomllib.loads((files(__package__) / "hotline_fields.toml").read_text(encoding="utf-8"))
    return {
        name: Field(
            one["means"],
            Takes(one["takes"]),
            one.get("date", False),
            {language: tuple(names) for language, names in one["names"].items()},
        )
        for name, one in table.items()
    }


@cache
def dated() -> frozenset[str]:
    """Fields that hold a date."""
    return frozenset(name for name, one in fields().items() if one.date)


@cache
def _known() -> Mapping[str, Place]:
    """Names by which columns are known; the first are the most telling, and the field's own comes after all others."""
    found: dict[str, Place] = {}
    for name, one in fields().items():
        for names in one.names.values():
            for rank, known in enumerate(names, BY_NAME):
                found.setdefault(squeezed(known), Place(name, rank))
    for name in fields():  # `age` is the child's, as hotlines use the word
        found.setdefault(squeezed(name), Place(name, BY_NAME))
    return found
