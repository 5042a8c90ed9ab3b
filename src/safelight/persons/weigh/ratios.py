"""The numbers that facts are weighed by, each with its source: `ratios.toml`, or a file that a person changed."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

from safelight.errors import FormatError


@dataclass(frozen=True, slots=True)
class Ratios:
    """Every number by `fact.name`, as `sex.error`, and where it comes from."""

    values: Mapping[str, float]
    sources: Mapping[str, str]

    def __getitem__(self, name: str) -> float:
        """The number `fact.name`."""
        return self.values[name]

    def source(self, *names: str) -> str:
        """Where the numbers come from, for people: one sentence each."""
        return self.sources[names[0]] if len(names) == 1 else "; ".join(self.sources[name] for name in names)


@cache
def delivered() -> Ratios:
    """The numbers that come with the software."""
    return read(files(__package__).joinpath("ratios.toml").read_text(encoding="utf-8"), complete=True)


def changed(path: Path) -> Ratios:
    """The delivered numbers with those of a file in their place. FormatError names what is wrong in it.

    A file need not state all; what it states needs a source, because a number without one cannot be defended.
    """
    try:
        told = read(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise FormatError(f"{path.name} cannot be read: {error}") from error
    return Ratios(
        MappingProxyType({**delivered().values, **told.values}),
        MappingProxyType({**delivered().sources, **told.sources}),
    )


def read(text: str, *, complete: bool = False) -> Ratios:
    """Numbers and sources from TOML; FormatError for unknown names, values that are no number, missing sources."""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise FormatError(
            f"the table of ratios is not TOML: {error}", "compare it with the delivered ratios.toml"
        ) from error
    known = None if complete else delivered().values
    values: dict[str, float] = {}
    sources: dict[str, str] = {}
    for fact, rows in tables.items():
        for name, row in (rows if isinstance(rows, dict) else {"": rows}).items():
            key = f"{fact}.{name}"
            value = row.get("value") if isinstance(row, dict) else None
            source = row.get("source") if isinstance(row, dict) else None
            if known is not None and key not in known:
                raise FormatError(
                    f"the table of ratios states {key}, which nothing uses",
                    "names are those of the delivered ratios.toml",
                )
            if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                raise FormatError(f"{key} has no number", "write { value = …, source = … }")
            if value < 0 and key != "height.shift":
                raise FormatError(
                    f"{key} is below zero", "shares, errors, lengths and caps are stated as positive numbers"
                )
            if not isinstance(source, str) or not source.strip():
                raise FormatError(
                    f"{key} has no source",
                    "say where the number comes from, or `prior: ` and what it assumes",
                )
            values[key], sources[key] = float(value), source.strip()
    return Ratios(MappingProxyType(values), MappingProxyType(sources))
