"""The table of terms: our prior weights with their rationale, learned ones and an agency's own over them."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from safelight.errors import UsageError
from safelight.model import Band

GROUPS = {
    "previous": "1 Previous convictions or allegations",
    "access": "2 Access to children",
    "behaviour": "3 Current behaviour",
    "other": "4 Other factors",
    "text": "The words of the report",
    "lowered": "What lowers it",
    "time": "Time",
}
"""How reasons are grouped: KIRAT's four steps, and what stands beside them."""


@dataclass(frozen=True, slots=True)
class Term:
    """One thing that counts. `weight` is in log-odds for full strength."""

    code: str
    group: str
    weight: float
    text: str
    rationale: str
    about: str = ""
    """`material` where it speaks of files alone, and so takes nothing from what the words tell."""


@dataclass(frozen=True, slots=True)
class Table:
    """All terms by code, the settings, and the lowest priority of each band."""

    terms: Mapping[str, Term]
    settings: Mapping[str, float]
    bands: Mapping[Band, float]

    def band(self, priority: float) -> Band:
        """The word for a priority 0..1."""
        return Band.of(priority, self.bands)

    def places(self, priorities: npt.NDArray[np.floating[Any]]) -> npt.NDArray[np.int64]:
        """Of many priorities, the place of each one's band in `Band`: 0 for the most urgent."""
        floors = [self.bands[band] for band in (Band.NORMAL, Band.HIGH, Band.URGENT)]
        made: npt.NDArray[np.int64] = 3 - np.digitize(priorities, floors)
        return made

    def with_weights(self, weights: Mapping[str, float], base: float | None = None) -> Table:
        """The table with other weights; unknown codes are left out. A term never changes its direction."""
        terms = dict(self.terms)
        for code, weight in weights.items():
            if code in terms:
                sign = 1.0 if terms[code].weight >= 0 else -1.0
                terms[code] = replace(terms[code], weight=sign * max(0.0, sign * weight))
        settings = dict(self.settings) if base is None else {**self.settings, "base": base}
        return replace(self, terms=terms, settings=settings)


@cache
def prior() -> Table:
    """The table that is delivered."""
    said = tomllib.loads(files(__package__).joinpath("terms.toml").read_text(encoding="utf-8"))
    return Table(
        {
            code: Term(code, row["group"], row["weight"], row["text"], row["rationale"], row.get("about", ""))
            for code, row in said["terms"].items()
        },
        said["settings"],
        {Band(name): value for name, value in said["bands"].items()},
    )


def load(own: Path | None = None) -> Table:
    """The delivered table with an agency's values over it. UsageError for unknown codes or wild numbers."""
    table = prior()
    if own is None:
        return table
    try:
        said = tomllib.loads(own.read_text(encoding="utf-8"))
        weights = {code: _number(code, row["weight"]) for code, row in said.pop("terms", {}).items()}
        settings = {name: _number(name, value) for name, value in said.pop("settings", {}).items()}
        bands = {Band(name): _number(name, value) for name, value in said.pop("bands", {}).items()}
        if unknown := [
            *said,
            *(weights.keys() - table.terms.keys()),
            *(settings.keys() - table.settings.keys()),
        ]:
            raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UsageError(f"The file of report weights {own} cannot be used: {error}") from error
    made = table.with_weights(weights)
    return replace(made, settings={**made.settings, **settings}, bands={**made.bands, **bands})


def _number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -20 <= value <= 1000:
        raise ValueError(f"'{name}' must be a number")
    return float(value)
