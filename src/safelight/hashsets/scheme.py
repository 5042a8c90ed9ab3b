"""Category schemes: what the categories of a country's lists mean. They are data files, never constants.

A scheme is a TOML file; ours lie in `schemes/`, an agency's own is named by its path.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from safelight.errors import FormatError, UsageError


class Meaning(StrEnum):
    """What a category says about the law, as far as its scheme says anything."""

    ILLEGAL = "illegal"
    NOT = "not"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Category:
    """One category: its code as lists write it, its label, its severity (0..1, a hint for ranking)."""

    code: str
    label: str
    severity: float
    meaning: Meaning
    also: tuple[str, ...] = ()
    """Other spellings of the code."""
    vics: int | None = None
    """Its number in VICS, where the code is none and the agency says which; lists in that form are read by it."""

    def spellings(self) -> tuple[str, ...]:
        """The code as lists may write it."""
        return (self.code, *self.also, *(() if self.vics is None else (str(self.vics),)))


@dataclass(frozen=True, slots=True)
class Scheme:
    """The categories of one country or organisation."""

    name: str
    title: str
    categories: tuple[Category, ...]

    def category(self, code: str | None) -> Category | None:
        """The category that a list means by `code`; None where the scheme does not know it."""
        wanted = (code or "").strip().casefold()
        for one in self.categories:
            if wanted and wanted in (spelling.casefold() for spelling in one.spellings()):
                return one
        return None

    def severity(self, code: str | None) -> float | None:
        """The severity of a code, 0..1; None where the scheme does not know it."""
        found = self.category(code)
        return None if found is None else found.severity

    def codes(self) -> tuple[str, ...]:
        """The codes, in the scheme's order: the labels of a decision."""
        return tuple(one.code for one in self.categories)


def names() -> tuple[str, ...]:
    """The names of the schemes that come with Safelight."""
    files = resources.files(__package__).joinpath("schemes").iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


@cache
def scheme(name: str) -> Scheme:
    """Load a scheme by name (`us`, `us-older`, `uk`, `interpol`) or by the path of a TOML file.

    Raises:
        UsageError: there is none of that name.
        FormatError: the file is not a scheme.
    """
    if name in names():
        return _load(resources.files(__package__).joinpath("schemes", f"{name}.toml"), name)
    if name.endswith(".toml") and Path(name).is_file():
        return _load(Path(name), name)
    raise UsageError(
        f"There is no category scheme '{name}'.", f"One of: {', '.join(names())}, or a TOML file."
    )


def _load(file: Traversable | Path, name: str) -> Scheme:
    try:
        read = tomllib.loads(file.read_text("utf-8"))
        categories = tuple(_category(one) for one in read["category"])
        title = str(read["title"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise FormatError(
            f"{name} is not a category scheme: {error}.", "Compare it with schemes/us.toml."
        ) from error
    codes = [code for one in categories for code in {code.casefold() for code in one.spellings()}]
    if len(set(codes)) != len(codes):
        raise FormatError(f"{name} names a category twice.", "Each code and spelling may occur once.")
    return Scheme(name, title, categories)


def _category(read: dict[str, Any]) -> Category:
    severity = float(read["severity"])
    if not 0 <= severity <= 1:
        raise ValueError(f"severity {severity} is not within 0..1")
    also = tuple(str(code) for code in read.get("also", ()))
    vics = read.get("vics")
    if vics is not None and (isinstance(vics, bool) or not isinstance(vics, int) or not 0 <= vics < 1 << 31):
        raise ValueError(f"vics {vics!r} is not a number from 0 on")
    return Category(str(read["code"]), str(read["label"]), severity, Meaning(read["meaning"]), also, vics)
